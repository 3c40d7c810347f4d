import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import * as Account from "../../src/account/Account.ts"
import { IdGenerator } from "../../src/IdGenerator.ts"
import * as Cny from "../../src/money/Cny.ts"
import * as Holdings from "../../src/number/Holdings.ts"
import { Numbers } from "../../src/number/Numbers.ts"
import * as VoiceNumber from "../../src/number/VoiceNumber.ts"
import { VoiceNumbers } from "../../src/number/VoiceNumbers.ts"
import { Orders } from "../../src/order/Orders.ts"
import * as SandboxGateway from "../../src/order/SandboxGateway.ts"
import * as Qualification from "../../src/qualification/Qualification.ts"
import { Journal } from "../../src/storage/Journal.ts"
import * as MemoryStore from "../../src/storage/MemoryStore.ts"
import { WorkQueue } from "../../src/storage/WorkQueue.ts"
import { interleaved } from "../../src/testing/Law.ts"
import { day, enterprise, put, region, services } from "./NumberWorld.ts"

const numbers = Array.from({ length: 12 }, (_, i) => `0755${String(10_000_000 + i)}`)

/** A world of its own for each build: acme and other may buy, and the inventory has twelve numbers of one region. */
const layer = Layer.unwrapEffect(
  Effect.sync(() => {
    const { journal, records, workQueue } = MemoryStore.make()
    const { gateway, payers } = SandboxGateway.make()
    const notices = { tell: () => Effect.void }
    const ids = IdGenerator.layerSeeded(1)
    return Layer.mergeAll(
      services({ journal, records, gateway, notices, ids }),
      Layer.succeed(WorkQueue, workQueue),
      Layer.succeed(SandboxGateway.Payers, payers)
    ).pipe(
      Layer.tap((context) =>
        Effect.gen(function* () {
          yield* enterprise(journal, "acme")
          yield* enterprise(journal, "other")
          yield* Effect.orDie(Context.get(context, VoiceNumbers).add({ region, numbers }))
        })
      )
    )
  })
)

const buy = (wanted: ReadonlyArray<string>, accountId = "acme") =>
  Effect.flatMap(Numbers, (numbers) => numbers.buy({ accountId, numbers: wanted, autoRenew: false }))
const pay = ({ accountId, orderId }: { readonly accountId: string; readonly orderId: string }) =>
  Effect.flatMap(Orders, (orders) => orders.pay({ accountId, orderId, method: "card" }))
const cancel = (order: { readonly accountId: string; readonly orderId: string }) =>
  Effect.flatMap(Orders, (orders) => orders.cancel(order))
const rent = (wanted: ReadonlyArray<string>, accountId = "acme") => Effect.flatMap(buy(wanted, accountId), pay)
const list = (accountId = "acme") => Effect.flatMap(Numbers, (numbers) => numbers.list(accountId))
const statusOf = (number: string) =>
  Effect.flatMap(VoiceNumbers, (inventory) => Effect.map(inventory.look({ number }), ({ status }) => status))
const available = Effect.flatMap(VoiceNumbers, (inventory) =>
  Effect.map(inventory.search({ region, limit: 100 }), ({ items }) => items.map(({ number }) => number))
)
const pass = (millis: number) => TestClock.adjust(Duration.millis(millis))

