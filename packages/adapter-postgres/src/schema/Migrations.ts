/**
 * Adapter: brings the schema of a database up to date, once, however many processes begin at the same time.
 *
 * **Details** Not by the Migrator of @effect/sql: of six that begin at once three fail there, an id below the latest is
 * skipped without a word, a failing migration is a defect, and nobody notices that a released one was edited.
 */
import { createHash } from "node:crypto"
import { PortFailure } from "@vsms/core/PortFailure"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Pg from "pg"
import { Database } from "../place/Database.ts"
import { portFailure } from "../place/Failures.ts"
import { DatabaseTooNew, MigrationChanged, type MigrationError, MigrationSkipped } from "./MigrationError.ts"

/**
 * SQL by name. Names begin with the number of the migration, from `0001_` on without gaps, in order. What was released
 * is never edited or taken out.
 *
 * **Gotchas** A migration runs in a transaction of its own, so it cannot create an index concurrently.
 */
export type Migrations = Readonly<Record<string, string>>

/** A migration as a database has it. */
interface Applied {
  readonly id: number
  readonly name: string
  readonly checksum: string
}

/**
 * Applies what is missing and answers its names. Where nothing is, one statement is read and no lock taken.
 *
 * **Details** Each migration and the record of it are one transaction, under a lock of the whole database: whoever
 * comes second waits, and finds it done. One that fails leaves nothing behind; those before it stay.
 */
export const run = (
  migrations: Migrations
): Effect.Effect<ReadonlyArray<string>, MigrationError | PortFailure, Database> =>
  Effect.flatMap(Database, ({ pool }) =>
    Effect.acquireUseRelease(
      attempt("connect", () => pool.connect()),
      (client) => upToDate(client, entriesOf(migrations)),
      (client, exit) => Effect.sync(() => client.release(Exit.isFailure(exit)))
    )
  )

const upToDate = (client: Pg.PoolClient, wanted: ReadonlyArray<Entry>) =>
  Effect.gen(function* () {
    const done: Array<string> = []
    for (;;) {
      const [next] = yield* missing(wanted, yield* applied(client))
      if (next === undefined) return done
      const name = yield* step(client, wanted)
      if (name !== undefined) done.push(name)
    }
  })

/** Under the lock: the next missing migration, unless another process has been quicker. */
const step = (client: Pg.PoolClient, wanted: ReadonlyArray<Entry>) =>
  Effect.gen(function* () {
    // A snapshot from before the wait for the lock would not show what the one before us did.
    yield* query(client, "lock", "BEGIN ISOLATION LEVEL READ COMMITTED")
    yield* query(client, "lock", patience)
    yield* query(client, "lock", `SELECT pg_advisory_xact_lock(${lockKey})`)
    // Whatever waits for a table behind us, waits as long as we do: rather fail, and be started again.
    yield* query(client, "lock", "SET LOCAL lock_timeout = '10s'")
    const [next] = yield* missing(wanted, yield* applied(client))
    if (next !== undefined) {
      yield* query(client, "record", ledger)
      yield* query(client, next.name, next.sql)
      const at = yield* Clock.currentTimeMillis
      yield* query(client, "record", "INSERT INTO vsms.migrations VALUES ($1, $2, $3, $4)", [
        next.id,
        next.name,
        next.checksum,
        at
      ])
    }
    yield* query(client, "commit", "COMMIT")
    return next?.name
  })

/** What is still to be done, if what was done is what the code says. */
export const missing = (
  wanted: ReadonlyArray<Entry>,
  found: ReadonlyArray<Applied>
): Effect.Effect<ReadonlyArray<Entry>, MigrationError> => {
  const last = found.at(-1)
  if (last !== undefined && last.id > wanted.length) {
    return new DatabaseTooNew({ database: last.name, code: wanted.at(-1)?.name ?? "none" })
  }
  for (const { checksum, id, name } of wanted.slice(0, last?.id ?? 0)) {
    const own = found.find((one) => one.id === id)
    if (own === undefined) return new MigrationSkipped({ name })
    if (own.name !== name || own.checksum !== checksum) return new MigrationChanged({ name, applied: own.name })
  }
  return Effect.succeed(wanted.slice(last?.id ?? 0))
}

export interface Entry extends Applied {
  readonly sql: string
}

/** Throws where the names are not numbered as they must be: that is a mistake in the release, not in a database. */
export const entriesOf = (migrations: Migrations): ReadonlyArray<Entry> =>
  Object.entries(migrations).map(([name, sql], i) => {
    if (!name.startsWith(`${String(i + 1).padStart(4, "0")}_`)) throw new Error(`${name} is not number ${i + 1}`)
    return { id: i + 1, name, checksum: checksumOf(sql), sql }
  })

/** The same on a machine that checks texts out with other ends of lines. */
const checksumOf = (sql: string): string => createHash("sha256").update(sql.replaceAll("\r\n", "\n")).digest("hex")

const applied = (client: Pg.PoolClient): Effect.Effect<ReadonlyArray<Applied>, PortFailure> =>
  Effect.flatMap(query(client, "read", isThere), ([row]) =>
    row?.["there"] === true
      ? // The columns are those of `ledger`.
        (query(client, "read", "SELECT id, name, checksum FROM vsms.migrations ORDER BY id") as Effect.Effect<
          ReadonlyArray<any>,
          PortFailure
        >)
      : Effect.succeed([])
  )

// Not by `to_regclass`: it answers from a cache that has not heard yet, after the wait, of the table made meanwhile.
const isThere = `
  SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = 'vsms' AND tablename = 'migrations') AS there`

const ledger = `
  CREATE SCHEMA IF NOT EXISTS vsms;
  CREATE TABLE IF NOT EXISTS vsms.migrations (
    id int PRIMARY KEY,
    name text COLLATE "C" NOT NULL,
    checksum text COLLATE "C" NOT NULL,
    applied_at bigint NOT NULL
  );
  COMMENT ON TABLE vsms.migrations IS 'Which migrations this database has, with the checksum of each.'`

/** "vsms", as a number, and which of its locks. */
const lockKey = "1987276147, 1"

/** As long as the longest migration of another process, and no limit for our own. */
const patience = `
  SET LOCAL lock_timeout = '10min';
  SET LOCAL statement_timeout = 0;
  SET LOCAL idle_in_transaction_session_timeout = 0`

const query = (client: Pg.PoolClient, operation: string, text: string, values?: Array<unknown>) =>
  Effect.map(
    attempt(operation, () =>
      client.query<Record<string, unknown>>(Object.assign({ text, ...(values ? { values } : {}) }, noTimeout))
    ),
    ({ rows }) => rows ?? []
  )

/** The driver's own limit, for servers that are silent, knows nothing of `patience`. As long as a timer can be. */
const noTimeout = { query_timeout: 2 ** 31 - 1 }

const attempt = <A>(operation: string, call: () => Promise<A>): Effect.Effect<A, PortFailure> =>
  Effect.tryPromise({ try: call, catch: (error) => portFailure("Migrations", operation, error) })
