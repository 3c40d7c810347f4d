/**
 * Service: the speech of sends as a line carries it (SND-5). Speech is personal data: it is kept in memory alone, only
 * for sends that are tried again, and never more of it than a bound.
 */
import * as Effect from "effect/Effect"
import { type SpeechFailure, type SpeechSegment, SpeechSynthesizer } from "./SpeechSynthesizer.ts"
import { type Codec, type TelephoneAudio, TelephoneCodec } from "./TelephoneCodec.ts"

export interface SpeechSettings {
  readonly language: "zh-CN" | "en-US"
  readonly voice?: string | undefined
  readonly ratePercent: number
  readonly bytesMax: number
}

export interface Speeches {
  /** Speaks and encodes, unless it was kept. */
  readonly audio: (
    sendId: string,
    segments: ReadonlyArray<SpeechSegment>,
    codec: Codec
  ) => Effect.Effect<TelephoneAudio, SpeechFailure>
  /** Keeps speech for when the send is tried again. */
  readonly keep: (sendId: string, audio: TelephoneAudio) => void
}

export const make = (settings: SpeechSettings): Effect.Effect<Speeches, never, SpeechSynthesizer | TelephoneCodec> =>
  Effect.gen(function* () {
    const synthesizer = yield* SpeechSynthesizer
    const telephone = yield* TelephoneCodec
    const { concurrency } = synthesizer.capabilities
    const engine = Number.isFinite(concurrency) ? yield* Effect.makeSemaphore(Math.max(1, concurrency)) : undefined
    const { bytesMax, language, ratePercent, voice } = settings
    const kept = new Map<string, TelephoneAudio>()
    let bytes = 0

    const forget = (sendId: string): TelephoneAudio | undefined => {
      const audio = kept.get(sendId)
      if (audio === undefined) return undefined
      kept.delete(sendId)
      bytes -= audio.payload.length
      return audio
    }

    return {
      audio: (sendId, segments, codec) =>
        Effect.suspend(() => {
          const known = forget(sendId)
          if (known?.codec === codec) return Effect.succeed(known)
          const spoken = synthesizer.synthesize({ segments, language, voice, ratePercent })
          return Effect.flatMap(engine === undefined ? spoken : engine.withPermits(1)(spoken), (speech) =>
            telephone.encode(speech, codec)
          )
        }),
      keep: (sendId, audio) => {
        forget(sendId)
        if (audio.payload.length > bytesMax) return
        kept.set(sendId, audio)
        bytes += audio.payload.length
        // A map is in the order of insertion: what was kept longest goes first.
        for (const oldest of kept.keys()) {
          if (bytes <= bytesMax) return
          forget(oldest)
        }
      }
    }
  })