describe("Numbers.buy", () => {
  it.effect(
    "NUM-2, NUM-3: reserves the numbers, hands them over when they are paid, for 50.00 each and 30 × 24 h",
    () =>
      Effect.gen(function* () {
        const order = yield* buy(numbers.slice(0, 2))
        expect(order).toMatchObject({ status: "created", amount: Cny.yuan(100) })
        expect(yield* list()).toEqual([])
        expect(yield* statusOf(numbers[0]!)).toBe("reserved")
        yield* pass(1_000)
        expect((yield* pay(order)).order.status).toBe("fulfilled")
        const held = { region, since: 1_000, expiresAt: 1_000 + 30 * day, usable: true, autoRenew: false }
        expect(yield* list()).toEqual([
          { number: numbers[0], ...held },
          { number: numbers[1], ...held }
        ])
        expect(yield* statusOf(numbers[0]!)).toBe("held")
        expect(yield* available).toEqual(numbers.slice(2))
      }).pipe(Effect.provide(layer))
  )

  it.effect("NUM-3: all or none: one number that is taken leaves the others free", () =>
    Effect.gen(function* () {
      yield* rent([numbers[2]!], "other")
      expect(yield* Effect.flip(buy(numbers.slice(0, 4)))).toEqual(
        new VoiceNumber.NumberNotAvailable({ number: numbers[2]!, status: "held" })
      )
      expect(yield* available).toEqual(numbers.filter((number) => number !== numbers[2]))
      const journal = yield* Journal
      expect((yield* journal.load(Holdings.ref("acme"))).state).toEqual(Holdings.initial)
    }).pipe(Effect.provide(layer))
  )

  it.effect("NUM-3: an order that is cancelled, or expires, frees its numbers for others", () =>
    Effect.gen(function* () {
      yield* cancel(yield* buy(numbers.slice(0, 5)))
      expect(yield* available).toHaveLength(12)
      yield* buy(numbers.slice(0, 5), "other")
      yield* pass(30 * 60_000)
      const workQueue = yield* WorkQueue
      const orders = yield* Orders
      for (const queue of ["orderExpiry", "fulfilment"] as const) {
        const now = yield* Clock.currentTimeMillis
        const leases = yield* workQueue.lease({ queue, now, limit: 10, leaseMillis: 1 })
        for (const lease of leases) yield* orders.handlers[queue](lease)
      }
      expect(yield* available).toHaveLength(12)
      expect((yield* rent(numbers.slice(0, 5))).order.status).toBe("fulfilled")
    }).pipe(Effect.provide(layer))
  )

  it.effect("NUM-1: the sixth number is refused, held or reserved, and allowed again when one is let go", () =>
    Effect.gen(function* () {
      yield* rent(numbers.slice(0, 3))
      const open = yield* buy(numbers.slice(3, 5))
      expect(yield* Effect.flip(buy([numbers[5]!]))).toEqual(
        new Holdings.TooManyNumbers({ held: 3, reserved: 2, wanted: 1, most: 5 })
      )
      yield* cancel(open)
      expect((yield* rent(numbers.slice(5, 7))).order.status).toBe("fulfilled")
    }).pipe(Effect.provide(layer))
  )

  it.effect("ACC-1, ACC-2, QUA-1: who may not use voice, or is not qualified, buys nothing", () =>
    Effect.gen(function* () {
      expect(yield* Effect.flip(buy([numbers[0]!], "nobody"))).toEqual(
        new Account.NotEnterprise({ verification: "none" })
      )
      const journal = yield* Journal
      const idle = Account.ref("idle")
      yield* put(journal, idle, { _tag: "AccountVerified", as: "enterprise", at: 0 })
      expect(yield* Effect.flip(buy([numbers[0]!], "idle"))).toEqual(new Account.NotActivated())
      yield* put(journal, idle, { _tag: "ServiceActivated", at: 0 })
      expect(yield* Effect.flip(buy([numbers[0]!], "idle"))).toEqual(new Qualification.NotQualified({ status: "none" }))
      expect(yield* available).toHaveLength(12)
    }).pipe(Effect.provide(layer))
  )

  it.effect("NUM-3: what is no number, none at all, or one named twice, is no order", () =>
    Effect.gen(function* () {
      for (const wanted of [[], ["12"], ["+8675510000000"], [numbers[0]!, numbers[0]!]]) {
        expect((yield* Effect.flip(buy(wanted)))._tag).toBe("InvalidInput")
      }
    }).pipe(Effect.provide(layer))
  )

  it.effect("NUM-8: a voucher pays for no number", () =>
    Effect.gen(function* () {
      const { orderId } = yield* buy([numbers[0]!])
      const orders = yield* Orders
      expect((yield* Effect.flip(orders.pay({ accountId: "acme", orderId, method: "voucher" })))._tag).toBe(
        "VoucherNotAccepted"
      )
      expect(yield* list()).toEqual([])
    }).pipe(Effect.provide(layer))
  )
})

