/**
 * Adapter: speech by any program that reads text from its standard input and writes a WAV file to its standard output.
 * Each take is a process of its own, so that one that fails harms no other.
 */
import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import { type SpeechAudio, SpeechFailure, SpeechSynthesizer } from "@vsms/core/dispatch/SpeechSynthesizer"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as AudioAnswer from "../engine/AudioAnswer.ts"
import * as Takes from "../engine/Takes.ts"
import * as TakeSpeech from "../engine/TakeSpeech.ts"
import { defaults, type Given, type Options } from "./Config.ts"
import * as Run from "./Run.ts"

export const make = (given: Given): Effect.Effect<TakeSpeech.Speech, never, CommandExecutor.CommandExecutor> =>
  Effect.map(Effect.context<CommandExecutor.CommandExecutor>(), (context) => {
    const options: Options = { ...defaults, ...given }
    const { concurrency, engine, languages, splitMillis } = options
    return TakeSpeech.make({
      ...options,
      takes: (utterance, { language }) =>
        Takes.cut(utterance, language, { splitMillis, weight: () => 1, weightMax: options.longestText * 8 }),
      capabilities: { engine, languages, deterministic: false, concurrency },
      speak: (text, { language, ratePercent = 100, voice }) =>
        Effect.provide(spoken(options, options.args({ language, voice, ratePercent }), text), context)
    })
  })

export const layer = (given: Given): Layer.Layer<SpeechSynthesizer, never, CommandExecutor.CommandExecutor> =>
  Layer.effect(SpeechSynthesizer, make(given))

/** What every run of an engine has in common. */
export type Runs = Omit<Run.RunOptions, "args" | "input"> & Pick<Options, "engine" | "install">

/** One run, and what it wrote as speech. */
export const spoken = (
  options: Runs,
  args: ReadonlyArray<string>,
  input: string
): Effect.Effect<SpeechAudio, SpeechFailure, CommandExecutor.CommandExecutor> =>
  Run.run({ ...options, args, input }).pipe(
    Effect.mapError((fault) => failureOf(options, fault)),
    Effect.flatMap((bytes) =>
      Either.mapLeft(
        AudioAnswer.wav(bytes),
        (detail) => new SpeechFailure({ engine: options.engine, reason: "BadAudio", retryable: true, detail })
      )
    )
  )

export const failureOf = (
  { engine, install }: Pick<Options, "engine" | "install">,
  { detail, problem }: Run.RunFault
): SpeechFailure =>
  problem === "Missing"
    ? new SpeechFailure({ engine, reason: "EngineMissing", retryable: false, detail: `${detail}: ${install}` })
    : problem === "TooLong"
      ? new SpeechFailure({ engine, reason: "BadAudio", retryable: false, detail })
      : new SpeechFailure({ engine, reason: "Unavailable", retryable: true, detail })
