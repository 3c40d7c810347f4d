/**
 * Rules: a batch of decisions as one statement, which is a transaction by itself: it writes all of it if every owner is
 * still at the revision that was seen, and nothing if not.
 *
 * **Details** Its first part locks the owners, in their order, so that two processes cannot block each other. Everything
 * else waits for the verdict on them.
 */
import type { Tally, WorkOrder } from "@vsms/core/storage/Decision"
import type { Held, Written, WrittenEvent } from "./Batch.ts"
import * as Codec from "./Codec.ts"
import * as OwnerStatements from "./OwnerStatements.ts"
import * as RowStatements from "./RowStatements.ts"
import { type Column, namesOf, type Query, tableOf, Values, valuesOf } from "./Statement.ts"
import * as StatisticsStatements from "./StatisticsStatements.ts"
import type { Table } from "./Table.ts"
import * as WorkStatements from "./WorkStatements.ts"

export interface Commit {
  /** The owners that were looked at, with the revision that was seen. */
  readonly owners: ReadonlyArray<readonly [owner: string, revision: string]>
  readonly written: ReadonlyArray<Written>
  readonly events: ReadonlyArray<WrittenEvent>
  readonly tallies: ReadonlyArray<Tally>
  readonly work: ReadonlyArray<WorkOrder>
  /** Epoch milliseconds. */
  readonly now: number
}

/** Its one row says in `done` whether it was written. */
export const make = ({ events, now, owners, tallies, work, written }: Commit): Query => {
  const values = new Values()
  const parts: Array<string> = []
  const inserted = byTable(written.filter(({ isNew }) => isNew))
  const updated = byTable(written.filter(({ isNew }) => !isNew))
  for (const [table, rows] of inserted) parts.push(RowStatements.insert(values, table, rows, ifDone))
  for (const [table, rows] of updated) parts.push(RowStatements.update(values, table, rows, ifDone))
  for (const table of eventTables) {
    const some = events.filter((event) => event.table.events === table.name)
    if (some.length > 0) parts.push(insertEvents(values, table, some, now))
  }
  if (tallies.length > 0) parts.push(...StatisticsStatements.add(values, tallies, ifDone))
  const named = [...parts.map((part, i) => `part${i} as (${part})`), ...WorkStatements.order(values, work, ifDone)]
  return values.query(
    `with moved as (${OwnerStatements.move(values, owners)}),
    verdict as materialized (select count(*) = ${values.add(owners.length, "int")} as done from moved),
    ${named.join(",\n    ")}
    select done from verdict`
  )
}

const ifDone = "(select done from verdict)"

/** In an order that does not depend on the batch, so that few shapes of statement come of many batches. */
const byTable = (written: ReadonlyArray<Written>): ReadonlyArray<readonly [Table, ReadonlyArray<Held>]> => {
  const tables = new Map<Table, Array<Held>>()
  for (const { held, table } of written) {
    const rows = tables.get(table)
    if (rows === undefined) tables.set(table, [held])
    else rows.push(held)
  }
  const id = ({ kind, name }: Table): string => `${name} ${kind.name}`
  return Array.from(tables).sort(([one], [other]) => (id(one) < id(other) ? -1 : 1))
}

interface EventTable {
  readonly name: Table["events"]
  readonly columns: ReadonlyArray<Column<WrittenEvent>>
}

const eventTables: ReadonlyArray<EventTable> = [
  {
    name: "events",
    columns: [
      { name: "owner", type: "text", of: ({ ref }) => ref.owner },
      { name: "kind", type: "text", of: ({ ref }) => ref.kind.name },
      { name: "key", type: "text", of: ({ ref }) => ref.key },
      { name: "sequence", type: "bigint", of: ({ sequence }) => sequence },
      { name: "event", type: "jsonb", of: ({ event, ref }) => Codec.of(ref.kind).writeEvent(event) }
    ]
  },
  {
    name: "minute_ledger",
    columns: [
      { name: "account_id", type: "text", of: ({ ref }) => ref.owner },
      { name: "sequence", type: "bigint", of: ({ sequence }) => sequence },
      { name: "cause", type: "text", of: ({ event }) => causeOf(event) },
      { name: "entry", type: "jsonb", of: ({ event, ref }) => Codec.of(ref.kind).writeEvent(event) }
    ]
  }
]

/** The send, order or package that an entry of the minute ledger is about (BAL-9). */
const causeOf = (entry: unknown): string => {
  // An event of the kind `balance`, and nothing else, is written to the ledger.
  const { orderId, packageId, sendId } = entry as { sendId?: string; orderId?: string; packageId?: string }
  return sendId ?? orderId ?? packageId ?? ""
}

const insertEvents = (
  values: Values,
  { columns, name }: EventTable,
  events: ReadonlyArray<WrittenEvent>,
  now: number
): string => `insert into vsms.${name} (${namesOf(columns)}, recorded_at)
      select ${valuesOf(columns)}, ${values.add(now, "bigint")} from ${tableOf(values, columns, events)} where ${ifDone}`
