/** Where the quick start keeps its data: a folder of its own, or a database on a server. */
import type { Database } from "@vsms/adapter-postgres/place/Database"
import { Database as DatabaseTag } from "@vsms/adapter-postgres/place/Database"
import * as PgliteFolder from "@vsms/adapter-postgres/place/PgliteFolder"
import * as PostgresServer from "@vsms/adapter-postgres/place/PostgresServer"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

export interface Place {
  /** Recordings are always here, and the data, unless it is on a server. */
  readonly folder: string
  readonly url: Redacted.Redacted | undefined
}

/** As the environment says: `VSMS_DATA`, `VSMS_DATABASE_URL`. An empty one says nothing. */
export const of = (environment: { readonly [name: string]: string | undefined }): Place => {
  const { VSMS_DATABASE_URL: url, VSMS_DATA: folder } = environment
  return { folder: folder || ".vsms", url: url ? Redacted.make(url) : undefined }
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

/** The database belongs to this process for as long as the layer is in use. A folder does so anyway. */
const alone = Layer.scopedDiscard(
  Effect.gen(function* () {
    const { kind, pool } = yield* DatabaseTag
    if (kind === "embedded") return
    const client = yield* Effect.acquireRelease(
      Effect.promise(() => pool.connect()),
      (held) => Effect.sync(() => held.release(true))
    )
    const { rows } = yield* Effect.promise(() =>
      client.query<{ locked: boolean }>(`select pg_try_advisory_lock(${lockKey}) as locked`)
    )
    if (rows[0]?.locked !== true) return yield* new AnotherQuickStart()
  })
)

/** It lives by the wall's clock, however fast the story's runs: locks and time limits are between real processes. */
export const layer = (place: Place) => {
  const opened: Layer.Layer<Database, Layer.Layer.Error<ReturnType<typeof open>>> = open(place)
  return Layer.scopedContext(Effect.withClock(Layer.build(Layer.provideMerge(alone, opened)), Clock.make()))
}

const open = ({ folder, url }: Place) =>
  url === undefined
    ? PgliteFolder.layer({ folder })
    : PostgresServer.layer({ url, applicationName: "vsms quick start" })
