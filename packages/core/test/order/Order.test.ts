import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import * as Cny from "../../src/money/Cny.ts"
import * as Invoice from "../../src/order/Invoice.ts"
import * as Order from "../../src/order/Order.ts"
import * as Kinds from "../../src/storage/Kind.ts"

const item: Order.Item = { _tag: "NumberRent", numbers: ["075512345678"], autoRenew: false }
const amount = Cny.yuan(50)
const ref = Order.ref("acme", "order")

/** The state after these decisions at these instants; each must be allowed. */
const after = (...steps: ReadonlyArray<(state: Order.State) => Either.Either<ReadonlyArray<Order.Event>, unknown>>) =>
  steps.reduce((state, step) => Either.getOrThrow(step(state)).reduce(Order.evolve, state), Order.initial)

const create = (state: Order.State) => Order.create({ now: 0 }, state, { accountId: "acme", item, amount })
const start = (state: Order.State) => Order.startPayment({ now: 10 }, state, { method: "wechat" })
const decline = (state: Order.State) => Order.decline({ now: 20 }, state, { attempt: 1, reason: "insufficientFunds" })
const pay = (state: Order.State) => Order.pay({ now: 30 }, state, { paymentId: "p1", method: "wechat" })
const fulfil = (state: Order.State) => Order.fulfil({ now: 40 }, state)
const cancel = (state: Order.State) => Order.cancel({ now: 50 }, state, { closedAttempts: 1 })
const expire = (state: Order.State) => Order.expire({ now: Order.payableMillis }, state, { closedAttempts: 1 })

const created = after(create)
const paying = after(create, start)
const declined = after(create, start, decline)
const paid = after(create, start, pay)
const fulfilled = after(create, start, pay, fulfil)
const cancelled = after(create, cancel)
const expired = after(create, expire)
const row = (state: Order.State) => ({ ...Kinds.fresh(ref), state })

const env = { now: 100 }
const voucher = new Order.VoucherNotAccepted({ accepted: ["balance", "wechat", "alipay", "card", "transfer"] })
const by = (method: Order.OfferedMethod) => ({ method })
const p2 = { paymentId: "p2", method: "alipay" } as const
const confirmation = { paymentId: "p2", amount }
const closed = { closedAttempts: 1 }
const invoice = { invoiceId: "i2" }
const invoiced = Order.evolve(paid, { _tag: "OrderInvoiced", invoiceId: "i1", at: 90 })

