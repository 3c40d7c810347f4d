/**
 * Service: works through the queue `dial`: speaks the text of an accepted send, or takes its file, chooses a route, stays with the call
 * (SND-5, SND-6, SND-9). A send whose call it loses sight of is the reconciler's.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import * as Queues from "effect/Queue"
import type * as Stream from "effect/Stream"
import * as Application from "../account/Application.ts"
import * as Holdings from "../number/Holdings.ts"
import * as Now from "../Now.ts"
import type { PortFailure } from "../PortFailure.ts"
import * as Spans from "../Spans.ts"
import * as Send from "../sending/Send.ts"
import { Sends } from "../sending/Sends.ts"
import { Journal } from "../storage/Journal.ts"
import type { Row } from "../storage/Kind.ts"
import * as Worker from "../storage/Worker.ts"
import type { Lease, WorkQueue } from "../storage/WorkQueue.ts"
import * as Template from "../template/Template.ts"
import * as VoiceFile from "../voicefile/VoiceFile.ts"
import type { VoiceFiles } from "../voicefile/VoiceFiles.ts"
import * as Attempt from "./Attempt.ts"
import * as CallId from "./CallId.ts"
import * as Calls from "./Calls.ts"
import * as DispatchPolicy from "./DispatchPolicy.ts"
import * as FileSounds from "./FileSounds.ts"
import { type LiveRoute, LiveRoutes, type Place } from "./LiveRoutes.ts"
import * as Reconciler from "./Reconciler.ts"
import { mismatch } from "./Route.ts"
import type * as RouteChoice from "./RouteChoice.ts"
import * as RouteHealth from "./RouteHealth.ts"
import { Routes } from "./Routes.ts"
import { type SendStep, SendSteps } from "./SendSteps.ts"
import * as Speeches from "./Speeches.ts"
import type { SpeechSynthesizer } from "./SpeechSynthesizer.ts"
import { type Codec, durationMillis, type TelephoneAudio, type TelephoneCodec } from "./TelephoneCodec.ts"

/** How a route fares in this process. */
export interface RouteStatus {
  readonly route: string
  readonly health: RouteHealth.RouteHealth
  /** Calls in progress. */
  readonly active: number
}

export class Dispatcher extends Context.Tag("@vsms/core/dispatch/Dispatcher")<
  Dispatcher,
  {
    /** What happens to sends in this process, from now on. A slow listener misses steps; nobody waits for it. */
    readonly progress: Stream.Stream<SendStep>
    readonly routes: Effect.Effect<ReadonlyArray<RouteStatus>>
  }
>() {
  /** Dials for as long as the layer is in use; when it closes, calls in progress come to their end within the grace. */
  static readonly layerWith = (
    policy: DispatchPolicy.DispatchPolicy
  ): Layer.Layer<
    Dispatcher,
    never,
    Journal | Routes | SendSteps | Sends | SpeechSynthesizer | TelephoneCodec | VoiceFiles | WorkQueue
  > => Layer.scoped(Dispatcher, make(policy))

  /** With the standard policy. */
  static readonly layer: ReturnType<typeof Dispatcher.layerWith> = Layer.suspend(() =>
    Dispatcher.layerWith(DispatchPolicy.standard)
  )
}

/** A call in progress, and when it has lasted too long to be true. */
interface InProgress {
  readonly cutAt: number
  fiber: Fiber.RuntimeFiber<CallEnd, PortFailure> | undefined
}

/** Somebody who waited got a place on a route, or what to hope for where he did not. */
type Begun =
  | { readonly route: string; readonly fiber: Fiber.RuntimeFiber<CallEnd, PortFailure> }
  | { readonly route: undefined; readonly outlook: RouteChoice.Outlook }

/** `unspoken`: the route wants another codec, and in that there is no speech. */
type CallEnd = Calls.CallEnd | "unspoken"

