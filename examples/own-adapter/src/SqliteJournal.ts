/** The port `Journal`: reads, decides and stores in one transaction, which has the whole file to itself. */
import type { Decision } from "@vsms/core/storage/Decision"
import type { Journal, Rows as RowsOf } from "@vsms/core/storage/Journal"
import type { Ref } from "@vsms/core/storage/Kind"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { Bells } from "./Bells.ts"
import type { Database } from "./Database.ts"
import * as Rows from "./Rows.ts"
import { addTally } from "./SqliteRecords.ts"
import { applyOrder } from "./SqliteWorkQueue.ts"

export const make = (database: Database, bells: Bells): typeof Journal.Service => ({
  transact: <const Refs extends ReadonlyArray<Ref<any>>, A, R>(
    refs: Refs,
    decide: (rows: RowsOf<Refs>) => Either.Either<Decision<A>, R>
  ) =>
    Effect.flatMap(
      database.attempt("Journal", "transact", () =>
        database.atomically(() => {
          // The rows are of the refs' kinds, in their order: what the type of `decide` says and `map` forgets.
          const decided = decide(refs.map((ref) => Rows.find(database, ref)) as unknown as RowsOf<Refs>)
          if (Either.isRight(decided)) store(database, refs, decided.right)
          return decided
        })
      ),
      (decided) => {
        if (Either.isLeft(decided)) return Effect.fail(decided.left)
        // After the commit: whoever hears the bell finds the work.
        for (const order of decided.right.work) if (order._tag === "Enqueue") bells.ring(order.queue)
        return Effect.succeed(decided.right.answer)
      }
    ),
  load: (ref) => database.attempt("Journal", "load", () => Rows.find(database, ref)),
  history: (ref, page) => database.attempt("Journal", "history", () => Rows.history(database, ref, page))
})

const store = (database: Database, refs: ReadonlyArray<Ref<any>>, decision: Decision<unknown>): void => {
  for (const { ref } of decision.changes)
    if (!isNamed(refs, ref) && !mayBeMade(database, refs, ref))
      // Its owner might not be locked, in a database that locks owners: a bug of whoever wrote the rule.
      throw new Error(`a decision changed a ${ref.kind.name} that it had not named`)
  for (const change of decision.changes) Rows.put(database, change)
  for (const tally of decision.tallies) addTally(database, tally)
  for (const order of decision.work) applyOrder(database, order)
}

const isNamed = (refs: ReadonlyArray<Ref<any>>, { key, kind, owner }: Ref<any>): boolean =>
  refs.some((named) => named.key === key && named.owner === owner && named.kind.name === kind.name)

const mayBeMade = (database: Database, refs: ReadonlyArray<Ref<any>>, ref: Ref<any>): boolean =>
  refs.some(({ owner }) => owner === ref.owner) && Rows.find(database, ref).version === 0
