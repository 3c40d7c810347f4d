/**
 * Adapter: several engines as one. The first that can speaks; one that fails is left alone for a while, then tried with
 * a single request. Each has its own bound of requests at once.
 */
import {
  type SpeechAudio,
  SpeechFailure,
  type SpeechFailureReason,
  type SpeechRequest,
  type SpeechSegment,
  SpeechSynthesizer
} from "@vsms/core/dispatch/SpeechSynthesizer"
import * as RouteHealth from "@vsms/core/dispatch/RouteHealth"
import type * as Array from "effect/Array"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import * as Metric from "effect/Metric"
import type { Speech } from "../engine/TakeSpeech.ts"
import * as LimitedSpeech from "./LimitedSpeech.ts"

export interface Member {
  readonly speech: Speech
  /**
   * The names that this engine has for the voices of requests. The first engine is asked for a voice as it was named;
   * the others, where none is said here, for their default one.
   */
  readonly voices?: Readonly<Record<string, string>>
}

/** Tagged with `engine`: 1 while it is asked, 0 while it is left alone. */
export const wellness = Metric.gauge("vsms_speech_engine_up", { description: "Whether a speech engine is asked" })

/** As for a telephone route: a fault is a request that failed, a probe one that is let through. */
export type HealthPolicy = RouteHealth.HealthPolicy

export const defaults: HealthPolicy = {
  windowMillis: 60_000,
  faults: 3,
  faultPercent: 50,
  pauseMillis: 5_000,
  pauseMillisMax: 120_000,
  probes: 1
}

export interface FallbackSpeech extends Speech {
  /** How each engine fares, in the order in which they are asked. */
  readonly health: Effect.Effect<ReadonlyArray<{ readonly engine: string; readonly health: RouteHealth.RouteHealth }>>
}

/**
 * Engines in the order in which they are asked.
 *
 * **Details** A message is spoken by one engine from its beginning to its end. Where all fail, the failure is the first
 * that may pass, else the first; where all are left alone it says when one of them is tried next.
 */
export const make = (
  members: Array.NonEmptyReadonlyArray<Member>,
  policy: HealthPolicy = defaults
): Effect.Effect<FallbackSpeech> =>
  Effect.map(
    Effect.forEach(members, (member, at) => engineOf(member, at === 0, policy)),
    (engines) => {
      const all = engines.map(({ speech }) => speech.capabilities)
      const name = all.map(({ engine }) => engine).join(", else ")
      const unavailable = (detail: string, retryAfterMillis?: number) =>
        new SpeechFailure({ engine: name, reason: "Unavailable", retryable: true, retryAfterMillis, detail })

      const failure = (reason: SpeechFailureReason, detail: string) =>
        new SpeechFailure({ engine: name, reason, retryable: false, detail })

      const synthesize = (request: SpeechRequest) =>
        Effect.gen(function* () {
          if (!request.segments.some(isSayable)) {
            return yield* failure("Rejected", "there is nothing to say")
          }
          const able = engines.filter(({ speech }) => speech.capabilities.languages.includes(request.language))
          const failures: Array<SpeechFailure> = []
          let nextAt = Number.POSITIVE_INFINITY
          for (const engine of able) {
            const outcome = yield* engine.ask(request)
            if (outcome === "left alone") {
              const now = yield* Clock.currentTimeMillis
              nextAt = Math.min(nextAt, engine.nextAt(now))
            } else if (outcome._tag === "Right") return outcome.right
            else failures.push(outcome.left)
          }
          const [first] = failures
          // What every engine refuses is not spoken by those that are left alone either.
          const isRefused = first !== undefined && failures.every(({ reason }) => reason === "Rejected")
          if (nextAt < Number.POSITIVE_INFINITY && !isRefused && !failures.some(({ retryable }) => retryable)) {
            const now = yield* Clock.currentTimeMillis
            return yield* unavailable("it is left alone after failures", Math.max(0, nextAt - now))
          }
          if (first !== undefined) return yield* failures.find(({ retryable }) => retryable) ?? first
          return yield* failure("Unsupported", `none of them speaks ${request.language}`)
        })

      return {
        ...SpeechSynthesizer.of({
          capabilities: {
            engine: name,
            languages: [...new Set(all.flatMap(({ languages }) => languages))],
            deterministic: all.length === 1 && all[0]!.deterministic,
            concurrency: Math.max(...all.map(({ concurrency }) => concurrency))
          },
          synthesize
        }),
        health: Effect.map(Clock.currentTimeMillis, (now) =>
          engines.map(({ health, speech }) => ({ engine: speech.capabilities.engine, health: health(now) }))
        )
      }
    }
  )

