/** Stores with a mistake each, over one without: the crash tests must find them out. */
import * as Decision from "@vsms/core/storage/Decision"
import { Journal } from "@vsms/core/storage/Journal"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"

export type Broken = keyof typeof broken

type Store = (typeof Journal)["Service"]

/** Answers, and then commits. */
const hasty = (store: Store): Store => ({
  ...store,
  transact: (refs, decide) =>
    Effect.flatMap(Effect.all(refs.map((ref) => store.load(ref))), (rows) => {
      const decided = decide(rows as never)
      if (Either.isLeft(decided)) return Effect.fail(decided.left)
      const commit = Effect.ignore(Effect.zipRight(Effect.sleep("2 seconds"), store.transact(refs, decide)))
      return Effect.as(Effect.forkDaemon(commit), decided.right.answer)
    })
})

/** Two commits for one decision: first what changes, then what follows from it. */
const torn = (store: Store): Store => ({
  ...store,
  transact: (refs, decide) =>
    Effect.suspend(() => {
      let rest: Pick<Decision.Decision<unknown>, "tallies" | "work"> = { tallies: [], work: [] }
      const first = store.transact(refs, (rows) =>
        Either.map(decide(rows), (decision) => {
          rest = decision
          return Decision.make(decision.answer, { changes: decision.changes })
        })
      )
      return Effect.tap(first, () => store.transact(refs, () => Either.right(Decision.make(undefined, rest))))
    })
})

export const broken = { hasty, torn }

export const layer = (which: Broken): Layer.Layer<Journal, never, Journal> =>
  Layer.effect(Journal, Effect.map(Journal, broken[which]))