describe("Numbers.renew", () => {
  const renew = (number: string, accountId = "acme") =>
    Effect.flatMap(Numbers, (numbers) => numbers.renew({ accountId, number }))

  it.effect("NUM-7: a number is renewed by hand while it is held; the term grows from the old expiry", () =>
    Effect.gen(function* () {
      yield* rent([numbers[0]!])
      yield* pass(10 * day)
      const order = yield* renew(numbers[0]!)
      expect(order).toMatchObject({ amount: Cny.yuan(50), status: "created" })
      expect(yield* renew(numbers[0]!)).toEqual(order)
      yield* pay(order)
      expect((yield* list())[0]).toMatchObject({ expiresAt: 60 * day })
      yield* pay(yield* renew(numbers[0]!))
      expect((yield* list())[0]).toMatchObject({ expiresAt: 90 * day })
    }).pipe(Effect.provide(layer))
  )

  it.effect("NUM-6: a term is charged once: its order paid twice, its renewal asked for twice", () =>
    Effect.gen(function* () {
      yield* rent([numbers[0]!])
      const order = yield* renew(numbers[0]!)
      yield* Effect.all([pay(order), pay(order), pay(order)], { concurrency: "unbounded" })
      const payers = yield* SandboxGateway.Payers
      expect(yield* payers.payments).toHaveLength(2)
      expect((yield* list())[0]).toMatchObject({ expiresAt: 60 * day })
    }).pipe(Effect.provide(layer))
  )

  it.effect("PKG-10: an order that was cancelled, or whose time is over, is followed by another one", () =>
    Effect.gen(function* () {
      yield* rent([numbers[0]!])
      const first = yield* renew(numbers[0]!)
      yield* cancel(first)
      const second = yield* renew(numbers[0]!)
      yield* pass(30 * 60_000)
      const third = yield* renew(numbers[0]!)
      expect(new Set([first, second, third].map(({ orderId }) => orderId)).size).toBe(3)
      const orders = yield* Orders
      expect((yield* orders.get(second)).status).toBe("expired")
      yield* pay(third)
      expect((yield* list())[0]).toMatchObject({ expiresAt: 60 * day })
    }).pipe(Effect.provide(layer))
  )

  it.effect("NUM-5: at the instant of its expiry a number is not renewed any more; a millisecond before, it is", () =>
    Effect.gen(function* () {
      yield* rent(numbers.slice(0, 2))
      yield* pass(30 * day - 1)
      const order = yield* renew(numbers[0]!)
      expect(order.expiresAt).toBe(30 * day)
      expect((yield* list()).map(({ usable }) => usable)).toEqual([true, true])
      yield* pass(1)
      expect((yield* list()).map(({ usable }) => usable)).toEqual([false, false])
      expect(yield* Effect.flip(renew(numbers[1]!))).toEqual(new Holdings.NumberNotHeld({ number: numbers[1]! }))
      expect((yield* Effect.flip(pay(order)))._tag).toBe("OrderNotOpen")
    }).pipe(Effect.provide(layer))
  )

  it.effect("NUM-7: nobody renews what another one holds", () =>
    Effect.gen(function* () {
      yield* rent([numbers[0]!], "other")
      expect(yield* Effect.flip(renew(numbers[0]!))).toEqual(new Holdings.NumberNotHeld({ number: numbers[0]! }))
    }).pipe(Effect.provide(layer))
  )
})

