/** Adapter: an embedded database in memory, for tests. It begins empty and ends with its layer. */
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Connections from "./Connections.ts"
import * as Embedded from "./Embedded.ts"
import type { PgliteThread } from "./PgliteThread.ts"
import type { FolderUnusable, PgliteMissing } from "./PlaceError.ts"

export type Options = Omit<Embedded.Options, "folder">

export const layer = (
  options: Partial<Options> = {}
): Layer.Layer<Connections.Services | PgliteThread, PgliteMissing | FolderUnusable> =>
  // What was in it died with its thread.
  Connections.layer(Embedded.open({ ...Embedded.defaults, ...options, folder: undefined }, Effect.succeed(false)))
