/**
 * Adapter: core's three storage ports on the database of a place.
 */
import type { PortFailure } from "@vsms/core/PortFailure"
import { Journal } from "@vsms/core/storage/Journal"
import type { Kind } from "@vsms/core/storage/Kind"
import { Records } from "@vsms/core/storage/Records"
import { WorkQueue } from "@vsms/core/storage/WorkQueue"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Database } from "../place/Database.ts"
import type { MigrationError } from "../schema/MigrationError.ts"
import * as Migrations from "../schema/Migrations.ts"
import * as Partitions from "../schema/Partitions.ts"
import { migrations } from "../schema/Released.ts"
import * as Committer from "./Committer.ts"
import * as PostgresJournal from "./PostgresJournal.ts"
import * as PostgresRecords from "./PostgresRecords.ts"
import * as PostgresWorkQueue from "./PostgresWorkQueue.ts"
import * as Tables from "./Table.ts"
import * as WorkBells from "./WorkBells.ts"

export interface Options extends Committer.Options {
  /**
   * Kinds of the host and of other adapters: `Records.purge` erases what it knows of, and learns of other kinds than
   * core's only from here, or when one is first used in this process.
   */
  readonly kinds: ReadonlyArray<Kind.Any>
}

// Batches of half a crowd: while one half is written, the other is decided.
export const defaults: Options = { lanes: 4, batchSize: 128, rememberedRows: 16_384, tries: 8, kinds: [] }

/**
 * The ports, over a schema that is brought up to date first.
 *
 * **Gotchas** One layer for a database in a process: two would not know of each other's memory, and each commit of one
 * would be a conflict for the other.
 */
export const layer = (
  options: Partial<Options> = {}
): Layer.Layer<Journal | Records | WorkQueue, MigrationError | PortFailure, Database> =>
  Layer.scopedContext(
    Effect.gen(function* () {
      const database = yield* Database
      yield* Migrations.run(migrations)
      yield* Partitions.keep
      const bells = yield* WorkBells.make(database)
      const all = { ...defaults, ...options }
      for (const kind of all.kinds) Tables.of(kind)
      const committer = yield* Committer.make(database, all, bells.announce)
      const journal = yield* PostgresJournal.make(database, committer, all.batchSize)
      const workQueue = yield* PostgresWorkQueue.make(database, bells, all.batchSize)
      return Context.empty().pipe(
        Context.add(Journal, journal),
        Context.add(Records, PostgresRecords.make(database, committer)),
        Context.add(WorkQueue, workQueue)
      )
    })
  )