describe("Numbers.setAutoRenewal", () => {
  it.effect("NUM-4: switches the renewal's work on and off", () =>
    Effect.gen(function* () {
      yield* rent([numbers[0]!])
      const service = yield* Numbers
      const workQueue = yield* WorkQueue
      expect(yield* workQueue.nextDue("renewal")).toBeUndefined()
      yield* service.setAutoRenewal({ accountId: "acme", number: numbers[0]!, on: true })
      expect(yield* workQueue.nextDue("renewal")).toBe(29 * day)
      expect((yield* list())[0]).toMatchObject({ autoRenew: true })
      yield* service.setAutoRenewal({ accountId: "acme", number: numbers[0]!, on: false })
      expect(yield* workQueue.nextDue("renewal")).toBeUndefined()
    }).pipe(Effect.provide(layer))
  )
})

describe("VoiceNumbers", () => {
  it.effect("NUM-3: lists regions, and a region's free numbers page by page", () =>
    Effect.gen(function* () {
      const inventory = yield* VoiceNumbers
      yield* inventory.add({ region: "北京", numbers: ["01012345678"] })
      expect((yield* inventory.regions()).items.toSorted()).toEqual([region, "北京"].toSorted())
      const first = yield* inventory.search({ region, limit: 7 })
      const second = yield* inventory.search({ region, limit: 7, after: first.next })
      expect([...first.items, ...second.items].map(({ number }) => number)).toEqual(numbers)
      expect(first.items[0]).toEqual({ number: numbers[0], region, status: "available" })
      expect((yield* inventory.search({ region: "上海", limit: 7 })).items).toEqual([])
    }).pipe(Effect.provide(layer))
  )

  it.effect("NUM-3: adds all or none, and takes out what nobody has", () =>
    Effect.gen(function* () {
      const inventory = yield* VoiceNumbers
      expect(yield* Effect.flip(inventory.add({ region: "北京", numbers: ["01012345678", numbers[0]!] }))).toEqual(
        new VoiceNumber.ListedElsewhere({ number: numbers[0]!, region })
      )
      expect(yield* statusOf("01012345678")).toBe("unlisted")
      expect((yield* inventory.regions()).items).toEqual([region])
      yield* inventory.remove({ number: numbers[0]! })
      expect(yield* available).toHaveLength(11)
      yield* rent([numbers[1]!])
      expect(yield* Effect.flip(inventory.remove({ number: numbers[1]! }))).toEqual(
        new VoiceNumber.NumberNotAvailable({ number: numbers[1]!, status: "held" })
      )
      expect((yield* Effect.flip(inventory.add({ region, numbers: ["abc"] })))._tag).toBe("InvalidInput")
    }).pipe(Effect.provide(layer))
  )
})

