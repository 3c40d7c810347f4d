import { durationMillis } from "@vsms/core/dispatch/TelephoneCodec"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import * as Level from "../../src/audio/Level.ts"
import * as TelephoneAudio from "../../src/audio/TelephoneAudio.ts"

const encode = TelephoneAudio.make()

const hum = (sampleRate: number, seconds: number, amplitude = 5_000) => ({
  sampleRate,
  samples: Int16Array.from({ length: Math.round(sampleRate * seconds) }, (_, at) =>
    Math.round(amplitude * Math.sin((2 * Math.PI * 440 * at) / sampleRate))
  )
})

describe("speech on the line", () => {
  it("BAL-4: the payload is as long as the speech, from any sample rate", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.constantFrom(8_000, 11_025, 16_000, 22_050, 24_000, 44_100, 48_000),
        FastCheck.integer({ min: 1, max: 400 }),
        (sampleRate, hundredths) => {
          const line = Either.getOrThrow(encode(hum(sampleRate, hundredths / 100), "alaw"))
          expect(Math.abs(durationMillis(line) - hundredths * 10)).toBeLessThanOrEqual(1)
        }
      ),
      { numRuns: 40 }
    )
  })

  it.each(["alaw", "mulaw"] as const)("SND-5: %s arrives at the level of the telephone", (codec) => {
    for (const amplitude of [50, 1_000, 30_000]) {
      const { sampleRate, samples } = TelephoneAudio.decode(Either.getOrThrow(encode(hum(22_050, 1, amplitude), codec)))
      const level = Level.activeLevel(Float32Array.from(samples), sampleRate)
      expect(20 * Math.log10(level / Level.telephoneLevel)).toBeCloseTo(0, 0)
    }
  })

  it.each([
    ["no samples", { sampleRate: 22_050, samples: new Int16Array(0) }],
    ["silence", { sampleRate: 22_050, samples: new Int16Array(22_050) }],
    ["no sample rate", { sampleRate: 0, samples: hum(8_000, 1).samples }],
    ["a sample rate that is no number", { sampleRate: Number.NaN, samples: hum(8_000, 1).samples }]
  ])("there is nothing to hear in %s: BadAudio", (_, audio) => {
    expect(encode(audio, "alaw")).toMatchObject({ left: { reason: "BadAudio", retryable: false } })
  })
})
