/**
 * Adapter: how full a pool is, in Effect's registry of metrics. It is looked at from time to time: a pool tells nobody
 * that somebody has begun to wait, least of all while nothing comes back to it.
 */
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import type * as Scope from "effect/Scope"
import type * as Pg from "pg"

const connections = Metric.gauge("vsms_database_connections", {
  description: "Connections to the database, by what they do: used or idle."
})
const used = Metric.tagged(connections, "state", "used")
const idle = Metric.tagged(connections, "state", "idle")
const waiting = Metric.gauge("vsms_database_waiting", {
  description: "Statements and transactions that wait for a connection."
})

const lookMillis = 1_000

/**
 * Watches a pool until the scope ends. The pool is real, so the time is too, whatever clock the runtime has.
 *
 * **Gotchas** Of several databases in one process the registry has the one that was looked at last.
 */
export const watch = (pool: Pg.Pool): Effect.Effect<void, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const look = () => tell(pool.totalCount - pool.idleCount, pool.idleCount, pool.waitingCount)
      look()
      // It keeps no process alive.
      return setInterval(look, lookMillis).unref()
    }),
    (timer) =>
      Effect.sync(() => {
        clearInterval(timer)
        tell(0, 0, 0)
      })
  )

const tell = (inUse: number, free: number, waits: number): void => {
  used.unsafeUpdate(inUse, [])
  idle.unsafeUpdate(free, [])
  waiting.unsafeUpdate(waits, [])
}
