/**
 * Rules: the laws of the port `AudioDecoder`: what is uploaded is played as it is, or said to be no sound.
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as FastCheck from "effect/FastCheck"
import { AudioDecoder } from "../../voicefile/AudioDecoder.ts"
import type { Format, Sound } from "../../voicefile/SoundFile.ts"
import { example, expect, expectEqual, forAll, type Law, race } from "../Law.ts"
import * as PlainDecoder from "../PlainDecoder.ts"

/** Samples as a microphone gives them, at the rates that files have. */
const sound = FastCheck.record({
  sampleRate: FastCheck.constantFrom(8_000, 11_025, 16_000, 22_050, 44_100, 48_000),
  samples: FastCheck.int16Array({ minLength: 1, maxLength: 200 })
})

const same = (one: Sound | undefined, other: Sound | undefined): boolean =>
  one === undefined || other === undefined
    ? one === other
    : one.sampleRate === other.sampleRate &&
      one.samples.length === other.samples.length &&
      one.samples.every((sample, i) => sample === other.samples[i])

const decode = (file: Uint8Array, format: Format) =>
  Effect.flatMap(AudioDecoder, (decoder) => decoder.decode(file, format))

const wav: Law<AudioDecoder> = forAll({
  rules: ["VOF-1", "VOF-4"],
  sentence: "a WAV file of 16 bits and one channel becomes the samples that it holds, each of them, at its rate",
  given: sound,
  then: (given) =>
    Effect.flatMap(decode(PlainDecoder.wav(given), "wav"), (decoded) =>
      expect(same(decoded, given), `expected ${given.samples.length} samples at ${given.sampleRate} Hz as they are`)
    )
})

const repeats: Law<AudioDecoder> = forAll({
  rules: ["VOF-4"],
  sentence: "the same bytes are the same samples each time, are left as they are, and may lie anywhere in a buffer",
  given: sound,
  then: (given) =>
    Effect.gen(function* () {
      const file = PlainDecoder.wav(given)
      const buffer = new Uint8Array(file.length + 7).fill(0xa5)
      buffer.set(file, 3)
      const part = buffer.subarray(3, 3 + file.length)
      const before = buffer.slice()
      const first = yield* decode(part, "wav")
      const kept = first && { ...first, samples: first.samples.slice() }
      const second = yield* decode(part, "wav")
      yield* expect(same(first, second) && same(first, given), "expected the same samples again")
      yield* expect(same(first, kept), "expected what was handed out not to change")
      yield* expect(
        buffer.every((byte, i) => byte === before[i]),
        "expected the caller's bytes as they were"
      )
    })
})

const nothing: Law<AudioDecoder> = forAll({
  rules: ["VOF-1"],
  sentence: "bytes that are no sound are answered as none, and nothing of them breaks the decoder for what comes after",
  given: FastCheck.tuple(FastCheck.uint8Array({ maxLength: 80 }), FastCheck.nat(60)),
  then: ([bytes, cut]) =>
    Effect.gen(function* () {
      const decoder = yield* AudioDecoder
      const hum = PlainDecoder.humming(20)
      for (const format of decoder.formats) {
        // Whatever a header without its samples is, it is no sound.
        const begun = PlainDecoder.wav(hum).slice(0, Math.min(cut, 44))
        for (const file of [bytes, begun, new Uint8Array(0)])
          yield* expect(
            (yield* decoder.decode(file, format)) === undefined,
            `expected no sound in ${file.length} bytes`
          )
      }
      yield* expect(same(yield* decode(PlainDecoder.wav(hum), "wav"), hum), "expected the next file to be decoded")
    })
})

const together: Law<AudioDecoder> = race({
  rules: ["VOF-4"],
  sentence: "files that are decoded at once do not mix",
  given: FastCheck.array(sound, { minLength: 2, maxLength: 4 }),
  then: (sounds) =>
    Effect.gen(function* () {
      const decoded = yield* Effect.forEach(sounds, (given) => decode(PlainDecoder.wav(given), "wav"), {
        concurrency: "unbounded"
      })
      for (const [i, given] of sounds.entries())
        yield* expect(same(decoded[i], given), `expected file ${i} as if it were alone`)
    })
})

