/**
 * Adapter: the port `Records` on PostgreSQL: pages by index, sums out of the statistics tables, erasure.
 */
import type { PortFailure } from "@vsms/core/PortFailure"
import { ref } from "@vsms/core/storage/Kind"
import { Records } from "@vsms/core/storage/Records"
import * as Effect from "effect/Effect"
import type { Database } from "../place/Database.ts"
import type { Committer } from "./Committer.ts"
import * as OwnerStatements from "./OwnerStatements.ts"
import * as RowStatements from "./RowStatements.ts"
import * as Session from "./Session.ts"
import * as StatisticsStatements from "./StatisticsStatements.ts"
import * as Tables from "./Table.ts"

export const make = (database: (typeof Database)["Service"], committer: Committer): typeof Records.Service => {
  const { pool } = database
  const failing =
    (operation: string) =>
    <A>(effect: Effect.Effect<A, Session.Fault>): Effect.Effect<A, PortFailure> =>
      Effect.mapError(effect, (fault) => fault.toFailure("Records", operation))

  /**
   * Erases up to `limit` rows of one table, with their owners locked, as whatever changes things of an owner does. Rows
   * that others were quicker with are made up for by others that have expired.
   */
  const purgeTable = (table: Tables.Table, now: number, limit: number): Effect.Effect<number, Session.Fault> =>
    Effect.gen(function* () {
      let purged = 0
      for (;;) {
        const due = yield* Session.run(pool, RowStatements.expired(table, now, limit - purged))
        if (due.length === 0) return purged
        purged += yield* purgeRows(table, due, now)
        if (purged >= limit) return purged
      }
    })

  const purgeRows = (table: Tables.Table, due: Session.Rows, now: number): Effect.Effect<number, Session.Fault> =>
    Session.transaction(database, (client) =>
      Effect.gen(function* () {
        const owners = Array.from(new Set(due.map(({ owner }) => String(owner)))).sort()
        yield* Session.run(client, OwnerStatements.lock(owners))
        // Only now is it certain what they are: a row may have got a later expiry while its owner was waited for.
        const rows: ReadonlyArray<RowStatements.ReadRow> = yield* Session.run(
          client,
          RowStatements.expiredOf(table, due, now)
        )
        const refs = rows.map(({ key, owner }) => ref(table.kind, owner, key))
        if (table.kind.ephemeral) yield* Session.run(client, RowStatements.remove(table, refs))
        else {
          const held = rows.map((row, i) => RowStatements.heldOf(row, refs[i]!))
          yield* Session.run(client, RowStatements.erase(table, held))
        }
        yield* Session.run(client, OwnerStatements.advance(owners))
        for (const owner of owners) committer.forget(owner)
        return rows.length
      })
    )

  return {
    list: (query) =>
      failing("list")(
        Effect.map(
          Effect.suspend(() => Session.run(pool, RowStatements.list(Tables.of(query.kind), query))),
          (rows: ReadonlyArray<RowStatements.ListedRow>) => {
            const last = rows.length === query.limit ? rows[rows.length - 1] : undefined
            return {
              items: rows.map((row) => RowStatements.heldOf(row, ref(query.kind, row.owner, row.key)).row),
              next: last === undefined ? undefined : { at: last.at, key: last.key }
            }
          }
        )
      ),
    sum: (query) =>
      failing("sum")(
        Effect.map(Session.run(pool, StatisticsStatements.sum(query)), (rows) =>
          rows.map(({ answered, failed, group, minutes, sends }) => ({
            group: query.by === "hour" || query.by === "day" ? Number(group) : String(group),
            sends: Number(sends),
            answered: Number(answered),
            failed: Number(failed),
            minutes: Number(minutes)
          }))
        )
      ),
    purge: ({ limit, now }) =>
      failing("purge")(
        Effect.gen(function* () {
          let purged = 0
          for (const table of Tables.all()) {
            if (purged >= limit) break
            purged += yield* purgeTable(table, now, limit - purged)
          }
          return purged
        })
      )
  }
}
