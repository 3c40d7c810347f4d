import { describe, it } from "vitest"
import * as Layer from "effect/Layer"
import * as Effect from "effect/Effect"
import * as MemoryStore from "../../src/storage/MemoryStore.ts"
import { suite } from "../../src/testing/Law.ts"
import * as JournalLaws from "../../src/testing/laws/JournalLaws.ts"
import * as RecordsLaws from "../../src/testing/laws/RecordsLaws.ts"
import * as WorkQueueLaws from "../../src/testing/laws/WorkQueueLaws.ts"

const layer = Layer.merge(MemoryStore.layer, Layer.succeed(JournalLaws.Restart, Effect.void))

suite({ describe, it }, "MemoryStore: Journal", JournalLaws.laws, layer)
suite({ describe, it }, "MemoryStore: Records", RecordsLaws.laws, layer)
suite({ describe, it }, "MemoryStore: WorkQueue", WorkQueueLaws.laws, layer)
