import { describe, expect, it } from "vitest"
import { ReviewDesk } from "../../src/qualification/ReviewDesk.ts"
import { brokenReviewDesks } from "../../src/testing/broken/BrokenReviewDesks.ts"
import { suite } from "../../src/testing/Law.ts"
import * as ReviewDeskLaws from "../../src/testing/laws/ReviewDeskLaws.ts"

suite({ describe, it }, "ReviewDesk, automatic", ReviewDeskLaws.laws, ReviewDesk.layerAutomatic)
suite({ describe, it }, "ReviewDesk, manual", ReviewDeskLaws.laws, ReviewDesk.layerManual)

describe("every law of ReviewDesk is seen to fail", () => {
  for (const desk of brokenReviewDesks) {
    it(`${desk.name} — is caught by «${desk.caughtBy}»`, async () => {
      const law = ReviewDeskLaws.laws.find(({ sentence }) => sentence === desk.caughtBy)
      expect(law, "the law is in the suite").toBeDefined()
      await expect(law!.run(desk.layer, { seed: 7 })).rejects.toThrow()
    })
  }

  it("no law is left that no broken desk breaks", () => {
    const caught = new Set(brokenReviewDesks.map(({ caughtBy }) => caughtBy))
    expect(ReviewDeskLaws.laws.map(({ sentence }) => sentence).filter((law) => !caught.has(law))).toEqual([])
  })
})
