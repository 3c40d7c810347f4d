import * as PgClient from "@effect/sql-pg/PgClient"
import { SqlClient } from "@effect/sql/SqlClient"
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { expect } from "vitest"
import { Database } from "../../src/place/Database.ts"
import * as PostgresServer from "../../src/place/PostgresServer.ts"
import * as TestDatabase from "../server/TestDatabase.ts"

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

  it.live("a server that is not there is named without the password", () =>
    Effect.gen(function* () {
      const url = Redacted.make("postgres://me:secret@127.0.0.1:1/shop?application_name=x")
      const error = yield* Effect.flip(Effect.scoped(Effect.provide(Database, PostgresServer.layer({ url }))))
      expect(error._tag).toBe("ServerUnreachable")
      expect(error.message).toBe("no PostgreSQL at 127.0.0.1:1/shop: connect ECONNREFUSED 127.0.0.1:1")
    })
  )
})