/** Marks alone are nothing to say for any engine, also for one that is left alone. */
const isSayable = (segment: SpeechSegment): boolean =>
  segment._tag !== "Pause" && /[^\s\p{C}，。！？；：、…—,.!?;:]/u.test(segment.text)

type Outcome = Either.Either<SpeechAudio, SpeechFailure> | "left alone"

const leftAlone: Effect.Effect<Outcome> = Effect.succeed("left alone")

/** How a request goes to an engine: as any other, or to find out whether it is well again. */
type Turn = "call" | "probe"

const engineOf = ({ speech, voices }: Member, isFirst: boolean, policy: HealthPolicy) =>
  Effect.gen(function* () {
    const { engine } = speech.capabilities
    const pass = yield* LimitedSpeech.gate(speech.capabilities.concurrency)
    const up = Metric.tagged(wellness, "engine", engine)
    yield* Metric.set(up, 1)
    let health = RouteHealth.initial
    let probing = false

    const observe = (turn: Turn, passed: boolean) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const signal =
          turn === "probe" ? (passed ? "ProbeSucceeded" : "ProbeFailed") : passed ? "CallPassed" : "CallFaulted"
        const before = health
        health = RouteHealth.observe(policy, health, signal, now)
        if (health === before || health._tag === before._tag) return Effect.void
        return health._tag === "Open"
          ? Effect.zipRight(
              Metric.set(up, 0),
              Effect.logWarning(`speech engine ${engine}: left alone for ${health.until - now} ms after failures`)
            )
          : Effect.zipRight(Metric.set(up, 1), Effect.logInfo(`speech engine ${engine}: well again`))
      })

    const voiceOf = ({ voice }: SpeechRequest) =>
      voice === undefined ? undefined : (voices?.[voice] ?? (isFirst ? voice : undefined))

    const turnAt = (now: number): Turn | undefined => {
      health = RouteHealth.at(health, now)
      if (RouteHealth.takesCalls(health)) return "call"
      return health._tag === "Open" || probing ? undefined : "probe"
    }

    const spoken = (request: SpeechRequest, turn: Turn) =>
      Effect.either(
        Effect.tapBoth(speech.synthesize({ ...request, voice: voiceOf(request) }), {
          onSuccess: () => observe(turn, true),
          onFailure: ({ reason }) => observe(turn, reason === "Rejected" || reason === "Unsupported")
        })
      )

    return {
      speech,
      health: (now: number) => RouteHealth.at(health, now),
      /** When it may be asked again. */
      nextAt: (now: number): number => (health._tag === "Open" ? health.until : now),
      /** Asks, unless the engine is left alone: now, or when those before have had their turn. */
      ask: (request: SpeechRequest): Effect.Effect<Outcome> =>
        Effect.flatMap(Clock.currentTimeMillis, (now): Effect.Effect<Outcome> => {
          if (turnAt(now) === undefined) return leftAlone
          const asked = Effect.uninterruptibleMask((restore) =>
            Effect.flatMap(Clock.currentTimeMillis, (now): Effect.Effect<Outcome> => {
              const turn = turnAt(now)
              if (turn === undefined) return leftAlone
              if (turn === "call") return restore(spoken(request, turn))
              probing = true
              return Effect.ensuring(
                restore(spoken(request, turn)),
                Effect.sync(() => void (probing = false))
              )
            })
          )
          return pass(asked)
        })
    }
  })
