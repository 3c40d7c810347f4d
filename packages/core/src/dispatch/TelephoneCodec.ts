/**
 * Port: speech becomes what a telephone line carries: 8,000 samples a second, one byte each.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { SpeechAudio, SpeechFailure } from "./SpeechSynthesizer.ts"

/** G.711, A-law (China, Europe) or µ-law (North America, Japan). */
export type Codec = "alaw" | "mulaw"

/** One byte is 1/8,000 of a second: the payload's length is the speech's length. */
export interface TelephoneAudio {
  readonly codec: Codec
  readonly payload: Uint8Array
}

/** Milliseconds of speech, rounded up. */
export const durationMillis = (audio: TelephoneAudio): number => Math.ceil(audio.payload.length / 8)

export class TelephoneCodec extends Context.Tag("@vsms/core/dispatch/TelephoneCodec")<
  TelephoneCodec,
  {
    /** Resamples, levels and encodes. Fails with `BadAudio` when there is nothing to hear. */
    readonly encode: (audio: SpeechAudio, codec: Codec) => Effect.Effect<TelephoneAudio, SpeechFailure>
  }
>() {}
