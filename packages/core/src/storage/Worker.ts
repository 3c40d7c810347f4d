/**
 * Service: works through one queue. It leases due work, hands each piece to a handler, a bounded number at a time, and
 * finishes what was done. Stopping lets what has begun come to its end.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as FiberHandle from "effect/FiberHandle"
import * as FiberSet from "effect/FiberSet"
import * as Queues from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as Discretion from "../Discretion.ts"
import * as Metrics from "../Metrics.ts"
import { PortFailure } from "../PortFailure.ts"
import * as Spans from "../Spans.ts"
import type { Queue } from "./Decision.ts"
import { type Lease, WorkQueue } from "./WorkQueue.ts"

/** What is to become of a piece of work: it is done (`undefined`), or due again at that time (epoch milliseconds). */
export type Outcome = number | undefined

export interface WorkerOptions<R> {
  readonly queue: Queue
  /** How many handlers run at once. */
  readonly concurrency: number
  /** How long a lease lasts. A handler that takes longer is no problem: its lease is extended while it runs. */
  readonly leaseMillis: number
  /** How long a stop waits for handlers; what is not done by then is interrupted, and leased again by somebody else. */
  readonly graceMillis: number
  /** Does the work, or finds it done: it may be called again for work that was done before. */
  readonly handle: (lease: Lease) => Effect.Effect<Outcome, PortFailure, R>
  /**
   * The longest that a handler may take; without it, as long as it likes. One that takes longer is given up as if its
   * port had failed, so that an outside that hangs does not keep the worker's hands for ever.
   */
  readonly handleMillis?: number
  /** Which send it is about, where it is about one: for the span of the work. */
  readonly sendId?: (lease: Lease) => string
}

/** Sensible options for queues whose work is short. */
export const defaults = { concurrency: 16, leaseMillis: 30_000, graceMillis: 10_000 } as const

/**
 * How often every queue is looked at when no bell rings, in milliseconds: one second, unless the deployment says
 * otherwise. Bells may be lost between processes only; where there is one process, a long pause costs nothing.
 */
export class PollMillis extends Context.Reference<PollMillis>()("@vsms/core/storage/PollMillis", {
  defaultValue: () => 1_000
}) {}

/** The pause before work whose handler failed is tried again: 1 s, doubling, at most five minutes. */
export const pauseMillis = (attempt: number): number => Math.min(300_000, 1_000 * 2 ** Math.min(attempt - 1, 20))

/** A handler at work on a lease that is good until `until`, as far as this process knows. */
interface Running {
  readonly lease: Lease
  until: number
  /** The handler is through and what came of it is being stored: the lease is not asked after any more. */
  settling: boolean
  fiber: Fiber.RuntimeFiber<void> | undefined
}

/**
 * Runs until its scope closes.
 *
 * **Details** One fiber keeps the leases of all running handlers. A handler whose lease is lost, or was not confirmed
 * until it ran out, is interrupted: the work is somebody else's now.
 */
