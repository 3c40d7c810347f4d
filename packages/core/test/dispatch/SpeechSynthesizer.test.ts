import { describe, expect, it } from "vitest"
import { brokenSpeech } from "../../src/testing/broken/BrokenSpeech.ts"
import * as Law from "../../src/testing/Law.ts"
import { laws } from "../../src/testing/laws/SpeechSynthesizerLaws.ts"
import * as ToneSpeech from "../../src/testing/ToneSpeech.ts"

Law.suite({ describe, it }, "tone speech", laws, ToneSpeech.speech(), { abilities: ["deterministic"] })

describe("every law of speech catches somebody", () => {
  it.each(brokenSpeech.map((engine) => [engine.name, engine] as const))(
    "SND-5: an engine that %s is caught",
    async (_, { caughtBy, layer }) => {
      const law = laws.find(({ sentence }) => sentence === caughtBy)
      const failure = await law!.run(layer, { seed: 7 }).then(
        () => "the law held",
        (error: unknown) => String(error)
      )
      expect(failure).toMatch(/^Broken: |Got Broken: /)
    }
  )

  it("SND-5: there is a broken engine for each law", () => {
    expect(new Set(brokenSpeech.map(({ caughtBy }) => caughtBy))).toEqual(new Set(laws.map(({ sentence }) => sentence)))
  })
})
