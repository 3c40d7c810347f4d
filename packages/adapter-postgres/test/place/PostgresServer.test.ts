import * as PgClient from "@effect/sql-pg/PgClient"
import { SqlClient } from "@effect/sql/SqlClient"
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import type * as Pg from "pg"
import { expect } from "vitest"
import { Database } from "../../src/place/Database.ts"
import { portFailure } from "../../src/place/Failures.ts"
import * as PostgresServer from "../../src/place/PostgresServer.ts"
import * as TestDatabase from "../server/TestDatabase.ts"
import * as TestServer from "../server/TestServer.ts"

const ask = (pool: Pg.Pool | Pg.PoolClient, text: string) =>
  Effect.tryPromise({
    try: () => pool.query<Record<string, unknown>>(text),
    catch: (error) => portFailure("Test", "ask", error)
  }).pipe(Effect.map(({ rows }) => rows))

/** Ends every other connection to the database. */
const terminateOthers = async (url: string) => {
  await TestServer.query(
    url,
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid()`
  )
}

const withUrl = <A, E>(test: (url: string) => Effect.Effect<A, E>) =>
  Effect.flatMap(Effect.promise(TestDatabase.create), test)

describe("PostgresServer", () => {
  it.live("the pool and the SQL client work on one database, with the limits that were asked for", () =>
    Effect.gen(function* () {
      const { kind, pool, sessions } = yield* Database
      const sql = yield* SqlClient
      yield* sql`CREATE TABLE note (text text)`
      yield* Effect.promise(() => pool.query({ name: "note", text: "INSERT INTO note VALUES ($1)", values: ["a"] }))
      expect(yield* sql`SELECT * FROM note`).toEqual([{ text: "a" }])
      expect([kind, sessions, yield* PgClient.PgClient]).toEqual(["server", 3, sql])
      const setting = (name: string) =>
        Effect.map(sql<{ value: string }>`SELECT current_setting(${name}) AS value`, ([row]) => row!.value)
      expect(
        yield* Effect.forEach(
          ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "application_name"],
          setting
        )
      ).toEqual(["7s", "10s", "30s", "vsms"])
    }).pipe(Effect.provide(TestDatabase.layer({ sessions: 3, statementTimeoutMillis: 7_000 })))
  )

  it.live("a server that is not there is named, without user and password", () =>
    Effect.gen(function* () {
      const opening = (url: string) =>
        Effect.map(
          Effect.flip(Effect.scoped(Effect.provide(Database, PostgresServer.layer({ url: Redacted.make(url) })))),
          (error) => [error._tag, error.message]
        )
      expect(yield* opening("postgres://me:secret@127.0.0.1:1/shop?application_name=x")).toEqual([
        "ServerUnreachable",
        "no PostgreSQL at 127.0.0.1:1/shop: connect ECONNREFUSED 127.0.0.1:1"
      ])
      const url = yield* Effect.promise(TestDatabase.create)
      const [tag, message] = yield* opening(url.replace("/test_", "/no_such_"))
      expect([tag, message]).toEqual([
        "ServerUnreachable",
        expect.stringMatching(/database "no_such_\d+" does not exist$/)
      ])
      expect((yield* opening(`${url}?sslmode=require`))[1]).toContain("The server does not support SSL connections")
      expect((yield* opening(url.replace("secret-of", "wrong")))[1]).toContain(
        'SQLSTATE 28P01: password authentication failed for user "postgres"'
      )
      expect((yield* opening("me:secret"))[1]).toBe("no PostgreSQL at the given URL: it must begin with postgres://")
    })
  )

  it.live("a server older than 15 is refused", () =>
    withUrl((url) =>
      Effect.gen(function* () {
        const name = new URL(url).pathname.slice(1)
        yield* Effect.promise(() =>
          TestServer.query(
            url,
            `CREATE SCHEMA old;
             CREATE FUNCTION old.current_setting(name text) RETURNS text LANGUAGE sql AS
               $$ SELECT CASE name WHEN 'server_version' THEN '14.9' ELSE '140009' END $$;
             ALTER DATABASE ${name} SET search_path = old, pg_catalog`
          )
        )
        const opening = Effect.scoped(Effect.provide(Database, PostgresServer.layer({ url: Redacted.make(url) })))
        const error = yield* Effect.flip(opening)
        expect([error._tag, error.message]).toEqual([
          "ServerTooOld",
          `${new URL(url).host}/${name} is PostgreSQL 14.9; it must be 15 or newer`
        ])
      })
    )
  )

  it.live("a connection that breaks ends nothing but itself, idle or lent, and nobody need listen to it", () =>
    withUrl((url) =>
      Effect.gen(function* () {
        const { pool } = yield* Database
        const lent = yield* Effect.promise(() => pool.connect())
        yield* ask(pool, "SELECT 1")
        yield* Effect.promise(() => terminateOthers(url))
        const failure = yield* Effect.flip(ask(lent, "SELECT 1"))
        expect(failure.retry).toBe("later")
        lent.release()
        expect(yield* ask(pool, "SELECT 1 AS one")).toEqual([{ one: 1 }])
        expect(pool.totalCount).toBe(1)
      }).pipe(Effect.provide(PostgresServer.layer({ url: Redacted.make(url) })))
    )
  )

  it.live("a statement that was interrupted holds nobody up, however few connections there are", () =>
    Effect.gen(function* () {
      const { pool } = yield* Database
      const sql = yield* SqlClient
      yield* sql`SELECT 1`
      for (const slow of [sql`SELECT pg_sleep(20)`, sql.withTransaction(sql`SELECT pg_sleep(1)`)]) {
        const fiber = yield* Effect.fork(slow)
        yield* Effect.sleep("100 millis")
        yield* Fiber.interrupt(fiber)
        expect(yield* sql`SELECT 1 AS one`).toEqual([{ one: 1 }])
        expect(pool.totalCount).toBe(1)
      }
    }).pipe(Effect.timeout("6 seconds"), Effect.provide(TestDatabase.layer({ sessions: 1 })))
  )

  it.live("a server that says nothing is not waited for, and its connection not used again", () =>
    Effect.gen(function* () {
      const { pool } = yield* Database
      const [row] = yield* ask(pool, "SELECT pg_backend_pid() AS pid")
      const pid = Number(row!["pid"])
      yield* Effect.acquireRelease(
        Effect.sync(() => process.kill(pid, "SIGSTOP")),
        () => Effect.sync(() => process.kill(pid, "SIGCONT"))
      )
      const sql = yield* SqlClient
      const error = yield* Effect.flip(sql`SELECT 1`)
      expect(portFailure("Test", "ask", error)).toMatchObject({
        retry: "later",
        cause: { message: "Query read timeout" }
      })
      expect(yield* sql`SELECT pg_backend_pid() <> ${pid} AS other`).toEqual([{ other: true }])
    }).pipe(Effect.scoped, Effect.provide(TestDatabase.layer({ sessions: 1, statementTimeoutMillis: 200 })))
  )

  it.live("while the server is away each question is a failure to ask again later; then all is as before", () =>
    Effect.gen(function* () {
      const server = yield* Effect.acquireRelease(
        Effect.promise(() => TestServer.start()),
        (it) => Effect.promise(it.stop)
      )
      yield* Effect.gen(function* () {
        const { listen, pool } = yield* Database
        const bell = yield* listen("ring")
        yield* bell.take.pipe(Effect.timeout("1 second"), Effect.ignore)
        yield* ask(pool, "CREATE TABLE kept AS SELECT 1 AS one")
        yield* Effect.promise(() => server.kill("crash"))
        expect((yield* Effect.flip(ask(pool, "SELECT 1"))).retry).toBe("later")
        expect((yield* Effect.flip(ask(pool, "SELECT 1"))).retry).toBe("later")
        yield* Effect.promise(server.start)
        expect(yield* ask(pool, "SELECT * FROM kept")).toEqual([{ one: 1 }])
        // Something may have been missed meanwhile.
        yield* bell.take
      }).pipe(Effect.provide(PostgresServer.layer({ url: Redacted.make(server.url) })))
    }).pipe(Effect.scoped, Effect.timeout("20 seconds"))
  )
})
