import { describe, it } from "@effect/vitest"
import { PortFailure } from "@vsms/core/PortFailure"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { expect } from "vitest"
import { Database } from "../../src/place/Database.ts"
import * as PostgresServer from "../../src/place/PostgresServer.ts"
import * as Migrations from "../../src/schema/Migrations.ts"
import * as TestDatabase from "../server/TestDatabase.ts"

const first = {
  "0001_things": "CREATE TABLE vsms.thing (id int); INSERT INTO vsms.thing VALUES (1); SELECT pg_sleep(0.05)",
  "0002_index": "CREATE INDEX thing_id ON vsms.thing (id)"
}

const rows = (text: string) =>
  Effect.flatMap(Database, ({ pool }) =>
    Effect.map(
      Effect.promise(() => pool.query(text)),
      (result) => result.rows
    )
  )

const onServer = it.live

describe("Migrations", () => {
  onServer("missing migrations are applied in order, and recorded; nothing is missing then", () =>
    Effect.gen(function* () {
      expect(yield* Migrations.run(first)).toEqual(["0001_things", "0002_index"])
      expect(yield* Migrations.run(first)).toEqual([])
      expect(yield* Migrations.run({ ...first, "0003_more": "INSERT INTO vsms.thing VALUES (2)" })).toEqual([
        "0003_more"
      ])
      expect(yield* rows("SELECT id, name, length(checksum) FROM vsms.migrations ORDER BY id")).toEqual([
        { id: 1, name: "0001_things", length: 64 },
        { id: 2, name: "0002_index", length: 64 },
        { id: 3, name: "0003_more", length: 64 }
      ])
    }).pipe(Effect.provide(TestDatabase.layer({ sessions: 1 })))
  )

  onServer("six first boots at once: each migration is applied once, and nobody fails", () =>
    Effect.gen(function* () {
      const url = Redacted.make(yield* Effect.promise(TestDatabase.create))
      const boot = Migrations.run(first).pipe(Effect.provide(PostgresServer.layer({ url, sessions: 1 })))
      const done = yield* Effect.all(
        Array.from({ length: 6 }, () => boot),
        { concurrency: "unbounded" }
      )
      expect(done.flat().sort()).toEqual(["0001_things", "0002_index"])
      const count = yield* Effect.provide(rows("SELECT * FROM vsms.thing"), PostgresServer.layer({ url }))
      expect(count).toEqual([{ id: 1 }])
    })
  )

  onServer("an edited, a renamed, a skipped migration and a newer database are refused, and nothing is changed", () =>
    Effect.gen(function* () {
      yield* Migrations.run(first)
      const refused = (migrations: Migrations.Migrations) =>
        Effect.map(Effect.flip(Migrations.run(migrations)), (error) => [error._tag, error.message])
      expect(yield* refused({ ...first, "0002_index": "SELECT 1" })).toEqual([
        "MigrationChanged",
        "migration 0002_index is not what this database has applied as 0002_index: a released migration is never edited; write a new one"
      ])
      expect(yield* refused({ "0001_things": first["0001_things"], "0002_other": first["0002_index"] })).toEqual([
        "MigrationChanged",
        "migration 0002_other is not what this database has applied as 0002_index: a released migration is never edited; write a new one"
      ])
      expect(yield* refused({ "0001_things": first["0001_things"] })).toEqual([
        "DatabaseTooNew",
        "the database is at migration 0002_index, this release knows up to 0001_things: run a newer release"
      ])
      yield* rows("DELETE FROM vsms.migrations WHERE id = 1")
      expect((yield* refused({ ...first, "0003_more": "SELECT 1" }))[0]).toBe("MigrationSkipped")
      expect(yield* rows("SELECT id FROM vsms.migrations")).toEqual([{ id: 2 }])
    }).pipe(Effect.provide(TestDatabase.layer()))
  )

  onServer("a migration that fails is a port failure that names it, and leaves nothing behind", () =>
    Effect.gen(function* () {
      const failure = yield* Effect.flip(
        Migrations.run({ ...first, "0003_bad": "CREATE TABLE vsms.half (id int); SELECT no_such_column" })
      )
      expect(failure).toMatchObject({ _tag: "PortFailure", operation: "0003_bad", retry: "never" })
      expect(failure).toBeInstanceOf(PortFailure)
      expect(yield* rows("SELECT to_regclass('vsms.half') AS half, count(*)::int FROM vsms.migrations")).toEqual([
        { half: null, count: 2 }
      ])
      expect(yield* Migrations.run(first)).toEqual([])
    }).pipe(Effect.provide(TestDatabase.layer({ sessions: 1 })))
  )

  it("names are numbered without gaps", () => {
    expect(() => Migrations.entriesOf({ "0001_a": "", "0003_c": "" })).toThrow("0003_c is not number 2")
  })

  it("the checksum does not depend on the ends of lines", () => {
    const [unix] = Migrations.entriesOf({ "0001_a": "SELECT\n1" })
    const [windows] = Migrations.entriesOf({ "0001_a": "SELECT\r\n1" })
    expect(windows!.checksum).toBe(unix!.checksum)
  })
})
