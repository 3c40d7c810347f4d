/** Adapter: what is set for Azure Speech, global and in China, and how a host reads it from its environment. */
import * as Config from "effect/Config"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as RequestLimits from "../engine/RequestLimits.ts"
import * as SpeechClient from "../engine/SpeechClient.ts"
import type { Lexicon } from "../text/Lexicon.ts"
import * as Spelling from "../text/Spelling.ts"

export interface Options extends SpeechClient.ClientSettings, Omit<RequestLimits.RequestLimits, "ratePercent"> {
  readonly key: Redacted.Redacted
  /** Up to and without `/cognitiveservices/v1`; see `endpoint`. */
  readonly endpoint: string
  readonly voices: Readonly<Record<Spelling.Language, string>>
  /**
   * `pcm` is levelled before it becomes G.711, so it is rounded to that once. `alaw` is half as many bytes, and rounded
   * twice where the level changes.
   */
  readonly format: "pcm" | "alaw"
  readonly concurrency: number
  readonly pace: Spelling.Pace
  readonly lexicon: Lexicon
  /** Silences from here on are made here: the service's are exact only below. */
  readonly splitMillis: number
}

export type Required = "key" | "endpoint"

export const defaults: Omit<Options, Required> = {
  ...SpeechClient.defaults,
  ...RequestLimits.defaults,
  voices: { "zh-CN": "zh-CN-XiaoxiaoNeural", "en-US": "en-US-JennyNeural" },
  format: "pcm",
  concurrency: 10,
  pace: Spelling.defaultPace,
  lexicon: {},
  splitMillis: 2_000
}

export type Given = Pick<Options, Required> & Partial<Options>

/** The address of a region. Those of China (`chinaeast2` ...) are another cloud, with keys of its own. */
export const endpoint = (region: string): string =>
  `https://${region}.tts.speech.${region.startsWith("china") ? "azure.cn" : "microsoft.com"}`

/** `KEY`, `REGION`, `VOICE`, `VOICE_EN`, `CONCURRENCY`; hosts put a name before them. */
export const config: Config.Config<Given> = Config.map(
  Config.all({
    key: Config.redacted("KEY"),
    region: Config.validate(Config.string("REGION"), {
      message: "a region's name, as in chinaeast2",
      validation: (region) => /^[a-z0-9]+$/.test(region)
    }),
    mandarin: Config.option(Config.string("VOICE")),
    english: Config.option(Config.string("VOICE_EN")),
    concurrency: Config.withDefault(Config.integer("CONCURRENCY"), defaults.concurrency)
  }),
  ({ concurrency, english, key, mandarin, region }) => ({
    key,
    endpoint: endpoint(region),
    voices: {
      "zh-CN": Option.getOrElse(mandarin, () => defaults.voices["zh-CN"]),
      "en-US": Option.getOrElse(english, () => defaults.voices["en-US"])
    },
    concurrency
  })
)
