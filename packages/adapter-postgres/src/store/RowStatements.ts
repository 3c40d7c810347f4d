/**
 * Rules: the SQL of rows: reading those that are named, those of a list, and those that have expired; writing them.
 */
import type { Position, Ref } from "@vsms/core/storage/Kind"
import type { ListQuery } from "@vsms/core/storage/Records"
import type { Held } from "./Batch.ts"
import * as Codec from "./Codec.ts"
import { type Column, namesOf, type Query, tableOf, valueOf, Values, valuesOf } from "./Statement.ts"
import type { Table } from "./Table.ts"

// ---------------------------------------------------------------------------------------------------------------------
// rows as the driver has them
// ---------------------------------------------------------------------------------------------------------------------

/** `n` is the place of the row's table in the query, -1 for an owner's revision. */
export interface ReadRow {
  readonly n: number
  readonly owner: string
  readonly key: string
  /** A number of 64 bits, which the driver gives as text. */
  readonly version: string
  readonly sequence: string
  readonly state: unknown
  readonly personal: unknown
  readonly expires_at: string | null
}

export const heldOf = (row: ReadRow, ref: Ref<any>): Held => {
  const codec = Codec.of(ref.kind)
  return {
    sequence: Number(row.sequence),
    row: {
      ref,
      state: codec.readState(row.state),
      personal: codec.readPersonal(row.personal),
      version: Number(row.version),
      expiresAt: row.expires_at === null ? undefined : Number(row.expires_at)
    }
  }
}

/** What `heldOf` needs of a table `t`. */
const rowOf = ({ key, owner }: Table, n = 0): string =>
  `${n} as n, t.${owner} as owner, t.${key} as key, t.version, t.sequence, t.state, t.personal, t.expires_at`

interface Name {
  readonly owner: string
  readonly key: string
}

const names: ReadonlyArray<Column<Name>> = [
  { name: "owner", type: "text", of: ({ owner }) => owner },
  { name: "key", type: "text", of: ({ key }) => key }
]

/** That a row of `t` is the one named in `w`. */
const isNamed = (values: Values, { key, kind, owner, shared }: Table): string =>
  `t.${owner} = w.owner and t.${key} = w.key${shared ? ` and t.kind = ${values.add(kind.name, "text")}` : ""}`

// ---------------------------------------------------------------------------------------------------------------------
// by name
// ---------------------------------------------------------------------------------------------------------------------

/** The revisions of these owners, and the rows of these refs, all as of one moment. */
export const read = (
  owners: ReadonlyArray<string>,
  refs: ReadonlyMap<Table, ReadonlyMap<string, Ref<any>>>
): Query & { readonly tables: ReadonlyArray<Table> } => {
  const values = new Values()
  const tables = Array.from(refs.keys())
  const parts = [
    `select -1 as n, owner, revision::text as key, 0::bigint as version, 0::bigint as sequence, null::jsonb as state,
      null::json as personal, null::bigint as expires_at from vsms.owners where owner = any(${values.addArray(owners, "text")})`
  ]
  for (const [n, table] of tables.entries()) {
    const wanted = tableOf(values, names, Array.from(refs.get(table)!.values()))
    parts.push(`select ${rowOf(table, n)} from ${wanted} join vsms.${table.name} t on ${isNamed(values, table)}`)
  }
  return { ...values.query(parts.join("\nunion all ")), tables }
}

export const history = ({ events, kind }: Table, { key, owner }: Ref<any>, after: number, limit: number): Query => {
  const values = new Values()
  const [account, from, most] = [values.add(owner, "text"), values.add(after, "bigint"), values.add(limit, "int")]
  return values.query(
    events === "minute_ledger"
      ? `select sequence, entry as event from vsms.minute_ledger
      where account_id = ${account} and sequence > ${from} order by sequence limit ${most}`
      : `select sequence, event from vsms.events where owner = ${account} and kind = ${values.add(kind.name, "text")}
      and key = ${values.add(key, "text")} and sequence > ${from} order by sequence limit ${most}`
  )
}

// ---------------------------------------------------------------------------------------------------------------------
// by index
// ---------------------------------------------------------------------------------------------------------------------

export interface ListedRow extends ReadRow {
  readonly at: number
}

export const list = (table: Table, query: ListQuery<any>): Query => {
  const place = table.places.find(({ index }) => index === query.index)
  if (place === undefined) throw new Error(`${table.kind.name} has no index ${query.index}`)
  const values = new Values()
  const { after, descending, from, limit, partition, until } = query
  const [order, beyond] = descending === true ? (["desc", "<"] as const) : (["asc", ">"] as const)
  const at = `t.${place.at}`
  const number = (value: number): string => values.add(value, "double precision")
  const conditions = [`t.${place.partition} = ${values.add(partition, "text")}`]
  if (table.shared) conditions.unshift(`t.kind = ${values.add(table.kind.name, "text")}`)
  if (from !== undefined) conditions.push(`${at} >= ${number(from)}`)
  if (until !== undefined) conditions.push(`${at} < ${number(until)}`)
  if (after !== undefined)
    conditions.push(`(${at}, t.${table.key}) ${beyond} (${number(after.at)}, ${values.add(after.key, "text")})`)
  return values.query(
    `select ${rowOf(table)}, ${at} as at from vsms.${table.name} t where ${conditions.join(" and ")}
      order by ${at} ${order}, t.${table.key} ${order} limit ${values.add(limit, "int")}`
  )
}