const mp3: Law<AudioDecoder> = example({
  rules: ["VOF-1", "VOF-4"],
  sentence: "an MP3 file becomes its sound: a hum of 440 Hz that lasts as long as its frames, at its own rate",
  needs: "mp3",
  then: Effect.gen(function* () {
    const decoded = yield* decode(hum440, "mp3")
    if (decoded === undefined) return yield* expect(false, "expected a sound")
    const { sampleRate, samples } = decoded
    yield* expectEqual(sampleRate, 8_000, "the sample rate")
    const millis = (samples.length * 1_000) / sampleRate
    yield* expect(millis >= 500 && millis <= 720, `expected 500 to 720 ms, not ${millis}`)
    // From the middle, as the hum fades in and out at the ends of what was encoded.
    const middle = samples.slice(samples.length / 2 - 1_000, samples.length / 2 + 1_000)
    yield* expect(purity(middle, 440 / sampleRate) > 0.9, "expected a hum of 440 Hz")
  })
})

/** How much of the power lies at one pitch, in turns a sample; 0 to 1. */
const purity = (samples: Int16Array, pitch: number): number => {
  let [cosine, sine, power] = [0, 0, 0]
  samples.forEach((sample, i) => {
    cosine += sample * Math.cos(2 * Math.PI * pitch * i)
    sine += sample * Math.sin(2 * Math.PI * pitch * i)
    power += sample * sample
  })
  return power === 0 ? 0 : (2 * (cosine ** 2 + sine ** 2)) / samples.length / power
}

/** Half a second of a hum, as LAME encodes it at 8 kilobits a second: MPEG 2.5, mono, 8,000 Hz. */
const hum440 = Either.getOrThrow(
  Encoding.decodeBase64(
    [
      "/+MYxAAJiI7ZuUMAAqoFLbaAHd3d3/iIiJ/Xd3/+uHAxbvgg7B8H34IOu5fznL+c6fd0qsACgBQKBgMAADIixAiZ/0S6ZF7/",
      "/+MYxBQSMUrFuZQoAByiZAUQCCU0A2YAaEpgahCO8RDodMY3/4CgCAIkHg8Ih3//w6YwkJQkDX/iUJA0JQkDX/5W////////",
      "/+MYxAYOkKZMAd4AAP//////+Gi+xgEgCIVBUAwwLwaDCJB0MJMWQxIbIjHiFOMO0GIwRQRgMBuFwBQEA6XdaZfq///2kl5j",
      "/+MYxAYM0KY4AAb8RAANMRFDKyw0RNOBnDFAIdOvH/s2HhpTELB4MGACEoAyKgAoBAGLSoJrH///+ur///XgIwAwsAYQgAjw",
      "/+MYxA0N0KY0AAeySA4YIIEphNA/GMmPOe1HQpvUjCmK4EEYS4JJgnAdG9MZ6oAEC4NLf///+ur//+wpZocFGGAJiBOYOsGA",
      "/+MYxBANgKY8AAb+RGOYAKFaGBgKIxgLYRESAV4EATDACwB8DADZEAQFYAKoTR3////r///+OQDbge6ACAUDAkA4BAKwMQYv",
      "/+MYxBUM0KZUAVYAAMDHWZsDobBkDcwO4DBgB4DAIAcAYFYC4AxHwzAhIqr/FyDMGgrT/FkE4ISBliRcD7NQ49xnAO/qD3BH",
      "/+MYxBwToTqgAZRoAIAQEA6n0gv/4K2EjHmO8Ycp//+Zj3NzpfN1l//wuD4Lh4H//wGaD400T//3GkuRd//+igXL+AP/2qqq",
      "/+MYxAgNOJq4ecYIAH/tVVU52qiRIlLEgEAiVkQCSqsFQWfWCoNYKgtrBU9rBZ+JeJQWBp8SiIO7VUxBTUUzLjEwMFVVVVVV"
    ].join("")
  )
)

export const laws: ReadonlyArray<Law<AudioDecoder>> = [wav, repeats, nothing, together, mp3]
