/** Adapter: speech becomes what a telephone line carries: 8,000 samples a second at an even level, A-law or µ-law. */
import { type SpeechAudio, SpeechFailure } from "@vsms/core/dispatch/SpeechSynthesizer"
import { type Codec, type TelephoneAudio, TelephoneCodec } from "@vsms/core/dispatch/TelephoneCodec"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as G711 from "./G711.ts"
import * as Level from "./Level.ts"
import * as Resampler from "./Resampler.ts"

/** Of the telephone, in hertz. */
export const sampleRate = 8_000

type Resample = ReturnType<typeof Resampler.make>

/** Makes an encoder, which keeps a filter for each sample rate that it has seen. */
export const make = (): ((audio: SpeechAudio, codec: Codec) => Either.Either<TelephoneAudio, SpeechFailure>) => {
  const resamplers = new Map<number, Resample>()
  const resamplerFrom = (from: number): Resample => {
    const kept = resamplers.get(from)
    if (kept !== undefined) return kept
    const made = Resampler.make({ from, to: sampleRate })
    resamplers.set(from, made)
    return made
  }
  return (audio, codec) => {
    if (!Resampler.isRate(audio.sampleRate)) return badAudio(`a sample rate of ${audio.sampleRate} Hz`)
    const samples = Level.levelled(resamplerFrom(audio.sampleRate)(audio.samples), sampleRate)
    if (samples === undefined) return badAudio("there is nothing to hear")
    return Either.right({ codec, payload: G711.encode(samples, codec) })
  }
}

/** Back to samples: what a recording or a test listens to. */
export const decode = ({ codec, payload }: TelephoneAudio): SpeechAudio => ({
  sampleRate,
  samples: G711.decode(payload, codec)
})

export const layer: Layer.Layer<TelephoneCodec> = Layer.sync(TelephoneCodec, () => {
  const encode = make()
  return TelephoneCodec.of({ encode: (audio, codec) => Effect.suspend(() => encode(audio, codec)) })
})

const badAudio = (detail: string): Either.Either<never, SpeechFailure> =>
  Either.left(new SpeechFailure({ engine: "telephone audio", reason: "BadAudio", retryable: false, detail }))
