/**
 * What @effect/sql and @effect/sql-pg do wrong, or not at all, and that we keep clear of it. If one of the first kind
 * fails after an upgrade, that is good news: the way round it may go.
 */
import * as fs from "node:fs"
import * as path from "node:path"
import * as PgClient from "@effect/sql-pg/PgClient"
import { SqlClient } from "@effect/sql/SqlClient"
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { expect, vi } from "vitest"
import type * as Connections from "../../src/place/Connections.ts"
import * as Process from "../server/Process.ts"
import * as TestPlaces from "../server/TestPlaces.ts"

vi.setConfig({ testTimeout: 60_000 })

const places: ReadonlyArray<Layer.Layer<Connections.Services, unknown>> = [
  TestPlaces.server({ sessions: 1 }),
  TestPlaces.memory()
]

describe("the SQL client", () => {
  it.live("mixes up savepoints of transactions side by side within one", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient
      yield* sql`CREATE TABLE trap (id int)`
      const inner = (id: number, fails: boolean) =>
        sql.withTransaction(
          Effect.gen(function* () {
            yield* sql`INSERT INTO trap VALUES (${id})`
            yield* Effect.sleep(fails ? "50 millis" : "100 millis")
            if (fails) yield* Effect.fail("no")
          })
        )
      yield* sql.withTransaction(
        Effect.all([inner(1, true), inner(2, false)].map(Effect.exit), { concurrency: "unbounded" })
      )
      // It was 2 that succeeded.
      expect(yield* sql`SELECT id FROM trap`).not.toEqual([{ id: 2 }])
    }).pipe(Effect.provide(TestPlaces.server({ sessions: 2 })))
  )

  it.live("cannot notify with a payload, nor listen after its connection broke", () =>
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      expect(Exit.isFailure(yield* Effect.exit(sql.notify("trap", "x")))).toBe(true)
      const heard = yield* Effect.fork(Stream.runHead(sql.listen("trap")))
      yield* Effect.sleep("200 millis")
      yield* sql`
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND query LIKE 'LISTEN "trap"%' AND pid <> pg_backend_pid()`
      yield* Effect.sleep("200 millis")
      yield* sql`SELECT pg_notify('trap', 'x')`
      expect((yield* Effect.timeoutOption(heard.await, "1 second"))._tag).toBe("None")
    }).pipe(Effect.provide(TestPlaces.server({ sessions: 2 })))
  )

  it.live("rolls back an inner transaction alone, one after the other, on every place", () =>
    Effect.forEach(places, (place) =>
      Effect.gen(function* () {
        const sql = yield* SqlClient
        yield* sql`CREATE TABLE trap (id int)`
        yield* sql.withTransaction(
          Effect.gen(function* () {
            yield* sql`INSERT INTO trap VALUES (1)`
            yield* Effect.ignore(
              sql.withTransaction(Effect.zipRight(sql`INSERT INTO trap VALUES (2)`, Effect.fail("no")))
            )
            yield* sql.withTransaction(sql`INSERT INTO trap VALUES (3)`)
          })
        )
        expect(yield* sql`SELECT id FROM trap ORDER BY id`).toEqual([{ id: 1 }, { id: 3 }])
      }).pipe(Effect.provide(place))
    )
  )
})

describe("our sources", () => {
  const src = Process.source("src")
  const files = fs
    .readdirSync(src, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => ({
      name,
      text: fs.readFileSync(path.join(src, name), "utf8").replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, "")
    }))

  it.each([
    ["Migrator", /\bMigrator\b/],
    ["the client's listen and notify", /\bsql\.(listen|notify)\b|\bPgClient\.(listen|notify)\b/],
    ["locks that outlive a transaction", /pg_(try_)?advisory_lock(_shared)?\b/],
    ["transactions of the client, which nest", /\bwithTransaction\b/],
    ["NOTIFY as a statement, which takes no parameters", /["'`]\s*NOTIFY\b/i]
  ])("use none of: %s", (_, pattern) => {
    expect(files.length).toBeGreaterThan(10)
    expect(files.filter(({ text }) => pattern.test(text)).map(({ name }) => name)).toEqual([])
  })
})
