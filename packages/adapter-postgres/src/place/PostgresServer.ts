/** Adapter: a PostgreSQL server, found by its URL and shared by as many processes as need be. */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Connections from "./Connections.ts"
import { Database } from "./Database.ts"
import { portFailure } from "./Failures.ts"
import * as Planning from "./Planning.ts"
import { ServerTooOld, ServerUnreachable } from "./PlaceError.ts"
import * as ServerListener from "./ServerListener.ts"

export interface Options {
  /** `postgres://user:password@host:port/database?sslmode=verify-full` */
  readonly url: Redacted.Redacted
  /** Connections of this process. One more listens. */
  readonly sessions: number
  readonly connectTimeoutMillis: number
  /** No statement takes longer: the server ends it. If the server itself is silent, the driver does, a little later. */
  readonly statementTimeoutMillis: number
  readonly lockTimeoutMillis: number
  /** How long a transaction may do nothing, its locks held: the server ends the connection. */
  readonly idleInTransactionTimeoutMillis: number
  /** What `pg_stat_activity` calls the connections. */
  readonly applicationName: string
}

export const defaults: Omit<Options, "url"> = {
  sessions: 10,
  connectTimeoutMillis: 5_000,
  statementTimeoutMillis: 30_000,
  lockTimeoutMillis: 10_000,
  idleInTransactionTimeoutMillis: 30_000,
  applicationName: "vsms"
}

export const oldestVersion = 15

/**
 * Fails if there is no server, or one that is too old. A server that goes away later is a `PortFailure` for whoever
 * asks it then, and is used again when it is back.
 *
 * **Gotchas** Between the server and this process there may be a connection pooler only if it keeps a session for a
 * client: in PgBouncer's transaction mode prepared statements, time limits and notifications are lost.
 */
export const layer = (
  options: Pick<Options, "url"> & Partial<Options>
): Layer.Layer<Connections.Services, ServerUnreachable | ServerTooOld> =>
  Connections.layer(open({ ...defaults, ...options }))

const open = (options: Options) =>
  Effect.gen(function* () {
    const server = placeOf(Redacted.value(options.url))
    if (Option.isNone(server)) {
      return yield* new ServerUnreachable({ server: "the given URL", detail: "it must begin with postgres://" })
    }
    const [connectionString, chosen] = withoutOptions(Redacted.value(options.url))
    const config = {
      connectionString,
      options: Planning.options(chosen),
      connectionTimeoutMillis: options.connectTimeoutMillis,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000
    }
    const pool = yield* Connections.makePool({
      ...config,
      application_name: options.applicationName,
      max: options.sessions,
      statement_timeout: options.statementTimeoutMillis,
      lock_timeout: options.lockTimeoutMillis,
      idle_in_transaction_session_timeout: options.idleInTransactionTimeoutMillis,
      query_timeout: options.statementTimeoutMillis + 5_000,
      prepare: options.sessions > 1 ? undefined : Connections.withoutCancel
    })
    yield* check(pool, server.value, options.connectTimeoutMillis)
    const bells = yield* ServerListener.make({ ...config, application_name: `${options.applicationName} (bells)` })
    return Context.make(Database, { kind: "server", sessions: options.sessions, pool, listen: bells.add })
  })

const check = (pool: (typeof Database)["Service"]["pool"], server: string, connectTimeoutMillis: number) =>
  Effect.gen(function* () {
    const { rows } = yield* Effect.tryPromise({
      try: () => pool.query<{ name: string; number: number }>(versionQuery),
      catch: (error) => new ServerUnreachable({ server, detail: detailOf(error) })
    }).pipe(
      Effect.timeoutFail({
        duration: Duration.millis(connectTimeoutMillis * 2),
        onTimeout: () => new ServerUnreachable({ server, detail: "no answer" })
      })
    )
    const [version] = rows
    if (version === undefined || Math.floor(version.number / 10_000) < oldestVersion) {
      return yield* new ServerTooOld({ server, version: version?.name ?? "unknown", oldest: oldestVersion })
    }
  })

const versionQuery = `
  SELECT current_setting('server_version') AS name, current_setting('server_version_num')::int AS number`

const detailOf = (error: unknown): string => {
  const { cause } = portFailure("Database", "connect", error)
  return cause instanceof Error ? cause.message : "unknown"
}

/** The URL without what it takes to get in. */
const placeOf = (text: string): Option.Option<string> => {
  if (!/^postgres(ql)?:\/\//.test(text) || !URL.canParse(text)) return Option.none()
  const { host, pathname, searchParams } = new URL(text)
  return Option.some(`${searchParams.get("host") ?? host}${pathname}`)
}

/** The URL and its `options` apart: the driver would take those for all there are. */
const withoutOptions = (text: string): readonly [url: string, options: string | null] => {
  const url = new URL(text)
  const chosen = url.searchParams.get("options")
  if (chosen === null) return [text, null]
  url.searchParams.delete("options")
  return [url.href, chosen]
}
