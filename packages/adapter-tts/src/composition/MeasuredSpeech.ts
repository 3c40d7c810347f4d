/**
 * Adapter: an engine whose use is counted: requests by how they ended, characters as vendors bill them, seconds of
 * speech, and how long requests took. Around each engine, below whatever caches it, so that what costs is counted.
 */
import type { SpeechFailure, SpeechRequest } from "@vsms/core/dispatch/SpeechSynthesizer"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"
import type { Speech } from "../engine/TakeSpeech.ts"

/** Tagged with `engine` and `outcome`: `spoken`, a failure's reason, or `interrupted`. */
export const requests = Metric.counter("vsms_speech_requests_total", {
  description: "Requests to a speech engine",
  incremental: true
})

/** Tagged with `engine`. Unicode code points of the texts of requests that were spoken. */
export const characters = Metric.counter("vsms_speech_characters_total", {
  description: "Characters that a speech engine was paid for",
  incremental: true
})

/** Tagged with `engine`. */
export const audioSeconds = Metric.counter("vsms_speech_audio_seconds_total", {
  description: "Seconds of speech that an engine made",
  incremental: true
})

/** Tagged with `engine`. From the request to the last sample, whatever came of it. */
export const latency = Metric.histogram(
  "vsms_speech_seconds",
  MetricBoundaries.exponential({ start: 0.01, factor: 2, count: 12 }),
  "How long a request to a speech engine took"
)

export const make = (speech: Speech): Speech => {
  const { engine } = speech.capabilities
  const of = <Type, In, Out>(metric: Metric.Metric<Type, In, Out>) => Metric.tagged(metric, "engine", engine)
  const [spoken, length, took] = [of(characters), of(audioSeconds), of(latency)]
  const counted = (outcome: string) => Metric.increment(Metric.tagged(of(requests), "outcome", outcome))
  return {
    ...speech,
    synthesize: (request) =>
      Effect.flatMap(Clock.currentTimeMillis, (start) =>
        Effect.onExit(speech.synthesize(request), (exit) =>
          Effect.flatMap(Clock.currentTimeMillis, (end) =>
            Effect.all(
              [
                Metric.update(took, (end - start) / 1_000),
                counted(outcomeOf(exit)),
                ...(Exit.isSuccess(exit)
                  ? [
                      Metric.incrementBy(spoken, charactersOf(request)),
                      Metric.incrementBy(length, exit.value.samples.length / exit.value.sampleRate)
                    ]
                  : [])
              ],
              { discard: true }
            )
          )
        )
      )
  }
}

const outcomeOf = (exit: Exit.Exit<unknown, SpeechFailure>): string =>
  Exit.match(exit, {
    onSuccess: () => "spoken",
    onFailure: (cause) =>
      cause._tag === "Fail" ? cause.error.reason : Exit.isInterrupted(exit) ? "interrupted" : "defect"
  })

const charactersOf = ({ segments }: SpeechRequest): number =>
  segments.reduce((sum, segment) => sum + (segment._tag === "Pause" ? 0 : [...segment.text].length), 0)
