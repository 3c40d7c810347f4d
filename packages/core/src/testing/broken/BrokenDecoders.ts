/**
 * Adapter: decoders that are wrong on purpose, each in one way, and the law that catches each.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { AudioDecoder } from "../../voicefile/AudioDecoder.ts"
import type { Sound } from "../../voicefile/SoundFile.ts"
import * as PlainDecoder from "../PlainDecoder.ts"

/** A decoder that is wrong, and the sentence of the law that must catch it. */
export interface BrokenDecoder {
  readonly name: string
  readonly caughtBy: string
  readonly layer: Layer.Layer<AudioDecoder>
}

type Decoder = typeof AudioDecoder.Service

const broken = (name: string, caughtBy: string, spoil: (sound: Decoder) => Partial<Decoder>): BrokenDecoder => ({
  name,
  caughtBy,
  layer: Layer.provide(
    Layer.effect(
      AudioDecoder,
      Effect.map(AudioDecoder, (sound) => ({ ...sound, ...spoil(sound) }))
    ),
    PlainDecoder.layer
  )
})

const asItIs = "a WAV file of 16 bits and one channel becomes the samples that it holds, each of them, at its rate"
const eachTime = "the same bytes are the same samples each time, are left as they are, and may lie anywhere in a buffer"
const none = "bytes that are no sound are answered as none, and nothing of them breaks the decoder for what comes after"
const atOnce = "files that are decoded at once do not mix"
const frames = "an MP3 file becomes its sound: a hum of 440 Hz that lasts as long as its frames, at its own rate"

export const brokenDecoders: ReadonlyArray<BrokenDecoder> = [
  broken("loses the last sample", asItIs, (sound) => ({
    decode: (file, format) =>
      Effect.map(
        sound.decode(file, format),
        (decoded) => decoded && { ...decoded, samples: decoded.samples.slice(0, -1) }
      )
  })),
  broken("takes everything for telephone sound", asItIs, (sound) => ({
    decode: (file, format) =>
      Effect.map(sound.decode(file, format), (decoded) => decoded && { ...decoded, sampleRate: 8_000 })
  })),
  broken("reads from the beginning of the buffer", eachTime, (sound) => ({
    decode: (file, format) => sound.decode(new Uint8Array(file.buffer, 0, file.length), format)
  })),
  broken("decodes in the caller's own bytes", eachTime, (sound) => ({
    decode: (file, format) =>
      Effect.ensuring(
        sound.decode(file, format),
        Effect.sync(() => file.fill(0, 44))
      )
  })),
  broken("takes silence for a sound", none, (sound) => ({
    decode: (file, format) =>
      Effect.map(sound.decode(file, format), (decoded) => decoded ?? { sampleRate: 8_000, samples: new Int16Array(0) })
  })),
  broken("never recovers from what is no sound", none, (sound) => {
    let upset = false
    return {
      decode: (file, format) =>
        Effect.map(sound.decode(file, format), (decoded) => {
          upset ||= decoded === undefined
          return upset ? undefined : decoded
        })
    }
  }),
  broken("has one place for what it decodes", atOnce, (sound) => {
    let last: Sound | undefined
    return {
      decode: (file, format) =>
        Effect.gen(function* () {
          last = yield* sound.decode(file, format)
          yield* Effect.yieldNow()
          return last
        })
    }
  }),
  broken("plays every MP3 at twice its pitch", frames, (sound) => ({
    decode: (file, format) =>
      Effect.map(sound.decode(file, format), (decoded) =>
        decoded && format === "mp3" ? { ...decoded, samples: decoded.samples.filter((_, i) => i % 2 === 0) } : decoded
      )
  }))
]