describe("refusals, in order of precedence", () => {
  const table: ReadonlyArray<readonly [string, Either.Either<unknown, unknown>, unknown]> = [
    ["NUM-8: a voucher pays for nothing", Order.startPayment(env, created, by("voucher")), voucher],
    [
      "NUM-8: a voucher is refused whatever became of the order",
      Order.startPayment(env, Order.initial, by("voucher")),
      voucher
    ],
    ["NUM-8: a voucher is refused for a paid order, too", Order.startPayment(env, paid, by("voucher")), voucher],
    [
      "PKG-10: an order that nobody made is not paid",
      Order.startPayment(env, Order.initial, by("card")),
      new Order.UnknownOrder()
    ],
    [
      "PKG-10: a cancelled order is not paid",
      Order.startPayment(env, cancelled, by("card")),
      new Order.OrderNotOpen({ status: "cancelled" })
    ],
    [
      "PKG-10: an expired order is not paid",
      Order.startPayment(env, expired, by("card")),
      new Order.OrderNotOpen({ status: "expired" })
    ],
    [
      "PKG-10: an order whose 30 minutes are over is not paid, expired or not yet",
      Order.startPayment({ now: created.expiresAt }, created, by("card")),
      new Order.OrderNotOpen({ status: "expired" })
    ],
    [
      "PKG-10: an order is not paid by a second method while the first has no answer",
      Order.startPayment(env, paying, by("alipay")),
      new Order.PaymentUnderWay({ method: "wechat" })
    ],
    ["PKG-10: no payment is recorded without an order", Order.pay(env, Order.initial, p2), new Order.UnknownOrder()],
    [
      "PKG-10: no payment is recorded for a cancelled order",
      Order.pay(env, cancelled, p2),
      new Order.OrderNotOpen({ status: "cancelled" })
    ],
    [
      "PKG-10: no payment is recorded for an expired order",
      Order.pay(env, expired, p2),
      new Order.OrderNotOpen({ status: "expired" })
    ],
    [
      "PKG-10: a paid order takes no second payment",
      Order.pay(env, paid, p2),
      new Order.PaidBefore({ paymentId: "p1" })
    ],
    [
      "PKG-10: nor does one that is fulfilled",
      Order.pay(env, fulfilled, p2),
      new Order.PaidBefore({ paymentId: "p1" })
    ],
    [
      "PKG-10: nobody vouches for a payment while the gateway may be paid",
      Order.confirm(env, paying, confirmation),
      new Order.PaymentUnderWay({ method: "wechat" })
    ],
    [
      "PKG-10: nobody vouches for the payment of an order that nobody made",
      Order.confirm(env, Order.initial, confirmation),
      new Order.UnknownOrder()
    ],
    [
      "PKG-10: nobody vouches for the payment of a cancelled order",
      Order.confirm(env, cancelled, confirmation),
      new Order.OrderNotOpen({ status: "cancelled" })
    ],
    [
      "PKG-10, NUM-5: nobody vouches for a payment that came too late, though nobody has ended the order yet",
      Order.confirm({ now: created.expiresAt }, created, confirmation),
      new Order.OrderNotOpen({ status: "expired" })
    ],
    [
      "PKG-10: nobody vouches for a second payment",
      Order.confirm(env, paid, confirmation),
      new Order.PaidBefore({ paymentId: "p1" })
    ],
    [
      "PKG-10: nobody vouches for less than the order costs",
      Order.confirm(env, created, { ...confirmation, amount: Cny.make(49_990) }),
      new Order.AmountDiffers({ supplied: Cny.make(49_990), expected: amount })
    ],
    [
      "PKG-10: an order that nobody made is not cancelled",
      Order.cancel(env, Order.initial, closed),
      new Order.UnknownOrder()
    ],
    [
      "PKG-10: an expired order is not cancelled",
      Order.cancel(env, expired, closed),
      new Order.OrderNotOpen({ status: "expired" })
    ],
    [
      "PKG-9: a paid order is never reversed",
      Order.cancel(env, paid, closed),
      new Order.PaidNotReversible({ paidAt: 30 })
    ],
    [
      "PKG-9: a fulfilled order is never reversed",
      Order.cancel(env, fulfilled, closed),
      new Order.PaidNotReversible({ paidAt: 30 })
    ],
    [
      "PKG-10: an order is not cancelled before its attempt is closed at the gateway",
      Order.cancel(env, paying, { closedAttempts: 0 }),
      new Order.PaymentUnderWay({ method: "wechat" })
    ],
    [
      "PKG-10: not even if the attempt was declined: the gateway takes another until it has closed the order",
      Order.cancel(env, declined, { closedAttempts: 0 }),
      new Order.PaymentUnderWay({ method: "wechat" })
    ],
    [
      "PKG-10: an order does not expire before its attempt is closed at the gateway",
      Order.expire({ now: paying.expiresAt }, paying, { closedAttempts: 0 }),
      new Order.PaymentUnderWay({ method: "wechat" })
    ],
    [
      "PKG-11: an order that nobody made is not invoiced",
      Invoice.putOn(env, row(Order.initial), invoice),
      new Order.UnknownOrder()
    ],
    ...[created, paying, cancelled, expired].map(
      (state) =>
        [
          `PKG-11: an order that is ${state.status} is not invoiced`,
          Invoice.putOn(env, row(state), invoice),
          new Invoice.OrderNotPaid({ orderId: "order", status: state.status })
        ] as const
    ),
    [
      "PKG-11: an order is invoiced once",
      Invoice.putOn(env, row(invoiced), invoice),
      new Invoice.InvoicedBefore({ orderId: "order", invoiceId: "i1" })
    ]
  ]
  for (const [name, decided, refusal] of table) it(name, () => expect(decided).toEqual(Either.left(refusal)))
})

it("PKG-10: what is already so is decided without events", () => {
  const none = Either.right([])
  expect(create(created)).toEqual(none)
  expect(start(paying)).toEqual(none)
  expect(start(paid)).toEqual(none)
  expect(Order.decline(env, declined, { attempt: 1, reason: "other" })).toEqual(none)
  expect(Order.decline(env, paying, { attempt: 2, reason: "other" })).toEqual(none)
  expect(Order.decline(env, paid, { attempt: 1, reason: "other" })).toEqual(none)
  expect(pay(paid)).toEqual(none)
  expect(pay(fulfilled)).toEqual(none)
  expect(Order.confirm(env, paid, { paymentId: "p1", amount })).toEqual(none)
  expect(fulfil(fulfilled)).toEqual(none)
  expect(fulfil(created)).toEqual(none)
  expect(fulfil(cancelled)).toEqual(none)
  expect(cancel(cancelled)).toEqual(none)
  expect(expire(expired)).toEqual(none)
  expect(expire(paid)).toEqual(none)
  expect(expire(cancelled)).toEqual(none)
  expect(Invoice.putOn(env, row(invoiced), { invoiceId: "i1" })).toEqual(none)
})

it("PKG-10: an order can be paid up to the instant before its 30 minutes are over, and expires at it", () => {
  const last = { now: 30 * 60_000 - 1 }
  expect(Order.startPayment(last, created, by("card"))).toEqual(
    Either.right([{ _tag: "PaymentStarted", attempt: 1, method: "card", at: last.now }])
  )
  expect(Order.expire(last, created, { closedAttempts: 0 })).toEqual(Either.right([]))
  expect(Order.expire({ now: 30 * 60_000 }, created, { closedAttempts: 0 })).toEqual(
    Either.right([{ _tag: "OrderExpired", at: 30 * 60_000 }])
  )
})

