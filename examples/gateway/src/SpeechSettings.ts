/** Checks what the environment says of speech engines, before one of them is opened. */
import * as AzureConfig from "@vsms/adapter-tts/azure/Config"
import * as CommandConfig from "@vsms/adapter-tts/command/Config"
import * as ComposedSpeech from "@vsms/adapter-tts/composition/ComposedSpeech"
import * as Engines from "@vsms/adapter-tts/composition/Engines"
import * as EspeakConfig from "@vsms/adapter-tts/espeak/Config"
import * as OpenAiConfig from "@vsms/adapter-tts/openai/Config"
import * as TencentConfig from "@vsms/adapter-tts/tencent/Config"
import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { Problem, Variables, Words } from "./Environment.ts"

/** What each engine has to be told; a machine's own tones need nothing. */
const configs: { readonly [N in Engines.EngineName]: Config.Config<unknown> | undefined } = {
  espeak: EspeakConfig.config,
  "espeak-ng": CommandConfig.espeakNgConfig,
  openai: OpenAiConfig.config,
  tencent: TencentConfig.config,
  azure: AzureConfig.config,
  tone: undefined
}

export const problems = (variables: Variables): ReadonlyArray<Problem> => {
  const given = Object.entries(variables).flatMap(([name, value]) => (value ? [[name, value] as const] : []))
  const provider = ConfigProvider.fromMap(new Map(given), { pathDelim: "_" })
  const read = <A>(config: Config.Config<A>): Either.Either<A, ReadonlyArray<Problem>> =>
    Either.mapLeft(Effect.runSync(Effect.either(provider.load(config))), (error) => problemsOf(error, variables))
  const composed = read(ComposedSpeech.config)
  if (Either.isLeft(composed)) return composed.left
  return composed.right.engines.flatMap((name) => {
    const config = configs[name]
    if (config === undefined) return []
    const nested = Config.nested(config, `SPEECH_${name.toUpperCase().replaceAll("-", "_")}`)
    return Either.match(read(nested), { onLeft: (found) => [...found], onRight: () => [] })
  })
}

const engines: Words = [
  `应为以下引擎的列表，以逗号分隔：${Engines.names.join("、")}`,
  `must be a list, with commas, of ${Engines.names.join(", ")}`
]
const missing: Words = ["SPEECH_ENGINES 中的引擎需要它", "is needed by an engine of SPEECH_ENGINES"]
const invalid: Words = ["格式不正确，见 adapter-tts 的 README", "has not the form that the README of adapter-tts tells"]

const problemsOf = (error: ConfigError.ConfigError, variables: Variables): ReadonlyArray<Problem> => {
  const problem = (path: ReadonlyArray<string>, expected: Words): ReadonlyArray<Problem> => {
    // The list itself is checked where the name of its variable is not known.
    const variable = path.length === 1 ? "SPEECH_ENGINES" : path.join("_")
    const isSecret = /KEY|SECRET|TOKEN/.test(variable)
    return [{ variable, given: isSecret ? undefined : variables[variable], expected }]
  }
  return ConfigError.reduceWithContext(error, undefined, {
    andCase: (_, left, right) => [...left, ...right],
    orCase: (_, left) => left,
    missingDataCase: (_, path) => problem(path, missing),
    invalidDataCase: (_, path) => problem(path, path.length === 1 ? engines : invalid),
    sourceUnavailableCase: (_, path) => problem(path, invalid),
    unsupportedCase: (_, path) => problem(path, invalid)
  } satisfies ConfigError.ConfigErrorReducer<undefined, ReadonlyArray<Problem>>)
}
