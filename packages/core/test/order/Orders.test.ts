import { describe, expect, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import * as Cny from "../../src/money/Cny.ts"
import { Fulfilment } from "../../src/order/Fulfilment.ts"
import * as Order from "../../src/order/Order.ts"
import { Orders } from "../../src/order/Orders.ts"
import { PaymentGateway } from "../../src/order/PaymentGateway.ts"
import * as SandboxGateway from "../../src/order/SandboxGateway.ts"
import type { Queue } from "../../src/storage/Decision.ts"
import { Journal } from "../../src/storage/Journal.ts"
import * as MemoryStore from "../../src/storage/MemoryStore.ts"
import { WorkQueue } from "../../src/storage/WorkQueue.ts"
import { purseRef } from "../../src/testing/Specimen.ts"
import { amount, create, fulfilmentOver, minute, name } from "./OrderLife.ts"

/** What reached the gateway, in order. */
class Calls extends Context.Tag("test/Calls")<Calls, Array<string>>() {}

const listening = Layer.effectContext(
  Effect.gen(function* () {
    const gateway = yield* PaymentGateway
    const calls: Array<string> = []
    const note = <A, E>(call: string, effect: Effect.Effect<A, E>) =>
      Effect.suspend(() => {
        calls.push(call)
        return effect
      })
    return Context.empty().pipe(
      Context.add(Calls, calls),
      Context.add(PaymentGateway, {
        charge: (attempt) => note(`charge ${attempt.attempt}`, gateway.charge(attempt)),
        ask: (attempt) => note(`ask ${attempt.attempt}`, gateway.ask(attempt)),
        close: (attempt) => note(`close ${attempt.attempt}`, gateway.close(attempt))
      })
    )
  })
)

const layer = Orders.layer.pipe(
  Layer.provideMerge(listening),
  Layer.provideMerge(SandboxGateway.layer),
  Layer.provideMerge(
    Layer.effect(
      Fulfilment,
      Effect.map(Journal, (journal) => fulfilmentOver(journal))
    )
  ),
  Layer.provideMerge(MemoryStore.layer)
)

/** One order of `acme`, made at 0. */
const withOrder = <A, E, R>(body: Effect.Effect<A, E, R>) =>
  Effect.zipRight(
    Effect.flatMap(Journal, (journal) => create(journal)),
    body
  ).pipe(Effect.provide(layer))

const pay = (method: Order.OfferedMethod = "card") =>
  Effect.flatMap(Orders, (orders) => orders.pay({ ...name, method }))
const status = Effect.flatMap(Orders, (orders) => Effect.map(orders.get(name), ({ status }) => status))
const script = (...behaviours: ReadonlyArray<SandboxGateway.Behaviour>) =>
  Effect.flatMap(SandboxGateway.Payers, (payers) => payers.script(name.orderId, behaviours))
const payments = Effect.flatMap(SandboxGateway.Payers, (payers) => payers.payments)
const pass = (millis: number) => TestClock.adjust(Duration.millis(millis))

/** Does the work of a queue that is due now, as its worker would. Answers how much there was. */
const work = (queue: Extract<Queue, "payment" | "orderExpiry" | "fulfilment">) =>
  Effect.gen(function* () {
    const workQueue = yield* WorkQueue
    const orders = yield* Orders
    const now = yield* TestClock.currentTimeMillis
    const leases = yield* workQueue.lease({ queue, now, limit: 10, leaseMillis: 1_000 })
    for (const lease of leases) {
      const outcome = yield* orders.handlers[queue](lease)
      yield* outcome === undefined ? workQueue.finish(lease) : workQueue.postpone(lease, outcome)
    }
    return leases.length
  })

describe("Orders.pay", () => {
  it.effect("PKG-10: what is paid is handed over at once, in one step with the record of it", () =>
    withOrder(
      Effect.gen(function* () {
        const { order } = yield* pay()
        expect(order).toMatchObject({ orderId: "order", status: "fulfilled", amount, method: "card", paidAt: 0 })
        const journal = yield* Journal
        expect((yield* journal.load(purseRef("acme", "goods"))).state).toMatchObject({ payments: 1, total: amount })
        expect(yield* work("fulfilment")).toBe(0)
      })
    )
  )

  it.effect("NUM-8: a voucher is refused before the gateway hears of it", () =>
    withOrder(
      Effect.gen(function* () {
        const refused = yield* Effect.flip(pay("voucher"))
        expect(refused).toBeInstanceOf(Order.VoucherNotAccepted)
        expect(yield* Calls).toEqual([])
        expect(yield* status).toBe("created")
      })
    )
  )

  it.effect("NUM-8: no spelling of a voucher is a way to pay", () =>
    withOrder(
      Effect.gen(function* () {
        for (const method of ["Voucher", "VOUCHER", "voucher ", "代金券", ""]) {
          // A host in plain JavaScript can pass any text.
          const refused = yield* Effect.flip(pay(method as Order.OfferedMethod))
          expect(refused._tag).toBe("InvalidInput")
        }
        expect(yield* Calls).toEqual([])
      })
    )
  )

  it.effect("PKG-10: paying again answers the same, and takes nothing more", () =>
    withOrder(
      Effect.gen(function* () {
        const first = yield* pay()
        expect(yield* pay()).toEqual(first)
        expect(yield* pay("alipay")).toEqual(first)
        expect(yield* payments).toHaveLength(1)
      })
    )
  )

  it.effect("PKG-10: after a declined attempt another method can pay", () =>
    withOrder(
      Effect.gen(function* () {
        yield* script({ payer: "insufficientFunds" })
        const declined = yield* pay("balance")
        expect(declined.order).toMatchObject({
          status: "created",
          declined: { attempt: 1, reason: "insufficientFunds", at: 0 }
        })
        expect((yield* pay("wechat")).order).toMatchObject({ status: "fulfilled", method: "wechat", attempts: 2 })
        expect(yield* Calls).toEqual(["charge 1", "charge 2"])
      })
    )
  )

  it.effect("PKG-10: a payment that waits tells the payer what to open, and is found out about", () =>
    withOrder(
      Effect.gen(function* () {
        yield* script({ payer: "waits" })
        const waiting = yield* pay("wechat")
        expect(waiting).toMatchObject({ payUrl: "sandbox:order", order: { status: "paying" } })
        expect(yield* Effect.flip(pay("alipay"))).toEqual(new Order.PaymentUnderWay({ method: "wechat" }))
        yield* pass(Order.askAfterMillis)
        yield* work("payment")
        expect(yield* status).toBe("paying")
        const payers = yield* SandboxGateway.Payers
        expect(yield* payers.pays("order")).toBe(true)
        yield* pass(minute)
        yield* work("payment")
        expect(yield* status).toBe("fulfilled")
      })
    )
  )

  it.effect("PKG-10: without an answer the order is paying, and the payment is asked for, not made again", () =>
    withOrder(
      Effect.gen(function* () {
        yield* script({ payer: "pays", answer: "lost" })
        expect((yield* pay()).order.status).toBe("paying")
        yield* pass(Order.askAfterMillis - 1)
        expect(yield* work("payment")).toBe(0)
        yield* pass(1)
        expect(yield* work("payment")).toBe(1)
        expect(yield* status).toBe("fulfilled")
        expect(yield* Calls).toEqual(["charge 1", "ask 1"])
        expect(yield* payments).toHaveLength(1)
      })
    )
  )

  it.effect("PKG-10: a request that never arrived is sent again under its own name", () =>
    withOrder(
      Effect.gen(function* () {
        yield* script({ payer: "pays", answer: "undelivered" })
        expect((yield* pay()).order.status).toBe("paying")
        yield* pass(Order.askAfterMillis)
        yield* work("payment")
        expect(yield* status).toBe("fulfilled")
        expect(yield* Calls).toEqual(["charge 1", "ask 1", "charge 1"])
      })
    )
  )

  it.effect("PKG-10: pauses between the questions grow", () =>
    withOrder(
      Effect.gen(function* () {
        yield* script({ payer: "waits" })
        yield* pay()
        const workQueue = yield* WorkQueue
        const pauses: Array<number> = []
        for (let i = 0; i < 5; i++) {
          const due = yield* workQueue.nextDue("payment")
          const now = yield* TestClock.currentTimeMillis
          pauses.push(due! - now)
          yield* pass(due! - now)
          yield* work("payment")
        }
        expect(pauses).toEqual([10_000, 16_000, 32_000, 64_000, 128_000])
      })
    )
  )
})

describe("Orders.confirm", () => {
  const confirm = (command: { readonly paymentId: string; readonly amount: number }) =>
    Effect.flatMap(Orders, (orders) => orders.confirm({ ...name, ...command }))

  it.effect("PKG-10: a bank transfer that an operator vouches for pays the order, once", () =>
    withOrder(
      Effect.gen(function* () {
        expect(yield* confirm({ paymentId: "t1", amount })).toMatchObject({ status: "fulfilled", method: "transfer" })
        expect(yield* confirm({ paymentId: "t1", amount })).toMatchObject({ status: "fulfilled" })
        expect(yield* Effect.flip(confirm({ paymentId: "t2", amount }))).toEqual(
          new Order.PaidBefore({ paymentId: "t1" })
        )
        const journal = yield* Journal
        expect((yield* journal.load(purseRef("acme", "goods"))).state.payments).toBe(1)
      })
    )
  )

  it.effect("PKG-10: another amount is refused", () =>
    withOrder(
      Effect.gen(function* () {
        const supplied = Cny.yuan(5)
        expect(yield* Effect.flip(confirm({ paymentId: "t1", amount: supplied }))).toEqual(
          new Order.AmountDiffers({ supplied, expected: amount })
        )
        expect(yield* status).toBe("created")
      })
    )
  )
})

describe("Orders.notified", () => {
  it.effect("PKG-10: the word of a notification is not taken for it: the gateway is asked", () =>
    withOrder(
      Effect.gen(function* () {
        const orders = yield* Orders
        const payers = yield* SandboxGateway.Payers
        yield* script({ payer: "waits" })
        yield* pay()
        expect(yield* orders.notified(name)).toMatchObject({ status: "paying" })
        yield* payers.pays("order")
        expect(yield* orders.notified(name)).toMatchObject({ status: "fulfilled" })
        expect(yield* orders.notified(name)).toMatchObject({ status: "fulfilled" })
        expect(yield* Calls).toEqual(["charge 1", "ask 1", "ask 1"])
        expect(yield* Effect.flip(orders.notified({ ...name, orderId: "other" }))).toEqual(new Order.UnknownOrder())
      })
    )
  )
})

describe("Orders.cancel", () => {
  const cancel = Effect.flatMap(Orders, (orders) => orders.cancel(name))

  it.effect("PKG-10: an order that nobody tried to pay is cancelled, and what it reserved is free", () =>
    withOrder(
      Effect.gen(function* () {
        expect(yield* cancel).toMatchObject({ status: "cancelled", endedAt: 0 })
        expect(yield* cancel).toMatchObject({ status: "cancelled" })
        expect(yield* Calls).toEqual([])
        const journal = yield* Journal
        expect((yield* journal.load(purseRef("acme", "freed"))).state.payments).toBe(1)
        expect(yield* Effect.flip(pay())).toEqual(new Order.OrderNotOpen({ status: "cancelled" }))
      })
    )
  )

  it.effect("PKG-10: a payment that waits is closed at the gateway first, and can never be paid after that", () =>
    withOrder(
      Effect.gen(function* () {
        yield* script({ payer: "waits" })
        yield* pay()
        expect(yield* cancel).toMatchObject({ status: "cancelled" })
        expect(yield* Calls).toEqual(["charge 1", "close 1"])
        const payers = yield* SandboxGateway.Payers
        expect(yield* payers.pays("order")).toBe(false)
      })
    )
  )

  it.effect("PKG-9: a payment that came before the cancellation is kept, and the order handed over", () =>
    withOrder(
      Effect.gen(function* () {
        yield* script({ payer: "waits" })
        yield* pay()
        const payers = yield* SandboxGateway.Payers
        yield* payers.pays("order")
        expect(yield* Effect.flip(cancel)).toEqual(new Order.PaidNotReversible({ paidAt: 0 }))
        expect(yield* status).toBe("fulfilled")
      })
    )
  )

  it.effect("PKG-9: what is paid is never reversed", () =>
    withOrder(
      Effect.gen(function* () {
        yield* pay()
        const before = yield* Effect.flatMap(Orders, (orders) => orders.get(name))
        expect(yield* Effect.flip(cancel)).toEqual(new Order.PaidNotReversible({ paidAt: 0 }))
        expect(yield* Effect.flatMap(Orders, (orders) => orders.get(name))).toEqual(before)
      })
    )
  )
})

describe("expiry", () => {
  it.effect("PKG-10: an unpaid order expires 30 minutes after it was made, not a millisecond before", () =>
    withOrder(
      Effect.gen(function* () {
        yield* pass(30 * minute - 1)
        expect(yield* work("orderExpiry")).toBe(0)
        expect(yield* status).toBe("created")
        yield* pass(1)
        expect(yield* Effect.flip(pay())).toEqual(new Order.OrderNotOpen({ status: "expired" }))
        expect(yield* work("orderExpiry")).toBe(1)
        expect(yield* status).toBe("expired")
        expect(yield* work("fulfilment")).toBe(1)
        const journal = yield* Journal
        expect((yield* journal.load(purseRef("acme", "freed"))).state.payments).toBe(1)
        expect(yield* Calls).toEqual([])
      })
    )
  )

  it.effect("PKG-10: a payment that won against the expiry is handed over", () =>
    withOrder(
      Effect.gen(function* () {
        yield* script({ payer: "waits" })
        yield* pay()
        yield* pass(30 * minute)
        const payers = yield* SandboxGateway.Payers
        yield* payers.pays("order")
        expect(yield* work("orderExpiry")).toBe(1)
        expect(yield* status).toBe("fulfilled")
        expect(yield* payments).toHaveLength(1)
      })
    )
  )

  it.effect("PKG-10: a payment that lost against the expiry is closed for good", () =>
    withOrder(
      Effect.gen(function* () {
        yield* script({ payer: "waits" })
        yield* pay()
        yield* pass(30 * minute)
        expect(yield* work("orderExpiry")).toBe(1)
        expect(yield* status).toBe("expired")
        const payers = yield* SandboxGateway.Payers
        expect(yield* payers.pays("order")).toBe(false)
        expect(yield* payments).toEqual([])
      })
    )
  )
})

describe("Orders.list", () => {
  it.effect("PKG-10: shows an account's orders, the newest first, page by page", () =>
    Effect.gen(function* () {
      const journal = yield* Journal
      const orders = yield* Orders
      for (let i = 1; i <= 5; i++) yield* create(journal, { accountId: "acme", orderId: `order${i}` }, i)
      yield* create(journal, { accountId: "other", orderId: "order6" }, 6)
      const first = yield* orders.list({ accountId: "acme", limit: 3 })
      expect(first.items.map(({ orderId }) => orderId)).toEqual(["order5", "order4", "order3"])
      const second = yield* orders.list({ accountId: "acme", limit: 3, after: first.next })
      expect(second.items.map(({ orderId }) => orderId)).toEqual(["order2", "order1"])
      expect(second.next).toBeUndefined()
      expect((yield* Effect.flip(orders.list({ accountId: "acme", limit: 0 })))._tag).toBe("InvalidInput")
    }).pipe(Effect.provide(layer))
  )

  it.effect("PKG-10: an account sees no other account's order", () =>
    withOrder(
      Effect.gen(function* () {
        const orders = yield* Orders
        const refused = yield* Effect.either(orders.get({ accountId: "other", orderId: "order" }))
        expect(refused).toEqual(Either.left(new Order.UnknownOrder()))
      })
    )
  )
})
