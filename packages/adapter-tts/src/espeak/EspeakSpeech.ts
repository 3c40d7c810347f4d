/**
 * Adapter: speech by espeak-ng, embedded. It needs no server and no model, speaks Mandarin and English, and sounds like
 * a machine. The engine is an optional peer: its licence is not ours.
 */
import { type SpeechFailure, type SpeechRequest, SpeechSynthesizer } from "@vsms/core/dispatch/SpeechSynthesizer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as RequestLimits from "../engine/RequestLimits.ts"
import * as SpokenRequest from "../text/SpokenRequest.ts"
import { defaults, type Options } from "./Config.ts"
import { engine, type EspeakInstance, failure, start } from "./EspeakInstance.ts"
import { espeakLexicon } from "./EspeakLexicon.ts"
import * as Markup from "./Markup.ts"

/** The voice of each language, unless a request names another one of the engine's (`cmn+m5`, `en-gb`). */
const voices = { "zh-CN": "cmn", "en-US": "en-us" } as const

/**
 * Starts the engine, and gives the threads back when the scope closes.
 *
 * **Details** The first thread starts at once, so that a missing engine is known before the first call:
 * `EngineMissing`, with the line that installs it. A thread that failed, took too long or was interrupted is ended, and
 * another one started when it is needed.
 */
export const make = (options: Partial<Options> = {}): Effect.Effect<Speech, SpeechFailure, Scope.Scope> =>
  Effect.gen(function* () {
    const settings: Options = { ...defaults, ...options }
    const say = SpokenRequest.speaker({
      pace: settings.pace,
      lexicon: { ...espeakLexicon, ...settings.lexicon }
    })
    const threads = new Set<Effect.Effect<void>>()
    yield* Effect.addFinalizer(() =>
      Effect.forEach(threads, (stop) => stop, { concurrency: "unbounded", discard: true })
    )

    const begin = start({
      engineModule: settings.engineModule,
      startLimitMillis: settings.startLimitMillis,
      speakLimitMillis: settings.speakLimitMillis,
      threads
    })
    const idle: Array<EspeakInstance> = [yield* begin]
    const permits = yield* Effect.makeSemaphore(settings.instances)

    const take = Effect.suspend(() => {
      for (let instance = idle.pop(); instance !== undefined; instance = idle.pop()) {
        if (instance.isAlive()) return Effect.succeed(instance)
      }
      return begin
    })

    const synthesize = Effect.fn("EspeakSpeech.synthesize")(function* (request: SpeechRequest) {
      const refusal = RequestLimits.refusal(request, settings)
      if (refusal !== undefined) return yield* failure(refusal.reason, refusal.detail)
      const { leadMillis, markup, tailMillis } = Markup.render(say(request.segments, request.language))
      if (markup === "") return yield* failure("Rejected", "there is nothing to say")
      const spoken = {
        markup,
        voice: request.voice ?? voices[request.language],
        rate: Math.round((settings.wordsPerMinute * (request.ratePercent ?? 100)) / 100),
        pitch: 50,
        range: 50,
        volume: 75
      }
      const { sampleRate, samples } = yield* permits.withPermits(1)(
        Effect.acquireUseRelease(
          Effect.interruptible(take),
          (instance) => Effect.map(instance.speak(spoken), (samples) => ({ sampleRate: instance.sampleRate, samples })),
          (instance, exit) => (exit._tag === "Success" ? Effect.sync(() => idle.push(instance)) : instance.stop)
        )
      )
      if (samples.length === 0) return yield* failure("BadAudio", "the engine was silent")
      return { sampleRate, samples: between(samples, leadMillis, tailMillis, sampleRate) }
    })

    return SpeechSynthesizer.of({
      capabilities: {
        engine,
        languages: ["zh-CN", "en-US"],
        deterministic: false,
        concurrency: settings.instances
      },
      synthesize
    })
  })

type Speech = (typeof SpeechSynthesizer)["Service"]

/** Fails with `EngineMissing` where the optional peer is not installed. */
export const layer = (options: Partial<Options> = {}): Layer.Layer<SpeechSynthesizer, SpeechFailure> =>
  Layer.scoped(SpeechSynthesizer, make(options))

/** The samples with silence before and after. */
const between = (samples: Int16Array, leadMillis: number, tailMillis: number, sampleRate: number): Int16Array => {
  const lead = Math.round((leadMillis * sampleRate) / 1000)
  const tail = Math.round((tailMillis * sampleRate) / 1000)
  if (lead === 0 && tail === 0) return samples
  const longer = new Int16Array(lead + samples.length + tail)
  longer.set(samples, lead)
  return longer
}
