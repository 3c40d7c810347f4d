/**
 * The store, and a power switch. What a killed process leaves behind is what its files hold at that moment: they are
 * copied as they are, before anything is closed or tidied up, and the copy is opened in their place.
 */
import { Journal } from "@vsms/core/storage/Journal"
import { Records } from "@vsms/core/storage/Records"
import { WorkQueue } from "@vsms/core/storage/WorkQueue"
import { Restart } from "@vsms/core/testing/laws/JournalLaws"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as fs from "node:fs"
import * as path from "node:path"
import * as Database from "../../src/Database.ts"
import * as SqliteStore from "../../src/SqliteStore.ts"
import * as Folder from "./Folder.ts"

/** `alter` puts something between the adapter and its database. */
export const layerOver = (alter: (database: Database.Database) => Database.Database) =>
  Layer.scopedContext(
    Effect.gen(function* () {
      const folder = yield* Folder.scoped
      const fileOf = (life: number) => path.join(folder, `life-${life}.db`)
      const open = (life: number) =>
        Effect.gen(function* () {
          const scope = yield* Scope.make()
          const database = yield* Scope.extend(Database.open({ file: fileOf(life) }), scope)
          return { life, scope, store: SqliteStore.make(alter(database)) }
        })

      let current = yield* open(0)
      yield* Effect.addFinalizer(() => Scope.close(current.scope, Exit.void))
      const restart = Effect.gen(function* () {
        const { life, scope } = current
        for (const part of ["", "-wal"])
          if (fs.existsSync(fileOf(life) + part)) fs.copyFileSync(fileOf(life) + part, fileOf(life + 1) + part)
        yield* Scope.close(scope, Exit.void)
        current = yield* open(life + 1)
      })

      return Context.empty().pipe(
        Context.add(
          Journal,
          forwarding<typeof Journal.Service>(() => Context.get(current.store, Journal))
        ),
        Context.add(
          Records,
          forwarding<typeof Records.Service>(() => Context.get(current.store, Records))
        ),
        Context.add(
          WorkQueue,
          forwarding<typeof WorkQueue.Service>(() => Context.get(current.store, WorkQueue))
        ),
        Context.add(Restart, restart)
      )
    })
  )

/** Whoever got the service before a crash uses the one after it. */
const forwarding = <S extends object>(service: () => S): S =>
  // The proxy has every method of the service, because it asks the service for it.
  new Proxy({} as S, { get: (_, method) => Reflect.get(service(), method) })

export const layer = layerOver((database) => database)