it("NUM-6: an order that is to be paid before something else ends has no 30 minutes", () => {
  const short = Either.getOrThrow(
    Order.create({ now: 0 }, Order.initial, { accountId: "acme", item, amount, payBefore: 5 })
  ).reduce(Order.evolve, Order.initial)
  expect(short.expiresAt).toBe(5)
  expect(Either.isLeft(Order.startPayment({ now: 5 }, short, by("card")))).toBe(true)
})

it("PKG-10: a payment counts as long as the order is open, however late its news comes", () => {
  const late = { now: paying.expiresAt + 60_000 }
  expect(Order.pay(late, paying, p2)).toEqual(Either.right([{ _tag: "OrderPaid", ...p2, at: late.now }]))
})

it("PKG-3: an order over less than a fen, or a part of one, is our defect", () => {
  for (const wrong of [0, 1, 1_005]) {
    const command = { accountId: "acme", item, amount: Cny.make(wrong) }
    expect(() => Order.create({ now: 0 }, Order.initial, command)).toThrow("cannot be paid")
  }
})

describe("any history", () => {
  type Command = (now: number, state: Order.State) => Either.Either<ReadonlyArray<Order.Event>, unknown>
  const method = FastCheck.constantFrom(...Order.PaymentMethod.literals)
  const payment = FastCheck.constantFrom("p1", "p2")
  const small = FastCheck.integer({ min: 0, max: 3 })
  const command: FastCheck.Arbitrary<Command> = FastCheck.oneof(
    FastCheck.constant<Command>((now, state) => Order.create({ now }, state, { accountId: "acme", item, amount })),
    method.map(
      (method): Command =>
        (now, state) =>
          Order.startPayment({ now }, state, { method })
    ),
    small.map(
      (attempt): Command =>
        (now, state) =>
          Order.decline({ now }, state, { attempt, reason: "other" })
    ),
    FastCheck.tuple(payment, method).map(
      ([paymentId, method]): Command =>
        (now, state) =>
          Order.pay({ now }, state, { paymentId, method })
    ),
    payment.map(
      (paymentId): Command =>
        (now, state) =>
          Order.confirm({ now }, state, { paymentId, amount })
    ),
    FastCheck.constant<Command>((now, state) => Order.fulfil({ now }, state)),
    small.map(
      (closedAttempts): Command =>
        (now, state) =>
          Order.cancel({ now }, state, { closedAttempts })
    ),
    small.map(
      (closedAttempts): Command =>
        (now, state) =>
          Order.expire({ now }, state, { closedAttempts })
    ),
    payment.map(
      (invoiceId): Command =>
        (now, state) =>
          Invoice.putOn({ now }, row(state), { invoiceId })
    )
  )
  const history = FastCheck.array(FastCheck.tuple(FastCheck.integer({ min: 0, max: 10 * 60_000 }), command), {
    maxLength: 30
  })

  const play = (steps: ReadonlyArray<readonly [number, Command]>) => {
    let now = 0
    const states = [Order.initial]
    const events: Array<Order.Event> = []
    for (const [pause, command] of steps) {
      now += pause
      const decided = Either.getOrElse(command(now, states.at(-1)!), () => [])
      events.push(...decided)
      states.push(decided.reduce(Order.evolve, states.at(-1)!))
    }
    return { states, events }
  }

  it("PKG-9, PKG-10: is paid at most once, fulfilled at most once and only if paid, and nothing paid is undone", () => {
    FastCheck.assert(
      FastCheck.property(history, (steps) => {
        const { events, states } = play(steps)
        const count = (tag: Order.Event["_tag"]) => events.filter(({ _tag }) => _tag === tag).length
        expect(count("OrderCreated")).toBeLessThanOrEqual(1)
        expect(count("OrderPaid") + count("OrderCancelled") + count("OrderExpired")).toBeLessThanOrEqual(1)
        expect(count("OrderFulfilled")).toBeLessThanOrEqual(count("OrderPaid"))
        expect(count("OrderInvoiced")).toBeLessThanOrEqual(count("OrderPaid"))
        for (const [i, state] of states.entries()) {
          const next = states[i + 1] ?? state
          if (Order.isPaid(state)) expect(Order.isPaid(next)).toBe(true)
          if (Order.isOver(state)) expect(next).toEqual(state)
          if (state.status === "fulfilled") expect({ ...next, invoiceId: 0 }).toEqual({ ...state, invoiceId: 0 })
          expect(state.amount === amount || state.status === "none").toBe(true)
          expect(next.attempts - state.attempts).toBeLessThanOrEqual(1)
        }
      })
    )
  })

  it("PKG-10: its state and its events survive being stored", () => {
    const stateCodec = Schema.parseJson(Order.State)
    const eventsCodec = Schema.parseJson(Schema.Array(Order.Event))
    FastCheck.assert(
      FastCheck.property(history, (steps) => {
        const { events, states } = play(steps)
        const last = states.at(-1)!
        expect(Schema.decodeSync(stateCodec)(Schema.encodeSync(stateCodec)(last))).toEqual(last)
        expect(Schema.decodeSync(eventsCodec)(Schema.encodeSync(eventsCodec)(events))).toEqual(events)
      })
    )
  })
})