// ---------------------------------------------------------------------------------------------------------------------
// writing
// ---------------------------------------------------------------------------------------------------------------------

interface Columns {
  readonly keys: ReadonlyArray<Column<Held>>
  readonly changing: ReadonlyArray<Column<Held>>
  readonly all: ReadonlyArray<Column<Held>>
}

const columns = new WeakMap<Table, Columns>()

const columnsOf = (table: Table): Columns => {
  let known = columns.get(table)
  if (known === undefined) {
    const { key, kind, owner, shared } = table
    const keys: ReadonlyArray<Column<Held>> = [
      ...(shared ? [{ name: "kind", type: "text", of: () => kind.name } as const] : []),
      { name: owner, type: "text", of: ({ row }) => row.ref.owner },
      { name: key, type: "text", of: ({ row }) => row.ref.key }
    ]
    const changing = changingColumns(table)
    columns.set(table, (known = { keys, changing, all: [...keys, ...changing] }))
  }
  return known
}

const changingColumns = ({ kind, places }: Table): ReadonlyArray<Column<Held>> => {
  const codec = Codec.of(kind)
  const position = (index: string, { row }: Held): Position | undefined =>
    kind.indexes[index]!.position(row.ref.key, row.state, row.personal)
  return [
    { name: "version", type: "bigint", of: ({ row }) => row.version },
    { name: "sequence", type: "bigint", of: ({ sequence }) => sequence },
    { name: "state", type: "jsonb", of: ({ row }) => codec.writeState(row.state) },
    { name: "personal", type: "json", of: ({ row }) => codec.writePersonal(row.personal) },
    { name: "expires_at", type: "bigint", of: ({ row }) => row.expiresAt ?? null },
    ...places.flatMap(({ at, index, partition }): ReadonlyArray<Column<Held>> => [
      { name: partition, type: "text", of: (held) => position(index, held)?.partition ?? null },
      { name: at, type: "double precision", of: (held) => position(index, held)?.at ?? null }
    ])
  ]
}

/** A row that is there although nobody had read it breaks the primary key, and so the statement. */
export const insert = (values: Values, table: Table, rows: ReadonlyArray<Held>, condition: string): string => {
  const { all } = columnsOf(table)
  return `insert into vsms.${table.name} (${namesOf(all)})
      select ${valuesOf(all)} from ${tableOf(values, all, rows)} where ${condition}`
}

export const update = (values: Values, table: Table, rows: ReadonlyArray<Held>, condition: string): string => {
  const { all, changing, keys } = columnsOf(table)
  return `update vsms.${table.name} t set ${changing.map((column) => `${column.name} = ${valueOf(column)}`).join(", ")}
      from ${tableOf(values, all, rows)} where ${condition}
      and ${keys.map(({ name }) => `t.${name} = w.${name}`).join(" and ")}`
}

// ---------------------------------------------------------------------------------------------------------------------
// erasure
// ---------------------------------------------------------------------------------------------------------------------

/** The names of rows that have expired, the longest expired first. */
export const expired = (table: Table, now: number, limit: number): Query => {
  const values = new Values()
  const kind = table.shared ? ` and t.kind = ${values.add(table.kind.name, "text")}` : ""
  return values.query(
    `select t.${table.owner} as owner, t.${table.key} as key from vsms.${table.name} t
      where t.expires_at <= ${values.add(now, "bigint")}${kind} order by t.expires_at limit ${values.add(limit, "int")}`
  )
}

/** Those of the named rows that have expired by now. */
export const expiredOf = (table: Table, rows: ReadonlyArray<Name>, now: number): Query => {
  const values = new Values()
  return values.query(
    `select ${rowOf(table)} from ${tableOf(values, names, rows)} join vsms.${table.name} t on ${isNamed(values, table)}
      where t.expires_at <= ${values.add(now, "bigint")}`
  )
}

/** The row without its personal data. */
export const erased = ({ row, sequence }: Held): Held => ({
  sequence,
  row: { ...row, personal: undefined, expiresAt: undefined, version: row.version + 1 }
})

export const erase = (table: Table, rows: ReadonlyArray<Held>): Query => {
  const values = new Values()
  return values.query(update(values, table, rows.map(erased), "true"))
}

export const remove = (table: Table, rows: ReadonlyArray<Name>): Query => {
  const values = new Values()
  return values.query(
    `delete from vsms.${table.name} t using ${tableOf(values, names, rows)} where ${isNamed(values, table)}`
  )
}
