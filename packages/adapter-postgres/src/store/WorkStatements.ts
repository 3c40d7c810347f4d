/**
 * Rules: the SQL of the work queue. A piece of work is ready at `ready_at`; a lease is a piece that is ready later. Its
 * token changes with every order and every lease, and never comes again: the fence.
 */
import type { Queue, WorkOrder } from "@vsms/core/storage/Decision"
import type { Lease } from "@vsms/core/storage/WorkQueue"
import { type Column, type Query, tableOf, Values } from "./Statement.ts"

type Enqueue = Extract<WorkOrder, { readonly _tag: "Enqueue" }>

const names: ReadonlyArray<Column<{ readonly owner: string; readonly queue: string; readonly key: string }>> = [
  { name: "account_id", type: "text", of: ({ owner }) => owner },
  { name: "queue", type: "text", of: ({ queue }) => queue },
  { name: "key", type: "text", of: ({ key }) => key }
]

const isNamed = "t.account_id = w.account_id and t.queue = w.queue and t.key = w.key"

/** The one order in which everybody locks work: a database's own order of texts may differ from that of its columns. */
const inOrder = (table: "t" | "w"): string =>
  `${table}.account_id collate "C", ${table}.queue collate "C", ${table}.key collate "C"`

const newToken = "nextval('vsms.work_token')"

/**
 * The parts of a statement that enqueue and cancel; at most one order for each piece of work.
 *
 * **Details** What is there already is locked first and in order, as `giveBack` does it: so neither waits for a piece that
 * the other has while it holds one that the other wants.
 */
export const order = (values: Values, work: ReadonlyArray<WorkOrder>, condition: string): ReadonlyArray<string> => {
  const enqueued = work.filter((one): one is Enqueue => one._tag === "Enqueue")
  const cancelled = work.filter(({ _tag }) => _tag === "Cancel")
  const parts: Array<string> = []
  let then = condition
  if (cancelled.length > 0) {
    parts.push(`locked_work as materialized (
      select t.account_id, t.queue, t.key from ${tableOf(values, names, work)} join vsms.work t on ${isNamed}
      where ${condition} order by ${inOrder("t")} for update of t)`)
    then = `${condition} and (select count(*) from locked_work) >= 0`
    parts.push(`cancelled_work as (
      delete from vsms.work t using ${tableOf(values, names, cancelled)} where ${then} and ${isNamed})`)
  }
  if (enqueued.length > 0) {
    const columns: ReadonlyArray<Column<Enqueue>> = [
      ...names,
      { name: "ready_at", type: "bigint", of: ({ dueAt }) => dueAt },
      { name: "trace", type: "text", of: ({ trace }) => trace ?? null }
    ]
    parts.push(`enqueued_work as (
      insert into vsms.work as t (account_id, queue, key, ready_at, trace, attempt, token)
      select w.*, 0, ${newToken} from ${tableOf(values, columns, enqueued)} where ${then} order by ${inOrder("w")}
      on conflict (account_id, queue, key) do update set
      ready_at = excluded.ready_at, trace = excluded.trace, attempt = 0, token = excluded.token)`)
  }
  return parts
}

export const lease = (options: {
  readonly queue: Queue
  readonly now: number
  readonly limit: number
  readonly until: number
}): Query => {
  const values = new Values()
  const { limit, now, queue, until } = options
  return values.query(
    `with due as materialized (
      select account_id, queue, key, ready_at from vsms.work
      where queue = ${values.add(queue, "text")} and ready_at <= ${values.add(now, "bigint")}
      order by ready_at limit ${values.add(limit, "int")} for update skip locked),
    leased as (
      update vsms.work t set ready_at = ${values.add(until, "bigint")}, attempt = t.attempt + 1, token = ${newToken}
      from due w where ${isNamed} returning t.account_id as owner, t.key, t.attempt, t.token, t.trace, w.ready_at)
    select owner, key, attempt, token, trace from leased order by ready_at`
  )
}

/** What becomes of leased work: gone without `readyAt`; else ready then, and still theirs unless the lease `ends`. */
export interface Return {
  readonly lease: Lease
  readonly readyAt: number | undefined
  readonly ends: boolean
}

const returned: ReadonlyArray<Column<Return>> = [
  { name: "account_id", type: "text", of: ({ lease }) => lease.owner },
  { name: "queue", type: "text", of: ({ lease }) => lease.queue },
  { name: "key", type: "text", of: ({ lease }) => lease.key },
  { name: "token", type: "bigint", of: ({ lease }) => lease.token },
  { name: "ready_at", type: "bigint", of: ({ readyAt }) => readyAt ?? null },
  { name: "ends", type: "boolean", of: ({ ends }) => ends }
]

/** Answers the tokens of those that were still held. A piece of work may be among them once only. */
export const giveBack = (given: ReadonlyArray<Return>): Query => {
  const values = new Values()
  return values.query(
    `with held as materialized (
      select w.* from ${tableOf(values, returned, given)} join vsms.work t on ${isNamed}
      where t.token = w.token order by ${inOrder("t")} for update of t),
    finished as (
      delete from vsms.work t using held w where w.ready_at is null and ${isNamed}),
    kept as (
      update vsms.work t set ready_at = w.ready_at, token = case when w.ends then ${newToken} else t.token end
      from held w where w.ready_at is not null and ${isNamed})
    select token from held`
  )
}

export const nextDue = (queue: Queue): Query => {
  const values = new Values()
  return values.query(
    `select ready_at from vsms.work where queue = ${values.add(queue, "text")} order by ready_at limit 1`
  )
}

/** By the index, and no further than `limit`. */
export const countDue = (options: { readonly queue: Queue; readonly now: number; readonly limit: number }): Query => {
  const values = new Values()
  const { limit, now, queue } = options
  return values.query(
    `select count(*) from (
      select 1 from vsms.work
      where queue = ${values.add(queue, "text")} and ready_at <= ${values.add(now, "bigint")}
      order by ready_at limit ${values.add(limit, "int")}) due`
  )
}

export const notify = (channels: ReadonlyArray<string>): Query => {
  const values = new Values()
  return values.query(`select pg_notify(channel, '') from unnest(${values.addArray(channels, "text")}) as w(channel)`)
}
