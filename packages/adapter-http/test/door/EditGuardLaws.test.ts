import * as EditGuard from "@vsms/adapter-http/door/EditGuard"
import * as MemoryStore from "@vsms/core/storage/MemoryStore"
import { suite } from "@vsms/core/testing/Law"
import { laws, Restart } from "@vsms/core/testing/laws/JournalLaws"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { describe, it } from "vitest"

const layer = Layer.provideMerge(EditGuard.layer, Layer.merge(MemoryStore.layer, Layer.succeed(Restart, Effect.void)))

// A journal over a journal is a journal.
suite({ describe, it }, "EditGuard over memory", laws, layer)
