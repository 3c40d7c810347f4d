import { SqlClient } from "@effect/sql/SqlClient"
import { SqlError } from "@effect/sql/SqlError"
import { describe, it } from "@effect/vitest"
import { PortFailure } from "@vsms/core/PortFailure"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import { expect } from "vitest"
import { Database } from "../../src/place/Database.ts"
import * as Failures from "../../src/place/Failures.ts"
import * as TestPlaces from "../server/TestPlaces.ts"

/** What a port would say of an effect that fails or dies. */
const failureOf = (effect: Effect.Effect<unknown, unknown, SqlClient>) =>
  Effect.map(Effect.exit(effect), (exit) =>
    Exit.isSuccess(exit)
      ? "it succeeded"
      : Option.match(Failures.fromCause("Port", "operation", exit.cause), {
          onNone: () => "not the database's",
          onSome: ({ cause, retry }) => [retry, cause instanceof Error ? cause.message : "no error"]
        })
  )

const layer = TestPlaces.server({ sessions: 4, lockTimeoutMillis: 200, statementTimeoutMillis: 1_000 })

describe("Failures", () => {
  it.live("a COMMIT that fails is a defect of the SQL client, and a failure of the port", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient
      yield* sql`CREATE TABLE a (id int PRIMARY KEY)`
      yield* sql`CREATE TABLE b (a int REFERENCES a DEFERRABLE INITIALLY DEFERRED)`
      const dangling = sql.withTransaction(sql`INSERT INTO b VALUES (138)`)
      const exit = yield* Effect.exit(dangling)
      // This is the trap: if the library mends it, `fromCause` is more than is needed.
      expect(Exit.isFailure(exit) && Cause.isDie(exit.cause)).toBe(true)
      expect(yield* failureOf(dangling)).toEqual([
        "never",
        "SQLSTATE 23503 (schema public, table b, constraint b_a_fkey)"
      ])
      const error = yield* Effect.flip(Failures.guard("Port", "operation")(dangling))
      expect(error).toBeInstanceOf(PortFailure)

      // Each has read what the other wrote: one of the two fails, at COMMIT at the latest.
      const skew = (read: number, write: number) =>
        sql.withTransaction(
          Effect.gen(function* () {
            yield* sql`SET TRANSACTION ISOLATION LEVEL SERIALIZABLE`
            yield* sql`SELECT * FROM a WHERE id = ${read}`
            yield* Effect.sleep("100 millis")
            yield* sql`INSERT INTO a VALUES (${write})`
          })
        )
      const both = yield* Effect.all([failureOf(skew(1, 2)), failureOf(skew(2, 1))], { concurrency: "unbounded" })
      expect(both).toContain("it succeeded")
      expect(both).toContainEqual([
        "now",
        "SQLSTATE 40001: could not serialize access due to read/write dependencies among transactions"
      ])
    }).pipe(Effect.provide(layer))
  )

  it.live("whose turn it was is told by the state: now, later or never", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient
      yield* sql`CREATE TABLE c (id int PRIMARY KEY, n int)`
      yield* sql`INSERT INTO c VALUES (1, 0), (2, 0)`
      const inOrder = (first: number, second: number) =>
        sql.withTransaction(
          Effect.gen(function* () {
            // Longer than the server waits before it looks for a deadlock.
            yield* sql`SET LOCAL lock_timeout = '5s'`
            yield* sql`SET LOCAL deadlock_timeout = '50ms'`
            yield* sql`UPDATE c SET n = 1 WHERE id = ${first}`
            yield* Effect.sleep("100 millis")
            yield* sql`UPDATE c SET n = 1 WHERE id = ${second}`
          })
        )
      const crossed = yield* Effect.all([failureOf(inOrder(1, 2)), failureOf(inOrder(2, 1))], {
        concurrency: "unbounded"
      })
      expect(crossed).toContainEqual(["now", "SQLSTATE 40P01: deadlock detected"])

      const waiting = sql.withTransaction(Effect.zipRight(sql`SELECT * FROM c FOR UPDATE`, Effect.sleep("600 millis")))
      const [, locked] = yield* Effect.all([waiting, Effect.delay(failureOf(sql`UPDATE c SET n = 2`), "100 millis")], {
        concurrency: "unbounded"
      })
      expect(locked).toEqual(["later", "SQLSTATE 55P03: canceling statement due to lock timeout"])

      expect(yield* failureOf(sql`SELECT pg_sleep(5)`)).toEqual([
        "later",
        "SQLSTATE 57014: canceling statement due to statement timeout"
      ])
      expect(yield* failureOf(sql`SELECT pg_terminate_backend(pg_backend_pid())`)).toEqual([
        "later",
        "SQLSTATE 57P01: terminating connection due to administrator command"
      ])
      expect(yield* failureOf(sql`SELECT no_such_column FROM c`)).toEqual(["never", "SQLSTATE 42703"])
      expect(yield* failureOf(Effect.fail("a failure of ours"))).toBe("not the database's")
      expect(yield* failureOf(Effect.die(new TypeError("a bug of ours")))).toBe("not the database's")
    }).pipe(Effect.provide(layer))
  )

  it.live("no value of a statement is in what is told", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient
      yield* sql`CREATE TABLE callee (number text PRIMARY KEY CHECK (number <> '13900139000'), age int)`
      yield* sql`INSERT INTO callee VALUES ('13800138000', 1)`
      const told = yield* Effect.forEach(
        [
          sql`INSERT INTO callee VALUES ('13800138000', 1)`,
          sql`INSERT INTO callee VALUES ('13900139000', 1)`,
          sql`INSERT INTO callee VALUES ('x', ${"13800138000?"})`,
          sql`INSERT INTO callee VALUES (${"1380013\0"}, 1)`,
          sql`SELECT * FROM callee WHERE number = 13800138000`,
          sql`DO $$ BEGIN RAISE EXCEPTION '13800138000'; END $$`
        ],
        (statement) =>
          Effect.map(Effect.flip(Failures.guard("Port", "operation")(statement)), (failure) => [
            JSON.stringify(failure),
            failure.message,
            String(failure.stack),
            String(failure.cause),
            Cause.pretty(Cause.fail(failure))
          ])
      )
      expect(told.flat().join("\n")).not.toMatch(/13[89]00/)
      expect(told[0]!.join()).toContain("SQLSTATE 23505 (schema public, table callee, constraint callee_pkey)")
    }).pipe(Effect.provide(layer))
  )

  it("a fault is found however it is wrapped", () => {
    const state = Object.assign(new Error("secret 138"), { code: "40001" })
    const nested = new Error("outer", { cause: new SqlError({ cause: state, message: "Failed" }) })
    expect(Failures.isConflict(nested)).toBe(true)
    expect(Failures.isConflict(new SqlError({ cause: state }))).toBe(true)
    const refused = new AggregateError([
      Object.assign(new Error("connect ECONNREFUSED ::1:5"), { code: "ECONNREFUSED" })
    ])
    expect(Option.getOrThrow(Failures.faultOf(refused))).toEqual({
      code: "ECONNREFUSED",
      retry: "later",
      summary: "connect ECONNREFUSED ::1:5"
    })
    const told = (code: string, message: string) =>
      Option.map(Failures.faultOf(Object.assign(new Error(message), { code })), ({ retry, summary }) => [
        retry,
        summary
      ])
    expect(told("EPIPE", "write EPIPE")).toEqual(Option.some(["later", "write EPIPE"]))
    expect(told("EAI_AGAIN", "getaddrinfo EAI_AGAIN db")).toEqual(Option.some(["later", "getaddrinfo EAI_AGAIN db"]))
    expect(told("CERT_HAS_EXPIRED", "certificate has expired")).toEqual(
      Option.some(["never", "CERT_HAS_EXPIRED: certificate has expired"])
    )
    // A mistake of ours, with a value in its message.
    expect(told("ERR_INVALID_ARG_TYPE", "Received '13800138000'")).toEqual(Option.none())
    const own = new PortFailure({ port: "Other", operation: "x", retry: "now", cause: "y" })
    expect(Failures.portFailure("Port", "operation", own)).toBe(own)
  })

  it("a prepared statement that is older than its table is for another connection", () => {
    const stale = Object.assign(new Error("cached plan must not change result type"), {
      code: "0A000",
      routine: "RevalidateCachedQuery"
    })
    expect(Option.getOrThrow(Failures.faultOf(stale)).retry).toBe("later")
  })

  it.live("a pool that has ended says so, and that asking again is of no use", () =>
    Effect.gen(function* () {
      const { pool } = yield* Effect.scoped(Effect.provide(Database, layer))
      const error = yield* Effect.flip(Effect.tryPromise({ try: () => pool.query("SELECT 1"), catch: (e) => e }))
      expect(Failures.portFailure("Port", "operation", error).retry).toBe("never")
    })
  )
})
