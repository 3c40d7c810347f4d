/**
 * One connection to a SQLite file, and the only file here that knows the driver. Its habits, the locks of other
 * processes and the driver's errors end here.
 */
import { PortFailure, type Retry } from "@vsms/core/PortFailure"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import Sqlite from "libsql"
import * as Schema from "./Schema.ts"

export type Value = string | number | null

/** Statements on the open connection. To be called within `Database.attempt` alone. */
export interface Connection {
  /** All rows that a statement answers with; whoever wrote it knows their shape. */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters
  readonly rows: <A>(sql: string, ...values: ReadonlyArray<Value>) => ReadonlyArray<A>
  /** How many rows a statement changed. Never with `RETURNING`: this driver would leave it half way, lock in hand. */
  readonly run: (sql: string, ...values: ReadonlyArray<Value>) => number
  /** Runs `body` alone in the whole file: all of it is stored, or, where it throws, nothing. */
  readonly atomically: <A>(body: () => A) => A
}

export interface Database extends Connection {
  /**
   * Runs `body` in one go and types what goes wrong: the database's errors as `PortFailure`, anything else as a defect.
   *
   * **Details** The driver is synchronous, so one connection does for all fibers: nobody comes in between. A body may
   * run several times, namely while another process holds the lock.
   */
  readonly attempt: <A>(port: string, operation: string, body: () => A) => Effect.Effect<A, PortFailure>
}

export interface DatabaseOptions {
  /** Made if it is not there; its folder has to be. */
  readonly file: string
  /** How long to wait for the lock of another process before that is a failure; five seconds if absent. */
  readonly patienceMillis?: number | undefined
}

export const open = ({
  file,
  patienceMillis = 5_000
}: DatabaseOptions): Effect.Effect<Database, PortFailure, Scope.Scope> =>
  Effect.gen(function* () {
    const attempt = attempting(patienceMillis)
    const sqlite = yield* Effect.acquireRelease(
      // The driver throws an error without a code here, and the file's path is in its text.
      Effect.try({ try: () => new Sqlite(file), catch: () => failure("Database", "open", "SQLITE_CANTOPEN") }),
      (sqlite) => Effect.sync(() => sqlite.close())
    )
    const connection = connect(sqlite)
    const stored = yield* attempt("Database", "open", () => prepare(sqlite, connection))
    if (stored !== Schema.version) return yield* failure("Database", "open", `the file has schema ${stored}`)
    return { ...connection, attempt }
  })

const connect = (sqlite: Sqlite.Database): Connection => {
  const statements = new Map<string, Sqlite.Statement>()
  const prepared = (sql: string): Sqlite.Statement => {
    const known = statements.get(sql)
    if (known !== undefined) return known
    const statement = sqlite.prepare(sql)
    statements.set(sql, statement)
    return statement
  }
  return {
    rows: <A>(sql: string, ...values: ReadonlyArray<Value>) => prepared(sql).all(values) as Array<A>,
    run: (sql, ...values) => prepared(sql).run(values).changes,
    atomically: (body) => {
      // At once, not at the first write: what was read could no longer be so by then, and SQLite would refuse the write.
      prepared("BEGIN IMMEDIATE").run()
      const done = Either.try({
        try: () => {
          const answer = body()
          prepared("COMMIT").run()
          return answer
        },
        catch: (error) => error
      })
      if (Either.isRight(done)) return done.right
      // A full disk has rolled back already, and rolling back twice would hide the first error behind a second.
      if (sqlite.inTransaction) prepared("ROLLBACK").run()
      throw done.left
    }
  }
}

/** Sees to the settings and the tables, however many processes open a new file at once; answers its version. */
const prepare = (sqlite: Sqlite.Database, connection: Connection): number => {
  sqlite.pragma(`busy_timeout = ${busyMillis}`)
  sqlite.pragma("journal_mode = WAL")
  // What is answered for is on the disk, not in its cache.
  sqlite.pragma("synchronous = FULL")
  // What is erased is overwritten, not only forgotten.
  sqlite.pragma("secure_delete = ON")
  const stored = () => connection.rows<{ user_version: number }>("PRAGMA user_version")[0]!.user_version
  return connection.atomically(() => {
    if (stored() === 0) sqlite.exec(`${Schema.tables}; PRAGMA user_version = ${Schema.version}`)
    return stored()
  })
}

/** How long SQLite itself waits for a lock, and the whole process with it. After that, only the fiber sleeps. */
const busyMillis = 5

/** Other processes hold locks in real time, whatever a test or a simulation does to the platform's clock. */
const realTime = Clock.make()

const attempting = (patienceMillis: number): Database["attempt"] => {
  const pauses = Schedule.exponential(1).pipe(
    Schedule.union(Schedule.spaced(20)),
    Schedule.jittered,
    Schedule.upTo(patienceMillis)
  )
  return (port, operation, body) =>
    Effect.try({
      try: body,
      catch: (error) => {
        // A bug stays one: what is thrown here is a defect.
        if (!(error instanceof Sqlite.SqliteError)) throw error
        return failure(port, operation, error.code)
      }
    }).pipe(Effect.retry({ while: ({ retry }) => retry === "now", schedule: pauses }), Effect.withClock(realTime))
}

/** Only the code of the error: what a message of SQLite quotes might be somebody's. */
const failure = (port: string, operation: string, cause: string): PortFailure =>
  new PortFailure({ port, operation, retry: retryOf(cause), cause })

const retryOf = (code: string): Retry => {
  if (/^SQLITE_(BUSY|LOCKED|PROTOCOL)/.test(code)) return "now"
  return /^SQLITE_(FULL|IOERR|CANTOPEN|NOMEM|READONLY)/.test(code) ? "later" : "never"
}