describe("races", () => {
  // Long runs (NIGHTLY=1) try many more.
  const timeout = 600_000
  /** What is interleaved by promises alone, for minutes in the long form, would leave the runner without an answer. */
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

  interface Purchase {
    readonly accountId: string
    readonly wanted: ReadonlyArray<number>
    readonly then: "pay" | "cancel" | "leave"
  }
  const purchase: FastCheck.Arbitrary<Purchase> = FastCheck.record({
    accountId: FastCheck.constantFrom("acme", "other"),
    wanted: FastCheck.uniqueArray(FastCheck.nat({ max: 11 }), { minLength: 1, maxLength: 4 }),
    then: FastCheck.constantFrom("pay" as const, "cancel" as const, "leave" as const)
  })
  const purchases = FastCheck.array(purchase, { minLength: 2, maxLength: 6 })

  /** Everybody at once; then what must hold. */
  const scramble = (all: ReadonlyArray<Purchase>) =>
    Effect.gen(function* () {
      const bought = yield* Effect.forEach(
        all,
        ({ accountId, then, wanted }) =>
          Effect.gen(function* () {
            const order = yield* buy(
              wanted.map((i) => numbers[i]!),
              accountId
            )
            if (then === "pay") yield* pay(order)
            if (then === "cancel") yield* cancel(order)
          }).pipe(Effect.either),
        { concurrency: "unbounded" }
      )
      const journal = yield* Journal
      const acme = (yield* journal.load(Holdings.ref("acme"))).state
      const other = (yield* journal.load(Holdings.ref("other"))).state
      const has = (state: Holdings.State) => [
        ...state.held.map(({ number }) => number),
        ...state.reserved.flatMap(({ numbers }) => numbers.map(({ number }) => number))
      ]
      for (const state of [acme, other]) expect(has(state).length).toBeLessThanOrEqual(5)
      const taken = [...has(acme), ...has(other)]
      expect(new Set(taken).size).toBe(taken.length)
      expect((yield* available).toSorted()).toEqual(numbers.filter((number) => !taken.includes(number)))
      const payers = yield* SandboxGateway.Payers
      const paid = Cny.sum((yield* payers.payments).map(({ attempt }) => attempt.amount))
      expect(paid).toBe(Cny.times(Cny.yuan(50), acme.held.length + other.held.length))
      // Nobody is refused for nothing: whoever asked alone would have had the numbers.
      if (all.length > 0) expect(bought.some(Either.isRight)).toBe(true)
    })

  it(
    "NUM-1: the sixth number is refused however requests race, and no number has two holders",
    () =>
      FastCheck.assert(
        FastCheck.asyncProperty(
          purchases,
          FastCheck.scheduler(),
          FastCheck.integer({ min: 12, max: 48 }),
          (all, scheduler, slice) => interleaved(Effect.provide(scramble(all), layer), scheduler, slice)
        ).beforeEach(turn)
      ),
    timeout
  )

  it(
    "NUM-1: likewise with fibers of the runtime",
    () =>
      FastCheck.assert(
        FastCheck.asyncProperty(purchases, (all) => Effect.runPromise(Effect.provide(scramble(all), layer)))
      ),
    timeout
  )

  it(
    "NUM-6, NUM-7: renewals of a number that race are orders for different terms, or one order, and each is charged once",
    () =>
      FastCheck.assert(
        FastCheck.asyncProperty(
          FastCheck.array(FastCheck.constantFrom("pay" as const, "cancel" as const, "leave" as const), {
            minLength: 2,
            maxLength: 5
          }),
          FastCheck.scheduler(),
          FastCheck.integer({ min: 12, max: 48 }),
          (all, scheduler, slice) => {
            const number = numbers[0]!
            const renewing = Effect.gen(function* () {
              const service = yield* Numbers
              const payers = yield* SandboxGateway.Payers
              const journal = yield* Journal
              yield* rent([number])
              const answers = yield* Effect.forEach(
                all,
                (then) =>
                  Effect.gen(function* () {
                    const order = yield* service.renew({ accountId: "acme", number })
                    if (then === "pay") yield* pay(order)
                    if (then === "cancel") yield* cancel(order)
                  }).pipe(Effect.either),
                { concurrency: "unbounded" }
              )
              // Whoever was refused came upon an order that another one had cancelled or paid.
              for (const answer of answers) {
                if (Either.isLeft(answer)) expect(["OrderNotOpen", "PaidNotReversible"]).toContain(answer.left._tag)
              }
              const terms = (yield* payers.payments).length
              const { held } = (yield* journal.load(Holdings.ref("acme"))).state
              expect(held[0]).toMatchObject({ terms, expiresAt: held[0]!.since + terms * 30 * day })
              // And it goes on.
              yield* pay(yield* service.renew({ accountId: "acme", number }))
              expect((yield* list())[0]).toMatchObject({ expiresAt: held[0]!.since + (terms + 1) * 30 * day })
            })
            return interleaved(Effect.provide(renewing, layer), scheduler, slice)
          }
        ).beforeEach(turn)
      ),
    timeout
  )
})
