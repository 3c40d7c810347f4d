/**
 * Adapter: an embedded database in a folder, for one process that needs no server. It survives the death of the
 * process.
 *
 * **Gotchas** It does not survive a power cut: the embedded database never asks the disk to keep what it wrote. Nor can
 * it stop a statement: one that takes too long takes the thread with it.
 */
import * as path from "node:path"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Connections from "./Connections.ts"
import { Database } from "./Database.ts"
import * as Embedded from "./Embedded.ts"
import * as FolderLock from "./FolderLock.ts"
import { PgliteThread } from "./PgliteThread.ts"
import type { FolderInUse, FolderUnusable, PgliteMissing } from "./PlaceError.ts"
import * as Upkeep from "./Upkeep.ts"

export interface Options extends Omit<Embedded.Options, "folder"> {
  /** Made if it is not there. The data is in `data` below it, and beside that the lock. */
  readonly folder: string
}

/**
 * Fails if another process has the folder open, which is named, or if it cannot be used.
 *
 * **Details** Making an empty database takes seconds; the first one of a version is kept in `snapshots`, and each later
 * one is a copy of it. If the thread dies, whoever waits for an answer gets a `PortFailure`, and the next to ask finds
 * the database opened again with all that was acknowledged.
 */
export const layer = (
  options: Pick<Options, "folder"> & Partial<Options>
): Layer.Layer<Connections.Services | PgliteThread, FolderInUse | FolderUnusable | PgliteMissing> =>
  Connections.layer(open({ ...Embedded.defaults, ...options }))

const open = ({ folder, ...options }: Options) =>
  Effect.gen(function* () {
    const root = path.resolve(folder)
    const lock = yield* FolderLock.hold(root)
    const services = yield* Embedded.open({ ...options, folder: path.join(root, "data") }, lock.isOurs)
    yield* Effect.forkScoped(Effect.zipRight(lock.lost, Context.get(services, PgliteThread).kill))
    yield* Effect.forkScoped(Upkeep.make(Context.get(services, Database)))
    return services
  })
