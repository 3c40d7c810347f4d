import { SpeechSynthesizer, type SpeechSegment } from "@vsms/core/dispatch/SpeechSynthesizer"
import { TelephoneCodec } from "@vsms/core/dispatch/TelephoneCodec"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import { describe, expect, it } from "vitest"
import * as G711 from "../../src/audio/G711.ts"
import * as Level from "../../src/audio/Level.ts"
import * as TelephoneAudio from "../../src/audio/TelephoneAudio.ts"
import * as ToneSpeech from "../../src/tone/ToneSpeech.ts"
import { heardKeys, heardOnLine } from "../support/Dtmf.ts"

const spell = (text: string): ReadonlyArray<SpeechSegment> => [
  { _tag: "Text", text: "码：" },
  { _tag: "Spell", text }
]

const spoken = (segments: ReadonlyArray<SpeechSegment>, ratePercent = 100) =>
  Effect.runSync(ToneSpeech.synthesize({ segments, language: "zh-CN", ratePercent }))

const codes = FastCheck.stringMatching(/^[0-9*#A-D]{2,12}$/)

const sample = <A>(arbitrary: FastCheck.Arbitrary<A>, count: number): ReadonlyArray<A> =>
  FastCheck.sample(arbitrary, count)

const encode = TelephoneAudio.make()

describe("from a code to the telephone and back", () => {
  it.each(["alaw", "mulaw"] as const)(
    "SND-5: 600 random codes are heard exactly over %s",
    { timeout: 120_000 },
    (codec) => {
      for (const code of sample(codes, 600)) {
        const line = Either.getOrThrow(encode(spoken(spell(code)), codec))
        expect(heardOnLine(line.payload, codec)).toBe(code)
      }
    }
  )

  it("SND-5: through the ports", () =>
    Effect.gen(function* () {
      const speech = yield* SpeechSynthesizer
      const codec = yield* TelephoneCodec
      const line = yield* codec.encode(yield* speech.synthesize({ segments: spell("3842"), language: "zh-CN" }), "alaw")
      expect(heardOnLine(line.payload, line.codec)).toBe("3842")
    }).pipe(Effect.provide(Layer.merge(ToneSpeech.layer, TelephoneAudio.layer)), Effect.runPromise))

  it("control: of the wrong law no code is heard", () => {
    for (const code of sample(codes, 50)) {
      const line = Either.getOrThrow(encode(spoken(spell(code)), "alaw"))
      expect(heardOnLine(line.payload, "mulaw")).not.toBe(code)
    }
  })

  it("control: without resampling no code is heard", () => {
    for (const code of sample(codes, 50)) {
      const levelled = Level.levelled(Float32Array.from(spoken(spell(code)).samples), 8_000)!
      expect(heardOnLine(G711.encode(levelled, "alaw"), "alaw")).not.toBe(code)
    }
  })

  it("control: a key too few is noticed", () => {
    const line = Either.getOrThrow(encode(spoken(spell("3842")), "alaw"))
    const oneKey = ((ToneSpeech.toneMillis + ToneSpeech.gapMillis) * 8_000) / 1000
    expect(heardOnLine(line.payload.subarray(0, line.payload.length - oneKey), "alaw")).toBe("384")
  })
})

describe("the tone engine", () => {
  it("says pauses as long as they are, and is faster at a higher rate", () => {
    const seconds = (segments: ReadonlyArray<SpeechSegment>, rate?: number) =>
      spoken(segments, rate).samples.length / ToneSpeech.sampleRate
    const code = seconds([{ _tag: "Spell", text: "3842" }])
    expect(code).toBeCloseTo(4 * 0.18, 3)
    expect(seconds([{ _tag: "Spell", text: "3842" }], 200)).toBeCloseTo(2 * 0.18, 3)
    expect(
      seconds([
        { _tag: "Pause", millis: 1_000 },
        { _tag: "Spell", text: "3842" },
        { _tag: "Pause", millis: 500 }
      ])
    ).toBeCloseTo(1.5 + code, 3)
  })

  it("is deterministic", () => {
    expect(spoken(spell("A1")).samples).toEqual(spoken(spell("A1")).samples)
  })

  it.each([[[]], [[{ _tag: "Pause", millis: 100 }]], [[{ _tag: "Text", text: "，。" }]]] as const)(
    "rejects a request in which nothing is said: %j",
    (segments) => {
      const outcome = Effect.runSync(Effect.either(ToneSpeech.synthesize({ segments, language: "zh-CN" })))
      expect(outcome).toMatchObject({ _tag: "Left", left: { reason: "Rejected", retryable: false } })
    }
  )

  it("keys of a text are heard too, words are not taken for keys", () => {
    const line = Either.getOrThrow(encode(spoken([{ _tag: "Text", text: "请按1，或者2。再见" }]), "alaw"))
    expect(heardOnLine(line.payload, "alaw")).toBe("12")
    expect(heardKeys(new Int16Array(8_000))).toBe("")
  })
})
