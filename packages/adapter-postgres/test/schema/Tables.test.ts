/** Every kind that core keeps has its table, and its columns: a new one, or a new index, wants a migration. */
import * as Core from "@vsms/core"
import type { Kind } from "@vsms/core/storage/Kind"
import * as Effect from "effect/Effect"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { afterAll, describe, expect, it, vi } from "vitest"
import { Database } from "../../src/place/Database.ts"
import * as Migrations from "../../src/schema/Migrations.ts"
import { migrations } from "../../src/schema/Released.ts"
import * as Tables from "../../src/store/Table.ts"
import * as TestPlaces from "../server/TestPlaces.ts"

vi.setConfig({ testTimeout: 60_000 })

const isKind = (value: unknown): value is Kind.Any =>
  typeof value === "object" && value !== null && "evolve" in value && "journaled" in value && "indexes" in value

/** Whatever core exports that is a kind. */
const kinds: ReadonlyArray<Kind.Any> = Array.from(
  new Set(
    Object.values(Core).flatMap((module) =>
      typeof module === "object" && module !== null ? Object.values(module).filter(isKind) : []
    )
  )
)

const runtime = ManagedRuntime.make(TestPlaces.memory())
afterAll(() => runtime.dispose())

interface Column {
  readonly table: string
  readonly name: string
  readonly type: string
  readonly collation: string | null
}

const catalog = runtime.runPromise(
  Effect.gen(function* () {
    yield* Migrations.run(migrations)
    const { pool } = yield* Database
    const ask = (text: string) => Effect.promise(async () => (await pool.query(text)).rows)
    const columns: ReadonlyArray<Column> = yield* ask(
      `select table_name as table, column_name as name, data_type as type, collation_name as collation
        from information_schema.columns where table_schema = 'vsms'`
    )
    const indexes: ReadonlyArray<{ readonly table: string; readonly definition: string }> = yield* ask(
      `select tablename as table, indexdef as definition from pg_indexes where schemaname = 'vsms'`
    )
    return { columns, indexes }
  })
)

const release = "add a migration to src/schema/migrations (never edit one that was released), list it in Released.ts"

describe("tables", () => {
  it("all kinds of core are known, each under a name of its own", () => {
    expect(kinds.length).toBeGreaterThan(20)
    expect(new Set(kinds.map(({ name }) => name)).size).toBe(kinds.length)
  })

  for (const kind of kinds) {
    it(`${kind.name} has its table, and a column for each thing that is stored`, async () => {
      const table = Tables.of(kind)
      expect(table.shared, `core has a new kind, ${kind.name}: ${release}, and give it a line in store/Table.ts`).toBe(
        false
      )
      const { columns, indexes } = await catalog
      const own = columns.filter((column) => column.table === table.name)
      const typeOf = (name: string) => own.find((column) => column.name === name)
      const wanted: ReadonlyArray<readonly [name: string, type: string]> = [
        [table.owner, "text"],
        [table.key, "text"],
        ["version", "bigint"],
        ["sequence", "bigint"],
        ["state", "jsonb"],
        ["personal", "json"],
        ["expires_at", "bigint"],
        ...table.places.flatMap(
          ({ at, partition }) =>
            [
              [partition, "text"],
              [at, "double precision"]
            ] as const
        )
      ]
      for (const [name, type] of wanted)
        expect(typeOf(name)?.type, `${table.name}.${name} is missing or of another type: ${release}`).toBe(type)
      // Keys and pages are in the order of bytes, whatever language the database speaks.
      for (const { collation, name, type } of own)
        if (type === "text") expect(collation, `${table.name}.${name} has no collate "C"`).toBe("C")

      const has = (text: string) =>
        expect(
          indexes.some(({ definition, table: of }) => of === table.name && definition.includes(text)),
          `${table.name} has no index over ${text}: ${release}`
        ).toBe(true)
      has(`(${table.owner}, ${table.key})`)
      has("(expires_at)")
      for (const { at, partition } of table.places) has(`(${partition}, ${at}, ${table.key})`)
    })
  }

  it("no table has a column that nobody writes", async () => {
    const { columns } = await catalog
    const unknown = columns.filter(({ name, table }) => {
      const known = Tables.all().find((one) => one.name === table)
      if (known === undefined || known.shared) return false
      const places = known.places.flatMap(({ at, partition }) => [at, partition])
      return ![known.owner, known.key, "version", "sequence", "state", "personal", "expires_at", ...places].includes(
        name
      )
    })
    expect(unknown).toEqual([])
  })

  it("every table begins with the account it belongs to, so that accounts can be dealt out to servers", async () => {
    const { indexes } = await catalog
    const keys = indexes.filter(({ definition, table }) => definition.includes(`${table}_pkey`))
    const others = keys
      .filter(({ definition }) => !/\((account_id|owner)[,)]/.test(definition))
      .map(({ table }) => table)
    // What belongs to no account, or crosses accounts by its nature: see docs/adr.
    expect(others.sort()).toEqual(["certificates", "held_numbers", "migrations", "sounds"])
  })
})
