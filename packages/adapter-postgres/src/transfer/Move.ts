/**
 * Adapter: moves all data of one database to another, which is empty: from the embedded one to a server, when a platform
 * has outgrown it.
 *
 * **Details** One transaction on either side: the source is read as of one moment, and the target has everything or
 * nothing. Rows go as text, a few at a time, so that memory does not grow with the data. Before the commit each table
 * is compared, by the number of its rows and the sum of their digests.
 */
import type { PortFailure } from "@vsms/core/PortFailure"
import * as Effect from "effect/Effect"
import type * as Pg from "pg"
import { Database } from "../place/Database.ts"
import type { MigrationError } from "../schema/MigrationError.ts"
import * as Migrations from "../schema/Migrations.ts"
import { migrations } from "../schema/Released.ts"
import * as Session from "../store/Session.ts"
import { CopyDiffers, TargetNotEmpty } from "./TransferError.ts"

export interface Moved {
  /** Rows by table, in the order of names; tables without rows are left out. */
  readonly rows: Readonly<Record<string, number>>
  /** Over all accounts. */
  readonly minutes: { readonly available: number; readonly held: number; readonly spent: number }
}

interface Places {
  readonly from: (typeof Database)["Service"]
  readonly to: (typeof Database)["Service"]
}

/**
 * Moves everything. Both schemas are brought up to date first. The source keeps what it has.
 *
 * **Gotchas** Nobody may be at work on the source: what they do from now on is not moved. On the target nobody can be:
 * its tables are locked. Give both places time limits of hours, as a table may take long to compare.
 */
export const run = ({
  from,
  to
}: Places): Effect.Effect<Moved, TargetNotEmpty | CopyDiffers | MigrationError | PortFailure> =>
  Effect.gen(function* () {
    // Looked at before anything is done to it, and again once nobody else can write.
    yield* faults("look", ownersOf(to))
    yield* Effect.provideService(Migrations.run(migrations), Database, from)
    yield* Effect.provideService(Migrations.run(migrations), Database, to)
    const moved = Session.transaction(from, (source) => Session.transaction(to, (target) => copy(source, target)))
    const answer = yield* faults("copy", moved)
    // A server would plan by guesses until its autovacuum comes by.
    for (const table of Object.keys(answer.rows)) yield* faults("analyze", ask(to.pool, `analyze vsms.${table}`))
    return answer
  })

const copy = (source: Pg.PoolClient, target: Pg.PoolClient) =>
  Effect.gen(function* () {
    yield* ask(source, "set transaction isolation level repeatable read, read only")
    const tables = yield* tablesOf(source)
    yield* ask(target, `lock table ${tables.map(({ name }) => `vsms.${name}`).join(", ")} in exclusive mode`)
    for (const { name } of tables) {
      const [row] = yield* ask(target, `select from vsms.${name} limit 1`)
      if (row !== undefined) return yield* new TargetNotEmpty({ target: `vsms.${name}` })
    }
    yield* makePartitions(source, target)
    const rows: Record<string, number> = {}
    for (const table of tables) {
      const count = yield* copyTable(source, target, table)
      if (count > 0) rows[table.name] = count
    }
    yield* copySequences(source, target)
    for (const { name } of tables) {
      const [sent, arrived] = [yield* digestOf(source, name), yield* digestOf(target, name)]
      if (sent.rows !== arrived.rows || sent.digest !== arrived.digest) {
        return yield* new CopyDiffers({ table: `vsms.${name}`, sent: sent.rows, arrived: arrived.rows })
      }
    }
    const [minutes] = yield* ask(target, minutesOf)
    const moved: Moved = { rows, minutes }
    return moved
  })

interface Table {
  readonly name: string
  readonly columns: ReadonlyArray<{ readonly name: string; readonly type: string }>
}

/** Tables that hold data of the platform: each with its partitions as one. */
const tablesOf = (client: Pg.PoolClient): Effect.Effect<ReadonlyArray<Table>, Session.Fault> =>
  ask(
    client,
    `select c.relname as name,
      (select json_agg(json_build_object('name', quote_ident(attname), 'type', format_type(atttypid, atttypmod))
        order by attnum) from pg_attribute where attrelid = c.oid and attnum > 0 and not attisdropped) as columns
    from pg_class c
    where c.relnamespace = 'vsms'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      and c.relname <> 'migrations'
    order by c.relname collate "C"`
  )

const makePartitions = (source: Pg.PoolClient, target: Pg.PoolClient) =>
  Effect.gen(function* () {
    const there = new Set((yield* ask(target, partitions)).map(({ name }) => name))
    for (const { bound, name, options, parent } of yield* ask(source, partitions)) {
      if (there.has(name)) continue
      const settings = options === null ? "" : ` with (${options})`
      yield* ask(target, `create table vsms.${name} partition of vsms.${parent} ${bound}${settings}`)
    }
  })

