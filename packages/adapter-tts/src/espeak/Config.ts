/** Adapter: what is set for the embedded espeak-ng, and how a host reads it from its environment. */
import * as Config from "effect/Config"
import * as RequestLimits from "../engine/RequestLimits.ts"
import type { Lexicon } from "../text/Lexicon.ts"
import * as Spelling from "../text/Spelling.ts"
import { engineModule } from "./EspeakInstance.ts"

export interface Options extends RequestLimits.RequestLimits {
  /** Threads, and so requests at once. Each takes 45 to 90 MB and 280 times real time. */
  readonly instances: number
  /** Speed at 100 per cent. The engine's own 175 is fast for the telephone. */
  readonly wordsPerMinute: number
  readonly pace: Spelling.Pace
  /** Added to what the engine is known to misread. */
  readonly lexicon: Lexicon
  readonly startLimitMillis: number
  readonly speakLimitMillis: number
  /** Where the engine is imported from: the package's name, or a URL. */
  readonly engineModule: string
}

export const defaults: Options = {
  ...RequestLimits.defaults,
  ratePercent: [60, 300],
  instances: 1,
  wordsPerMinute: 150,
  pace: Spelling.defaultPace,
  lexicon: {},
  startLimitMillis: 30_000,
  speakLimitMillis: 15_000,
  engineModule
}

/** `INSTANCES`, `WORDS_PER_MINUTE`; hosts put a name before them. */
export const config: Config.Config<Partial<Options>> = Config.all({
  instances: Config.withDefault(Config.integer("INSTANCES"), defaults.instances),
  wordsPerMinute: Config.withDefault(Config.integer("WORDS_PER_MINUTE"), defaults.wordsPerMinute)
})
