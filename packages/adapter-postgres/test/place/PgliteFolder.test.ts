import * as fs from "node:fs"
import * as path from "node:path"
import { SqlClient } from "@effect/sql/SqlClient"
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { expect, vi } from "vitest"
import { Database } from "../../src/place/Database.ts"
import { portFailure } from "../../src/place/Failures.ts"
import * as PgliteFolder from "../../src/place/PgliteFolder.ts"
import { PgliteThread } from "../../src/place/PgliteThread.ts"
import * as Upkeep from "../../src/place/Upkeep.ts"
import * as Process from "../server/Process.ts"
import * as TestPlaces from "../server/TestPlaces.ts"

// The database is a guest in a thread, and on a busy machine takes its time to come up.
vi.setConfig({ testTimeout: 90_000 })

const ask = (text: string, values: Array<unknown> = []) =>
  Effect.flatMap(Database, ({ pool }) =>
    Effect.tryPromise({
      try: () => pool.query<Record<string, unknown>>(text, values),
      catch: (error) => portFailure("Test", "ask", error)
    })
  ).pipe(Effect.map(({ rows }) => rows))

/** What becomes of opening it. */
const opening = (options: Parameters<typeof PgliteFolder.layer>[0]) =>
  Effect.scoped(
    Effect.match(Effect.provide(Database, PgliteFolder.layer(options)), {
      onSuccess: () => ["opened"],
      onFailure: ({ _tag, message }) => [_tag, message]
    })
  )

/** It runs for about so many milliseconds, on a machine that is not busy. */
const busyFor = (millis: number) => `SELECT count(*) FROM generate_series(1, ${millis * 4_000})`

