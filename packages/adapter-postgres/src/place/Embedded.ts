/** Adapter: what the places of the embedded database have in common: one connection, and bells without a server. */
import * as os from "node:os"
import * as path from "node:path"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Pg from "pg"
import * as Bells from "./Bells.ts"
import * as Connections from "./Connections.ts"
import { Database } from "./Database.ts"
import * as Planning from "./Planning.ts"
import * as PgliteThread from "./PgliteThread.ts"

export interface Options extends PgliteThread.Options {
  /** How long whoever wants the one connection waits for it. */
  readonly waitLimitMillis: number
}

export const defaults: Omit<Options, "folder"> = {
  startLimitMillis: 60_000,
  answerLimitMillis: 120_000,
  waitLimitMillis: 30_000,
  // A user without a home, as in some containers, has no place for them.
  snapshots: Option.getOrUndefined(Option.liftThrowable(() => path.join(os.homedir(), ".cache", "vsms"))()),
  pgliteModule: PgliteThread.pgliteModule
}

/** Opens it. If its thread dies, it is opened again where `mayStart` says so. */
export const open = (options: Options, mayStart: Effect.Effect<boolean>) =>
  Effect.gen(function* () {
    const { stream, thread } = yield* PgliteThread.make(options, mayStart)
    const listen = (channel: string) => `LISTEN ${Pg.escapeIdentifier(channel)}`
    const tell = (statement: string) => Effect.ignore(Effect.tryPromise(() => pool.query(statement)))
    const bells = Bells.make({
      added: (channel) => tell(listen(channel)),
      removed: (channel) => tell(`UNLISTEN ${Pg.escapeIdentifier(channel)}`)
    })
    const pool = yield* Connections.makePool({
      stream,
      user: "postgres",
      database: "postgres",
      password: "none is asked for",
      ssl: false,
      max: 1,
      idleTimeoutMillis: 0,
      connectionTimeoutMillis: options.waitLimitMillis,
      prepare: (client) => {
        Connections.withoutCancel(client)
        // It is told of what is notified in its own session, and there is no other.
        client.on("notification", ({ channel }) => bells.ring(channel))
      },
      onConnect: (client) =>
        client.query([...Planning.statements, ...bells.channels().map(listen)].join(";")).then(() => bells.ringAll())
    })
    const database = Database.of({ kind: "embedded", sessions: 1, pool, listen: bells.add })
    return Context.make(Database, database).pipe(Context.add(PgliteThread.PgliteThread, thread))
  })
