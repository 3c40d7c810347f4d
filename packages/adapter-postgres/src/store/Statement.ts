/**
 * Rules: the SQL of the store. A statement's text depends on its shape alone (which tables it touches), never on its
 * values, so that a session parses and plans each shape once.
 */
import type { Queue, Tally, WorkOrder } from "@vsms/core/storage/Decision"
import type { Position, Ref } from "@vsms/core/storage/Kind"
import type { ListQuery, TallyQuery } from "@vsms/core/storage/Records"
import type { Lease } from "@vsms/core/storage/WorkQueue"
import type { Held, Written, WrittenEvent } from "./Batch.ts"
import * as Codec from "./Codec.ts"
import type { Table } from "./Table.ts"

export interface Statement {
  /** Under which a session keeps its plan; `undefined` if it is not worth one. */
  readonly name: string | undefined
  readonly text: string
}

export interface Query {
  readonly statement: Statement
  readonly values: ReadonlyArray<unknown>
}

/** Numbers the values of a statement while its text is written. */
class Values {
  readonly list: Array<unknown> = []

  add(value: unknown, type: string): string {
    this.list.push(value)
    return `$${this.list.length}::${type}`
  }
}

/** More shapes than any deployment has; were there more, they are planned each time. */
const mostNamed = 500

const names = new Map<string, Statement>()

const named = (text: string): Statement => {
  let statement = names.get(text)
  if (statement === undefined) {
    if (names.size >= mostNamed) return { name: undefined, text }
    names.set(text, (statement = { name: `vsms_${names.size + 1}`, text }))
  }
  return statement
}

// ---------------------------------------------------------------------------------------------------------------------
// reading rows
// ---------------------------------------------------------------------------------------------------------------------

/** A row as the driver gives it: `n` is the place of its table in the query, -1 for an owner's revision. */
export interface ReadRow {
  readonly n: number
  readonly owner: string
  readonly key: string
  readonly version: number
  readonly sequence: number
  readonly state: unknown
  readonly personal: unknown
  readonly expires_at: string | null
}

/** Takes the row locks of these owners, in their order, until the transaction ends; owners that are new are made. */
export const lock = (owners: ReadonlyArray<string>): Query => ({
  statement: named(`insert into vsms.owners as o (owner, revision)
      select w.owner, 0 from unnest($1::text[]) as w(owner) order by w.owner
      on conflict (owner) do update set revision = o.revision`),
  values: [owners]
})

/** The revisions of these owners, and the rows of these refs, all as of one moment. */
export const read = (
  owners: ReadonlyArray<string>,
  refs: ReadonlyMap<Table, ReadonlyMap<string, Ref<any>>>
): Query & { readonly tables: ReadonlyArray<Table> } => {
  const values = new Values()
  const tables = Array.from(refs.keys())
  const parts = [
    `select -1 as n, owner, revision::text as key, 0 as version, 0 as sequence, null::jsonb as state,
      null::json as personal, null::bigint as expires_at from vsms.owners where owner = any(${values.add(owners, "text[]")})`
  ]
  for (const [n, table] of tables.entries()) {
    const wanted = Array.from(refs.get(table)!.values())
    const owner = values.add(
      wanted.map((ref) => ref.owner),
      "text[]"
    )
    const key = values.add(
      wanted.map((ref) => ref.key),
      "text[]"
    )
    const kind = table.shared ? ` and t.kind = ${values.add(table.kind.name, "text")}` : ""
    parts.push(
      `select ${n}, t.${table.owner}, t.${table.key}, t.version, t.sequence, t.state, t.personal, t.expires_at
      from unnest(${owner}, ${key}) as w(owner, key)
      join vsms.${table.name} t on t.${table.owner} = w.owner and t.${table.key} = w.key${kind}`
    )
  }
  return { statement: named(parts.join("\nunion all ")), values: values.list, tables }
}

