/**
 * Adapter: takes what is asked for in turns. While a turn is under way, what comes in waits, and all of it is the next
 * turn: alone, nobody waits; in a crowd, many share one trip to the database.
 */
import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"

export interface Turns<A> {
  readonly add: (item: A) => void
}

/**
 * Turns of at most `most` items. `take` answers them itself, and must not fail. When the scope closes, what was added
 * before is still taken.
 */
export const make = <A>(
  most: number,
  take: (items: ReadonlyArray<A>) => Effect.Effect<void>
): Effect.Effect<Turns<A>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const fork = Runtime.runFork(yield* Effect.runtime())
    let waiting: Array<A> = []
    let running = false
    let rest: (() => void) | undefined

    const turn = Effect.suspend(() => {
      const items = waiting.length <= most ? waiting : waiting.slice(0, most)
      waiting = waiting.length <= most ? [] : waiting.slice(most)
      return take(items)
    })

    const turns = Effect.whileLoop({
      while: () => {
        running = waiting.length > 0
        if (!running) rest?.()
        return running
      },
      // Whoever is about to ask in this turn of the event loop is taken along.
      body: () => Effect.zipRight(Effect.yieldNow(), turn),
      step: () => {}
    })

    yield* Effect.addFinalizer(() =>
      running
        ? Effect.async<void>((resume) => {
            rest = () => resume(Effect.void)
          })
        : Effect.void
    )

    return {
      add: (item) => {
        waiting.push(item)
        if (running) return
        running = true
        fork(turns)
      }
    }
  })
