/** Adapter: an engine that is asked take by take. What is common to those lies here. */
import {
  type SpeechAudio,
  SpeechFailure,
  type SpeechRequest,
  SpeechSynthesizer
} from "@vsms/core/dispatch/SpeechSynthesizer"
import * as Effect from "effect/Effect"
import type { Lexicon } from "../text/Lexicon.ts"
import type * as Spelling from "../text/Spelling.ts"
import * as SpokenRequest from "../text/SpokenRequest.ts"
import type { Utterance } from "../text/Utterance.ts"
import * as RequestLimits from "./RequestLimits.ts"
import * as Splice from "./Splice.ts"
import type { Take } from "./Takes.ts"

export type Speech = typeof SpeechSynthesizer.Service

export interface TakeEngine extends RequestLimits.RequestLimits {
  readonly capabilities: Speech["capabilities"]
  readonly pace: Spelling.Pace
  readonly lexicon: Lexicon
  /** What the engine is given for an utterance: `Takes.cut`, or its own markup. */
  readonly takes: (utterance: Utterance, request: SpeechRequest) => ReadonlyArray<Take>
  /** Speaks one take, of the request that it is part of. */
  readonly speak: (text: string, request: SpeechRequest) => Effect.Effect<SpeechAudio, SpeechFailure>
}

/**
 * The engine as the port wants it: text made speakable, takes one after the other, put together with their silences.
 */
export const make = (engine: TakeEngine): Speech => {
  const say = SpokenRequest.speaker({ pace: engine.pace, lexicon: engine.lexicon })
  const { capabilities } = engine
  const fail = ({ detail, reason }: RequestLimits.Refusal) =>
    Effect.fail(new SpeechFailure({ engine: capabilities.engine, reason, retryable: reason === "BadAudio", detail }))
  const synthesize = (request: SpeechRequest): Effect.Effect<SpeechAudio, SpeechFailure> =>
    Effect.suspend(() => {
      if (!capabilities.languages.includes(request.language)) {
        return fail({ reason: "Unsupported", detail: `it does not speak ${request.language}` })
      }
      const refusal = RequestLimits.refusal(request, engine)
      if (refusal !== undefined) return fail(refusal)
      const takes = engine.takes(say(request.segments, request.language), request)
      if (!takes.some(({ _tag }) => _tag === "Say")) {
        return fail({ reason: "Rejected", detail: "there is nothing to say" })
      }
      const pieces = Effect.forEach(takes, (take): Effect.Effect<Splice.Piece, SpeechFailure> =>
        take._tag === "Say" ? engine.speak(take.text, request) : Effect.succeed({ silenceMillis: take.millis })
      )
      return Effect.flatMap(pieces, (pieces) => {
        const audio = Splice.join(pieces)
        return audio === undefined
          ? fail({ reason: "BadAudio", detail: "its sample rate changes from one take to the next" })
          : Effect.succeed(audio)
      })
    })
  return SpeechSynthesizer.of({
    capabilities,
    synthesize: (request) =>
      Effect.withSpan(synthesize(request), `${capabilities.engine}.synthesize`, { captureStackTrace: false })
  })
}
