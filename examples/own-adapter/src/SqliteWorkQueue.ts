/** The port `WorkQueue`: due work, leased to one worker at a time, with a token as the fence. */
import type { WorkOrder } from "@vsms/core/storage/Decision"
import type { Lease, WorkQueue } from "@vsms/core/storage/WorkQueue"
import * as Effect from "effect/Effect"
import type { Bells } from "./Bells.ts"
import type { Connection, Database } from "./Database.ts"

export const make = (database: Database, bells: Bells): typeof WorkQueue.Service => ({
  lease: (options) => database.attempt("WorkQueue", "lease", () => database.atomically(() => lease(database, options))),
  finish: (held) => database.attempt("WorkQueue", "finish", () => change(database, "DELETE FROM work", [], held)),
  postpone: (held, dueAt) =>
    Effect.tap(
      database.attempt("WorkQueue", "postpone", () =>
        change(database, "UPDATE work SET at = ?, token = NULL", [dueAt], held)
      ),
      (done) => done && bells.ring(held.queue)
    ),
  extend: (held, until) =>
    database.attempt("WorkQueue", "extend", () => change(database, "UPDATE work SET at = ?", [until], held)),
  nextDue: (queue) =>
    database.attempt("WorkQueue", "nextDue", () => {
      const [first] = database.rows<{ readonly at: number | null }>(
        "SELECT min(at) AS at FROM work WHERE queue = ?",
        queue
      )
      return first?.at ?? undefined
    }),
  countDue: ({ limit, now, queue }) =>
    database.attempt("WorkQueue", "countDue", () => {
      const [found] = database.rows<{ readonly count: number }>(
        "SELECT count(*) AS count FROM (SELECT 1 FROM work WHERE queue = ? AND at <= ? LIMIT ?)",
        queue,
        now,
        limit
      )
      return found!.count
    }),
  bell: bells.subscribe
})

const nameOf = ({ key, owner, queue }: Pick<Lease, "queue" | "owner" | "key">) => [queue, owner, key] as const

/** What was asked anew begins anew: no attempts, and no token that a lease of before could name. */
export const applyOrder = (connection: Connection, order: WorkOrder): void => {
  if (order._tag === "Cancel")
    connection.run("DELETE FROM work WHERE queue = ? AND owner = ? AND key = ?", ...nameOf(order))
  else
    connection.run(
      "INSERT OR REPLACE INTO work (queue, owner, key, at, attempt, token, trace) VALUES (?, ?, ?, ?, 0, NULL, ?)",
      ...nameOf(order),
      order.dueAt,
      order.trace ?? null
    )
}

/** The due are looked up first and then taken one by one: an UPDATE with RETURNING answers in no particular order. */
const lease = (
  connection: Connection,
  { leaseMillis, limit, now, queue }: Parameters<typeof WorkQueue.Service.lease>[0]
): ReadonlyArray<Lease> =>
  connection
    .rows<Pick<Lease, "queue" | "owner" | "key">>(
      "SELECT queue, owner, key FROM work WHERE queue = ? AND at <= ? ORDER BY at LIMIT ?",
      queue,
      now,
      limit
    )
    .map((due) => {
      const [taken] = connection.rows<Lease & { readonly trace: string | null }>(
        `UPDATE work SET at = ?, attempt = attempt + 1, token = lower(hex(randomblob(16)))
          WHERE queue = ? AND owner = ? AND key = ? RETURNING queue, owner, key, attempt, token, trace`,
        now + leaseMillis,
        ...nameOf(due)
      )
      return { ...taken!, trace: taken!.trace ?? undefined }
    })

/** Changes the work if the lease is the last one that was given, whether or not its time has run out. */
const change = (connection: Connection, verb: string, values: ReadonlyArray<number>, lease: Lease): boolean =>
  connection.run(
    `${verb} WHERE queue = ? AND owner = ? AND key = ? AND token = ?`,
    ...values,
    ...nameOf(lease),
    lease.token
  ) === 1
