/**
 * Adapter: the engines by name, each described by the environment of its host: `SPEECH_OPENAI_URL`,
 * `SPEECH_TENCENT_SECRET_ID`, `SPEECH_AZURE_REGION` and so on, as their `Config.ts` say.
 */
import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import type * as HttpClient from "@effect/platform/HttpClient"
import { type SpeechFailure, SpeechSynthesizer } from "@vsms/core/dispatch/SpeechSynthesizer"
import * as Config from "effect/Config"
import type * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as AzureSpeech from "../azure/AzureSpeech.ts"
import * as AzureConfig from "../azure/Config.ts"
import * as CommandConfig from "../command/Config.ts"
import * as EspeakNgSpeech from "../command/EspeakNgSpeech.ts"
import type { Speech } from "../engine/TakeSpeech.ts"
import * as EspeakConfig from "../espeak/Config.ts"
import * as EspeakSpeech from "../espeak/EspeakSpeech.ts"
import * as OpenAiConfig from "../openai/Config.ts"
import * as OpenAiSpeech from "../openai/OpenAiSpeech.ts"
import * as TencentConfig from "../tencent/Config.ts"
import * as TencentSpeech from "../tencent/TencentSpeech.ts"
import * as ToneSpeech from "../tone/ToneSpeech.ts"

/** In the order in which a newcomer would try them. */
export const names = ["espeak", "espeak-ng", "openai", "tencent", "azure", "tone"] as const
export type EngineName = (typeof names)[number]

export const isName = (name: string): name is EngineName => names.some((known) => known === name)

/** What engines need of their host: a way to the network, and one to start programs. */
export type Needs = HttpClient.HttpClient | CommandExecutor.CommandExecutor

export interface Engine {
  readonly speech: Speech
  /** Whether each request costs money or a long way, so that it is worth while to keep what is the same. */
  readonly isRemote: boolean
  /** What it is told by its host that decides how it sounds; holds no key. */
  readonly sound: string
}

export type Made = Effect.Effect<Engine, SpeechFailure | ConfigError.ConfigError, Needs | Scope.Scope>

/** The engine of a name. Fails where its host did not say what it has to, or where it is not installed. */
export const make = (name: EngineName): Made => {
  switch (name) {
    case "espeak":
      return made(name, EspeakConfig.config, EspeakSpeech.make, () => undefined)
    case "espeak-ng":
      return made(name, CommandConfig.espeakNgConfig, EspeakNgSpeech.make, () => undefined)
    case "openai":
      return made(name, OpenAiConfig.config, OpenAiSpeech.make, ({ baseUrl, model, voices }) => [
        baseUrl,
        model,
        voices
      ])
    case "tencent":
      return made(name, TencentConfig.config, TencentSpeech.make, ({ voiceType }) => [voiceType])
    case "azure":
      return made(name, AzureConfig.config, AzureSpeech.make, ({ endpoint, voices }) => [endpoint, voices])
    case "tone":
      return Effect.flatMap(SpeechSynthesizer, (speech) => Effect.succeed({ speech, isRemote: false, sound: "" })).pipe(
        Effect.provide(ToneSpeech.layer)
      )
  }
}

export const layer = (
  name: EngineName
): Layer.Layer<SpeechSynthesizer, SpeechFailure | ConfigError.ConfigError, Needs> =>
  Layer.scoped(
    SpeechSynthesizer,
    Effect.map(make(name), ({ speech }) => speech)
  )

/** `undefined` of `soundOf`: the engine is of this machine. */
const made = <Given>(
  name: EngineName,
  config: Config.Config<Given>,
  start: (given: Given) => Effect.Effect<Speech, SpeechFailure, Needs | Scope.Scope>,
  soundOf: (given: Given) => unknown
): Made =>
  Effect.flatMap(Config.nested(config, `SPEECH_${name.toUpperCase().replaceAll("-", "_")}`), (given) =>
    Effect.map(start(given), (speech) => {
      const sound = soundOf(given)
      return { speech, isRemote: sound !== undefined, sound: JSON.stringify(sound ?? null) }
    })
  )
