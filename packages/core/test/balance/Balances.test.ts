import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/TestClock"
import * as LowBalance from "../../src/alert/LowBalance.ts"
import * as Balance from "../../src/balance/Balance.ts"
import { Balances } from "../../src/balance/Balances.ts"
import { BalanceWatch } from "../../src/balance/BalanceWatch.ts"
import { Packages } from "../../src/balance/Packages.ts"
import * as Decision from "../../src/storage/Decision.ts"
import { Journal } from "../../src/storage/Journal.ts"
import * as MemoryStore from "../../src/storage/MemoryStore.ts"
import * as Worker from "../../src/storage/Worker.ts"
import { accountId, bought, call, day, enterprise, hold, layer } from "./Shop.ts"

const start = Date.UTC(2026, 10, 23)

describe("Balances", () => {
  it.effect("BAL-1: the balance is what effective, unexpired packages have, less what is on hold", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(start)
      yield* enterprise
      const balances = yield* Balances
      yield* bought(2_000, 3_000)
      yield* TestClock.adjust("5 minutes")
      yield* hold("a", 2_500)
      yield* bought(1_000)
      const { packages, ...sums } = yield* balances.get(accountId)
      expect(sums).toEqual({
        available: 2_500,
        held: 2_500,
        waiting: 1_000,
        spent: 0,
        expired: 0,
        granted: 6_000,
        overrun: 0
      })
      expect(packages.map(({ held, remaining, status }) => [remaining, held, status])).toEqual([
        [2_000, 2_000, "active"],
        [3_000, 500, "active"],
        [1_000, 0, "notYetEffective"]
      ])
      // Nobody has written since, and two years pass.
      yield* TestClock.setTime(start + 732 * day)
      expect(yield* balances.get(accountId)).toMatchObject({ available: 0, held: 2_500, waiting: 0, expired: 3_500 })
    }).pipe(Effect.provide(layer))
  )

  it.effect("BAL-9: the ledger is read page by page, each entry with its cause", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(start)
      yield* enterprise
      const balances = yield* Balances
      const orderId = yield* bought(1_000)
      yield* TestClock.adjust("5 minutes")
      yield* call("send", 3)
      const first = yield* balances.ledger(accountId, { limit: 3 })
      expect(first.next).toBe(3)
      const second = yield* balances.ledger(accountId, { limit: 3, after: first.next! })
      expect(second.next).toBeUndefined()
      expect([...first.entries, ...second.entries].map(({ cause, kind, sequence }) => [sequence, kind, cause])).toEqual(
        [
          [1, "PackageGranted", { _tag: "Order", orderId }],
          [2, "PackageEffective", { _tag: "Time" }],
          [3, "MinutesHeld", { _tag: "Send", sendId: "send" }],
          [4, "HoldSettled", { _tag: "Send", sendId: "send" }]
        ]
      )
    }).pipe(Effect.provide(layer))
  )

  it.effect("BAL-9: the balance is rebuilt from its ledger, also while calls go on", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(start)
      yield* enterprise
      const balances = yield* Balances
      yield* bought(1_000, 1_000)
      yield* TestClock.adjust("5 minutes")
      for (let i = 0; i < 300; i++) yield* call(`send-${i}`, 1 + (i % 7))
      yield* hold("open", 5)
      const sound = yield* balances.verify(accountId)
      // Two grants and two activations, two entries for each call, one package closed, one hold.
      expect(sound).toEqual({ entries: 606, finding: undefined, equal: true })
      const both = yield* Effect.all(
        [
          balances.verify(accountId),
          Effect.forEach([1, 2, 3], (i) => Effect.zipRight(Effect.yieldNow(), call(`s${i}`, 1)))
        ],
        { concurrency: 2 }
      )
      expect(both[0].equal).toBe(true)
      expect(yield* balances.verify("nobody")).toEqual({ entries: 0, finding: undefined, equal: true })
    }).pipe(Effect.provide(layer))
  )

  it.effect("BAL-9: a balance that was tampered with, and a ledger that was, are found", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(start)
      yield* enterprise
      yield* bought(1_000)
      yield* TestClock.adjust("5 minutes")
      yield* call("send", 3)
      const journal = yield* Journal
      const verifyOver = (tampered: typeof Journal.Service) =>
        Effect.flatMap(Balances, (balances) => balances.verify(accountId)).pipe(
          Effect.provide(Balances.layer),
          Effect.provideService(Journal, tampered),
          Effect.provide(Layer.merge(MemoryStore.layer, BalanceWatch.layerNobody)),
          Effect.provideService(Journal, tampered)
        )
      const verification = yield* verifyOver(journal)
      expect(verification).toEqual({ entries: 4, finding: undefined, equal: true })
      const encode = Schema.encodeSync(Balance.State)
      const decode = Schema.decodeSync(Balance.State)
      const richer = yield* verifyOver({
        ...journal,
        // Only balances are loaded here, which the type of any kind's row cannot know.
        load: ((ref: ReturnType<typeof Balance.ref>) =>
          Effect.map(journal.load(ref), (row) => {
            const state = encode(row.state)
            const open = state.open.map((lot) => ({ ...lot, free: lot.free + 1, spent: lot.spent - 1 }))
            return { ...row, state: decode({ ...state, open }) }
          })) as unknown as typeof journal.load
      })
      expect(richer).toEqual({ entries: 4, finding: undefined, equal: false })
      const twice = yield* verifyOver({
        ...journal,
        history: (ref, page) =>
          Effect.map(journal.history(ref, page), (entries) => [
            ...entries,
            ...entries.slice(-1).map((entry) => ({ ...entry, sequence: entry.sequence + 1 }))
          ])
      })
      expect(twice).toEqual({
        entries: 5,
        finding: { sequence: 5, problem: "a place below zero" },
        equal: false
      })
    }).pipe(Effect.provide(layer))
  )

  it.effect("BAL-3: the forecast goes by the tallies of the days since the first package", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(start)
      yield* enterprise
      const balances = yield* Balances
      yield* bought(1_000)
      yield* TestClock.setTime(start + 2 * day)
      const journal = yield* Journal
      const use = (daysAgo: number, minutes: number): Decision.Tally => ({
        owner: accountId,
        applicationId: "application",
        templateId: "template",
        hour: (start + (2 - daysAgo) * day) / 3_600_000,
        reason: "",
        sends: 1,
        answered: 1,
        failed: 0,
        minutes
      })
      const tallies = [use(0, 30), use(1, 70), use(3, 500)]
      yield* journal.transact([Balance.ref(accountId)], () => Either.right(Decision.make(undefined, { tallies })))
      // A hundred minutes in two days: what was used before the first package is not looked at.
      expect(yield* balances.forecast(accountId)).toMatchObject({
        minutesUsed: 100,
        daysLooked: 2,
        daysLeft: 20,
        emptyAt: start + 22 * day,
        wastedMinutes: 0
      })
      expect(yield* balances.forecast(accountId, { days: 1 })).toMatchObject({ minutesUsed: 30, daysLooked: 1 })
      yield* TestClock.setTime(start + 100 * day)
      expect(yield* balances.forecast(accountId)).toMatchObject({ minutesUsed: 0, daysLooked: 7, wastedMinutes: 1_000 })
    }).pipe(Effect.provide(layer))
  )

  it.effect("PKG-7, ALR-1: packages take effect and expire, and the watch hears of it, without anybody sending", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(start)
      yield* enterprise
      const { handlers } = yield* Balances
      const journal = yield* Journal
      const sweep = Effect.scoped(
        Effect.zipRight(
          Worker.run({ queue: "packageExpiry", ...Worker.defaults, handle: handlers.packageExpiry }),
          TestClock.adjust("1 second")
        )
      )
      const balance = Effect.map(journal.load(Balance.ref(accountId)), ({ state }) => state)
      const low = Effect.map(journal.load(LowBalance.ref(accountId)), ({ state }) => state)
      yield* bought(9_000)
      yield* TestClock.adjust("299 seconds")
      yield* sweep
      expect(yield* balance).toMatchObject({ available: 9_000, waiting: 0 })
      expect(yield* low).toMatchObject({ armed: true, crossings: 0 })
      yield* TestClock.setTime(Date.UTC(2028, 10, 23) - 1_001)
      yield* sweep
      expect(yield* balance).toMatchObject({ available: 9_000 })
      yield* TestClock.setTime(Date.UTC(2028, 10, 23) - 1_000)
      yield* sweep
      expect(yield* balance).toMatchObject({ available: 0, expired: 9_000 })
      expect(yield* low).toMatchObject({ armed: false, crossings: 1 })
      expect((yield* (yield* Packages).list(accountId)).items.map(({ status }) => status)).toEqual(["expired"])
    }).pipe(Effect.provide(layer))
  )

  it.effect("PKG-7: a package that takes effect does not fire the alert, even if the minutes are few", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(start)
      yield* enterprise
      const { handlers } = yield* Balances
      const journal = yield* Journal
      yield* bought(1_000)
      yield* TestClock.adjust("5 minutes")
      yield* handlers.packageExpiry({
        queue: "packageExpiry",
        owner: accountId,
        key: accountId,
        attempt: 1,
        token: "1"
      })
      expect((yield* journal.load(LowBalance.ref(accountId))).state).toMatchObject({ armed: true, crossings: 0 })
      yield* call("first", 1)
      expect((yield* journal.load(LowBalance.ref(accountId))).state).toMatchObject({ armed: false, crossings: 1 })
    }).pipe(Effect.provide(layer))
  )
})
