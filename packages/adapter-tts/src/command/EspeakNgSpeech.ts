/**
 * Adapter: speech by the espeak-ng of the machine, a process for each message. As fast as the embedded one, without its
 * memory; its Mandarin depends on how old it is, so that is tried before the first call.
 */
import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import { SpeechFailure, SpeechSynthesizer } from "@vsms/core/dispatch/SpeechSynthesizer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TakeSpeech from "../engine/TakeSpeech.ts"
import { espeakLexicon } from "../espeak/EspeakLexicon.ts"
import * as Markup from "../espeak/Markup.ts"
import { failureOf, spoken } from "./CommandSpeech.ts"
import { type EspeakNgOptions, espeakNgDefaults } from "./Config.ts"
import * as Run from "./Run.ts"

export const engine = "espeak-ng (native)"

export const install = "run: apt-get install espeak-ng"

/** Fails with `EngineMissing` where the program is not there, or none of its voices reads Han as Mandarin. */
export const make = (
  given: Partial<EspeakNgOptions> = {}
): Effect.Effect<TakeSpeech.Speech, SpeechFailure, CommandExecutor.CommandExecutor> =>
  Effect.gen(function* () {
    const options: EspeakNgOptions = { ...espeakNgDefaults, ...given }
    const context = yield* Effect.context<CommandExecutor.CommandExecutor>()
    const mandarin = options.voices["zh-CN"] ?? (yield* mandarinVoice(options))
    const voices = { "zh-CN": mandarin, "en-US": options.voices["en-US"] ?? "en-us" }
    const runs = { ...options, engine, install }
    return TakeSpeech.make({
      ...options,
      ratePercent: [60, 300],
      lexicon: { ...espeakLexicon, ...options.lexicon },
      takes: (utterance) => {
        const { leadMillis, markup, tailMillis } = Markup.render(utterance)
        const silence = (millis: number) => (millis > 0 ? [{ _tag: "Silence" as const, millis }] : [])
        return markup === ""
          ? []
          : [...silence(leadMillis), { _tag: "Say" as const, text: markup }, ...silence(tailMillis)]
      },
      capabilities: {
        engine,
        languages: ["zh-CN", "en-US"],
        deterministic: true,
        concurrency: options.concurrency
      },
      speak: (markup, { language, ratePercent = 100, voice = voices[language] }) => {
        // Letters and digits first: no option of the program begins so.
        if (!/^[A-Za-z0-9][A-Za-z0-9+_-]{0,60}$/.test(voice)) return Effect.fail(noVoice)
        const speed = Math.round((options.wordsPerMinute * ratePercent) / 100)
        const args = ["--stdin", "--stdout", "-m", "-b", "1", "-v", voice, "-s", String(speed)]
        return spoken(runs, args, markup).pipe(
          Effect.catchIf(
            // The program says so on its standard error alone, and ends with code 1.
            ({ reason }) => reason === "Unavailable" && voice !== voices[language],
            (failure) => Effect.flatMap(knows(options, voice), (known) => Effect.fail(known ? failure : noVoice))
          ),
          Effect.provide(context)
        )
      }
    })
  })

export const layer = (
  given: Partial<EspeakNgOptions> = {}
): Layer.Layer<SpeechSynthesizer, SpeechFailure, CommandExecutor.CommandExecutor> =>
  Layer.effect(SpeechSynthesizer, make(given))

const noVoice = new SpeechFailure({ engine, reason: "Unsupported", retryable: false, detail: "it has no such voice" })

/** In the order in which they are tried. Version 1.51 reads Han as English with the first. */
const mandarinVoices = ["cmn", "cmn-latn-pinyin"]

const mandarinVoice = (
  options: EspeakNgOptions
): Effect.Effect<string, SpeechFailure, CommandExecutor.CommandExecutor> =>
  Effect.gen(function* () {
    for (const voice of mandarinVoices) {
      if (/^[^(]*\d\d/.test(yield* phonemes(options, voice))) return voice
    }
    return yield* new SpeechFailure({
      engine,
      reason: "EngineMissing",
      retryable: false,
      detail: "none of its voices reads Mandarin"
    })
  })

/** How a voice reads 好: tones are digits, and a bracket is another language. Empty if there is no such voice. */
const phonemes = (options: EspeakNgOptions, voice: string) =>
  Run.run({ ...options, args: ["--stdin", "-q", "-x", "-b", "1", "-v", voice], input: "好" }).pipe(
    Effect.map((bytes) => new TextDecoder().decode(bytes)),
    Effect.catchIf(
      ({ problem }) => problem === "Failed",
      () => Effect.succeed("")
    ),
    Effect.mapError((fault) => failureOf({ engine, install }, fault))
  )

const knows = (options: EspeakNgOptions, voice: string) => Effect.map(phonemes(options, voice), (found) => found !== "")
