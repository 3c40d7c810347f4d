/**
 * Adapter: uploaded files of sound become samples. WAV is read by our own code; MP3 is decoded by mpg123, in a thread of
 * its own for each file, if `mpg123-decoder` is installed: an optional peer, as its licence is not ours.
 */
import { PortFailure } from "@vsms/core/PortFailure"
import { AudioDecoder } from "@vsms/core/voicefile/AudioDecoder"
import type { Format, Sound } from "@vsms/core/voicefile/SoundFile"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Resampler from "./Resampler.ts"
import * as Wav from "./Wav.ts"

/** A thread of the decoder of MP3, as far as it is used here: types of a peer that may be missing stand in no interface. */
export interface Mp3Thread {
  readonly ready: Promise<void>
  readonly decode: (file: Uint8Array) => Promise<Mp3Sound>
  readonly free: () => Promise<void>
}

/** The channels side by side, samples from -1 to 1. */
export interface Mp3Sound {
  readonly channelData: ReadonlyArray<Float32Array>
  readonly samplesDecoded: number
  readonly sampleRate: number
}

export interface Options {
  /** How many MP3 files are decoded at once; the others wait. */
  readonly threads: number
  /** Loads the decoder of MP3; it fails where that is not installed. */
  readonly load: () => Promise<{ readonly MPEGDecoderWebWorker: new () => Mp3Thread }>
}

export const defaults: Options = { threads: 2, load: () => import("mpg123-decoder") }

export const layer = (options: Partial<Options> = {}): Layer.Layer<AudioDecoder> =>
  Layer.effect(
    AudioDecoder,
    Effect.gen(function* () {
      const { load, threads } = { ...defaults, ...options }
      const permits = yield* Effect.makeSemaphore(threads)
      const loaded = yield* Effect.option(Effect.tryPromise(load))
      const formats: ReadonlyArray<Format> = loaded._tag === "Some" ? ["wav", "mp3"] : ["wav"]
      const mp3 =
        loaded._tag === "Some" ? decodeMp3(loaded.value.MPEGDecoderWebWorker) : () => Effect.succeed(undefined)
      return AudioDecoder.of({
        formats,
        decode: (file, format) =>
          Effect.map(
            format === "wav"
              ? Effect.sync(() => Either.getOrUndefined(Wav.read(file)))
              : permits.withPermits(1)(mp3(file)),
            (sound) => (sound !== undefined && Resampler.isRate(sound.sampleRate) ? sound : undefined)
          )
      })
    })
  )

const decodeMp3 =
  (Thread: new () => Mp3Thread) =>
  (file: Uint8Array): Effect.Effect<Sound | undefined, PortFailure> =>
    Effect.acquireUseRelease(
      Effect.sync(() => new Thread()),
      (thread) =>
        // What is handed to the thread is no longer anybody else's: a copy.
        Effect.map(
          attempt(() => thread.ready.then(() => thread.decode(file.slice()))),
          monoOf
        ),
      // A thread that is gone already cannot be let go of: that harms nobody.
      (thread) => Effect.ignore(attempt(() => thread.free()))
    )

const attempt = <A>(call: () => Promise<A>): Effect.Effect<A, PortFailure> =>
  Effect.tryPromise({
    try: call,
    catch: (cause) => new PortFailure({ port: "AudioDecoder", operation: "decode", retry: "later", cause })
  })

const monoOf = ({ channelData, sampleRate, samplesDecoded }: Mp3Sound): Sound | undefined => {
  if (samplesDecoded === 0 || channelData.length === 0) return undefined
  const samples = new Int16Array(samplesDecoded)
  for (let i = 0; i < samplesDecoded; i++) {
    let sum = 0
    for (const channel of channelData) sum += channel[i]!
    samples[i] = Math.max(-32_768, Math.min(32_767, Math.round((sum / channelData.length) * 32_767)))
  }
  return { sampleRate, samples }
}
