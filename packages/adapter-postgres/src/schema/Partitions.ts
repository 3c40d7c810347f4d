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
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
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

/**
 * Sees to it that this month and the next ones have partitions; answers those that it made. Where nothing is missing, two
 * statements are read and no lock is taken.
 */
export const ensure: Effect.Effect<ReadonlyArray<string>, PortFailure, Database> = Effect.gen(function* () {
  const database = yield* Database
  const first = Month.ofInstant(yield* Clock.currentTimeMillis)
  const made: Array<string> = []
  for (const parent of parents) {
    const there = yield* Effect.mapError(monthsOf(database.pool, parent), failing("ensure"))
    for (let month = first; month <= first + monthsAhead; month++) {
      if (there.includes(month)) continue
      // One at a time: whoever writes needs both tables, and would wait for us at one while we wait at the other.
      const isNew = yield* locked("ensure", (client) =>
        Effect.flatMap(monthsOf(client, parent), (now) =>
          now.includes(month) ? Effect.succeed(false) : Effect.as(make(client, parent, month), true)
        )
      )
      if (isNew) made.push(partitionName(parent, month))
    }
  }
  return made
})

const checkEvery = Duration.days(1)

/** After a day on which it could not be seen to. There are partitions for two more months. */
const checkAgain = Duration.minutes(10)

/** Sees to it now, which may fail, and every day for as long as the scope. */
export const keep: Effect.Effect<void, PortFailure, Database | Scope.Scope> = Effect.zipRight(
  ensure,
  Effect.sleep(checkEvery).pipe(
    Effect.zipRight(
      Effect.retry(
        Effect.tapError(ensure, (failure) => Effect.logWarning(failure.message)),
        Schedule.spaced(checkAgain)
      )
    ),
    Effect.forever,
    Effect.forkScoped,
    Effect.asVoid
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
        // First of all sends, as everybody takes them; then nobody can begin or end one while they are counted.
        yield* ask(client, "lock table only vsms.sends in access exclusive mode")
        const [inFlight] = yield* ask(
          client,
          `select count(*) as sends from vsms.${partition} where state->>'stage' not in ('completed', 'failed')`
        )
        if (inFlight.sends !== "0") return yield* new SendsInFlight({ partition, sends: Number(inFlight.sends) })
        yield* ask(client, `drop table vsms.${partition}`)
        dropped.push(partition)
      }
      // No process may go on with what it remembers of them.
      if (dropped.length > 0)
        yield* ask(
          client,
          `with locked as materialized (select owner from vsms.owners order by owner for no key update)
          update vsms.owners o set revision = o.revision + 1 from locked where o.owner = locked.owner`
        )
      return dropped
    })
  )

const partitionName = ({ name }: Parent, month: Month.Month): string => `${name}_${Month.label(month)}`

const monthsOf = (
  client: Pg.Pool | Pg.PoolClient,
  { name }: Parent
): Effect.Effect<ReadonlyArray<Month.Month>, Session.Fault> =>
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

/**
 * Attaching takes a lock that lets others read and write meanwhile, but for what lies in `…_other`: what somebody puts
 * there between the move and the attachment could not stay.
 */
const make = (client: Pg.PoolClient, parent: Parent, month: Month.Month): Effect.Effect<void, Session.Fault> => {
  const { key, name, settings } = parent
  const partition = partitionName(parent, month)
  const from = Month.firstId(Month.begin(month))
  const until = Month.firstId(Month.begin(month + 1))
  const steps = [
    `lock table vsms.${name}_other in access exclusive mode`,
    `create table vsms.${partition} (like vsms.${name} including all)${settings}`,
    `with moved as (delete from vsms.${name}_other where ${key} >= '${from}' and ${key} < '${until}' returning *)
      insert into vsms.${partition} select * from moved`,
    `alter table vsms.${name} attach partition vsms.${partition} for values from ('${from}') to ('${until}')`
  ]
  return Effect.forEach(steps, (step) => ask(client, step), { discard: true })
}

const ask = (client: Pg.Pool | Pg.PoolClient, text: string) =>
  Session.run(client, { statement: { name: undefined, text }, values: [] })

const failing =
  (operation: string) =>
  (fault: Session.Fault): PortFailure =>
    fault.toFailure("Partitions", operation)

/** How often it is tried again if others were in the way, who have then gone on. */
const tries = 5

/** In a transaction, one process at a time. */
const locked = <A, E>(
  operation: string,
  body: (client: Pg.PoolClient) => Effect.Effect<A, E | Session.Fault>
): Effect.Effect<A, Exclude<E, Session.Fault> | PortFailure, Database> =>
  Effect.flatMap(Database, (database) =>
    Session.transaction(database, (client) =>
      Effect.zipRight(ask(client, `select pg_advisory_xact_lock(${lockKey})`), body(client))
    ).pipe(
      Effect.retry({ times: tries, while: (error) => error instanceof Session.Fault && error.isConflict }),
      Effect.mapError((error) =>
        error instanceof Session.Fault
          ? failing(operation)(error)
          : // What is left is the caller's own.
            (error as Exclude<E, Session.Fault>)
      )
    )
  )

/** "vsms", as a number, and which of its locks. */
const lockKey = "1987276147, 2"
