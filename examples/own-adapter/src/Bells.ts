/** The bells of this process. Other processes do not hear them: their workers poll. */
import type { Queue } from "@vsms/core/storage/Decision"
import * as Effect from "effect/Effect"
import * as Queues from "effect/Queue"
import type * as Scope from "effect/Scope"

export interface Bells {
  readonly ring: (queue: Queue) => void
  /** A bell that is heard from now on, until the scope closes. */
  readonly subscribe: (queue: Queue) => Effect.Effect<Queues.Dequeue<void>, never, Scope.Scope>
}

export const make = (): Bells => {
  const subscribed = new Map<Queues.Queue<void>, Queue>()
  return {
    ring: (rung) => {
      for (const [bell, queue] of subscribed) if (queue === rung) bell.unsafeOffer(undefined)
    },
    // Rings that nobody has heard yet fall together into one.
    subscribe: (queue) =>
      Effect.acquireRelease(
        Effect.tap(Queues.sliding<void>(1), (bell) => Effect.sync(() => subscribed.set(bell, queue))),
        (bell) => Effect.sync(() => subscribed.delete(bell))
      )
  }
}
