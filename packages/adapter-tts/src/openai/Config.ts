/** Adapter: what is set for a server with OpenAI's speech interface, and how a host reads it from its environment. */
import * as Config from "effect/Config"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as RequestLimits from "../engine/RequestLimits.ts"
import * as SpeechClient from "../engine/SpeechClient.ts"
import type { Lexicon } from "../text/Lexicon.ts"
import * as Spelling from "../text/Spelling.ts"

export interface Options extends SpeechClient.ClientSettings, Omit<RequestLimits.RequestLimits, "ratePercent"> {
  /** Up to and without `/v1/audio/speech`. */
  readonly baseUrl: string
  /** Sent as `Authorization: Bearer`; most self-hosted servers want none. */
  readonly apiKey: Redacted.Redacted | undefined
  readonly model: string
  /** The voice of each language that the model speaks. */
  readonly voices: Readonly<Partial<Record<Spelling.Language, string>>>
  /** Speed at 100 per cent; 1 is the model's own. */
  readonly speed: number
  /** `wav` says itself what its sample rate is. `pcm` has none in it: only for servers that know nothing else. */
  readonly format: "wav" | { readonly pcmSampleRate: number }
  /** Further fields of the request, as some servers want them: `lang_code`, `instructions` ... */
  readonly extra: Readonly<Record<string, unknown>>
  /** Requests at once. A server with one graphics card is fastest with few. */
  readonly concurrency: number
  readonly pace: Spelling.Pace
  /** Added to nothing: which words a model misreads depends on the model. */
  readonly lexicon: Lexicon
  /** Silences from here on are made here; shorter ones become marks, at which the voice rests by itself. */
  readonly splitMillis: number
}

/** What has no default: where the server is, and what it is to speak with. */
export type Required = "baseUrl" | "model" | "voices"

export const defaults: Omit<Options, Required> = {
  ...SpeechClient.defaults,
  ...RequestLimits.defaults,
  apiKey: undefined,
  speed: 1,
  format: "wav",
  extra: {},
  concurrency: 8,
  pace: Spelling.defaultPace,
  lexicon: {},
  splitMillis: 800
}

export type Given = Pick<Options, Required> & Partial<Options>

/** `URL`, `KEY`, `MODEL`, `VOICE` (Mandarin), `VOICE_EN`, `CONCURRENCY`; hosts put a name before them. */
export const config: Config.Config<Given> = Config.map(
  Config.all({
    baseUrl: Config.string("URL"),
    apiKey: Config.option(Config.redacted("KEY")),
    model: Config.string("MODEL"),
    mandarin: Config.string("VOICE"),
    english: Config.option(Config.string("VOICE_EN")),
    concurrency: Config.withDefault(Config.integer("CONCURRENCY"), defaults.concurrency)
  }),
  ({ apiKey, baseUrl, concurrency, english, mandarin, model }) => ({
    baseUrl,
    apiKey: Option.getOrUndefined(apiKey),
    model,
    voices: { "zh-CN": mandarin, ...(Option.isSome(english) ? { "en-US": english.value } : {}) },
    concurrency
  })
)
