import { describe, expect, it } from "vitest"
import { brokenDecoders } from "../../src/testing/broken/BrokenDecoders.ts"
import { suite } from "../../src/testing/Law.ts"
import * as AudioDecoderLaws from "../../src/testing/laws/AudioDecoderLaws.ts"
import * as PlainDecoder from "../../src/testing/PlainDecoder.ts"

suite({ describe, it }, "AudioDecoder without a codec", AudioDecoderLaws.laws, PlainDecoder.layer)

describe("every law of AudioDecoder is seen to fail", () => {
  for (const decoder of brokenDecoders) {
    it(`${decoder.name} — is caught by «${decoder.caughtBy}»`, async () => {
      const law = AudioDecoderLaws.laws.find(({ sentence }) => sentence === decoder.caughtBy)
      expect(law, "the law is in the suite").toBeDefined()
      await expect(law!.run(decoder.layer, { seed: 7 })).rejects.toThrow()
    })
  }

  it("no law is left that no broken decoder breaks", () => {
    const caught = new Set(brokenDecoders.map(({ caughtBy }) => caughtBy))
    expect(AudioDecoderLaws.laws.map(({ sentence }) => sentence).filter((law) => !caught.has(law))).toEqual([])
  })

  it("a hum as long as the frames keeps the law of MP3", async () => {
    await AudioDecoderLaws.laws.find(({ needs }) => needs === "mp3")!.run(PlainDecoder.layer, { seed: 7 })
  })
})
