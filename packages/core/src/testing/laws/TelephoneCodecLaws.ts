/**
 * Rules: the laws of the port `TelephoneCodec`. What it makes is listened to with a decoder of G.711 of their own.
 */
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import type { SpeechAudio } from "../../dispatch/SpeechSynthesizer.ts"
import { type Codec, TelephoneCodec } from "../../dispatch/TelephoneCodec.ts"
import { example, expect, expectEqual, forAll, type Law } from "../Law.ts"

/**
 * What a codec for tests may leave out. `resamples`: takes other rates than the telephone's own. `companding`: its bytes
 * are G.711, to be played to people. `levels`: evens out how loud engines are.
 */
export type Ability = "resamples" | "companding" | "levels"

type Needs = TelephoneCodec

const codecs: ReadonlyArray<Codec> = ["alaw", "mulaw"]

const telephoneRate = 8_000

const pitch = 440

/** A hum, as an engine would give it. */
const hum = (sampleRate: number, millis: number, amplitude = 6_000): SpeechAudio => ({
  sampleRate,
  samples: Int16Array.from({ length: Math.round((sampleRate * millis) / 1_000) }, (_, i) =>
    Math.round(amplitude * Math.sin((2 * Math.PI * pitch * i) / sampleRate))
  )
})

const encode = (audio: SpeechAudio, codec: Codec) => Effect.flatMap(TelephoneCodec, (port) => port.encode(audio, codec))

/** A byte for 1/8,000 of a second; a filter may add or take a little at the ends. */
const expectLength = (bytes: number, millis: number) =>
  expect(
    Math.abs(bytes - millis * 8) <= 80 + millis * 0.08,
    `${millis * 8} bytes for ${millis} ms, or about that, not ${bytes}`
  )

const lasts: Law<Needs> = forAll({
  rules: ["SND-5", "BAL-4"],
  sentence: "what comes at the telephone's rate lasts as long as it did, and is of the codec that was asked for",
  given: FastCheck.tuple(FastCheck.integer({ min: 20, max: 3_000 }), FastCheck.constantFrom(...codecs)),
  then: ([millis, codec]) =>
    Effect.gen(function* () {
      const audio = yield* encode(hum(telephoneRate, millis), codec)
      yield* expectEqual(audio.codec, codec, "the codec")
      yield* expectLength(audio.payload.length, millis)
    })
})

const rates: Law<Needs> = forAll({
  rules: ["SND-5", "BAL-4"],
  sentence: "at whatever rate an engine speaks, a second becomes 8,000 bytes",
  needs: "resamples",
  given: FastCheck.tuple(
    FastCheck.constantFrom(11_025, 16_000, 22_050, 24_000, 44_100, 48_000),
    FastCheck.integer({ min: 200, max: 1_500 }),
    FastCheck.constantFrom(...codecs)
  ),
  then: ([rate, millis, codec]) =>
    Effect.flatMap(encode(hum(rate, millis), codec), ({ payload }) => expectLength(payload.length, millis))
})

const repeats: Law<Needs> = forAll({
  rules: ["SND-5"],
  sentence: "the same audio becomes the same bytes, whatever was encoded between, and is left as it was",
  given: FastCheck.tuple(
    FastCheck.uint8Array({ minLength: 400, maxLength: 1_600 }),
    FastCheck.constantFrom(...codecs),
    FastCheck.constantFrom(...codecs)
  ),
  then: ([noise, codec, otherCodec]) =>
    Effect.gen(function* () {
      // The first is a click, so that there is something to hear.
      const samples = Int16Array.from(noise, (byte, i) => (i === 0 ? 9_000 : (byte - 128) * 100))
      const audio = { sampleRate: telephoneRate, samples }
      const before = samples.slice()
      const first = yield* encode(audio, codec)
      const bytes = first.payload.slice()
      yield* encode(hum(telephoneRate, 50, 20_000), otherCodec)
      const again = yield* encode(audio, codec)
      yield* expect(same(again.payload, bytes), "the same bytes")
      yield* expect(same(first.payload, bytes), "what was handed out not to change")
      yield* expect(same(samples, before), "the samples not to change")
    })
})

