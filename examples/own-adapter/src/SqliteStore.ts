/** The three storage ports of VSMS on one SQLite file, which any number of processes may have open. */
import type { PortFailure } from "@vsms/core/PortFailure"
import { Journal } from "@vsms/core/storage/Journal"
import { Records } from "@vsms/core/storage/Records"
import { WorkQueue } from "@vsms/core/storage/WorkQueue"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Bells from "./Bells.ts"
import * as Database from "./Database.ts"
import * as SqliteJournal from "./SqliteJournal.ts"
import * as SqliteRecords from "./SqliteRecords.ts"
import * as SqliteWorkQueue from "./SqliteWorkQueue.ts"

/** All three ports. The file is closed with the layer's scope. */
export const layer = (options: Database.DatabaseOptions): Layer.Layer<Journal | Records | WorkQueue, PortFailure> =>
  Layer.scopedContext(Effect.map(Database.open(options), make))

/** The ports on an open database: for those who stand between the two, as the tests do. */
export const make = (database: Database.Database): Context.Context<Journal | Records | WorkQueue> => {
  const bells = Bells.make()
  return Context.empty().pipe(
    Context.add(Journal, SqliteJournal.make(database, bells)),
    Context.add(Records, SqliteRecords.make(database)),
    Context.add(WorkQueue, SqliteWorkQueue.make(database, bells))
  )
}