export const heldOf = (row: ReadRow, ref: Ref<any>): Held => {
  const codec = Codec.of(ref.kind)
  return {
    sequence: row.sequence,
    row: {
      ref,
      state: codec.readState(row.state),
      personal: codec.readPersonal(row.personal),
      version: row.version,
      expiresAt: row.expires_at === null ? undefined : Number(row.expires_at)
    }
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// writing a batch
// ---------------------------------------------------------------------------------------------------------------------

export interface Writing {
  /** The owners that were looked at, with the revision that was seen; `0` for one that is not known yet. */
  readonly owners: ReadonlyArray<readonly [owner: string, revision: string]>
  readonly written: ReadonlyArray<Written>
  readonly events: ReadonlyArray<WrittenEvent>
  readonly tallies: Iterable<Tally>
  readonly work: Iterable<WorkOrder>
  readonly now: number
}

/**
 * One statement that writes all of it if every owner is still at the revision that was seen, and nothing if not: its one
 * row says which (`done`).
 *
 * **Details** The first part takes the row locks of the owners, in their order, so that two processes cannot block each
 * other; everything else waits for its verdict.
 */
export const write = (writing: Writing): Query => {
  const values = new Values()
  const owners = values.add(
    writing.owners.map(([owner]) => owner),
    "text[]"
  )
  const seen = values.add(
    writing.owners.map(([, revision]) => revision),
    "bigint[]"
  )
  const parts = [
    `moved as (
      insert into vsms.owners as o (owner, revision)
      select w.owner, w.seen + 1 from unnest(${owners}, ${seen}) as w(owner, seen) order by w.owner
      on conflict (owner) do update set revision = excluded.revision where o.revision = excluded.revision - 1
      returning 1)`,
    `verdict as materialized (select count(*) = ${writing.owners.length} as done from moved)`
  ]
  const groups = new Map<string, Array<Written>>()
  for (const one of writing.written) {
    const id = `${one.isNew ? "+" : "="}${one.table.name}/${one.table.shared ? one.table.kind.name : ""}`
    const group = groups.get(id)
    if (group === undefined) groups.set(id, [one])
    else group.push(one)
  }
  for (const id of Array.from(groups.keys()).sort()) {
    const group = groups.get(id)!
    parts.push(
      `r${parts.length} as (${group[0]!.isNew ? insertRows(values, group) : updateRows(values, group, ifDone)})`
    )
  }
  for (const table of ["events", "minute_ledger"] as const) {
    const events = writing.events.filter((event) => event.table.events === table)
    if (events.length > 0) parts.push(`r${parts.length} as (${eventsInto[table](values, events, writing.now)})`)
  }
  const tallies = Array.from(writing.tallies)
  if (tallies.length > 0) {
    parts.push(`r${parts.length} as (${addTallies(values, tallies, "hour")})`)
    parts.push(`r${parts.length} as (${addTallies(values, tallies, "day")})`)
  }
  const enqueued: Array<Extract<WorkOrder, { readonly _tag: "Enqueue" }>> = []
  const cancelled: Array<WorkOrder> = []
  for (const order of writing.work) {
    if (order._tag === "Enqueue") enqueued.push(order)
    else cancelled.push(order)
  }
  if (enqueued.length > 0) parts.push(`r${parts.length} as (${enqueue(values, enqueued)})`)
  if (cancelled.length > 0) parts.push(`r${parts.length} as (${cancel(values, cancelled)})`)
  return { statement: named(`with ${parts.join(",\n")}\nselect done from verdict`), values: values.list }
}

const ifDone = "(select done from verdict)"

interface Column {
  readonly name: string
  readonly type: string
  readonly of: (written: Written) => unknown
}

const keyColumns = ({ key, kind, owner, shared }: Table): ReadonlyArray<Column> => [
  ...(shared ? [{ name: "kind", type: "text", of: () => kind.name }] : []),
  { name: owner, type: "text", of: ({ held }) => held.row.ref.owner },
  { name: key, type: "text", of: ({ held }) => held.row.ref.key }
]

const valueColumns = ({ kind, places }: Table): ReadonlyArray<Column> => {
  const codec = Codec.of(kind)
  const position = (index: string, { held: { row } }: Written): Position | undefined =>
    kind.indexes[index]!.position(row.ref.key, row.state, row.personal)
  return [
    { name: "version", type: "int", of: ({ held }) => held.row.version },
    { name: "sequence", type: "int", of: ({ held }) => held.sequence },
    { name: "state", type: "jsonb", of: ({ held }) => codec.writeState(held.row.state) },
    { name: "personal", type: "json", of: ({ held }) => codec.writePersonal(held.row.personal) },
    { name: "expires_at", type: "bigint", of: ({ held }) => held.row.expiresAt ?? null },
    ...places.flatMap(({ at, index, partition }): ReadonlyArray<Column> => [
      { name: partition, type: "text", of: (written) => position(index, written)?.partition ?? null },
      { name: at, type: "double precision", of: (written) => position(index, written)?.at ?? null }
    ])
  ]
}

interface Columns {
  readonly keys: ReadonlyArray<Column>
  readonly all: ReadonlyArray<Column>
  readonly changing: ReadonlyArray<Column>
}

const columns = new WeakMap<Table, Columns>()

const columnsOf = (table: Table): Columns => {
  let known = columns.get(table)
  if (known === undefined) {
    const keys = keyColumns(table)
    const changing = valueColumns(table)
    columns.set(table, (known = { keys, changing, all: [...keys, ...changing] }))
  }
  return known
}

const unnest = (values: Values, all: ReadonlyArray<Column>, rows: ReadonlyArray<Written>): string =>
  `unnest(${all.map(({ of, type }) => values.add(rows.map(of), `${type}[]`)).join(", ")}) as w(${all
    .map(({ name }) => name)
    .join(", ")})`

/** A row that is there although nobody had read it breaks the primary key, and so the statement. */
const insertRows = (values: Values, rows: ReadonlyArray<Written>): string => {
  const { table } = rows[0]!
  const { all } = columnsOf(table)
  return `insert into vsms.${table.name} (${all.map(({ name }) => name).join(", ")})
      select * from ${unnest(values, all, rows)} where ${ifDone}`
}

const updateRows = (values: Values, rows: ReadonlyArray<Written>, condition: string): string => {
  const { table } = rows[0]!
  const { all, changing, keys } = columnsOf(table)
  return `update vsms.${table.name} t set ${changing.map(({ name }) => `${name} = w.${name}`).join(", ")}
      from ${unnest(values, all, rows)} where ${condition}
      and ${keys.map(({ name }) => `t.${name} = w.${name}`).join(" and ")}`
}

const eventsInto = {
  events: (values: Values, events: ReadonlyArray<WrittenEvent>, now: number): string =>
    `insert into vsms.events (owner, kind, key, sequence, event, recorded_at)
      select w.*, ${values.add(now, "bigint")} from unnest(
      ${values.add(
        events.map(({ ref }) => ref.owner),
        "text[]"
      )}, ${values.add(
        events.map(({ ref }) => ref.kind.name),
        "text[]"
      )},
      ${values.add(
        events.map(({ ref }) => ref.key),
        "text[]"
      )}, ${values.add(
        events.map(({ sequence }) => sequence),
        "int[]"
      )},
      ${values.add(events.map(eventText), "jsonb[]")}) as w where ${ifDone}`,
  minute_ledger: (values: Values, events: ReadonlyArray<WrittenEvent>, now: number): string =>
    `insert into vsms.minute_ledger (account_id, sequence, cause, entry, recorded_at)
      select w.*, ${values.add(now, "bigint")} from unnest(
      ${values.add(
        events.map(({ ref }) => ref.owner),
        "text[]"
      )}, ${values.add(
        events.map(({ sequence }) => sequence),
        "int[]"
      )},
      ${values.add(
        events.map(({ event }) => causeOf(event)),
        "text[]"
      )}, ${values.add(events.map(eventText), "jsonb[]")}) as w
      where ${ifDone}`
} as const

const eventText = ({ event, ref }: WrittenEvent): string => Codec.of(ref.kind).writeEvent(event)

/** The send, order or package that an entry of the minute ledger is about (BAL-9). */
const causeOf = (entry: unknown): string => {
  // An event of the kind `balance`, and nothing else, is written to the ledger.
  const { orderId, packageId, sendId } = entry as { sendId?: string; orderId?: string; packageId?: string }
  return sendId ?? orderId ?? packageId ?? ""
}

const shanghaiOffsetHours = 8

const tallyTables = {
  hour: { name: "hourly_statistics", column: "hour", of: ({ hour }: Tally) => hour },
  day: {
    name: "daily_statistics",
    column: "day",
    of: ({ hour }: Tally) => Math.floor((hour + shanghaiOffsetHours) / 24)
  }
} as const

const addTallies = (values: Values, tallies: ReadonlyArray<Tally>, by: "hour" | "day"): string => {
  const { column, name, of } = tallyTables[by]
  const summed = by === "hour" ? tallies : sumByDay(tallies, of)
  const list = (get: (tally: Tally) => unknown, type: string) => values.add(summed.map(get), type)
  return `insert into vsms.${name} as t (account_id, ${column}, application_id, template_id, reason, sends, answered, failed, minutes)
      select * from unnest(${list((tally) => tally.owner, "text[]")}, ${list(of, "int[]")},
      ${list((tally) => tally.applicationId, "text[]")}, ${list((tally) => tally.templateId, "text[]")}, ${list((tally) => tally.reason, "text[]")},
      ${list((tally) => tally.sends, "bigint[]")}, ${list((tally) => tally.answered, "bigint[]")},
      ${list((tally) => tally.failed, "bigint[]")}, ${list((tally) => tally.minutes, "bigint[]")}) as w
      where ${ifDone} order by 1, 2, 3, 4, 5
      on conflict (account_id, ${column}, application_id, template_id, reason) do update set
      sends = t.sends + excluded.sends, answered = t.answered + excluded.answered,
      failed = t.failed + excluded.failed, minutes = t.minutes + excluded.minutes`
}

/** One statement may not touch a row twice: hours of one day are added up first. */
const sumByDay = (tallies: ReadonlyArray<Tally>, dayOf: (tally: Tally) => number): ReadonlyArray<Tally> => {
  if (tallies.length === 1) return tallies
  const days = new Map<string, Tally>()
  for (const tally of tallies) {
    const id = `${tally.owner}\n${dayOf(tally)}\n${tally.applicationId}\n${tally.templateId}\n${tally.reason}`
    const sum = days.get(id)
    days.set(
      id,
      sum === undefined
        ? tally
        : {
            ...sum,
            sends: sum.sends + tally.sends,
            answered: sum.answered + tally.answered,
            failed: sum.failed + tally.failed,
            minutes: sum.minutes + tally.minutes
          }
    )
  }
  return Array.from(days.values())
}

const enqueue = (values: Values, orders: ReadonlyArray<Extract<WorkOrder, { readonly _tag: "Enqueue" }>>): string =>
  `insert into vsms.work as t (account_id, queue, key, ready_at, attempt, token)
      select w.*, 0, nextval('vsms.work_token') from unnest(${values.add(
        orders.map(({ owner }) => owner),
        "text[]"
      )},
      ${values.add(
        orders.map(({ queue }) => queue),
        "text[]"
      )}, ${values.add(
        orders.map(({ key }) => key),
        "text[]"
      )},
      ${values.add(
        orders.map(({ dueAt }) => dueAt),
        "bigint[]"
      )}) as w where ${ifDone} order by 1, 2, 3
      on conflict (account_id, queue, key) do update set
      ready_at = excluded.ready_at, attempt = 0, token = excluded.token`

const cancel = (values: Values, orders: ReadonlyArray<WorkOrder>): string =>
  `delete from vsms.work t using unnest(${values.add(
    orders.map(({ owner }) => owner),
    "text[]"
  )},
      ${values.add(
        orders.map(({ queue }) => queue),
        "text[]"
      )}, ${values.add(
        orders.map(({ key }) => key),
        "text[]"
      )}) as w(owner, queue, key)
      where ${ifDone} and t.account_id = w.owner and t.queue = w.queue and t.key = w.key`

// ---------------------------------------------------------------------------------------------------------------------
// history, lists, sums
// ---------------------------------------------------------------------------------------------------------------------

export const history = ({ events, kind }: Table, { key, owner }: Ref<any>, after: number, limit: number): Query =>
  events === "minute_ledger"
    ? {
        statement: named(`select sequence, entry as event from vsms.minute_ledger
      where account_id = $1 and sequence > $2::int order by sequence limit $3::int`),
        values: [owner, after, limit]
      }
    : {
        statement: named(`select sequence, event from vsms.events
      where owner = $1 and kind = $2 and key = $3 and sequence > $4::int order by sequence limit $5::int`),
        values: [owner, kind.name, key, after, limit]
      }

export interface ListedRow extends ReadRow {
  readonly at: number
}

export const list = (table: Table, query: ListQuery<any>): Query => {
  const place = table.places.find(({ index }) => index === query.index)
  if (place === undefined) throw new Error(`${table.kind.name} has no index ${query.index}`)
  const values = new Values()
  const conditions = [`t.${place.partition} = ${values.add(query.partition, "text")}`]
  if (table.shared) conditions.unshift(`t.kind = ${values.add(table.kind.name, "text")}`)
  if (query.from !== undefined) conditions.push(`t.${place.at} >= ${values.add(query.from, "double precision")}`)
  if (query.until !== undefined) conditions.push(`t.${place.at} < ${values.add(query.until, "double precision")}`)
  if (query.after !== undefined)
    conditions.push(
      `(t.${place.at}, t.${table.key}) ${query.descending === true ? "<" : ">"} (${values.add(query.after.at, "double precision")}, ${values.add(query.after.key, "text")})`
    )
  const order = query.descending === true ? "desc" : "asc"
  return {
    statement: named(`select 0 as n, t.${table.owner} as owner, t.${table.key} as key, t.version, t.sequence, t.state,
      t.personal, t.expires_at, t.${place.at} as at from vsms.${table.name} t
      where ${conditions.join(" and ")}
      order by t.${place.at} ${order}, t.${table.key} ${order} limit ${values.add(query.limit, "int")}`),
    values: values.list
  }
}

/** What is counted by the hour must be looked at by the hour; all else by whole days, and by hours at the edges. */
export const sum = (query: TallyQuery): Query => {
  const { applicationId, by, fromHour, owner, templateId, untilHour } = query
  const values = new Values()
  const account = values.add(owner, "text")
  const filters = [
    ...(applicationId === undefined ? [] : [`application_id = ${values.add(applicationId, "text")}`]),
    ...(templateId === undefined ? [] : [`template_id = ${values.add(templateId, "text")}`])
  ]
  const counted = "application_id, template_id, reason, sends, answered, failed, minutes"
  const from = (table: string, unit: string, day: string, first: number, end: number): string =>
    `select ${day} as day, ${unit === "hour" ? "hour" : "0 as hour"}, ${counted} from vsms.${table} where ${[
      `account_id = ${account}`,
      `${unit} >= ${values.add(first, "int")}`,
      `${unit} < ${values.add(end, "int")}`,
      ...filters
    ].join(" and ")}`
  const hours = (first: number, end: number): string =>
    from("hourly_statistics", "hour", `(hour + ${shanghaiOffsetHours}) / 24`, first, end)
  const firstDay = Math.ceil((fromHour + shanghaiOffsetHours) / 24)
  const endDay = Math.floor((untilHour + shanghaiOffsetHours) / 24)
  const parts =
    by === "hour" || firstDay >= endDay
      ? [hours(fromHour, untilHour)]
      : [
          hours(fromHour, firstDay * 24 - shanghaiOffsetHours),
          from("daily_statistics", "day", "day", firstDay, endDay),
          hours(endDay * 24 - shanghaiOffsetHours, untilHour)
        ]
  const group = groupColumns[by]
  return {
    statement: named(`select ${group} as "group", sum(sends) as sends, sum(answered) as answered, sum(failed) as failed,
      sum(minutes) as minutes from (${parts.join("\nunion all\n")}) as counted
      ${by === "total" ? "having count(*) > 0" : `group by ${group} order by ${group}`}`),
    values: values.list
  }
}

const groupColumns = {
  total: "''",
  hour: "hour",
  day: "day",
  template: "template_id",
  reason: "reason",
  application: "application_id"
} as const

// ---------------------------------------------------------------------------------------------------------------------
// erasure
// ---------------------------------------------------------------------------------------------------------------------

export const expired = (table: Table, now: number, limit: number): Query => ({
  statement: named(`select t.${table.owner} as owner, t.${table.key} as key from vsms.${table.name} t
      where t.expires_at <= $1::bigint${table.shared ? " and t.kind = $3::text" : ""} order by t.expires_at limit $2::int`),
  values: table.shared ? [now, limit, table.kind.name] : [now, limit]
})

interface Name {
  readonly owner: string
  readonly key: string
}

/** Picks rows by owner and key. */
const picked = (table: Table, values: Values, rows: ReadonlyArray<Name>): { from: string; where: string } => {
  const owners = values.add(
    rows.map(({ owner }) => owner),
    "text[]"
  )
  const keys = values.add(
    rows.map(({ key }) => key),
    "text[]"
  )
  const kind = table.shared ? ` and t.kind = ${values.add(table.kind.name, "text")}` : ""
  return {
    from: `unnest(${owners}, ${keys}) as w(owner, key)`,
    where: `t.${table.owner} = w.owner and t.${table.key} = w.key${kind}`
  }
}

export const expiredOf = (table: Table, rows: ReadonlyArray<Name>, now: number): Query => {
  const values = new Values()
  const { from, where } = picked(table, values, rows)
  return {
    statement: named(`select 0 as n, t.${table.owner} as owner, t.${table.key} as key, t.version, t.sequence, t.state,
      t.personal, t.expires_at from ${from} join vsms.${table.name} t on ${where}
      where t.expires_at <= ${values.add(now, "bigint")}`),
    values: values.list
  }
}

/** The row without its personal data. */
export const erased = ({ row, sequence }: Held): Held => ({
  sequence,
  row: { ...row, personal: undefined, expiresAt: undefined, version: row.version + 1 }
})

export const eraseRows = (table: Table, rows: ReadonlyArray<Held>): Query => {
  const values = new Values()
  const text = updateRows(
    values,
    rows.map((held) => ({ table, held, isNew: false })),
    "true"
  )
  return { statement: named(text), values: values.list }
}

export const removeRows = (table: Table, rows: ReadonlyArray<Name>): Query => {
  const values = new Values()
  const { from, where } = picked(table, values, rows)
  return { statement: named(`delete from vsms.${table.name} t using ${from} where ${where}`), values: values.list }
}

/** Tells every process that remembers something of these owners to forget it. */
export const advance = (owners: ReadonlyArray<string>): Query => ({
  statement: named("update vsms.owners set revision = revision + 1 where owner = any($1::text[])"),
  values: [owners]
})

// ---------------------------------------------------------------------------------------------------------------------
// work
// ---------------------------------------------------------------------------------------------------------------------

export const lease = (options: {
  readonly queue: Queue
  readonly now: number
  readonly limit: number
  readonly until: number
}): Query => ({
  statement: named(`with due as (
      select account_id, queue, key, ready_at from vsms.work
      where queue = $1::text and ready_at <= $2::bigint order by ready_at limit $3::int for update skip locked),
    leased as (
      update vsms.work t set ready_at = $4::bigint, attempt = t.attempt + 1, token = nextval('vsms.work_token')
      from due where t.account_id = due.account_id and t.queue = due.queue and t.key = due.key
      returning t.account_id as owner, t.key, t.attempt, t.token, due.ready_at)
    select owner, key, attempt, token from leased order by ready_at`),
  values: [options.queue, options.now, options.limit, options.until]
})

/** What becomes of leased work: gone without `readyAt`; else ready then, and still theirs unless the lease `ends`. */
export interface Return {
  readonly lease: Lease
  readonly readyAt: number | undefined
  readonly ends: boolean
}

/** Tells the tokens of those that were still held. A piece of work may be in it once only. */
export const giveBack = (given: ReadonlyArray<Return>): Query => ({
  statement: named(`with w as materialized (
      select * from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::boolean[])
        as w(account_id, queue, key, token, ready_at, ends)),
    held as materialized (
      select w.* from w join vsms.work t on t.account_id = w.account_id and t.queue = w.queue and t.key = w.key
      where t.token = w.token order by 1, 2, 3 for update of t),
    finished as (
      delete from vsms.work t using held w where w.ready_at is null
      and t.account_id = w.account_id and t.queue = w.queue and t.key = w.key and t.token = w.token),
    kept as (
      update vsms.work t set ready_at = w.ready_at, token = case when w.ends then nextval('vsms.work_token') else t.token end
      from held w where w.ready_at is not null
      and t.account_id = w.account_id and t.queue = w.queue and t.key = w.key and t.token = w.token)
    select token from held`),
  values: [
    given.map(({ lease }) => lease.owner),
    given.map(({ lease }) => lease.queue),
    given.map(({ lease }) => lease.key),
    given.map(({ lease }) => lease.token),
    given.map(({ readyAt }) => readyAt ?? null),
    given.map(({ ends }) => ends)
  ]
})

export const nextDue = (queue: Queue): Query => ({
  statement: named("select ready_at from vsms.work where queue = $1::text order by ready_at limit 1"),
  values: [queue]
})

export const notify = (channels: ReadonlyArray<string>): Query => ({
  statement: named("select pg_notify(channel, '') from unnest($1::text[]) as w(channel)"),
  values: [channels]
})
