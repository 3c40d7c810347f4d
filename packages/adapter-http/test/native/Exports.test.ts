import { NativeDoor } from "@vsms/adapter-http/NativeDoor"
import { describe, expect, it } from "@effect/vitest"
import * as Core from "@vsms/core/Core"
import { PortFailure } from "@vsms/core/PortFailure"
import { Sends } from "@vsms/core/sending/Sends"
import { Records } from "@vsms/core/storage/Records"
import * as CoreMemory from "@vsms/core/testing/CoreMemory"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as World from "./World.ts"

/** A storage that counts the pages that are read, and breaks when it is told to. */
const storage = { pages: 0, breaksAt: Infinity }
const world = NativeDoor.layer({ operatorTokens: [Redacted.make(World.operatorToken)] }).pipe(
  Layer.provideMerge(Core.layerServices()),
  Layer.provideMerge(
    Layer.effect(
      Records,
      Effect.map(Records, (records) => ({
        ...records,
        list: (query) =>
          Effect.suspend(() => {
            if (query.index !== "byCallee") return records.list(query)
            storage.pages++
            return storage.pages > storage.breaksAt
              ? new PortFailure({ port: "Records", operation: "list", retry: "later", cause: "gone" })
              : records.list(query)
          })
      }))
    )
  ),
  Layer.provideMerge(CoreMemory.layerPorts())
)

describe("exports", () => {
  const body = { callee: "13800138000", period: "today" }

  it.effect("STA-8: go out page by page, and break off rather than pretend to be whole", () =>
    Effect.gen(function* () {
      // Nobody places the calls: what is accepted can be exported, too.
      const { accountId, applicationId, key: as } = yield* Effect.provide(World.tenant(), Core.layerWorkers())
      const sends = yield* Sends
      yield* sends.setLimits(accountId, applicationId, { code: [], notice: [], parameterMax: null })
      for (let i = 0; i < 510; i++) yield* sends.acceptCode(accountId, applicationId, { to: body.callee, code: "4821" })
      const path = `/v1/applications/${applicationId}/statistics/records/export`
      const whole = yield* World.ask("POST", path, { as, body })
      expect(whole.headers.get("content-disposition")).toContain("records.csv")
      expect(whole.text.trim().split("\r\n")).toHaveLength(511)
      expect(storage.pages).toBe(2)

      // The first page is waited for: its failure is a proper answer.
      Object.assign(storage, { pages: 0, breaksAt: 0 })
      expect((yield* World.ask("POST", path, { as, body })).status).toBe(503)
      Object.assign(storage, { pages: 0, breaksAt: 1 })
      const later = yield* Effect.exit(World.ask("POST", path, { as, body }))
      expect(later._tag).toBe("Failure")
      Object.assign(storage, { pages: 0, breaksAt: Infinity })
    }).pipe(Effect.provide(world))
  )

  it.effect("STA-1, SND-2: are refused before they begin", () =>
    Effect.gen(function* () {
      const { applicationId, key: as } = yield* World.tenant()
      const path = `/v1/applications/${applicationId}/statistics`
      const long = { callee: "13800138000", from: "2020-01-01", to: "2026-01-01" }
      const refused = yield* World.ask("POST", `${path}/records/export`, { as, body: long })
      expect(refused.json).toMatchObject({
        type: "urn:vsms:problem:PeriodTooLong",
        status: 422,
        facts: { maximum: 732 }
      })
      const nobody = yield* World.ask("POST", `${path}/records/export`, { as, body: { callee: "12345" } })
      expect(nobody.json.type).toBe("urn:vsms:problem:CalleeNotServed")
      const table = yield* World.ask("GET", `${path}/templates/1/export?from=2020-01-01&to=2026-01-01`, { as })
      expect(table.json.type).toBe("urn:vsms:problem:PeriodTooLong")
    }).pipe(World.within())
  )
})
