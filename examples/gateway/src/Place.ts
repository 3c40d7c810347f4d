/** Where the data is: a folder of this process's own, or a database on a server. */
import type { Database } from "@vsms/adapter-postgres/place/Database"
import { Database as DatabaseTag } from "@vsms/adapter-postgres/place/Database"
import * as PgliteFolder from "@vsms/adapter-postgres/place/PgliteFolder"
import type {
  FolderInUse,
  FolderUnusable,
  PgliteMissing,
  ServerTooOld,
  ServerUnreachable
} from "@vsms/adapter-postgres/place/PlaceError"
import * as PostgresServer from "@vsms/adapter-postgres/place/PostgresServer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"

export interface Place {
  /** Recordings are always here, and the data, unless it is on a server. */
  readonly folder: string
  readonly url: Redacted.Redacted | undefined
}

/** For people: host and database, or the folder. */
export const name = ({ folder, url }: Place): string => {
  if (url === undefined) return folder
  const { host, pathname } = new URL(Redacted.value(url))
  return `${host}${pathname}`
}

/** Two clocks that run ahead, each in its way, do not go together on one database. */
export class AnotherQuickStart extends Schema.TaggedError<AnotherQuickStart>()("AnotherQuickStart", {}) {}

/** "vsms", as a number, and a lock that the adapter does not use. */
const lockKey = "1987276147, 100"

/**
 * The database belongs to this process until the scope closes. A folder does so anyway; on a server, another one that has
 * it is waited for so long.
 */
export const holdAlone = (waitMillis: number) =>
  Effect.gen(function* () {
    const { kind, pool } = yield* DatabaseTag
    if (kind === "embedded") return
    const client = yield* Effect.acquireRelease(
      Effect.promise(() => pool.connect()),
      (held) => Effect.sync(() => held.release(true))
    )
    const ask = Effect.promise(() =>
      client.query<{ locked: boolean }>(`select pg_try_advisory_lock(${lockKey}) as locked`)
    )
    yield* Effect.flatMap(ask, ({ rows }) => (rows[0]?.locked === true ? Effect.void : new AnotherQuickStart())).pipe(
      Effect.retry(Schedule.spaced(pollMillis).pipe(Schedule.upTo(waitMillis)))
    )
  })

const pollMillis = 200

/** As a layer, and without patience. */
export const alone = Layer.scopedDiscard(holdAlone(0))

/** What hinders the database from being opened. */
export type PlaceFailure = FolderInUse | FolderUnusable | PgliteMissing | ServerTooOld | ServerUnreachable

/** Opens the database. On a server, `sessions` are this process's connections, one more listens. */
export const layer = ({ folder, url }: Place, sessions = PostgresServer.defaults.sessions) => {
  const opened: Layer.Layer<Database, PlaceFailure> =
    url === undefined ? PgliteFolder.layer({ folder }) : PostgresServer.layer({ url, sessions })
  return opened
}
