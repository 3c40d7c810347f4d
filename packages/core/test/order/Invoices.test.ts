import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import { IdGenerator } from "../../src/IdGenerator.ts"
import * as Cny from "../../src/money/Cny.ts"
import * as Invoice from "../../src/order/Invoice.ts"
import { Invoices } from "../../src/order/Invoices.ts"
import * as Order from "../../src/order/Order.ts"
import * as CreditCode from "../../src/qualification/CreditCode.ts"
import * as Decision from "../../src/storage/Decision.ts"
import { Journal } from "../../src/storage/Journal.ts"
import { Records } from "../../src/storage/Records.ts"
import * as MemoryStore from "../../src/storage/MemoryStore.ts"

const layer = Invoices.layer.pipe(Layer.provideMerge(Layer.merge(MemoryStore.layer, IdGenerator.layerSeeded(1))))

const item: Order.Item = { _tag: "NumberRent", numbers: ["075512345678"], autoRenew: false }
const recipient = { title: "测试科技有限公司", taxNumber: "91350100M000100Y43", email: "fapiao@example.com" }
const kind = "ordinary" as const

/** Makes an order over so many yuan, and pays it. */
const paid = (orderId: string, yuan: number, accountId = "acme") =>
  Effect.flatMap(Journal, (journal) =>
    journal.transact([Order.ref(accountId, orderId)], ([row]) =>
      Either.gen(function* () {
        const created = yield* Order.create({ now: 0 }, row.state, { accountId, item, amount: Cny.yuan(yuan) })
        const state = created.reduce(Order.evolve, row.state)
        const events = yield* Order.pay({ now: 1 }, state, { paymentId: orderId, method: "card" })
        return Decision.make(undefined, { changes: [Decision.change(row, [...created, ...events])] })
      })
    )
  )

const unpaid = (orderId: string) =>
  Effect.flatMap(Journal, (journal) =>
    journal.transact([Order.ref("acme", orderId)], ([row]) =>
      Either.map(Order.create({ now: 0 }, row.state, { accountId: "acme", item, amount: Cny.yuan(50) }), (events) =>
        Decision.make(undefined, { changes: [Decision.change(row, events)] })
      )
    )
  )

const request = (...orderIds: ReadonlyArray<string>) =>
  Effect.flatMap(Invoices, (invoices) => invoices.request({ accountId: "acme", orderIds, kind, ...recipient }))

const invoices = Effect.flatMap(Invoices, (invoices) => invoices.list({ accountId: "acme", limit: 100 }))

describe("Invoices.request", () => {
  it.effect("PKG-11: one invoice covers several orders, over exactly what was paid", () =>
    Effect.gen(function* () {
      yield* paid("a", 50)
      yield* paid("b", 1_050)
      const invoice = yield* request("a", "b")
      expect(invoice).toMatchObject({ amount: Cny.yuan(1_100), orderIds: ["a", "b"], kind, recipient })
      expect((yield* invoices).items).toEqual([invoice])
    }).pipe(Effect.provide(layer))
  )

  it.effect("PKG-11: whom it was made out to goes after five years, what it was for stays", () =>
    Effect.gen(function* () {
      yield* paid("a", 50)
      yield* request("a")
      const records = yield* Records
      const purge = (now: number) => records.purge({ now, limit: 10 })
      expect(yield* purge(Invoice.recipientKeptMillis - 1)).toBe(0)
      expect(yield* purge(Invoice.recipientKeptMillis)).toBe(1)
      expect((yield* invoices).items).toMatchObject([{ amount: Cny.yuan(50), recipient: undefined }])
    }).pipe(Effect.provide(layer))
  )

  it.effect("PKG-11: an order is invoiced once; the refusal names its invoice, and invoices nothing else", () =>
    Effect.gen(function* () {
      yield* paid("a", 50)
      yield* paid("b", 50)
      const { invoiceId } = yield* request("a")
      expect(yield* Effect.flip(request("b", "a"))).toEqual(new Invoice.InvoicedBefore({ orderId: "a", invoiceId }))
      expect((yield* invoices).items).toHaveLength(1)
      expect(yield* request("b")).toMatchObject({ amount: Cny.yuan(50) })
    }).pipe(Effect.provide(layer))
  )

  it.effect("PKG-11: what is not paid is not invoiced, nor is another account's order", () =>
    Effect.gen(function* () {
      yield* paid("a", 50)
      yield* unpaid("open")
      yield* paid("theirs", 50, "other")
      expect(yield* Effect.flip(request("a", "open"))).toEqual(
        new Invoice.OrderNotPaid({ orderId: "open", status: "created" })
      )
      expect(yield* Effect.flip(request("theirs"))).toEqual(new Order.UnknownOrder())
      expect((yield* invoices).items).toEqual([])
    }).pipe(Effect.provide(layer))
  )

  it.effect("PKG-11: an order named twice is no order more, and a wrong tax number is refused", () =>
    Effect.gen(function* () {
      yield* paid("a", 50)
      expect((yield* Effect.flip(request("a", "a")))._tag).toBe("InvalidInput")
      expect((yield* Effect.flip(request()))._tag).toBe("InvalidInput")
      const service = yield* Invoices
      const wrong = { accountId: "acme", orderIds: ["a"], kind, ...recipient }
      expect(yield* Effect.flip(service.request({ ...wrong, taxNumber: "91350100M000100Y44" }))).toEqual(
        new CreditCode.InvalidCreditCode({ problem: "checkCharacter" })
      )
      expect((yield* Effect.flip(service.request({ ...wrong, email: "nobody" })))._tag).toBe("InvalidInput")
      expect((yield* Effect.flip(service.request({ ...wrong, title: " " })))._tag).toBe("InvalidInput")
    }).pipe(Effect.provide(layer))
  )

  it.effect("PKG-11: to whom it is made out stands in the personal data alone", () =>
    Effect.gen(function* () {
      yield* paid("a", 50)
      const { invoiceId } = yield* request("a")
      const journal = yield* Journal
      const row = yield* journal.load(Invoice.ref("acme", invoiceId))
      const history = yield* journal.history(Invoice.ref("acme", invoiceId), { after: 0, limit: 10 })
      const order = yield* journal.history(Order.ref("acme", "a"), { after: 0, limit: 10 })
      const open = JSON.stringify([row.state, history, order])
      for (const text of Object.values(recipient)) expect(open).not.toContain(text)
      expect(row.personal).toEqual(recipient)
    }).pipe(Effect.provide(layer))
  )
})

it("PKG-11: however requests overlap and race, the sum of invoices never exceeds what was paid, order by order", () =>
  FastCheck.assert(
    FastCheck.asyncProperty(
      FastCheck.array(FastCheck.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 6 }),
      FastCheck.array(FastCheck.uniqueArray(FastCheck.nat({ max: 5 }), { minLength: 1, maxLength: 4 }), {
        maxLength: 8
      }),
      (amounts, requests) =>
        Effect.gen(function* () {
          for (const [i, yuan] of amounts.entries()) yield* paid(String(i), yuan)
          yield* Effect.forEach(requests, (orders) => Effect.either(request(...orders.map(String))), {
            concurrency: "unbounded"
          })
          const { items } = yield* invoices
          const invoiced = items.flatMap(({ orderIds }) => orderIds)
          expect(new Set(invoiced).size).toBe(invoiced.length)
          for (const { amount, orderIds } of items) {
            expect(amount).toBe(Cny.sum(orderIds.map((id) => Cny.yuan(amounts[Number(id)]!))))
          }
        }).pipe(Effect.provide(layer), Effect.runPromise)
    ),
    { numRuns: 50 }
  ))
