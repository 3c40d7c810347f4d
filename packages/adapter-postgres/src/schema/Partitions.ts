/**
 * Adapter: the monthly partitions of sends and of the minute ledger. Ids grow with time, so a month is a range of ids;
 * whatever has another id is in the partition `…_other`.
 *
 * **Details** Partitions are made ahead, while they are empty. What a process that slept through a month has left in
 * `…_other` is moved when the month's partition is made. Sends that are old enough can be dropped month by month; the
 * ledger is kept for good (BAL-9), and partitioned so that old months can lie on another disk.
 */
import type { PortFailure } from "@vsms/core/PortFailure"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Pg from "pg"
import { Database } from "../place/Database.ts"
import * as Session from "../store/Session.ts"
import * as Month from "./Month.ts"

interface Parent {
  readonly name: string
  readonly key: string
  readonly settings: string
}

const sends: Parent = { name: "sends", key: "send_id", settings: " with (fillfactor = 70)" }
const ledger: Parent = { name: "minute_ledger", key: "cause", settings: "" }
const parents: ReadonlyArray<Parent> = [sends, ledger]

/** How many months ahead partitions are made. */
const monthsAhead = 2

/** Sees to it that this month and the next ones have partitions; answers those that it made. */
export const ensure: Effect.Effect<ReadonlyArray<string>, PortFailure, Database> = Effect.flatMap(
  Clock.currentTimeMillis,
  (now) =>
    locked("ensure", (client) =>
      Effect.gen(function* () {
        const made: Array<string> = []
        for (const parent of parents) {
          const there = yield* monthsOf(client, parent)
          for (let ahead = 0; ahead <= monthsAhead; ahead++) {
            const month = Month.ofInstant(now) + ahead
            if (there.includes(month)) continue
            yield* make(client, parent, month)
            made.push(partitionName(parent, month))
          }
        }
        return made
      })
    )
)

/** A month that was to be dropped has sends that have not ended. */
export class SendsInFlight extends Schema.TaggedError<SendsInFlight>()("SendsInFlight", {
  partition: Schema.String,
  sends: Schema.Int
}) {
  override get message(): string {
    return `${this.partition} has ${this.sends} sends that have not ended`
  }
}

/**
 * Drops the sends of all months that ended at or before `before` (epoch milliseconds), with whatever is left of their
 * personal data; answers the partitions that are gone. Statistics and the ledger stay.
 */
export const dropSends = (
  before: number
): Effect.Effect<ReadonlyArray<string>, SendsInFlight | PortFailure, Database> =>
  locked("dropSends", (client) =>
    Effect.gen(function* () {
      const dropped: Array<string> = []
      for (const month of yield* monthsOf(client, sends)) {
        if (Month.begin(month + 1) > before) continue
        const partition = partitionName(sends, month)
        const [inFlight] = yield* ask(
          client,
          `select count(*) as sends from vsms.${partition} where state->>'stage' not in ('completed', 'failed')`
        )
        if (inFlight.sends !== "0") return yield* new SendsInFlight({ partition, sends: Number(inFlight.sends) })
        yield* ask(client, `drop table vsms.${partition}`)
        dropped.push(partition)
      }
      // No process may go on with what it remembers of them.
      if (dropped.length > 0) yield* ask(client, "update vsms.owners set revision = revision + 1")
      return dropped
    })
  )

const partitionName = ({ name }: Parent, month: Month.Month): string => `${name}_${Month.label(month)}`

const monthsOf = (client: Pg.PoolClient, { name }: Parent): Effect.Effect<ReadonlyArray<Month.Month>, Session.Fault> =>
  Effect.map(
    ask(
      client,
      `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
      where i.inhparent = 'vsms.${name}'::regclass order by 1`
    ),
    (rows) =>
      rows
        .map((row) => Month.ofLabel(String(row.name).slice(name.length + 1)))
        .filter((month): month is Month.Month => month !== undefined)
  )

/** Attaching takes a lock that lets others read and write meanwhile, but for what lies in `…_other`. */
const make = (client: Pg.PoolClient, parent: Parent, month: Month.Month): Effect.Effect<void, Session.Fault> => {
  const { key, name, settings } = parent
  const partition = partitionName(parent, month)
  const from = Month.firstId(Month.begin(month))
  const until = Month.firstId(Month.begin(month + 1))
  const steps = [
    `create table vsms.${partition} (like vsms.${name} including all)${settings}`,
    `with moved as (delete from vsms.${name}_other where ${key} >= '${from}' and ${key} < '${until}' returning *)
      insert into vsms.${partition} select * from moved`,
    `alter table vsms.${name} attach partition vsms.${partition} for values from ('${from}') to ('${until}')`
  ]
  return Effect.forEach(steps, (step) => ask(client, step), { discard: true })
}

const ask = (client: Pg.PoolClient, text: string) =>
  Session.run(client, { statement: { name: undefined, text }, values: [] })

/** In a transaction, one process at a time. */
const locked = <A, E>(
  operation: string,
  body: (client: Pg.PoolClient) => Effect.Effect<A, E | Session.Fault>
): Effect.Effect<A, Exclude<E, Session.Fault> | PortFailure, Database> =>
  Effect.flatMap(Database, (database) =>
    Effect.mapError(
      Session.transaction(database, (client) =>
        Effect.zipRight(ask(client, `select pg_advisory_xact_lock(${lockKey})`), body(client))
      ),
      (error) =>
        error instanceof Session.Fault
          ? error.toFailure("Partitions", operation)
          : // What is left is the caller's own.
            (error as Exclude<E, Session.Fault>)
    )
  )

/** "vsms", as a number, and which of its locks. */
const lockKey = "1987276147, 2"
