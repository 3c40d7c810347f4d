/** The places that a test can run on. Each is a layer with a database of its own that begins empty. */
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import type { PortFailure } from "@vsms/core/PortFailure"
import { Restart } from "@vsms/core/testing/laws/JournalLaws"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import { Database } from "../../src/place/Database.ts"
import { portFailure } from "../../src/place/Failures.ts"
import * as PgliteFolder from "../../src/place/PgliteFolder.ts"
import * as PgliteMemory from "../../src/place/PgliteMemory.ts"
import { PgliteThread } from "../../src/place/PgliteThread.ts"
import * as PostgresServer from "../../src/place/PostgresServer.ts"
import * as TestDatabase from "./TestDatabase.ts"
import * as TestServer from "./TestServer.ts"

/** A new database on the server that all tests of a run share. */
export const server = TestDatabase.layer

/** A server of its own, which crashes and starts again on `Restart`: it takes most of a second. */
export const ownServer = (options: Partial<PostgresServer.Options & TestServer.Options> = {}) =>
  Layer.unwrapScoped(
    Effect.gen(function* () {
      const own = yield* Effect.acquireRelease(
        Effect.promise(() => TestServer.start(options)),
        (it) => Effect.promise(it.stop)
      )
      const url = Redacted.make(yield* Effect.promise(() => own.createDatabase()))
      const crash = Effect.promise(async () => {
        await own.kill("crash")
        await own.start()
      })
      return Layer.provideMerge(restart(crash), PostgresServer.layer({ ...options, url }))
    })
  )

/** An empty folder for as long as the scope. */
export const emptyFolder = Effect.acquireRelease(
  Effect.sync(() => fs.mkdtempSync(path.join(os.tmpdir(), "vsms-folder-"))),
  (folder) => Effect.sync(() => fs.rmSync(folder, { recursive: true, force: true }))
)

/** PGlite in a new folder; its thread is ended on `Restart`. */
export const folder = (options: Partial<PgliteFolder.Options> = {}) =>
  Layer.unwrapScoped(
    Effect.map(emptyFolder, (at) => Layer.provideMerge(killThread, PgliteFolder.layer({ folder: at, ...options })))
  )

export const memory = PgliteMemory.layer

const restart = (crash: Effect.Effect<void>) =>
  Layer.effect(
    Restart,
    Effect.map(Database, (database) => Effect.zipRight(crash, answers(database)))
  )

const killThread = Layer.unwrapEffect(Effect.map(PgliteThread, ({ kill }) => restart(kill)))

/** The pool has noticed which of its connections are dead, and has others. */
const answers = ({ pool, sessions }: (typeof Database)["Service"]): Effect.Effect<void, PortFailure> =>
  Effect.forEach(
    Array.from({ length: sessions }),
    () =>
      Effect.tryPromise({
        try: () => pool.query("SELECT 1"),
        catch: (error) => portFailure("Restart", "wait", error)
      }).pipe(Effect.retry(Schedule.spaced("20 millis").pipe(Schedule.upTo("10 seconds")))),
    { concurrency: "unbounded", discard: true }
  )

/** What holds the data crashes, and is there again. */
export const crash = Effect.flatten(Restart)
