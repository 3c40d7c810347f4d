/** Adapter: what is set for Tencent Cloud's speech, and how a host reads it from its environment. */
import * as Config from "effect/Config"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as RequestLimits from "../engine/RequestLimits.ts"
import * as SpeechClient from "../engine/SpeechClient.ts"
import type { Lexicon } from "../text/Lexicon.ts"
import * as Spelling from "../text/Spelling.ts"

export interface Options extends SpeechClient.ClientSettings, Omit<RequestLimits.RequestLimits, "ratePercent"> {
  readonly secretId: string
  readonly secretKey: Redacted.Redacted
  /** Of temporary credentials. */
  readonly token: Redacted.Redacted | undefined
  readonly endpoint: string
  readonly region: string
  /** The vendor's number of a voice (`VoiceType`), unless a request names another one. */
  readonly voiceType: number
  /** In hertz. 8,000 is the telephone's: nothing needs to be resampled. */
  readonly sampleRate: 8_000 | 16_000
  /** Requests at once. The vendor counts those of a second as well. */
  readonly concurrency: number
  readonly pace: Spelling.Pace
  readonly lexicon: Lexicon
  /** Silences from here on are made here; shorter ones become marks, at which the voice rests by itself. */
  readonly splitMillis: number
}

export type Required = "secretId" | "secretKey"

export const defaults: Omit<Options, Required> = {
  ...SpeechClient.defaults,
  ...RequestLimits.defaults,
  token: undefined,
  endpoint: "https://tts.tencentcloudapi.com",
  region: "ap-guangzhou",
  voiceType: 101_001,
  sampleRate: 8_000,
  concurrency: 10,
  pace: Spelling.defaultPace,
  lexicon: {},
  splitMillis: 800
}

export type Given = Pick<Options, Required> & Partial<Options>

/** `SECRET_ID`, `SECRET_KEY`, `TOKEN`, `VOICE_TYPE`, `REGION`, `CONCURRENCY`; hosts put a name before them. */
export const config: Config.Config<Given> = Config.map(
  Config.all({
    secretId: Config.string("SECRET_ID"),
    secretKey: Config.redacted("SECRET_KEY"),
    token: Config.option(Config.redacted("TOKEN")),
    region: Config.withDefault(Config.string("REGION"), defaults.region),
    voiceType: Config.withDefault(Config.integer("VOICE_TYPE"), defaults.voiceType),
    concurrency: Config.withDefault(Config.integer("CONCURRENCY"), defaults.concurrency)
  }),
  ({ token, ...given }) => ({ ...given, token: Option.getOrUndefined(token) })
)
