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
  /** There is new work in a queue: here at once, elsewhere soon. */
  readonly announce: (queue: Queue) => void
  readonly bell: (queue: Queue) => Effect.Effect<Queues.Dequeue<void>, never, Scope.Scope>
}

/** Between two notifications of this process. */
const pauseMillis = 20

const channelOf = (queue: Queue): string => `vsms_${queue}`

export const make = (database: (typeof Database)["Service"]): Effect.Effect<Bells, never, Scope.Scope> =>
  Effect.gen(function* () {
    const fork = Runtime.runFork(yield* Effect.runtime<never>())
    const here = new Map<Queue, Set<Queues.Queue<void>>>()
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

    const hang = (queue: Queue) =>
      Effect.tap(Queues.sliding<void>(1), (bell) =>
        Effect.sync(() => {
          const hanging = here.get(queue)
          if (hanging === undefined) here.set(queue, new Set([bell]))
          else hanging.add(bell)
        })
      )

    return {
      announce: (queue) => {
        ring(queue)
        if (database.kind === "embedded") return
        unheard.add(queue)
        if (notifying) return
        notifying = true
        fork(notifyAll)
      },
      bell: (queue) =>
        Effect.gen(function* () {
          const bell = yield* Effect.acquireRelease(hang(queue), (hung) =>
            Effect.zipRight(
              Effect.sync(() => here.get(queue)?.delete(hung)),
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