const nothing: Law<Needs> = example({
  rules: ["SND-5"],
  sentence:
    "no samples, and silence alone, are bad audio that is not to be tried again: nobody is called to hear nothing",
  then: Effect.gen(function* () {
    for (const codec of codecs)
      for (const length of [0, 1, telephoneRate]) {
        const audio = { sampleRate: telephoneRate, samples: new Int16Array(length) }
        const made = yield* Effect.either(encode(audio, codec))
        const failure = made._tag === "Left" ? made.left : undefined
        yield* expectEqual(failure?.reason, "BadAudio", `the failure for ${length} silent samples`)
        yield* expectEqual(failure?.retryable, false, "whether to try again")
      }
  })
})

const ownBytes: Law<Needs> = example({
  rules: ["SND-5"],
  sentence: "A-law and µ-law are different bytes for the same sound: a telephone hears it in each by the codec's name",
  needs: "companding",
  then: Effect.gen(function* () {
    const [alaw, mulaw] = [
      yield* encode(hum(telephoneRate, 500), "alaw"),
      yield* encode(hum(telephoneRate, 500), "mulaw")
    ]
    yield* expect(!same(alaw.payload, mulaw.payload), "different bytes")
    for (const { codec, payload } of [alaw, mulaw]) {
      const pure = purity(Array.from(payload, decoders[codec]))
      yield* expect(pure > 0.95, `a pure hum by ${codec}, not one of ${Math.round(pure * 100)} per cent`)
    }
  })
})

const evens: Law<Needs> = example({
  rules: ["SND-5"],
  sentence: "an engine that whispers and one that shouts are equally loud on the line, within two decibels",
  needs: "levels",
  then: Effect.gen(function* () {
    for (const codec of codecs) {
      const loudness: Array<number> = []
      for (const amplitude of [100, 3_000, 32_000]) {
        const { payload } = yield* encode(hum(telephoneRate, 500, amplitude), codec)
        loudness.push(power(Array.from(payload, decoders[codec])))
      }
      const decibels = 10 * Math.log10(Math.max(...loudness) / Math.min(...loudness))
      yield* expect(decibels <= 2, `2 dB apart at most, not ${decibels}`)
    }
  })
})

const same = (some: ArrayLike<number>, others: ArrayLike<number>): boolean =>
  some.length === others.length && Array.prototype.every.call(some, (one, i) => one === others[i])

/** The linear sample behind a byte: sign, three bits of exponent, four of mantissa. */
const decoders: { readonly [C in Codec]: (byte: number) => number } = {
  alaw: (byte) => {
    const plain = byte ^ 0x55
    const exponent = (plain >> 4) & 7
    const step = ((plain & 15) << 4) + 8
    const size = exponent === 0 ? step : (step + 0x100) << (exponent - 1)
    return plain & 0x80 ? size : -size
  },
  mulaw: (byte) => {
    const plain = ~byte & 0xff
    const size = ((((plain & 15) << 3) + 0x84) << ((plain >> 4) & 7)) - 0x84
    return plain & 0x80 ? -size : size
  }
}

const power = (samples: ReadonlyArray<number>): number =>
  samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length

/** How much of the power lies at the pitch, 0 to 1. */
const purity = (samples: ReadonlyArray<number>): number => {
  let [cosine, sine] = [0, 0]
  samples.forEach((sample, i) => {
    const turn = (2 * Math.PI * pitch * i) / telephoneRate
    cosine += sample * Math.cos(turn)
    sine += sample * Math.sin(turn)
  })
  return (2 * (cosine ** 2 + sine ** 2)) / samples.length ** 2 / power(samples)
}

export const laws: ReadonlyArray<Law<Needs>> = [lasts, rates, repeats, nothing, ownBytes, evens]
