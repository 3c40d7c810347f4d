/**
 * What a place costs: to open one, to ask it something, and how long the process stands still while it works. Times are
 * by the clock on the wall: others have work of their own on a machine that is shared.
 */
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { PGlite } from "@electric-sql/pglite"
import { createPgConfig } from "@electric-sql/pglite/node-postgres"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import * as Pg from "pg"
import { Database } from "../src/place/Database.ts"
import * as PgliteFolder from "../src/place/PgliteFolder.ts"
import * as PgliteMemory from "../src/place/PgliteMemory.ts"
import * as PostgresServer from "../src/place/PostgresServer.ts"
import * as Migrations from "../src/schema/Migrations.ts"
import { migrations } from "../src/schema/Released.ts"
import * as TestServer from "../test/server/TestServer.ts"

interface Open {
  readonly pool: Pg.Pool
  readonly close: () => Promise<void>
}

const opened = async <E>(layer: Layer.Layer<Database, E>): Promise<Open> => {
  const runtime = ManagedRuntime.make(layer)
  const { pool } = await runtime.runPromise(Database)
  return { pool, close: () => runtime.dispose() }
}

/** The embedded database on the main thread, as it comes: what the thread of its own is compared with. */
const onMainThread = async (): Promise<Open> => {
  const database = await PGlite.create()
  // Its configuration is an object of a class; only its own fields are taken by the pool.
  const pool = new Pg.Pool({ ...createPgConfig(database), max: 1, idleTimeoutMillis: 0 })
  return {
    pool,
    close: async () => {
      await pool.end()
      await database.close()
    }
  }
}

const rounds = 5

const spread = (values: ReadonlyArray<number>, digits = 0): string => {
  const sorted = values.toSorted((a, b) => a - b)
  const shown = (value: number) => value.toFixed(digits).padStart(6)
  return `${shown(sorted[sorted.length >> 1]!)} ms [${shown(sorted[0]!)} … ${shown(sorted.at(-1)!)}]`
}

const millis = async (work: () => Promise<unknown>): Promise<number> => {
  const from = performance.now()
  await work()
  return performance.now() - from
}

const line = (name: string, text: string): void => console.log(`  ${name.padEnd(60)} ${text}`)

/** From nothing to the first answer. */
const starts = async (scratch: string, url: string): Promise<void> => {
  console.log("\nFrom nothing to the first answer")
  const snapshots = path.join(scratch, "snapshots")
  let count = 0
  const fresh = () => path.join(scratch, `folder-${count++}`)
  const existing = fresh()
  const withSchema = Layer.effectDiscard(Migrations.run(migrations)).pipe(
    Layer.provideMerge(PgliteFolder.layer({ folder: existing, snapshots }))
  )
  const ways: ReadonlyArray<readonly [string, () => Layer.Layer<Database, unknown>, number]> = [
    [
      "PGlite, new folder, nothing kept on this machine",
      () => PgliteFolder.layer({ folder: fresh(), snapshots: fresh() }),
      2
    ],
    ["PGlite, new folder, an empty database is kept", () => PgliteFolder.layer({ folder: fresh(), snapshots }), rounds],
    ["PGlite, existing folder", () => PgliteFolder.layer({ folder: existing, snapshots }), rounds],
    ["PGlite, existing folder, migrations looked at", () => withSchema, rounds],
    ["PGlite, in memory", () => PgliteMemory.layer({ snapshots }), rounds],
    ["a server", () => PostgresServer.layer({ url: Redacted.make(url) }), rounds]
  ]
  // The schema is there before anything is timed, and the empty database.
  await (await opened(withSchema)).close()
  const times = new Map<string, Array<number>>(ways.map(([name]) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const [name, layer, most] of ways) {
      if (round >= most) continue
      let place: Open | undefined
      times.get(name)!.push(
        await millis(async () => {
          place = await opened(layer())
          await place.pool.query("SELECT 1")
        })
      )
      await place!.close()
    }
  }
  for (const [name, taken] of times) line(name, spread(taken))
}

/** One statement after the other, and how long the main thread stands still meanwhile. */
const questions = async (scratch: string, url: string): Promise<void> => {
  const ways: ReadonlyArray<readonly [string, () => Promise<Open>]> = [
    ["PGlite on the main thread, by its own adapter", onMainThread],
    ["PGlite in memory, in its thread", () => opened(PgliteMemory.layer())],
    ["PGlite in a folder, in its thread", () => opened(PgliteFolder.layer({ folder: path.join(scratch, "asked") }))],
    ["a server", () => opened(PostgresServer.layer({ url: Redacted.make(url) }))]
  ]
  const times = 300
  const results = new Map<string, Record<"ask" | "write" | "stall", Array<number>>>()
  for (let round = 0; round < rounds; round++) {
    for (const [name, open] of ways) {
      const { close, pool } = await open()
      const result = results.get(name) ?? { ask: [], write: [], stall: [] }
      results.set(name, result)
      await pool.query("DROP TABLE IF EXISTS asked")
      await pool.query("CREATE TABLE asked (id int PRIMARY KEY, text text)")
      const each = async (text: string, values: (i: number) => Array<unknown>) => {
        for (let i = 0; i < times / 10; i++) await pool.query(text, values(-i - 1))
        return (
          (await millis(async () => {
            for (let i = 0; i < times; i++) await pool.query(text, values(i))
          })) / times
        )
      }
      result.write.push(await each("INSERT INTO asked VALUES ($1, $2)", (i) => [i, "text"]))
      result.ask.push(await each("SELECT text FROM asked WHERE id = $1", (i) => [i]))
      const { rows } = await pool.query<{ count: number }>("SELECT count(*)::int AS count FROM asked")
      if (rows[0]?.count !== times + times / 10) throw new Error(`${name}: not every row is there`)
      let longest = 0
      let last = performance.now()
      const look = () => {
        longest = Math.max(longest, performance.now() - last)
        last = performance.now()
      }
      const timer = setInterval(look, 5)
      await pool.query("SELECT count(*) FROM generate_series(1, 4000000)")
      look()
      clearInterval(timer)
      result.stall.push(longest)
      await close()
    }
  }
  for (const [title, key, digits] of [
    ["A row by its key, one question after the other: each", "ask", 2],
    ["A row written and committed, one after the other: each", "write", 2],
    ["The longest time that the process stood still during a query of about a second", "stall", 0]
  ] as const) {
    console.log(`\n${title}`)
    for (const [name, result] of results) line(name, spread(result[key], digits))
  }
}

export const group = "places"

export const run = async (): Promise<void> => {
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "vsms-bench-"))
  const server = await TestServer.start({ fsync: true })
  try {
    const url = await server.createDatabase()
    await starts(scratch, url)
    await questions(scratch, url)
  } finally {
    await server.stop()
    fs.rmSync(scratch, { recursive: true, force: true })
  }
}
