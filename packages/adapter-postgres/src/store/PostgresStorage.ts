/**
 * Adapter: core's three storage ports on the database of a place.
 */
import { Journal } from "@vsms/core/storage/Journal"
import { Records } from "@vsms/core/storage/Records"
import { WorkQueue } from "@vsms/core/storage/WorkQueue"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Database } from "../place/Database.ts"
import * as Committer from "./Committer.ts"
import * as PostgresJournal from "./PostgresJournal.ts"
import * as PostgresRecords from "./PostgresRecords.ts"
import * as PostgresWorkQueue from "./PostgresWorkQueue.ts"
import * as WorkBells from "./WorkBells.ts"

export type Options = Committer.Options

export const defaults: Options = { lanes: 4, batchSize: 512, rememberedRows: 16_384, tries: 8 }

/** The ports over a database whose schema is there. */
export const layer = (options: Partial<Options> = {}): Layer.Layer<Journal | Records | WorkQueue, never, Database> =>
  Layer.scopedContext(
    Effect.gen(function* () {
      const database = yield* Database
      const bells = yield* WorkBells.make(database)
      const committer = yield* Committer.make(database, { ...defaults, ...options }, bells.announce)
      const journal = yield* PostgresJournal.make(database, committer)
      const workQueue = yield* PostgresWorkQueue.make(database, bells)
      return Context.empty().pipe(
        Context.add(Journal, journal),
        Context.add(Records, PostgresRecords.make(database, committer)),
        Context.add(WorkQueue, workQueue)
      )
    })
  )