describe("PgliteFolder", () => {
  it.live("what was written is there when the folder is opened again", () =>
    Effect.gen(function* () {
      const folder = path.join(yield* TestPlaces.emptyFolder, "deep/down")
      const within = <A, E>(effect: Effect.Effect<A, E, Database | SqlClient>) =>
        Effect.provide(effect, PgliteFolder.layer({ folder }))
      yield* within(ask("CREATE TABLE kept AS SELECT $1::text AS text", ["é 漢 😀"]))
      expect(fs.readdirSync(folder)).toEqual(["data"])
      const rows = yield* within(
        Effect.gen(function* () {
          const { kind, sessions } = yield* Database
          const sql = yield* SqlClient
          expect([kind, sessions]).toEqual(["embedded", 1])
          expect(fs.readdirSync(folder).sort()).toEqual(["data", "lock"])
          return yield* sql`SELECT * FROM kept`
        })
      )
      expect(rows).toEqual([{ text: "é 漢 😀" }])
    }).pipe(Effect.scoped)
  )

  it.live("a second process is refused, and told which one has the folder; when that is killed nothing is lost", () =>
    Effect.gen(function* () {
      const folder = yield* TestPlaces.emptyFolder
      const other = yield* Effect.acquireRelease(
        Effect.sync(() =>
          Process.run(`
            import * as Effect from "effect/Effect"
            import { Database } from "${Process.source("src/place/Database.ts")}"
            import * as PgliteFolder from "${Process.source("src/place/PgliteFolder.ts")}"
            void Effect.runPromise(Effect.provide(
              Effect.gen(function* () {
                const { pool } = yield* Database
                yield* Effect.promise(() => pool.query("CREATE TABLE kept (id int)"))
                for (let i = 1; ; i++) {
                  yield* Effect.promise(() => pool.query("INSERT INTO kept VALUES ($1)", [i]))
                  console.log(i)
                }
              }),
              PgliteFolder.layer({ folder: "${folder}" })
            ))`)
        ),
        (it) => Effect.promise(it.kill)
      )
      let acknowledged = 0
      while (acknowledged < 50) acknowledged = Number(yield* Effect.promise(other.line))
      expect(yield* opening({ folder })).toEqual([
        "FolderInUse",
        expect.stringContaining(`${folder} is in use by process ${other.child.pid} on `)
      ])
      yield* Effect.promise(other.kill)
      const [row] = yield* Effect.provide(
        ask("SELECT count(*)::int AS count, max(id) AS max FROM kept"),
        PgliteFolder.layer({ folder })
      )
      expect(row!["count"]).toBe(row!["max"])
      expect(row!["count"]).toBeGreaterThanOrEqual(acknowledged)
    }).pipe(Effect.scoped)
  )

  it.live("a query that takes long does not stall the process", () =>
    Effect.gen(function* () {
      yield* ask("SELECT 1")
      let longest = 0
      let last = performance.now()
      const timer = setInterval(() => {
        longest = Math.max(longest, performance.now() - last)
        last = performance.now()
      }, 5)
      const started = performance.now()
      yield* ask(busyFor(1_000))
      clearInterval(timer)
      const took = performance.now() - started
      // Only the machine's other work is in the way of the main thread.
      expect(took).toBeGreaterThan(400)
      expect(longest).toBeLessThan(took / 3)
    }).pipe(Effect.provide(TestPlaces.memory()))
  )

  it.live("a thread that dies is a failure for who waits, and the next one finds all that was acknowledged", () =>
    Effect.gen(function* () {
      const { kill } = yield* PgliteThread
      yield* ask("CREATE TABLE kept AS SELECT 1 AS one")
      const waiting = yield* Effect.fork(Effect.flip(ask(busyFor(60_000))))
      yield* Effect.sleep("100 millis")
      yield* kill
      expect(yield* Fiber.join(waiting)).toMatchObject({ _tag: "PortFailure", retry: "later" })
      expect(yield* ask("SELECT * FROM kept")).toEqual([{ one: 1 }])
    }).pipe(Effect.provide(TestPlaces.folder()))
  )

  it.live("a statement without end takes the thread with it, and nothing else", () =>
    Effect.gen(function* () {
      yield* ask("CREATE TABLE kept AS SELECT 1 AS one")
      expect((yield* Effect.flip(ask(busyFor(600_000)))).retry).toBe("later")
      expect(yield* ask("SELECT * FROM kept")).toEqual([{ one: 1 }])
    }).pipe(Effect.provide(TestPlaces.folder({ answerLimitMillis: 1_000 })))
  )

  it.live("a statement that recurses without end is a failure, and the database stays sound", () =>
    Effect.gen(function* () {
      yield* ask("CREATE FUNCTION deep(i int) RETURNS int LANGUAGE sql AS 'SELECT deep(i + 1)'")
      const failure = yield* Effect.flip(ask("SELECT deep(1)"))
      expect((failure.cause as Error).message).toBe("SQLSTATE 54001: stack depth limit exceeded")
      expect(yield* ask("SELECT 1 AS one")).toEqual([{ one: 1 }])
    }).pipe(Effect.provide(TestPlaces.memory()))
  )

  it.live("in memory, all ends with the thread, and it is no use to ask again", () =>
    Effect.gen(function* () {
      yield* (yield* PgliteThread).kill
      yield* Effect.ignore(ask("SELECT 1"))
      expect((yield* Effect.flip(ask("SELECT 1"))).retry).toBe("never")
    }).pipe(Effect.provide(TestPlaces.memory()))
  )

  it.live("a connection that is given up leaves nothing to the next: no transaction, statement or setting", () =>
    Effect.gen(function* () {
      const { pool } = yield* Database
      yield* ask("CREATE TABLE kept (id int)")
      for (let i = 0; i < 2; i++) {
        const client = yield* Effect.promise(() => pool.connect())
        yield* Effect.promise(async () => {
          await client.query("BEGIN")
          await client.query({ name: "insert", text: "INSERT INTO kept VALUES ($1)", values: [1] })
          await client.query("SET work_mem = '9MB'")
          client.release(true)
        })
      }
      expect(yield* ask("SELECT count(*)::int AS count, current_setting('work_mem') AS memory FROM kept")).toEqual([
        { count: 0, memory: "4MB" }
      ])
    }).pipe(Effect.provide(TestPlaces.memory()))
  )

  it.live("an interrupted statement in a transaction holds nobody up", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient
      yield* sql`CREATE TABLE kept (id int)`
      const slow = yield* Effect.fork(
        sql.withTransaction(Effect.zipRight(sql`INSERT INTO kept VALUES (1)`, sql.unsafe(busyFor(300))))
      )
      yield* Effect.sleep("100 millis")
      yield* Fiber.interrupt(slow)
      expect(yield* sql`SELECT * FROM kept`).toEqual([])
    }).pipe(Effect.timeout("4 seconds"), Effect.provide(TestPlaces.memory()))
  )

  it.live("a folder with something else in it, or a database that is broken, is refused and left alone", () =>
    Effect.gen(function* () {
      const folder = yield* TestPlaces.emptyFolder
      fs.mkdirSync(path.join(folder, "data"))
      fs.writeFileSync(path.join(folder, "data/letter.txt"), "Dear")
      expect(yield* opening({ folder })).toEqual([
        "FolderUnusable",
        `${folder}/data cannot be opened: there is something else in it`
      ])
      expect(fs.readdirSync(path.join(folder, "data"))).toEqual(["letter.txt"])
      fs.writeFileSync(path.join(folder, "data/PG_VERSION"), "17\n")
      expect((yield* opening({ folder }))[0]).toBe("FolderUnusable")
      fs.writeFileSync(path.join(folder, "file"), "")
      expect((yield* opening({ folder: path.join(folder, "file") }))[0]).toBe("FolderUnusable")
    }).pipe(Effect.scoped)
  )

  it.live("without the optional package, the line that installs it is told", () =>
    Effect.gen(function* () {
      const folder = yield* TestPlaces.emptyFolder
      expect(yield* opening({ folder, pgliteModule: "@electric-sql/pglite-that-is-not-there" })).toEqual([
        "PgliteMissing",
        "the embedded database is not installed; run: npm install @electric-sql/pglite"
      ])
    }).pipe(Effect.scoped)
  )

  it.live("without a place for snapshots, an empty database is made from nothing", () =>
    Effect.gen(function* () {
      const folder = yield* TestPlaces.emptyFolder
      fs.writeFileSync(path.join(folder, "file"), "")
      // No folder can be made where there is a file.
      const options = { folder, snapshots: path.join(folder, "file", "snapshots") }
      expect(yield* opening(options)).toEqual(["opened"])
    }).pipe(Effect.scoped)
  )

  it.live("the first empty database is kept for the next folder; what a killed process left of one is removed", () =>
    Effect.gen(function* () {
      const root = yield* TestPlaces.emptyFolder
      const snapshots = path.join(root, "snapshots")
      const { version } = JSON.parse(
        fs.readFileSync(path.join(import.meta.dirname, "../../node_modules/@electric-sql/pglite/package.json"), "utf8")
      ) as { version: string }
      const [old, young] = [`pglite-${version}.1.1`, `pglite-${version}.2.2`]
      for (const name of [old, young]) fs.mkdirSync(path.join(snapshots, name), { recursive: true })
      fs.utimesSync(path.join(snapshots, old), 1, 1)
      expect(yield* opening({ folder: path.join(root, "a"), snapshots })).toEqual(["opened"])
      expect(fs.readdirSync(snapshots).sort()).toEqual([`pglite-${version}`, young])
      // It is this one that is copied.
      fs.writeFileSync(path.join(snapshots, `pglite-${version}`, "sign"), "")
      expect(yield* opening({ folder: path.join(root, "b"), snapshots })).toEqual(["opened"])
      expect(fs.existsSync(path.join(root, "b/data/sign"))).toBe(true)
    }).pipe(Effect.scoped)
  )

  it.live("its files can be had while it runs, in one archive that opens as a database", () =>
    Effect.gen(function* () {
      yield* ask("CREATE TABLE kept AS SELECT 1 AS one")
      const archive = yield* (yield* PgliteThread).dump
      const { PGlite } = yield* Effect.promise(() => import("@electric-sql/pglite"))
      const copy = yield* Effect.promise(() =>
        PGlite.create({ loadDataDir: new Blob([new Uint8Array(archive)], { type: "application/x-gzip" }) })
      )
      expect((yield* Effect.promise(() => copy.query("SELECT * FROM kept"))).rows).toEqual([{ one: 1 }])
      yield* Effect.promise(() => copy.close())
    }).pipe(Effect.provide(TestPlaces.folder()))
  )

  it.live("what a server does by itself is done: checkpoints, room for new rows, figures for plans", () =>
    Effect.gen(function* () {
      const database = yield* Database
      yield* ask("CREATE TABLE busy (id int PRIMARY KEY, filler text)")
      yield* ask("INSERT INTO busy SELECT i, repeat('x', 1000) FROM generate_series(1, 40000) i")
      yield* ask("UPDATE busy SET id = -id")
      // Figures are told once a second at the most.
      yield* ask("SELECT pg_stat_force_next_flush()")
      const state = `
        SELECT
          (SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), redo_lsn)::int FROM pg_control_checkpoint()) AS log,
          (SELECT n_dead_tup::int FROM pg_stat_user_tables) AS dead,
          (SELECT reltuples::int FROM pg_class WHERE relname = 'busy') AS counted`
      const [before] = yield* ask(state)
      expect(before!["log"]).toBeGreaterThan(64 * 1024 * 1024)
      expect(before!["dead"]).toBeGreaterThan(30_000)
      yield* Upkeep.round(database)
      yield* ask("SELECT pg_stat_force_next_flush()")
      const [after] = yield* ask(state)
      expect(after!["log"]).toBeLessThan(1024 * 1024)
      expect([after!["dead"], after!["counted"]]).toEqual([0, 40_000])
    }).pipe(Effect.provide(TestPlaces.folder()))
  )
})
