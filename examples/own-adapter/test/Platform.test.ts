/** The whole platform on this storage, and again after its process has ended. */
import { describe, expect, it } from "@effect/vitest"
import { Balances } from "@vsms/core/balance/Balances"
import * as Core from "@vsms/core/Core"
import { Sends } from "@vsms/core/sending/Sends"
import { Statistics } from "@vsms/core/statistics/Statistics"
import { CoreMemory, Tenant } from "@vsms/core/testing"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import * as path from "node:path"
import * as SqliteStore from "../src/SqliteStore.ts"
import * as Folder from "./support/Folder.ts"

/** A process: everything as in the tests of core, but for the storage. */
const platform = (file: string) =>
  Layer.provideMerge(Core.layer(), Layer.merge(CoreMemory.layerPorts(), SqliteStore.layer({ file })))

const books = ({ accountId, applicationId }: Tenant.Tenant, sendId: string) =>
  Effect.gen(function* () {
    const { personal, state } = yield* (yield* Sends).get(accountId, applicationId, sendId)
    const balance = yield* (yield* Balances).get(accountId)
    return {
      send: [state.stage, state.billedMinutes, personal?.callee],
      balance: [balance.available, balance.held, balance.spent],
      ledger: (yield* (yield* Balances).verify(accountId)).equal,
      statistics: (yield* (yield* Statistics).overview({ accountId, applicationId }, "today")).total
    }
  })

describe("the platform on SQLite", () => {
  it.scoped("ONB-1, BAL-2, STA-7, SND-11: a code is spoken, billed and counted, and all is there after a restart", () =>
    Effect.gen(function* () {
      const file = path.join(yield* Folder.scoped, "vsms.db")
      const { found, sendId, tenant } = yield* Effect.gen(function* () {
        const tenant = yield* Tenant.open()
        const input = { to: "13800138000", code: "3842" }
        const { sendId } = yield* (yield* Sends).acceptCode(tenant.accountId, tenant.applicationId, input)
        yield* TestClock.adjust("1 minute")
        return { found: yield* books(tenant, sendId), sendId, tenant }
      }).pipe(Effect.provide(platform(file)))
      expect(found).toEqual({
        send: ["completed", 1, "+8613800138000"],
        balance: [9_999, 0, 1],
        ledger: true,
        statistics: { sends: 1, answered: 1, failed: 0, minutes: 1, successBasisPoints: 10_000 }
      })

      yield* Effect.gen(function* () {
        expect(yield* books(tenant, sendId)).toEqual(found)
        // Its work is done: nobody is called again.
        yield* TestClock.adjust("1 hour")
        expect(yield* books(tenant, sendId)).toEqual(found)
      }).pipe(Effect.provide(platform(file)))
    })
  )
})
