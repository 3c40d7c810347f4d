import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as TestClock from "effect/TestClock"
import * as Balance from "../../src/balance/Balance.ts"
import { Balances } from "../../src/balance/Balances.ts"
import { Packages } from "../../src/balance/Packages.ts"
import * as LowBalance from "../../src/alert/LowBalance.ts"
import * as Cny from "../../src/money/Cny.ts"
import type * as Quote from "../../src/money/Quote.ts"
import * as Order from "../../src/order/Order.ts"
import { Journal } from "../../src/storage/Journal.ts"
import { WorkQueue } from "../../src/storage/WorkQueue.ts"
import { accountId, bought, call, day, enterprise, hold, layer, minute, pay } from "./Shop.ts"

const start = Date.UTC(2026, 10, 23)
const fixed = (quantity: number) => ({ kind: "fixed" as const, minutes: 10_000, quantity })

describe("Packages", () => {
  it.effect("PKG-4: the cliffs of the price list, and what a year costs month by month and bought ahead", () =>
    Effect.gen(function* () {
      const packages = yield* Packages
      expect(packages.cliffs.map(({ minutesFrom, minutesTo }) => [minutesFrom, minutesTo])).toEqual([
        [9_546, 9_999],
        [95_239, 99_999],
        [475_001, 499_999],
        [947_369, 999_999],
        [2_833_334, 2_999_999]
      ])
      const [{ ahead, monthly }] = (yield* packages.compare({
        minutesPerMonth: Array.from({ length: 12 }, () => 10_000)
      })) as [Quote.Comparison]
      expect([monthly.payable, ahead.payable]).toEqual([Cny.yuan(12_600), Cny.yuan(12_000)])
      expect((yield* Effect.flip(packages.compare({ minutesPerMonth: [] })))._tag).toBe("InvalidInput")
    }).pipe(Effect.provide(layer))
  )

  it.effect("PKG-4: a quote names the chosen price and the cheapest way", () =>
    Effect.gen(function* () {
      const { chosen, cheapest } = yield* (yield* Packages).quote({
        packages: [{ kind: "custom", minutes: 9_999, quantity: 1 }]
      })
      expect([chosen.payable, cheapest.payable, cheapest.minutes]).toEqual([1_099_890, 1_050_000, 10_000])
    }).pipe(Effect.provide(layer))
  )

  it.effect("PKG-5: a purchase that is refused makes no order; a malformed one names its fields", () =>
    Effect.gen(function* () {
      const packages = yield* Packages
      const request = { packages: [fixed(1)], agreementAccepted: true }
      expect(yield* Effect.flip(packages.buy("nobody", request))).toMatchObject({ _tag: "NotEnterprise" })
      yield* enterprise
      expect(
        yield* Effect.flip(packages.buy(accountId, { packages: [fixed(0)], agreementAccepted: true }))
      ).toMatchObject({ _tag: "PackageQuantityOutOfRange", supplied: 0 })
      // What comes over a wire is of any type.
      const malformed = { packages: [{ ...fixed(1), kind: "large" }] } as never
      const refusal = yield* Effect.flip(packages.buy(accountId, malformed))
      expect(refusal).toMatchObject({ _tag: "InvalidInput" })
      const fields = "problems" in refusal ? refusal.problems.map(({ field }) => field) : []
      expect(new Set(fields)).toEqual(new Set(["packages.0.kind", "agreementAccepted"]))
    }).pipe(Effect.provide(layer))
  )

  it.effect("PKG-6, PKG-7: a paid order brings its packages once, effective five minutes after the payment", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(start)
      yield* enterprise
      const packages = yield* Packages
      const balances = yield* Balances
      const journal = yield* Journal
      const { amount, orderId, payBefore } = yield* packages.buy(accountId, {
        packages: [fixed(3)],
        agreementAccepted: true
      })
      expect([amount, payBefore]).toEqual([3_150_000, start + 30 * minute])
      yield* packages.fulfil({ accountId, orderId })
      expect((yield* balances.get(accountId)).granted).toBe(0)
      yield* TestClock.adjust("1 minute")
      yield* pay(orderId)
      yield* TestClock.adjust("2 minutes")
      const name = { accountId, orderId }
      yield* Effect.all([packages.fulfil(name), packages.fulfil(name), packages.fulfil(name)], {
        concurrency: "unbounded"
      })
      yield* packages.fulfil(name)
      expect((yield* journal.load(Order.ref(accountId, orderId))).state.status).toBe("fulfilled")
      expect(yield* balances.get(accountId)).toMatchObject({ granted: 30_000, waiting: 30_000, available: 0 })
      yield* TestClock.setTime(start + 6 * minute - 1)
      expect(yield* Effect.flip(hold("early", 1))).toMatchObject({ _tag: "NoUsablePackage", notYetEffective: 30_000 })
      yield* TestClock.setTime(start + 6 * minute)
      expect((yield* hold("now", 1)).minutes).toBe(1)
      const { items } = yield* packages.list(accountId)
      expect(items.map(({ packageId }) => packageId)).toEqual([`${orderId}-003`, `${orderId}-002`, `${orderId}-001`])
      expect(items.every(({ validUntil }) => validUntil === Date.UTC(2028, 10, 23, 0, 1))).toBe(true)
    }).pipe(Effect.provide(layer))
  )

  it.effect("PKG-7: somebody looks again when the packages take effect, and when they expire", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(start)
      yield* enterprise
      yield* bought(1_000)
      const queue = yield* WorkQueue
      const { handlers } = yield* Balances
      expect(yield* queue.nextDue("packageExpiry")).toBe(start + 5 * minute)
      yield* TestClock.setTime(start + 5 * minute)
      const [lease] = yield* queue.lease({
        queue: "packageExpiry",
        now: start + 5 * minute,
        limit: 1,
        leaseMillis: minute
      })
      expect(yield* handlers.packageExpiry(lease!)).toBe(Date.UTC(2028, 10, 23))
    }).pipe(Effect.provide(layer))
  )

  it.effect("ALR-1: a purchase arms the low-balance alert again", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(start)
      yield* enterprise
      const journal = yield* Journal
      yield* bought(6_000)
      yield* TestClock.adjust("5 minutes")
      yield* call("long", 2_000)
      expect((yield* journal.load(LowBalance.ref(accountId))).state).toMatchObject({ armed: false, crossings: 1 })
      yield* call("next", 10)
      expect((yield* journal.load(LowBalance.ref(accountId))).state.crossings).toBe(1)
      yield* bought(1_000)
      expect((yield* journal.load(LowBalance.ref(accountId))).state).toMatchObject({ armed: true, crossings: 1 })
    }).pipe(Effect.provide(layer))
  )

  it.effect("PKG-8: the list shows every package, used up and expired ones too, page by page", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(start)
      yield* enterprise
      const packages = yield* Packages
      const journal = yield* Journal
      const first = yield* bought(1_000, 2_000)
      yield* TestClock.adjust("1 day")
      yield* call("a", 900)
      yield* call("b", 150)
      const second = yield* bought(3_000)
      yield* TestClock.adjust("1 minute")
      const statuses = (items: ReadonlyArray<{ readonly packageId: string; readonly status: string }>) =>
        items.map(({ packageId, status }) => [packageId, status])
      const all = yield* packages.list(accountId)
      expect(statuses(all.items)).toEqual([
        [`${second}-001`, "notYetEffective"],
        [`${first}-002`, "active"],
        [`${first}-001`, "usedUp"]
      ])
      expect(all.available).toBe(1_950)
      expect(all.items.map(({ remaining, spent }) => [remaining, spent])).toEqual([
        [3_000, 0],
        [1_950, 50],
        [0, 1_000]
      ])
      const state = (yield* journal.load(Balance.ref(accountId))).state
      expect(Balance.lots(state).map(({ packageId }) => packageId)).toEqual([`${first}-002`, `${second}-001`])

      yield* TestClock.setTime(start + 800 * day)
      yield* (yield* Balances).handlers.packageExpiry({
        queue: "packageExpiry",
        owner: accountId,
        key: accountId,
        attempt: 1,
        token: "1"
      })
      const pages = []
      let page = yield* packages.list(accountId, { limit: 1 })
      for (; page.next !== undefined; page = yield* packages.list(accountId, { limit: 1, after: page.next }))
        pages.push(...page.items)
      expect(statuses(pages)).toEqual([
        [`${second}-001`, "expired"],
        [`${first}-002`, "expired"],
        [`${first}-001`, "usedUp"]
      ])
      expect(pages.map(({ expired }) => expired)).toEqual([3_000, 1_950, 0])
      expect(Balance.lots((yield* journal.load(Balance.ref(accountId))).state)).toEqual([])
    }).pipe(Effect.provide(layer))
  )

  it.effect("PKG-5: at most a hundred entries of the list at once", () =>
    Effect.gen(function* () {
      const answer = yield* Effect.either((yield* Packages).list(accountId, { limit: 101 }))
      expect(Either.isLeft(answer) && answer.left._tag).toBe("InvalidInput")
    }).pipe(Effect.provide(layer))
  )
})
