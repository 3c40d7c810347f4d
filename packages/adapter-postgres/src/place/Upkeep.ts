/**
 * Adapter: what a server does for itself in the background, and the embedded database, which is one process, does not:
 * it writes no checkpoint, so that its log grows for ever and a restart after a crash takes ever longer; and it frees no
 * room of rows that were changed or removed, and counts none for its plans.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Pg from "pg"
import type { Database } from "./Database.ts"

const everySeconds = 15

/** For ever, between the statements of others. One that fails is tried again the next time. */
export const make = (database: (typeof Database)["Service"]): Effect.Effect<void> =>
  Effect.asVoid(Effect.schedule(round(database), Schedule.spaced(Duration.seconds(everySeconds))))

/** Whatever is due now. Each statement waits its turn, so that nobody waits for more than one of them. */
export const round = ({ pool }: (typeof Database)["Service"]): Effect.Effect<void> =>
  Effect.gen(function* () {
    const ask = (text: string) => Effect.tryPromise(() => pool.query<Record<string, string>>(text))
    const due = yield* ask(tablesDue)
    for (const { schema, table, what } of due.rows) {
      yield* ask(`${what} ${Pg.escapeIdentifier(schema ?? "")}.${Pg.escapeIdentifier(table ?? "")}`)
    }
    if ((yield* ask(checkpointDue)).rows.length > 0) yield* ask("CHECKPOINT")
  }).pipe(Effect.ignore)

/** By the measures of a server's autovacuum. */
const tablesDue = `
  SELECT
    CASE WHEN changed.dead OR changed.grown THEN 'VACUUM (ANALYZE)' ELSE 'ANALYZE' END AS what,
    changed.schemaname AS schema,
    changed.relname AS "table"
  FROM (
    SELECT
      stat.schemaname,
      stat.relname,
      stat.n_dead_tup > 50 + 0.2 * greatest(class.reltuples, 0) AS dead,
      stat.n_ins_since_vacuum > 1000 + 0.2 * greatest(class.reltuples, 0) AS grown,
      stat.n_mod_since_analyze > 50 + 0.1 * greatest(class.reltuples, 0) AS different
    FROM pg_stat_user_tables AS stat
    JOIN pg_class AS class ON class.oid = stat.relid
  ) AS changed
  WHERE changed.dead OR changed.grown OR changed.different`

/** After 64 MB of log. */
const checkpointDue = `
  SELECT FROM pg_control_checkpoint() WHERE pg_wal_lsn_diff(pg_current_wal_lsn(), redo_lsn) > 64 * 1024 * 1024`
