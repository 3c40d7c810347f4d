/**
 * Service: works through one queue. It leases due work, hands each piece to a handler, a bounded number at a time, and
 * finishes what was done. Stopping lets what has begun come to its end.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Queues from "effect/Queue"
import type * as Scope from "effect/Scope"
import type { PortFailure } from "../PortFailure.ts"
import type { Queue } from "./Decision.ts"
import { type Lease, WorkQueue } from "./WorkQueue.ts"

/** What is to become of a piece of work: it is done (`undefined`), or due again at that time (epoch milliseconds). */
export type Outcome = number | undefined

export interface WorkerOptions<R> {
  readonly queue: Queue
  /** How many handlers run at once. */
  readonly concurrency: number
  /** How long a lease lasts. A handler that takes longer keeps extending it. */
  readonly leaseMillis: number
  /** How often the queue is looked at when no bell rings. */
  readonly pollMillis: number
  /** How long a stop waits for handlers; what is not done by then is interrupted, and leased again by somebody else. */
  readonly graceMillis: number
  /** Does the work, or finds it done: it may be called again for work that was done before. */
  readonly handle: (lease: Lease) => Effect.Effect<Outcome, PortFailure, R>
}

/** Sensible options for queues whose work is short. */
export const defaults = { concurrency: 16, leaseMillis: 30_000, pollMillis: 1_000, graceMillis: 10_000 } as const

/** The pause before work whose handler failed is tried again: 1 s, doubling, at most five minutes. */
export const pauseMillis = (attempt: number): number => Math.min(300_000, 1_000 * 2 ** Math.min(attempt - 1, 20))

/** Runs until its scope closes. */
export const run = <R>(options: WorkerOptions<R>): Effect.Effect<void, never, WorkQueue | Scope.Scope | R> =>
  Effect.gen(function* () {
    const workQueue = yield* WorkQueue
    const bell = yield* workQueue.bell(options.queue)
    const handlers = yield* FiberSet.make<void>()
    const free = yield* Queues.sliding<void>(1)

    const work = (lease: Lease) =>
      attempt(workQueue, options, lease).pipe(Effect.ensuring(Effect.sync(() => free.unsafeOffer(undefined))))

    /** Leases what there is room for. Tells how long to sleep before looking again. */
    const round = Effect.gen(function* () {
      const room = options.concurrency - (yield* FiberSet.size(handlers))
      if (room <= 0) return yield* Queues.take(free)
      const now = yield* Clock.currentTimeMillis
      const { leaseMillis, queue } = options
      const leases = yield* workQueue.lease({ queue, now, limit: room, leaseMillis })
      for (const lease of leases) yield* FiberSet.run(handlers, work(lease))
      if (leases.length > 0) return
      const due = yield* workQueue.nextDue(options.queue)
      const pause = due === undefined ? options.pollMillis : Math.min(options.pollMillis, Math.max(1, due - now))
      yield* Effect.race(Queues.take(bell), Effect.sleep(Duration.millis(pause)))
    })

    const loop = Effect.forever(
      Effect.catchAll(round, (failure) =>
        Effect.zipRight(Effect.logWarning(failure.message), Effect.sleep(Duration.millis(options.pollMillis)))
      )
    )

    // Registered after the set of handlers, so it runs before the set is closed and its fibers interrupted.
    yield* Effect.addFinalizer(() =>
      Effect.ignore(Effect.timeout(FiberSet.awaitEmpty(handlers), Duration.millis(options.graceMillis)))
    )
    yield* Effect.forkScoped(Effect.interruptible(loop))
  })

const attempt = <R>(
  workQueue: typeof WorkQueue.Service,
  options: WorkerOptions<R>,
  lease: Lease
): Effect.Effect<void, never, R> =>
  Effect.gen(function* () {
    const outcome = yield* Effect.raceFirst(options.handle(lease), keepLease(workQueue, options, lease))
    if (outcome === undefined) yield* workQueue.finish(lease)
    else yield* workQueue.postpone(lease, outcome)
  }).pipe(
    Effect.catchAllCause((cause) => {
      if (Cause.isInterruptedOnly(cause)) return Effect.failCause(cause as Cause.Cause<never>)
      // A defect in one piece of work must not stop the others: it is reported, and tried again later like a failure.
      return Effect.logError(`${lease.queue}: a piece of work failed`, Cause.isFailure(cause) ? Cause.squash(cause) : cause).pipe(
        Effect.zipRight(Clock.currentTimeMillis),
        Effect.flatMap((now) => workQueue.postpone(lease, now + pauseMillis(lease.attempt))),
        Effect.catchAll(() => Effect.void)
      )
    }),
    Effect.asVoid
  )

/** Extends the lease for as long as the handler runs. Ends the handler if the lease is lost: it is another's work now. */
const keepLease = (
  workQueue: typeof WorkQueue.Service,
  options: { readonly leaseMillis: number },
  lease: Lease
): Effect.Effect<never, PortFailure> =>
  Effect.gen(function* () {
    for (;;) {
      yield* Effect.sleep(Duration.millis(options.leaseMillis / 2))
      const now = yield* Clock.currentTimeMillis
      if (!(yield* workQueue.extend(lease, now + options.leaseMillis))) return yield* Effect.interrupt
    }
  })
