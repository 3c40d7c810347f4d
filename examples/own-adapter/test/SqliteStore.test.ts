/** The three storage ports on a SQLite file, under all their laws. */
import { suite } from "@vsms/core/testing/Law"
import * as JournalLaws from "@vsms/core/testing/laws/JournalLaws"
import * as RecordsLaws from "@vsms/core/testing/laws/RecordsLaws"
import * as WorkQueueLaws from "@vsms/core/testing/laws/WorkQueueLaws"
import * as FastCheck from "effect/FastCheck"
import { describe, it, vi } from "vitest"
import * as CrashingStore from "./support/CrashingStore.ts"

// Every decision here waits for the disk: fewer cases than in memory, and more time for the long run.
const runs = Math.ceil((FastCheck.readConfigureGlobal().numRuns ?? 100) / 4)
vi.setConfig({ testTimeout: 600_000 })

suite({ describe, it }, "SQLite: Journal", JournalLaws.laws, CrashingStore.layer, { runs, abilities: ["durable"] })
suite({ describe, it }, "SQLite: Records", RecordsLaws.laws, CrashingStore.layer, { runs })
suite({ describe, it }, "SQLite: WorkQueue", WorkQueueLaws.laws, CrashingStore.layer, { runs })
