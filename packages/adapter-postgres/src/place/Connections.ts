/** Adapter: a pool of node-postgres as Effect services. Where its connections lead is not known here. */
import * as PgClient from "@effect/sql-pg/PgClient"
import type { SqlClient } from "@effect/sql/SqlClient"
import type * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Pg from "pg"
import { Database } from "./Database.ts"
import * as PoolMetrics from "./PoolMetrics.ts"

/** What every place provides. `PgClient` and `SqlClient` are one, on the pool of `Database`. */
export type Services = Database | PgClient.PgClient | SqlClient

export interface PoolOptions extends Pg.PoolConfig {
  /** Before anybody gets the connection. */
  readonly prepare?: ((client: Pg.PoolClient) => void) | undefined
}

/** A pool that is ended with the scope: whoever holds a connection then has a second to give it back. */
export const makePool = (options: PoolOptions) => Effect.tap(openPool(options), PoolMetrics.watch)

const openPool = ({ prepare, ...config }: PoolOptions) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const pool = new Pg.Pool(config)
      // A connection that breaks while nobody uses it is dropped by the pool, which needs no telling.
      pool.on("error", ignore)
      pool.on("connect", (client) => {
        // While it is lent, the pool does not listen to it, and an error without a listener ends the process.
        client.on("error", ignore)
        // The server says goodbye as the answer to a statement, and the connection ends a moment later. Before anybody
        // hears the answer the connection is marked, or the pool would give it to the next in that moment.
        const internals = client as unknown as Internals
        internals.connection.prependListener("errorMessage", ({ code, severity }) => {
          if (severity === "FATAL" || severity === "PANIC" || lastWords.test(code ?? "")) internals._queryable = false
        })
        prepare?.(client)
      })
      // A statement still runs on it, as after an interruption, or an answer that never came. The next to use the
      // connection would wait for that one, so the pool is made to drop it.
      pool.on("release", (_: unknown, client: Pg.PoolClient) => {
        const internals = client as unknown as Internals
        if (internals._activeQuery != null) internals._queryable = false
      })
      return pool
    }),
    (pool) => Effect.promise(() => pool.end()).pipe(Effect.interruptible, Effect.timeoutOption(Duration.seconds(1)))
  )

/** The services of a place over what opens it. */
export const layer = <S, E, R>(
  open: Effect.Effect<Context.Context<S | Database>, E, R>
): Layer.Layer<S | Services, E, Exclude<R, Scope.Scope>> => {
  const client = Layer.unwrapEffect(
    Effect.map(Database, ({ pool }) => PgClient.layerFromPool({ acquire: Effect.succeed(pool) }))
  )
  // From a pool that is there already a client is made without asking the server.
  return Layer.provideMerge(Layer.orDie(client), Layer.scopedContext(open))
}

/** Parts of node-postgres' client that have no public name. A test holds them to it. */
interface Internals {
  readonly _activeQuery: object | null | undefined
  _queryable: boolean
  processID: number | null | undefined
  readonly connection: {
    prependListener(
      event: "errorMessage",
      heard: (error: { readonly code?: string; readonly severity?: string }) => void
    ): void
  }
}

/** States after which the server ends a connection, in case its words for the severity are not English. */
const lastWords = /^(57P|25P03|25P04)/

/**
 * For a pool of one: an interrupted statement is not cancelled. `SqlClient` would ask for that on a second connection,
 * and wait five seconds for the one that it holds.
 */
export const withoutCancel = (client: Pg.PoolClient): void => {
  const internals = client as unknown as Internals
  internals.processID = undefined
}

const ignore = (): void => {}
