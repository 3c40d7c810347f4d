/**
 * Adapter: the bells of the work queues. Within this process they ring at once; other processes hear of new work by
 * notification, a little later, because every notification makes the server wake all who listen.
 */
import type { Queue } from "@vsms/core/storage/Decision"
import * as Effect from "effect/Effect"
import * as Queues from "effect/Queue"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import type { Database } from "../place/Database.ts"
import * as Session from "./Session.ts"
import * as WorkStatements from "./WorkStatements.ts"

export interface Bells {
  /** There is new work in a queue: said here at once, elsewhere soon, unless other work is due before it. */
  readonly announce: (queue: Queue, dueAt: number) => void
  /** Asks when the next work of a queue is due, and remembers the answer. */
  readonly ask: <E>(queue: Queue, nextDue: Effect.Effect<number | undefined, E>) => Effect.Effect<number | undefined, E>
  readonly bell: (queue: Queue) => Effect.Effect<Queues.Dequeue<void>, never, Scope.Scope>
}

/** Between two notifications of this process. */
const pauseMillis = 20

const channelOf = (queue: Queue): string => `vsms_${queue}`

export const make = (database: (typeof Database)["Service"]): Effect.Effect<Bells, never, Scope.Scope> =>
  Effect.gen(function* () {
    const fork = Runtime.runFork(yield* Effect.runtime())
    const here = new Map<Queue, Set<Queues.Queue<void>>>()
    /**
     * What was last answered, and has not changed since. Whoever asked wakes at that time by itself, and then asks again:
     * work that is due later needs no bell.
     */
    const nextDues = new Map<Queue, number>()
    const announced = new Map<Queue, number>()
    const unheard = new Set<Queue>()
    let notifying = false

    // Others look from time to time as well: a notification that fails is only a delay.
    const notify = Effect.suspend(() => {
      const channels = Array.from(unheard, channelOf)
      unheard.clear()
      return Effect.zipRight(
        Effect.ignore(Session.run(database.pool, WorkStatements.notify(channels))),
        Effect.sleep(pauseMillis)
      )
    })
    const notifyAll = Effect.whileLoop({
      while: () => (notifying = unheard.size > 0),
      body: () => notify,
      step: () => {}
    })

    const ring = (queue: Queue): void => here.get(queue)?.forEach((bell) => bell.unsafeOffer(undefined))

    /** Where nobody waits, nobody wakes at the time that was answered. */
    const isAwaited = (queue: Queue): boolean => (here.get(queue)?.size ?? 0) > 0

    const hang = (queue: Queue) =>
      Effect.tap(Queues.sliding<void>(1), (bell) =>
        Effect.sync(() => {
          const hanging = here.get(queue)
          if (hanging === undefined) here.set(queue, new Set([bell]))
          else hanging.add(bell)
        })
      )

    return {
      announce: (queue, dueAt) => {
        announced.set(queue, (announced.get(queue) ?? 0) + 1)
        const next = nextDues.get(queue)
        if (next !== undefined && dueAt >= next) return
        if (next !== undefined) nextDues.set(queue, dueAt)
        ring(queue)
        if (database.kind === "embedded") return
        unheard.add(queue)
        if (notifying) return
        notifying = true
        fork(notifyAll)
      },
      ask: (queue, nextDue) =>
        Effect.suspend(() => {
          const before = announced.get(queue)
          // Whoever asks does not wait for the last answer any more, and has no other yet: now everything is said.
          nextDues.delete(queue)
          return Effect.tap(nextDue, (at) =>
            Effect.sync(() => {
              // What was announced meanwhile may be in the answer or not.
              if (announced.get(queue) === before && isAwaited(queue))
                nextDues.set(queue, at ?? Number.POSITIVE_INFINITY)
              else nextDues.delete(queue)
            })
          )
        }),
      bell: (queue) =>
        Effect.gen(function* () {
          const bell = yield* Effect.acquireRelease(hang(queue), (hung) =>
            Effect.zipRight(
              Effect.sync(() => {
                here.get(queue)?.delete(hung)
                if (!isAwaited(queue)) nextDues.delete(queue)
              }),
              Queues.shutdown(hung)
            )
          )
          const elsewhere = yield* database.listen(channelOf(queue))
          yield* Effect.forkScoped(
            Effect.forever(Effect.map(Queues.take(elsewhere), () => bell.unsafeOffer(undefined)))
          )
          return bell
        })
    }
  })
