import * as fs from "node:fs"
import * as path from "node:path"
import { describe, it } from "@effect/vitest"
import { PortFailure } from "@vsms/core/PortFailure"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { expect, vi } from "vitest"
import type * as Connections from "../../src/place/Connections.ts"
import { Database } from "../../src/place/Database.ts"
import * as PostgresServer from "../../src/place/PostgresServer.ts"
import * as Migrations from "../../src/schema/Migrations.ts"
import * as Process from "../server/Process.ts"
import * as TestDatabase from "../server/TestDatabase.ts"
import * as TestPlaces from "../server/TestPlaces.ts"

vi.setConfig({ testTimeout: 60_000 })

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

/** Nobody is about to migrate before this file is there, so that all of them do it at once. */
const program = (url: string, gate: string) => `
  import * as fs from "node:fs"
  import * as Effect from "effect/Effect"
  import * as Redacted from "effect/Redacted"
  import * as PostgresServer from "${Process.source("src/place/PostgresServer.ts")}"
  import * as Migrations from "${Process.source("src/schema/Migrations.ts")}"
  const boot = Effect.gen(function* () {
    console.log("ready")
    while (!fs.existsSync("${gate}")) yield* Effect.sleep("5 millis")
    const done = yield* Migrations.run(${JSON.stringify(first)})
    console.log(JSON.stringify(done))
  }).pipe(Effect.provide(PostgresServer.layer({ url: Redacted.make("${url}"), sessions: 1 })))
  Effect.runPromise(boot).catch((error) => console.log(String(error)))`

const places: Record<string, () => Layer.Layer<Connections.Services, unknown>> = {
  "a server": () => TestPlaces.server({ sessions: 1 }),
  PGlite: () => TestPlaces.memory()
}

describe.each(Object.entries(places))("Migrations, on %s", (_, place) => {
  it.live("missing migrations are applied in order, and recorded; nothing is missing then", () =>
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
    }).pipe(Effect.provide(place()))
  )

  it.live("an edited, a renamed, a skipped migration and a newer database are refused, and nothing is changed", () =>
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
    }).pipe(Effect.provide(place()))
  )

  it.live("a migration that fails is a port failure that names it, and leaves nothing behind", () =>
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
    }).pipe(Effect.provide(place()))
  )
})

describe("Migrations", () => {
  it.live("six first boots at once: each migration is applied once, and nobody fails", () =>
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

  it.live("six processes that boot at once do no worse", () =>
    Effect.gen(function* () {
      const folder = yield* TestPlaces.emptyFolder
      const url = yield* Effect.promise(TestDatabase.create)
      const gate = path.join(folder, "open")
      const processes = yield* Effect.forEach(Array.from({ length: 6 }), () =>
        Effect.acquireRelease(
          Effect.sync(() => Process.run(program(url, gate))),
          (it) => Effect.promise(it.kill)
        )
      )
      for (const it of processes) expect(yield* Effect.promise(it.line)).toBe("ready")
      fs.writeFileSync(gate, "")
      const done = yield* Effect.forEach(processes, (it) => Effect.promise(it.line))
      expect(done.flatMap((line) => JSON.parse(line) as ReadonlyArray<string>).sort()).toEqual([
        "0001_things",
        "0002_index"
      ])
      const layer = PostgresServer.layer({ url: Redacted.make(url) })
      expect(yield* Effect.provide(rows("SELECT * FROM vsms.thing"), layer)).toEqual([{ id: 1 }])
    }).pipe(Effect.scoped)
  )

  it.live("a migration may take longer than any other statement", () =>
    Effect.gen(function* () {
      // The driver itself gives up five seconds after the server would.
      const place = TestPlaces.server({ sessions: 1, statementTimeoutMillis: 1_000 })
      const done = yield* Effect.provide(Migrations.run({ "0001_long": "SELECT pg_sleep(6.5)" }), place)
      expect(done).toEqual(["0001_long"])
    })
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