const make = (policy: DispatchPolicy.DispatchPolicy) =>
  Effect.gen(function* () {
    const journal = yield* Journal
    const sends = yield* Sends
    const steps = yield* SendSteps
    const { pauseBetweenPlaysMillis, speechRatePercent } = sends.policy
    const { language, speechBytes, voice } = policy
    const speeches = yield* Speeches.make({ language, voice, ratePercent: speechRatePercent, bytesMax: speechBytes })
    const fileSounds = yield* FileSounds.make
    const probes = yield* FiberSet.make<void>()
    const forkProbe = yield* FiberSet.runtime(probes)()
    const live = new LiveRoutes(yield* Routes, policy, (route) => void forkProbe(Effect.interruptible(recover(route))))
    const fibers = yield* FiberSet.make<CallEnd, PortFailure>()
    // Forks with the flags of where it was made: calls can be cut off, although this is not to be interrupted.
    const fork = yield* Effect.interruptible(FiberSet.runtime(fibers)())
    const inProgress = new Set<InProgress>()
    const begun = yield* Queues.sliding<void>(1)
    const calls: Calls.Calls = { sends, live, steps }

    const lostSight = ({ ref }: Row<typeof Send.kind>) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => Reconciler.handOver(journal, ref, now))

    /** The end of a send that was not dialled, or will not be any more. */
    const fail = ({ ref }: Row<typeof Send.kind>, failure: Send.FailureReason) =>
      Effect.flatMap(Clock.currentTimeMillis, (at) =>
        Effect.as(Calls.record(calls, ref, { _tag: "Failed", at, failure }), undefined)
      )

    /** What is to be heard, as a line of this codec carries it. */
    const audioOf = ({ ref, state }: Row<typeof Send.kind>, personal: Send.Personal, codec: Codec) => {
      const { applicationId, fileId } = state.accepted
      return fileId === undefined
        ? speeches.audio(ref.key, personal.segments, codec)
        : fileSounds.audio({ accountId: ref.owner, applicationId, fileId, codec })
    }

    /** Whether what is spoken or played was deleted since (TPL-6, VOF-5). */
    const contentGone = (
      accountId: string,
      { applicationId, fileId, templateId }: Send.Accepted
    ): Effect.Effect<Send.FailureReason | undefined, PortFailure> =>
      fileId === undefined
        ? Effect.map(journal.load(Template.ref(accountId, applicationId, templateId)), ({ state }) =>
            Either.isLeft(Template.maySend(state)) ? "templateDeleted" : undefined
          )
        : Effect.map(journal.load(VoiceFile.ref(accountId, applicationId, fileId)), ({ state }) =>
            Either.isLeft(VoiceFile.maySend(state)) ? "fileDeleted" : undefined
          )

    /** Why the send may not be dialled, although it was accepted: what it needs is not there any more. */
    const barred = ({
      ref,
      state
    }: Row<typeof Send.kind>): Effect.Effect<Send.FailureReason | undefined, PortFailure> => {
      const { applicationId, display, sight } = state.accepted
      return Effect.flatMap(journal.load(Application.ref(ref.owner, applicationId)), (application) => {
        if (Either.isLeft(Application.maySend(application.state))) return Effect.succeed("applicationDisabled" as const)
        return Effect.flatMap(contentGone(ref.owner, state.accepted), (gone) => {
          if (gone !== undefined) return Effect.succeed(gone)
          return Now.use((now) => {
            if (sight.numberExpiresAt === undefined || now < sight.numberExpiresAt) return Effect.succeed(undefined)
            return Effect.map(journal.load(Holdings.ref(ref.owner)), (holdings) =>
              Holdings.findUsable(holdings.state, display, now) === undefined ? "numberLapsed" : undefined
            )
          })
        })
      })
    }

    /** Once more after a pause, as long as there is time for it; then that is the end, for this reason. */
    const later = (row: Row<typeof Send.kind>, lease: Lease, reason: Send.FailureReason, atLeastMillis = 0) =>
      Effect.flatMap(Clock.currentTimeMillis, (now): Effect.Effect<Worker.Outcome, PortFailure> => {
        const { dialUntilAt } = row.state.accepted
        const pause = DispatchPolicy.pauseMillis(policy.retryMillis, policy.retryMillisMax, lease.attempt)
        const at = Math.min(dialUntilAt - 1, now + Math.max(pause, atLeastMillis))
        if (at <= now) return fail(row, reason)
        steps.publish({ accountId: row.ref.owner, sendId: row.ref.key, step: "waiting", at: now, reason })
        return Effect.succeed(at)
      })

    /**
     * Begins the call, in a fiber of its own: it goes on although the handler that waits for it may lose its lease. Its
     * reports are recorded all the same, and nobody else dials as long as its end is unknown.
     */
    const start = (
      row: Row<typeof Send.kind>,
      personal: Send.Personal,
      taken: Calls.Taken,
      speech: TelephoneAudio,
      plays: number,
      lookedAt: number
    ) => {
      const { accepted, attempts } = row.state
      const { at, live: route } = taken
      const { codecs } = route.channel.capabilities
      let carried: Calls.Carried | undefined
      const carry = (audio: TelephoneAudio) => {
        carried = Calls.carry(calls, row, taken, {
          id: CallId.of(row.ref.key, attempts.length + 1),
          callee: personal.callee,
          display: accepted.display,
          audio,
          plays,
          pauseMillis: pauseBetweenPlaysMillis,
          ringTimeoutMillis: accepted.ringTimeoutMillis,
          longestCallMillis: Attempt.longestCallMillis(accepted)
        })
        return carried.end
      }
      const spoken: Effect.Effect<CallEnd, PortFailure> = codecs.includes(speech.codec)
        ? carry(speech)
        : Effect.matchEffect(audioOf(row, personal, preferred(codecs)), {
            onFailure: (failure) => Effect.as(Effect.logWarning(failure.message), "unspoken" as const),
            onSuccess: carry
          })
      // Who waited in line, or comes from another route, may have lost the right to call meanwhile.
      const call: Effect.Effect<CallEnd, PortFailure> =
        at - lookedAt < freshMillis
          ? spoken
          : Effect.flatMap(barred(row), (reason) =>
              reason === undefined ? spoken : Effect.as(fail(row, reason), "ended" as const)
            )
      const entry: InProgress = { cutAt: Attempt.cutAt(accepted, at), fiber: undefined }
      inProgress.add(entry)
      if (inProgress.size === 1) begun.unsafeOffer(undefined)
      const fiber = fork(
        Spans.belonging()(
          Effect.onExit(call, (exit) => {
            inProgress.delete(entry)
            const released = Now.use((now) => Effect.succeed(live.release(route, now)))
            if (!Exit.isInterrupted(exit)) return released
            const handedOver = Now.use((now) => {
              carried?.cut(now)
              return Effect.ignore(lostSight(row))
            })
            return Effect.zipRight(handedOver, released)
          })
        )
      )
      entry.fiber = fiber
      return fiber
    }

    /** One route after the other, until one has carried the call or none is left. */
    const place = (
      row: Row<typeof Send.kind>,
      lease: Lease,
      personal: Send.Personal,
      speech: TelephoneAudio,
      plays: number,
      tried: ReadonlyArray<string>,
      lookedAt: number
    ): Effect.Effect<Worker.Outcome, PortFailure> =>
      Now.use((now) => {
        const { accepted, attempts } = row.state
        if (attempts.length >= policy.attemptsMax) return fail(row, "channelFailure")
        if (now >= accepted.dialUntilAt) return fail(row, Attempt.lateReason(row.state))
        const wish = { sendId: row.ref.key, traits: accepted, tried, until: accepted.dialUntilAt }
        const begin = ({ chosen, passedOver }: Place, at: number) =>
          start(row, personal, { live: chosen, passedOver, at }, speech, plays, lookedAt)
        const follow = (route: string, fiber: Fiber.RuntimeFiber<CallEnd, PortFailure>) =>
          Effect.flatMap(awaited(fiber), (exit): Effect.Effect<Worker.Outcome, PortFailure> => {
            // A call that was cut off was handed to the reconciler on its way out.
            if (Exit.isFailure(exit)) return Exit.isInterrupted(exit) ? done : Effect.failCause(exit.cause)
            switch (exit.value) {
              case "ended":
                return done
              case "routeFailed":
                return Effect.flatMap(sends.load(row.ref), (after) =>
                  Attempt.mayDial(after.state)
                    ? place(after, lease, personal, speech, plays, [...tried, route], lookedAt)
                    : done
                )
              case "notOurs":
              case "unknown":
                return Effect.as(lostSight(row), undefined)
              case "unspoken":
                return later(row, lease, "speechFailure")
            }
          })
        const free = live.takeFree(wish, now)
        if (free !== undefined) return follow(free.chosen.route.id, begin(free, now))
        // From the place on a route to the fiber that gives it back, nothing may come between.
        const begun = Effect.uninterruptible(
          Effect.flatMap(live.take(wish), ({ chosen, outlook, passedOver }): Effect.Effect<Begun> =>
            chosen === undefined
              ? Effect.succeed({ route: undefined, outlook })
              : Now.use((at) => Effect.succeed({ route: chosen.route.id, fiber: begin({ chosen, passedOver }, at) }))
          )
        )
        return Effect.flatMap(begun, (begun) =>
          begun.route === undefined ? passedOver(row, lease, speech, begun.outlook) : follow(begun.route, begun.fiber)
        )
      })

    const passedOver = (
      row: Row<typeof Send.kind>,
      lease: Lease,
      speech: TelephoneAudio,
      outlook: RouteChoice.Outlook
    ): Effect.Effect<Worker.Outcome, PortFailure> => {
      // Stopping: another process does it, at once.
      if (live.isClosed) return Clock.currentTimeMillis
      if (outlook === "never") return fail(row, "noRoute")
      // Files are kept by themselves.
      if (row.state.accepted.fileId === undefined) speeches.keep(row.ref.key, speech)
      const reason = Attempt.lateReason(row.state)
      return later(row, lease, outlook === "soon" || reason !== "tooLate" ? reason : "noRoute")
    }

    const speak = (row: Row<typeof Send.kind>, lease: Lease, personal: Send.Personal, lookedAt: number) => {
      const { ref, state } = row
      const eligible = live.all.find(({ route }) => mismatch(route, state.accepted) === undefined)
      if (eligible === undefined) return fail(row, "noRoute")
      const spoken = Effect.matchEffect(audioOf(row, personal, preferred(eligible.channel.capabilities.codecs)), {
        onFailure: (failure) =>
          Effect.zipRight(
            Effect.logWarning(failure.message),
            failure.retryable
              ? later(row, lease, "speechFailure", failure.retryAfterMillis)
              : fail(row, "speechFailure")
          ),
        onSuccess: (speech) => {
          const plays = Attempt.plays(state.accepted, durationMillis(speech), pauseBetweenPlaysMillis)
          return plays === 0 ? fail(row, "speechFailure") : place(row, lease, personal, speech, plays, [], lookedAt)
        }
      })
      const wish = { sendId: ref.key, traits: state.accepted, tried: [], until: state.accepted.dialUntilAt }
      return Now.use((now) => (live.turnsAway(wish, now) ? later(row, lease, Attempt.lateReason(state)) : spoken))
    }

    const dial = (row: Row<typeof Send.kind>, lease: Lease) =>
      Now.use((now) => {
        const { personal, ref, state } = row
        const { accepted } = state
        if (now >= accepted.dialUntilAt || personal === undefined) return fail(row, Attempt.lateReason(state))
        steps.publish({ accountId: ref.owner, sendId: ref.key, step: "speaking", at: now })
        return Effect.flatMap(barred(row), (reason) =>
          reason === undefined ? speak(row, lease, personal, now) : fail(row, reason)
        )
      })

    const handle = (lease: Lease): Effect.Effect<Worker.Outcome, PortFailure> =>
      Effect.flatMap(sends.load(Send.ref(lease.owner, lease.key)), (row) => {
        if (Attempt.mayDial(row.state)) return dial(row, lease)
        // Somebody's call, of whom nothing is known here: never dialled over.
        return Attempt.open(row.state) === undefined ? done : Effect.as(lostSight(row), undefined)
      })

    /** A channel that reports no end does not keep its call for ever. */
    const cutOff = Effect.map(Clock.currentTimeMillis, (now) => {
      for (const { cutAt, fiber } of inProgress) if (cutAt <= now) fiber?.unsafeInterruptAsFork(FiberId.none)
    })

    /** Probes a route that has opened until it is well again. */
    const recover = (route: LiveRoute): Effect.Effect<void> =>
      Effect.gen(function* () {
        for (;;) {
          const now = yield* Clock.currentTimeMillis
          const health = RouteHealth.at(route.health, now)
          if (health._tag === "Closed") return
          yield* Effect.sleep(Duration.millis(health._tag === "Open" ? health.until - now : policy.probeMillis))
          if (health._tag === "Open") continue
          const exit = yield* Effect.exit(Effect.timeout(route.channel.probe, Duration.millis(policy.channelMillis)))
          const signal = Exit.isSuccess(exit) ? "ProbeSucceeded" : "ProbeFailed"
          live.signal(route, signal, yield* Clock.currentTimeMillis)
        }
      })

    const carried = live.all.reduce((sum, { route }) => sum + route.maxConcurrent, 0)
    const sweep = Effect.suspend(() => (inProgress.size === 0 ? Queues.take(begun) : Effect.void)).pipe(
      Effect.zipRight(Effect.sleep(sweepPause)),
      Effect.zipRight(cutOff)
    )
    yield* Effect.forkScoped(Effect.interruptible(Effect.forever(sweep)))
    yield* Worker.run({
      queue: "dial",
      ...Worker.defaults,
      concurrency: policy.concurrency ?? carried + policy.lineMax * (live.all.length + 1),
      leaseMillis: policy.leaseMillis,
      graceMillis: policy.graceMillis,
      sendId: ({ key }) => key,
      handle
    })
    // Runs before the worker stops: what has not begun to dial does not begin any more.
    yield* Effect.addFinalizer(() => Effect.map(Clock.currentTimeMillis, (now) => live.close(now)))

    return {
      progress: steps.stream,
      routes: Effect.map(Clock.currentTimeMillis, (now) =>
        live.all.map(({ health, load, route }) => ({
          route: route.id,
          health: RouteHealth.at(health, now),
          active: load.active
        }))
      )
    } satisfies typeof Dispatcher.Service
  })

/** Where a fiber has ended already there is nothing to wait for. */
const awaited = <A, E>(fiber: Fiber.RuntimeFiber<A, E>): Effect.Effect<Exit.Exit<A, E>> =>
  Effect.suspend(() => {
    const exit = fiber.unsafePoll()
    return exit === null ? Fiber.await(fiber) : Effect.succeed(exit)
  })

const done: Effect.Effect<Worker.Outcome> = Effect.succeed(undefined)

/** How long what a send needs is taken to be there still, once it was looked at. */
const freshMillis = 1_000

const sweepPause = Duration.seconds(5)

/** What the line takes in China, where the channel lets us choose. */
const preferred = (codecs: ReadonlyArray<Codec>): Codec => (codecs.includes("alaw") ? "alaw" : (codecs[0] ?? "alaw"))
