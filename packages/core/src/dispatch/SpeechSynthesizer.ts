/**
 * Port: text becomes speech. An engine gets segments, never markup, so that nothing a caller supplies is ever parsed.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/**
 * What is spoken, piece by piece. `Spell` says one character at a time; `millis` is a silence.
 *
 * **Details** Texts that touch are one sentence. A text with a `kind` is a value that somebody declared: a number is
 * never taken for a code, a year or a telephone number, and an amount is yuan whether 元 stands behind it or not.
 */
export type SpeechSegment =
  | { readonly _tag: "Text"; readonly text: string; readonly kind?: "number" | "amount" }
  | { readonly _tag: "Spell"; readonly text: string }
  | { readonly _tag: "Pause"; readonly millis: number }

export interface SpeechRequest {
  readonly segments: ReadonlyArray<SpeechSegment>
  readonly language: "zh-CN" | "en-US"
  /** An engine's own name of a voice; its default if absent. */
  readonly voice?: string | undefined
  /** Per cent of the engine's normal speed; 100 if absent. */
  readonly ratePercent?: number | undefined
}

/** Mono speech at the engine's own sample rate (hertz). */
export interface SpeechAudio {
  readonly sampleRate: number
  readonly samples: Int16Array
}

/** Why there is no speech. `Rejected`: the engine will never speak this. */
export const SpeechFailureReason = Schema.Literal("EngineMissing", "Unsupported", "Rejected", "Unavailable", "BadAudio")
export type SpeechFailureReason = typeof SpeechFailureReason.Type

/** **Gotchas** `detail` is for operators (an install line, a status): never the text. */
export class SpeechFailure extends Schema.TaggedError<SpeechFailure>()("SpeechFailure", {
  engine: Schema.String,
  reason: SpeechFailureReason,
  retryable: Schema.Boolean,
  retryAfterMillis: Schema.optional(Schema.Int),
  detail: Schema.String
}) {
  override get message(): string {
    return `${this.engine}: ${this.reason} (${this.detail})`
  }
}

export class SpeechSynthesizer extends Context.Tag("@vsms/core/dispatch/SpeechSynthesizer")<
  SpeechSynthesizer,
  {
    readonly capabilities: {
      readonly engine: string
      readonly languages: ReadonlyArray<SpeechRequest["language"]>
      /** Whether the same request always gives the same samples. */
      readonly deterministic: boolean
      /** How many requests are worth running at once; infinity, if any number does no harm. */
      readonly concurrency: number
    }
    /** Speaks all segments in order, one mono track. Requests running at once never mix. */
    readonly synthesize: (request: SpeechRequest) => Effect.Effect<SpeechAudio, SpeechFailure>
  }
>() {}
