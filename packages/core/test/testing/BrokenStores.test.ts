import { describe, expect, it } from "vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as MemoryStore from "../../src/storage/MemoryStore.ts"
import { brokenStores } from "../../src/testing/broken/BrokenStores.ts"
import * as JournalLaws from "../../src/testing/laws/JournalLaws.ts"
import * as RecordsLaws from "../../src/testing/laws/RecordsLaws.ts"
import * as WorkQueueLaws from "../../src/testing/laws/WorkQueueLaws.ts"

const laws = [...JournalLaws.laws, ...RecordsLaws.laws, ...WorkQueueLaws.laws]
const lawOf = (sentence: string) => laws.find((law) => law.sentence === sentence)

describe("every storage law is seen to fail", () => {
  for (const store of brokenStores) {
    it(`${store.name} — is caught by «${store.caughtBy}»`, async () => {
      const law = lawOf(store.caughtBy)
      expect(law, "the law is in the suite").toBeDefined()
      await expect(law!.run(store.layer, { seed: 7 })).rejects.toThrow()
    })
  }

  it("no storage law is left that no broken storage breaks", () => {
    const caught = new Set(brokenStores.map((store) => store.caughtBy))
    expect(laws.filter((law) => !caught.has(law.sentence)).map((law) => law.sentence)).toEqual([])
  })

  it("a storage that survives its restart keeps the law of surviving", async () => {
    const surviving = Layer.merge(MemoryStore.layer, Layer.succeed(JournalLaws.Restart, Effect.void))
    await laws.find((law) => law.needs === "durable")!.run(surviving, { seed: 7 })
  })
})
