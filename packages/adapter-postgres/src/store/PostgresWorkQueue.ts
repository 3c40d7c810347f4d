/**
 * Adapter: the port `WorkQueue` on PostgreSQL: leases by `for update skip locked`, so that workers never wait for each
 * other. What workers give back is taken in turns.
 */
import type { PortFailure } from "@vsms/core/PortFailure"
import type { Queue } from "@vsms/core/storage/Decision"
import { type Lease, WorkQueue } from "@vsms/core/storage/WorkQueue"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { Database } from "../place/Database.ts"
import type { Bells } from "./WorkBells.ts"
import * as Session from "./Session.ts"
import * as Turns from "./Turns.ts"
import * as WorkStatements from "./WorkStatements.ts"

interface GivenBack {
  readonly lease: Lease
  /** When it is ready again; `undefined` for finished work. */
  readonly readyAt: number | undefined
  /** Whether the lease ends with this. */
  readonly ends: boolean
  readonly resume: (held: Effect.Effect<boolean, PortFailure>) => void
}

export const make = (
  { pool }: (typeof Database)["Service"],
  bells: Bells,
  /** The most leases that are given back by one statement. */
  batchSize: number
): Effect.Effect<typeof WorkQueue.Service, never, Scope.Scope> =>
  Effect.gen(function* () {
    const take = (given: ReadonlyArray<GivenBack>): Effect.Effect<void> => {
      const [now, then] = apart(given)
      return then.length === 0 ? takeOnce(now) : Effect.zipRight(takeOnce(now), take(then))
    }

    const takeOnce = (given: ReadonlyArray<GivenBack>): Effect.Effect<void> =>
      Effect.matchCauseEffect(Effect.retry(Session.run(pool, WorkStatements.giveBack(given)), again), {
        onSuccess: (rows) =>
          Effect.sync(() => {
            const held = new Set(rows.map(({ token }) => String(token)))
            for (const { ends, lease, readyAt, resume } of given) {
              const isHeld = held.has(lease.token)
              if (isHeld && ends && readyAt !== undefined) bells.announce(lease.queue, readyAt)
              resume(Effect.succeed(isHeld))
            }
          }),
        onFailure: (cause) => {
          // Nobody is to suffer for what another gives back: the culprit is found by halves.
          if (given.length > 1 && Option.exists(Cause.failureOption(cause), ({ isOfData }) => isOfData)) {
            const half = given.length >> 1
            return Effect.zipRight(takeOnce(given.slice(0, half)), takeOnce(given.slice(half)))
          }
          const failure = Session.failure(cause, "WorkQueue", "giveBack")
          return Effect.sync(() => given.forEach(({ resume }) => resume(failure)))
        }
      })
    const turns = yield* Turns.make(batchSize, take)
    const giveBack = (lease: Lease, readyAt: number | undefined, ends: boolean) =>
      Effect.async<boolean, PortFailure>((resume) => turns.add({ lease, readyAt, ends, resume }))

    return WorkQueue.of({
      lease: ({ leaseMillis, limit, now, queue }) =>
        Session.run(pool, WorkStatements.lease({ queue, now, limit, until: now + leaseMillis })).pipe(
          Effect.mapError((fault) => fault.toFailure("WorkQueue", "lease")),
          Effect.map((rows) => rows.map((row) => leaseOf(queue, row)))
        ),
      finish: (lease) => giveBack(lease, undefined, true),
      postpone: (lease, dueAt) => giveBack(lease, dueAt, true),
      extend: (lease, until) => giveBack(lease, until, false),
      nextDue: (queue) =>
        bells.ask(
          queue,
          Session.run(pool, WorkStatements.nextDue(queue)).pipe(
            Effect.mapError((fault) => fault.toFailure("WorkQueue", "nextDue")),
            Effect.map(([row]) => (row === undefined ? undefined : Number(row.ready_at)))
          )
        ),
      countDue: (options) =>
        Session.run(pool, WorkStatements.countDue(options)).pipe(
          Effect.mapError((fault) => fault.toFailure("WorkQueue", "countDue")),
          Effect.map(([row]) => Number(row?.count))
        ),
      bell: bells.bell
    })
  })

/** Nothing happened because of somebody else's statement. */
const again = { while: ({ isConflict }: Session.Fault) => isConflict, times: 8 }

/** One statement may touch a piece of work once: what is said of the same piece after that comes in the next. */
const apart = (given: ReadonlyArray<GivenBack>): readonly [ReadonlyArray<GivenBack>, ReadonlyArray<GivenBack>] => {
  const seen = new Set<string>()
  const now: Array<GivenBack> = []
  const then: Array<GivenBack> = []
  for (const one of given) {
    const id = `${one.lease.queue}\n${one.lease.owner}\n${one.lease.key}`
    if (seen.has(id)) then.push(one)
    else {
      seen.add(id)
      now.push(one)
    }
  }
  return [now, then]
}

const leaseOf = (
  queue: Queue,
  row: Pick<Lease, "owner" | "key" | "attempt" | "token"> & { readonly trace: string | null }
): Lease => ({
  queue,
  owner: row.owner,
  key: row.key,
  attempt: row.attempt,
  token: row.token,
  trace: row.trace ?? undefined
})
