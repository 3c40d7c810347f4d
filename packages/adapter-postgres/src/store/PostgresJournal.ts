/**
 * Adapter: the port `Journal` on PostgreSQL. Decisions are carried out by the committer, loads in turns.
 */
import type { PortFailure } from "@vsms/core/PortFailure"
import * as Decision from "@vsms/core/storage/Decision"
import { Journal } from "@vsms/core/storage/Journal"
import { fresh, type Kind, type Ref, type Row } from "@vsms/core/storage/Kind"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Scope from "effect/Scope"
import type { Database } from "../place/Database.ts"
import * as Codec from "./Codec.ts"
import type { Committer } from "./Committer.ts"
import * as RowStatements from "./RowStatements.ts"
import * as Session from "./Session.ts"
import * as Snapshot from "./Snapshot.ts"
import * as Tables from "./Table.ts"
import * as Turns from "./Turns.ts"

interface Load {
  readonly ref: Ref<any>
  readonly resume: (row: Effect.Effect<Row<any>, PortFailure>) => void
}

/**
 * While commits of an owner follow each other, the next one answers what a query would: the row as the decisions before
 * have left it, once they are durable. Most often it is remembered, and nothing is asked of the database.
 */
const readOnly = ([row]: ReadonlyArray<Row<any>>) => Either.right(Decision.answer(row))

export const make = (
  { pool }: (typeof Database)["Service"],
  committer: Committer,
  /** The most loads that share a query. */
  batchSize: number
): Effect.Effect<typeof Journal.Service, never, Scope.Scope> =>
  Effect.gen(function* () {
    const answerAll = (loads: ReadonlyArray<Load>): Effect.Effect<void> => {
      const refs = loads.map(({ ref }) => ref)
      const owners = Array.from(new Set(refs.map(({ owner }) => owner)))
      const taken = Session.withMistakes(() =>
        Snapshot.take(pool, { owners, refs, fresh: true }, { remembered: committer.durable })
      )
      return Effect.matchEffect(taken, {
        onSuccess: ({ rows }) =>
          Effect.sync(() => {
            for (const { ref, resume } of loads) resume(Effect.succeed(rows.get(ref)?.row ?? fresh(ref)))
          }),
        onFailure: (fault) => {
          // Nobody is to suffer for another's key: the culprit is found by halves.
          if (loads.length > 1 && fault.isOfData) {
            const half = loads.length >> 1
            return Effect.zipRight(answerAll(loads.slice(0, half)), answerAll(loads.slice(half)))
          }
          const failure = Session.failure(Cause.fail(fault), "Journal", "load")
          return Effect.sync(() => loads.forEach(({ resume }) => resume(failure)))
        }
      })
    }
    const turns = yield* Turns.make(batchSize, answerAll)

    return Journal.of({
      // The committer answers with what `decide` answers, and fails with what it refuses with.
      transact: (refs, decide) => committer.submit({ refs, decide }),
      load: <K extends Kind.Any>(ref: Ref<K>) =>
        Effect.suspend(() =>
          committer.isBusy(ref.owner)
            ? committer.submit({ refs: [ref], decide: readOnly })
            : Effect.async<Row<K>, PortFailure>((resume) => turns.add({ ref, resume }))
        ),
      history: (ref, { after, limit }) =>
        Effect.suspend(() => {
          const codec = Codec.of(ref.kind)
          return Session.run(pool, RowStatements.history(Tables.of(ref.kind), ref, after, limit)).pipe(
            Effect.mapError((fault) => fault.toFailure("Journal", "history")),
            Effect.map((rows) =>
              rows.map(({ event, sequence }) => ({
                sequence: Number(sequence),
                event: codec.readEvent(event) as never
              }))
            )
          )
        })
    })
  })
