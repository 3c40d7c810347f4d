/** Port: the database that the store works on, wherever it is. A place opens it; the store does not know which. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import type * as Pg from "pg"

export class Database extends Context.Tag("@vsms/adapter-postgres/place/Database")<
  Database,
  {
    /** A server is shared with other processes and machines; an embedded database belongs to this process alone. */
    readonly kind: "server" | "embedded"
    /**
     * Transactions that may run side by side.
     *
     * **Gotchas** Whoever holds as many connections and asks for one more, to finish what it holds them for, waits for
     * itself. On an embedded database that is the second connection.
     */
    readonly sessions: number
    /**
     * Connections for statements of the hot path, and for named prepared statements. `SqlClient` uses the same ones.
     *
     * **Gotchas** Its errors are node-postgres': give them to `Failures.ts`. A connection that failed is released with
     * its error, `release(error)`, so that the pool drops it. An error of a connection that nobody listens to does not
     * end the process.
     */
    readonly pool: Pg.Pool
    /**
     * A bell of a channel: it rings some time after a transaction with `select pg_notify(channel, '')` has committed,
     * in whatever process, and whenever a notification may have been missed (a connection was lost). Many
     * notifications may be one ring, and a ring may be for nothing: look, then wait again.
     *
     * **Gotchas** It does not ring while the connection is lost, so whoever waits also looks from time to time.
     */
    readonly listen: (channel: string) => Effect.Effect<Queue.Dequeue<void>, never, Scope.Scope>
  }
>() {}