export const run = <R>(options: WorkerOptions<R>): Effect.Effect<void, never, WorkQueue | Scope.Scope | R> =>
  Effect.gen(function* () {
    const { concurrency, graceMillis, leaseMillis, queue } = options
    const pollMillis = yield* PollMillis
    const workQueue = yield* WorkQueue
    const bell = yield* workQueue.bell(queue)
    const handlers = yield* FiberSet.make<void>()
    // Forks with the flags of where it was made: handlers can be interrupted, although this is not to be.
    const fork = yield* Effect.interruptible(FiberSet.runtime(handlers)<R>())
    const alarm = yield* FiberHandle.make<void>()
    const wake = yield* Queues.sliding<void>(1)
    const begun = yield* Queues.sliding<void>(1)
    const running = new Map<string, Running>()
    let full = false
    let idle: Deferred.Deferred<void> | undefined
    let alarmAt = Number.POSITIVE_INFINITY

    const ended = (id: string, entry: Running): void => {
      if (running.get(id) === entry) running.delete(id)
      Metrics.working(queue, running.size)
      if (idle !== undefined && running.size === 0) Deferred.unsafeDone(idle, Effect.void)
      if (!full) return
      full = false
      wake.unsafeOffer(undefined)
    }

    const start = (lease: Lease, until: number): void => {
      const id = `${lease.owner}/${lease.key}`
      const entry: Running = { lease, until, settling: false, fiber: undefined }
      // Work that came again although it is being done here was lost, or asked anew: only the new lease can finish it.
      running.get(id)?.fiber?.unsafeInterruptAsFork(FiberId.none)
      running.set(id, entry)
      Metrics.working(queue, running.size)
      if (running.size === 1) begun.unsafeOffer(undefined)
      entry.fiber = fork(attempt(workQueue, options, entry))
      entry.fiber.addObserver(() => ended(id, entry))
    }

    // Not to be interrupted half way: what was leased is started, and then waited for like all that runs.
    const startDue = (now: number, room: number) =>
      Effect.uninterruptible(
        Effect.map(workQueue.lease({ queue, now, limit: room, leaseMillis }), (leases) => {
          for (const lease of leases) start(lease, now + leaseMillis)
          return leases.length
        })
      )

    /** Sees to it that the loop wakes at `at`. An alarm that is set for earlier does as well. */
    const setAlarm = (now: number, at: number): Effect.Effect<unknown> => {
      if (alarmAt <= at) return Effect.void
      alarmAt = at
      const ring = Effect.sync(() => {
        alarmAt = Number.POSITIVE_INFINITY
        wake.unsafeOffer(undefined)
      })
      return FiberHandle.run(alarm, Effect.zipRight(Effect.sleep(Duration.millis(at - now)), ring))
    }

    // A stop runs in a fiber that was interrupted itself, where a timeout could not end the waiting: the timer is
    // another fiber's.
    const lastOnes = Effect.gen(function* () {
      idle = yield* Deferred.make<void>()
      const grace = Effect.zipRight(Effect.sleep(Duration.millis(graceMillis)), Deferred.succeed(idle, undefined))
      const timer = yield* Effect.forkDaemon(Effect.interruptible(grace))
      yield* Deferred.await(idle)
      yield* Fiber.interrupt(timer)
    })

    /** Starts what there is room for, then waits: for room, for a bell, or for the next due time. */
    const round = Effect.gen(function* () {
      const room = concurrency - running.size
      if (room > 0) {
        const now = yield* Clock.currentTimeMillis
        const started = yield* startDue(now, room)
        if (started === room) return
        const due = yield* workQueue.nextDue(queue)
        yield* setAlarm(now, Math.max(now + 1, Math.min(now + pollMillis, due ?? Number.POSITIVE_INFINITY)))
      } else full = true
      yield* Queues.take(wake)
    })

    const loop = Effect.forever(
      Effect.catchAll(round, (failure) =>
        Effect.zipRight(Effect.logWarning(failure.message), Effect.sleep(Duration.millis(pollMillis)))
      )
    )

    const keep = (entry: Running): Effect.Effect<void> =>
      entry.settling
        ? Effect.void
        : Effect.flatMap(Clock.currentTimeMillis, (now) =>
            Effect.flatMap(Effect.either(workQueue.extend(entry.lease, now + leaseMillis)), (kept) => {
              if (Either.isLeft(kept)) return Effect.logWarning(kept.left.message)
              entry.until = kept.right ? now + leaseMillis : 0
              return Effect.void
            })
          )

    /** A storage that does not answer must not hide that the leases run out, hence the time limit. */
    const beat = Effect.gen(function* () {
      if (running.size === 0) yield* Queues.take(begun)
      yield* Effect.sleep(Duration.millis(leaseMillis / 4))
      const keepAll = Effect.forEach([...running.values()], keep, { concurrency: 32, discard: true })
      yield* Effect.timeoutOption(keepAll, Duration.millis(leaseMillis / 4))
      const now = yield* Clock.currentTimeMillis
      for (const { fiber, settling, until } of running.values())
        if (until <= now && !settling && fiber !== undefined) yield* Fiber.interruptFork(fiber)
    })

    // A scope closes from its end: the loop stops first; then handlers are waited for, their leases still kept; then
    // the set of handlers is closed and what is left in it interrupted.
    yield* Effect.forkScoped(Effect.interruptible(Effect.forever(beat)))
    yield* Effect.addFinalizer(() => (running.size === 0 ? Effect.void : lastOnes))
    yield* Effect.forkScoped(
      Effect.interruptible(Effect.forever(Effect.map(Queues.take(bell), () => wake.unsafeOffer(undefined))))
    )
    yield* Effect.forkScoped(Effect.interruptible(loop))
  })

const attempt = <R>(
  workQueue: typeof WorkQueue.Service,
  options: WorkerOptions<R>,
  entry: Running
): Effect.Effect<void, never, R> =>
  traced(
    options,
    entry.lease,
    limited(
      options,
      Effect.suspend(() => options.handle(entry.lease))
    )
  ).pipe(
    Effect.flatMap((outcome) => {
      entry.settling = true
      Metrics.worked(options.queue, outcome === undefined ? "done" : "later")
      return outcome === undefined ? workQueue.finish(entry.lease) : workQueue.postpone(entry.lease, outcome)
    }),
    Effect.catchAllCause((cause) =>
      Cause.isInterruptedOnly(cause)
        ? Effect.void
        : Effect.zipRight(report(entry.lease, cause), Effect.ignore(tryLater(workQueue, entry)))
    )
  )

/**
 * A span for the work, in the trace of whoever asked for it; named and described as OpenTelemetry has it for messages.
 * Keys are left out: that of a number's renewal is the number.
 */
const traced = <A, E, R>(
  { queue, sendId }: WorkerOptions<R>,
  lease: Lease,
  handled: Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Spans.continued(
    lease.trace,
    Spans.within(
      `process ${queue}`,
      () => ({
        "messaging.system": "vsms",
        "messaging.operation.type": "process",
        "messaging.destination.name": queue,
        accountId: lease.owner,
        attempt: lease.attempt,
        ...(sendId === undefined ? {} : { sendId: sendId(lease) })
      }),
      handled,
      { kind: "consumer" }
    )
  )

const limited = <R>(
  { handleMillis, queue }: WorkerOptions<R>,
  handled: Effect.Effect<Outcome, PortFailure, R>
): Effect.Effect<Outcome, PortFailure, R> =>
  handleMillis === undefined
    ? handled
    : Effect.timeoutFail(Effect.disconnect(handled), {
        duration: Duration.millis(handleMillis),
        onTimeout: () =>
          new PortFailure({ port: "Worker", operation: queue, retry: "later", cause: "the handler took too long" })
      })

const tryLater = (workQueue: typeof WorkQueue.Service, { lease }: Running) =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => workQueue.postpone(lease, now + pauseMillis(lease.attempt)))

/** The outside breaks now and then; a defect is ours. Neither may stop the other work of the queue. */
const report = (lease: Lease, cause: Cause.Cause<PortFailure>): Effect.Effect<void> => {
  Metrics.worked(lease.queue, Cause.isDie(cause) ? "defect" : "failed")
  return Cause.isDie(cause)
    ? Effect.logError(`${lease.queue}: a handler has a defect`, Discretion.ofCause(cause))
    : Effect.logWarning(`${lease.queue}: ${String(Cause.squash(cause))}`)
}
