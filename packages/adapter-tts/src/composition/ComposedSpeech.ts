/**
 * Adapter: what an operator runs. Engines by name, counted, each with its own bound; the next one where one fails; the
 * words of templates kept for those that cost.
 */
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import { type SpeechFailure, SpeechSynthesizer } from "@vsms/core/dispatch/SpeechSynthesizer"
import * as Array from "effect/Array"
import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as CachedSpeech from "./CachedSpeech.ts"
import * as Engines from "./Engines.ts"
import * as FallbackSpeech from "./FallbackSpeech.ts"
import * as LimitedSpeech from "./LimitedSpeech.ts"
import * as MeasuredSpeech from "./MeasuredSpeech.ts"
import type { PhraseBook } from "./PhraseBook.ts"
import * as SpeechStore from "./SpeechStore.ts"

export interface Options {
  /** In the order in which they are asked. */
  readonly engines: Array.NonEmptyReadonlyArray<Engines.EngineName>
  readonly health: FallbackSpeech.HealthPolicy
  /** The words of templates; without it nothing is kept. */
  readonly phrases: PhraseBook | undefined
  /** Where speech of those words is kept when the process ends; nowhere, if absent. */
  readonly store: SpeechStore.StoreOptions | undefined
  readonly memoryBytes: number
}

export const defaults: Omit<Options, "engines"> = {
  health: FallbackSpeech.defaults,
  phrases: undefined,
  store: undefined,
  memoryBytes: 64_000_000
}

export type Needs = Engines.Needs | FileSystem.FileSystem | Path.Path

/**
 * The engines as one.
 *
 * **Details** One that cannot be had is left out, with a warning that says why; only where none can, the first one's
 * failure is the answer.
 */
export const make = (
  given: Pick<Options, "engines"> & Partial<Options>
): Effect.Effect<FallbackSpeech.FallbackSpeech, SpeechFailure | ConfigError.ConfigError, Needs | Scope.Scope> =>
  Effect.gen(function* () {
    const { engines, health, memoryBytes, phrases, store: where }: Options = { ...defaults, ...given }
    const store = where === undefined ? undefined : yield* SpeechStore.open(where)
    const tried = yield* Effect.forEach(engines, (name) =>
      Effect.either(Engines.make(name)).pipe(
        Effect.tap((made) =>
          Either.isLeft(made) ? Effect.logWarning(`speech engine ${name}: ${wordsOf(made.left)}`) : Effect.void
        )
      )
    )
    const members = yield* Effect.forEach(Array.getRights(tried), ({ isRemote, sound, speech }) =>
      Effect.gen(function* () {
        const measured = MeasuredSpeech.make(speech)
        if (phrases === undefined || !isRemote) return { speech: measured }
        // A message in parts is several requests, so the bound is below the cache as well.
        const limited = yield* LimitedSpeech.make(measured)
        return { speech: yield* CachedSpeech.make(limited, { phrases, store, sound, bytesMax: memoryBytes }) }
      })
    )
    const [problem] = Array.getLefts(tried)
    if (!Array.isNonEmptyReadonlyArray(members)) return yield* Effect.fail(problem!)
    return yield* FallbackSpeech.make(members, health)
  })

export const layer = (
  given: Pick<Options, "engines"> & Partial<Options>
): Layer.Layer<SpeechSynthesizer, SpeechFailure | ConfigError.ConfigError, Needs> =>
  Layer.scoped(SpeechSynthesizer, make(given))

/**
 * As the environment says: `SPEECH_ENGINES` (`openai,espeak`; `espeak` if absent), `SPEECH_CACHE_DIRECTORY` and
 * `SPEECH_CACHE_BYTES`, and what each engine wants.
 */
export const layerConfig = (
  phrases?: PhraseBook
): Layer.Layer<SpeechSynthesizer, SpeechFailure | ConfigError.ConfigError, Needs> =>
  Layer.unwrapEffect(Effect.map(config, (options) => layer({ ...options, phrases })))

const wordsOf = (problem: SpeechFailure | ConfigError.ConfigError): string =>
  problem._tag === "SpeechFailure" ? problem.message : ConfigError.reduceWithContext(problem, undefined, words)

const words: ConfigError.ConfigErrorReducer<undefined, string> = {
  andCase: (_, left, right) => `${left}; ${right}`,
  orCase: (_, left, right) => `${left}, or ${right}`,
  invalidDataCase: (_, path) => `${path.join("_")} is not what it should be`,
  missingDataCase: (_, path) => `${path.join("_")} is not set`,
  sourceUnavailableCase: (_, path) => `${path.join("_")} cannot be read`,
  unsupportedCase: (_, path) => `${path.join("_")} cannot be read`
}

const engineNames: Config.Config<Array.NonEmptyReadonlyArray<Engines.EngineName>> = Config.mapOrFail(
  Config.withDefault(Config.string("ENGINES"), "espeak"),
  (list) => {
    const named = list.split(",").map((name) => name.trim())
    const known = named.filter(Engines.isName)
    return Array.isNonEmptyReadonlyArray(known) && known.length === named.length
      ? Either.right(known)
      : Either.left(ConfigError.InvalidData([], `a list of ${Engines.names.join(", ")}`))
  }
)

export const config: Config.Config<Pick<Options, "engines" | "store">> = Config.nested(
  Config.map(
    Config.all({
      engines: engineNames,
      directory: Config.withDefault(Config.string("CACHE_DIRECTORY"), ""),
      bytesMax: Config.withDefault(Config.integer("CACHE_BYTES"), 256_000_000)
    }),
    ({ bytesMax, directory, engines }) => ({ engines, store: directory === "" ? undefined : { directory, bytesMax } })
  ),
  "SPEECH"
)