const partitions = `
  select c.relname as name, p.relname as parent, pg_get_expr(c.relpartbound, c.oid) as bound,
    array_to_string(c.reloptions, ', ') as options
  from pg_inherits i join pg_class c on c.oid = i.inhrelid join pg_class p on p.oid = i.inhparent
  where c.relnamespace = 'vsms'::regnamespace and c.relispartition and c.relkind = 'r'
  order by 1`

/** Characters of one batch, about: few enough for any machine, many enough that the way there and back is nothing. */
const batchLength = 1_000_000
const mostRows = 2_000

const copyTable = (source: Pg.PoolClient, target: Pg.PoolClient, { columns, name }: Table) =>
  Effect.gen(function* () {
    const texts = columns.map((column) => `${column.name}::text`).join(", ")
    yield* ask(source, `declare outgoing no scroll cursor for select ${texts} from vsms.${name}`)
    // They would do again what is copied as well.
    yield* ask(target, `alter table vsms.${name} disable trigger user`)
    const arrays = columns.map((_, i) => `$${i + 1}::text[]`).join(", ")
    const values = columns.map(({ type }, i) => `c${i}::${type}`).join(", ")
    const insert = `insert into vsms.${name} (${columns.map((column) => column.name).join(", ")})
      select ${values} from unnest(${arrays}) as t(${columns.map((_, i) => `c${i}`).join(", ")})`
    let count = 0
    // The first rows may be the largest there are.
    let limit = 8
    for (;;) {
      const batch = yield* Effect.map(fetch(source, limit), transposed(columns.length))
      if (batch.rows === 0) break
      yield* Session.run(target, { statement: { name: undefined, text: insert }, values: batch.columns })
      count += batch.rows
      limit = Math.max(1, Math.min(mostRows, Math.floor((batch.rows * batchLength) / (batch.length + 1))))
    }
    yield* ask(source, "close outgoing")
    yield* ask(target, `alter table vsms.${name} enable trigger user`)
    return count
  })

/** Rows as arrays: columns that are cast have one name more often than not. */
const fetch = (client: Pg.PoolClient, limit: number): Effect.Effect<ReadonlyArray<Texts>, Session.Fault> =>
  Effect.tryPromise({
    try: () => client.query<Array<string | null>>({ text: `fetch ${limit} from outgoing`, rowMode: "array" }),
    catch: (error) => new Session.Fault(error)
  }).pipe(Effect.map(({ rows }) => rows))

type Texts = ReadonlyArray<string | null>

const transposed = (width: number) => (rows: ReadonlyArray<Texts>) => {
  const columns = Array.from({ length: width }, (_, i) => rows.map((row) => row[i] ?? null))
  const length = rows.reduce((sum, row) => sum + row.reduce((inner, text) => inner + (text?.length ?? 0), 0), 0)
  return { rows: rows.length, columns, length }
}

const copySequences = (source: Pg.PoolClient, target: Pg.PoolClient) =>
  Effect.gen(function* () {
    for (const { name } of yield* ask(
      source,
      "select sequencename as name from pg_sequences where schemaname = 'vsms'"
    )) {
      const [at] = yield* ask(source, `select last_value as value, is_called from vsms.${name}`)
      yield* ask(target, `select setval('vsms.${name}', ${at.value}, ${at.is_called})`)
    }
  })

/** The same on every machine, and in whatever order the rows lie. */
const digestOf = (client: Pg.PoolClient, table: string) =>
  Effect.map(
    ask(
      client,
      `select count(*) as rows, coalesce(sum(('x' || left(md5(t::text), 15))::bit(60)::bigint), 0)::text as digest
      from vsms.${table} t`
    ),
    ([found]) => ({ rows: Number(found.rows), digest: String(found.digest) })
  )

const minutesOf = `
  select coalesce(sum((state->>'available')::bigint), 0)::float8 as available,
    coalesce(sum((state->>'held')::bigint), 0)::float8 as held,
    coalesce(sum((state->>'spent')::bigint), 0)::float8 as spent
  from vsms.balances`

/** Fails if a platform has been at work there. */
const ownersOf = ({ pool }: (typeof Database)["Service"]) =>
  Effect.gen(function* () {
    const [there] = yield* ask(pool, "select to_regclass('vsms.owners') is not null as owners")
    if (there.owners !== true) return
    const [owner] = yield* ask(pool, "select from vsms.owners limit 1")
    if (owner !== undefined) return yield* new TargetNotEmpty({ target: "vsms.owners" })
  })

const ask = (client: Pg.Pool | Pg.PoolClient, text: string): Effect.Effect<Session.Rows, Session.Fault> =>
  Session.run(client, { statement: { name: undefined, text }, values: [] })

const faults = <A, E>(
  operation: string,
  effect: Effect.Effect<A, E | Session.Fault>
): Effect.Effect<A, Exclude<E, Session.Fault> | PortFailure> =>
  Effect.mapError(effect, (error) =>
    error instanceof Session.Fault
      ? error.toFailure("Move", operation)
      : // What is left is the caller's own.
        (error as Exclude<E, Session.Fault>)
  )
