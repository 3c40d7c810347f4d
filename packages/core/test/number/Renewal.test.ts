import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import * as Account from "../../src/account/Account.ts"
import * as Cny from "../../src/money/Cny.ts"
import * as Tariff from "../../src/money/Tariff.ts"
import * as Holdings from "../../src/number/Holdings.ts"
import * as Renewal from "../../src/number/Renewal.ts"
import * as VoiceNumber from "../../src/number/VoiceNumber.ts"
import * as Order from "../../src/order/Order.ts"
import * as Kinds from "../../src/storage/Kind.ts"
import type { Kind, Ref, Row } from "../../src/storage/Kind.ts"
import * as ShanghaiDay from "../../src/time/ShanghaiDay.ts"

const rowOf = <K extends Kind.Any>(ref: Ref<K>, state: Kind.State<K>): Row<K> => ({ ...Kinds.fresh(ref), state })

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const number = "075512345678"
const region = "广东深圳"
const expiresAt = 30 * day
const method = "balance" as const
const rent = Tariff.standard.numberRent
const active: Account.State = { verification: "enterprise", openedAt: 1, verifiedAt: 2, activatedAt: 3 }

const heldWith = (changed: Partial<Holdings.HeldNumber> = {}): Holdings.HeldNumber => ({
  number,
  region,
  since: 0,
  expiresAt,
  autoRenew: true,
  terms: 1,
  renewal: { orders: 0, failures: 0 },
  ...changed
})
const held = heldWith()
const holdingsOf = (held: Holdings.HeldNumber) => rowOf(Holdings.ref("acme"), { held: [held], reserved: [] })

const firstId = Renewal.orderId(number, expiresAt, 1)
const secondId = Renewal.orderId(number, expiresAt, 2)
const orderRef = (id: string) => Order.ref("acme", id)
const ordered = heldWith({ renewal: { orders: 1, failures: 0 } })

const evolve = (state: Order.State, ...events: ReadonlyArray<Order.Event>) => events.reduce(Order.evolve, state)
const created = evolve(Order.initial, {
  _tag: "OrderCreated",
  accountId: "acme",
  item: { _tag: "NumberRenewal", number, fromExpiresAt: expiresAt },
  amount: Cny.yuan(50),
  agreementAccepted: false,
  at: expiresAt - day,
  expiresAt: expiresAt - day + 30 * minute
})
const paying = evolve(created, { _tag: "PaymentStarted", attempt: 1, method, at: expiresAt - day })
const declined = evolve(paying, {
  _tag: "PaymentDeclined",
  attempt: 1,
  reason: "insufficientFunds",
  at: expiresAt - day
})
const declinedByHolder = evolve(
  created,
  { _tag: "PaymentStarted", attempt: 1, method: "wechat", at: expiresAt - day },
  { _tag: "PaymentDeclined", attempt: 1, reason: "payerRefused", at: expiresAt - day }
)
const paid = evolve(paying, { _tag: "OrderPaid", paymentId: "p", method, at: expiresAt - 1 })
const expiredUnanswered = evolve(paying, { _tag: "OrderExpired", at: expiresAt - day + 30 * minute })
const expired = evolve(created, { _tag: "OrderExpired", at: expiresAt - day + 30 * minute })
const cancelled = evolve(created, { _tag: "OrderCancelled", at: expiresAt - day })

describe("an order for a next term", () => {
  const order = (now: number, held: Holdings.HeldNumber, current: Order.State | undefined, account = active) =>
    Renewal.order(
      { now, rent },
      {
        account,
        holdings: holdingsOf(held),
        current: current === undefined ? undefined : rowOf(orderRef(firstId), current),
        next: Kinds.fresh(orderRef(current === undefined ? firstId : secondId))
      },
      { number }
    )

  describe("refusals, in order of precedence", () => {
    const table: ReadonlyArray<readonly [string, Either.Either<unknown, unknown>, unknown]> = [
      [
        "ACC-1: a person renews nothing",
        order(expiresAt, held, undefined, { verification: "personal" }),
        new Account.NotEnterprise({ verification: "personal" })
      ],
      [
        "ACC-2: nothing is renewed before activation",
        order(expiresAt, held, undefined, { verification: "enterprise" }),
        new Account.NotActivated()
      ],
      [
        "NUM-5: a number that expired cannot be restored, not even at the instant of its expiry",
        order(expiresAt, held, undefined),
        new Holdings.NumberNotHeld({ number })
      ],
      [
        "NUM-7: what is not held is not renewed",
        order(0, heldWith({ number: "01000000000" }), undefined),
        new Holdings.NumberNotHeld({ number })
      ]
    ]
    for (const [name, decided, refusal] of table) it(name, () => expect(decided).toEqual(Either.left(refusal)))
  })

  it("NUM-7: is made while the number is held, up to the instant before its expiry", () => {
    const made = Either.getOrThrow(order(expiresAt - 1, held, undefined))
    expect(made.order.ref.key).toBe(firstId)
    expect(made.order.state).toMatchObject({ status: "created", amount: Cny.yuan(50), expiresAt })
  })

  it("NUM-6: is the same one as long as it may still be paid, and another one after that", () => {
    for (const current of [created, paying, declined, paid]) {
      const same = Either.getOrThrow(order(expiresAt - hour, ordered, current))
      expect([same.order.ref.key, same.changes, same.work]).toEqual([firstId, [], []])
    }
    for (const current of [expired, expiredUnanswered, cancelled]) {
      const other = Either.getOrThrow(order(expiresAt - hour, ordered, current))
      expect(other.order.ref.key).toBe(secondId)
      expect(other.changes).toHaveLength(2)
    }
  })
})

describe("a paid term", () => {
  it("NUM-4: begins at the old expiry, not at the charge", () => {
    for (const now of [1, expiresAt - 1, expiresAt + hour]) {
      const { changes, work } = Renewal.handOver(
        { now },
        { order: rowOf(orderRef(firstId), paid), holdings: holdingsOf(ordered) }
      )
      const holdings = changes.find(({ ref }) => ref.kind === Holdings.kind)?.state
      expect(holdings.held[0]).toEqual({ ...held, terms: 2, expiresAt: 60 * day })
      expect(work).toContainEqual({ _tag: "Enqueue", queue: "lapse", owner: "acme", key: number, dueAt: 60 * day })
      expect(work).toContainEqual({ _tag: "Enqueue", queue: "renewal", owner: "acme", key: number, dueAt: 59 * day })
    }
  })

  it("NUM-6: is handed over once, and only if paid", () => {
    const fulfilled = evolve(paid, { _tag: "OrderFulfilled", at: 0 })
    for (const state of [created, paying, fulfilled, expired]) {
      const order = rowOf(orderRef(firstId), state)
      expect(Renewal.handOver({ now: 0 }, { order, holdings: holdingsOf(ordered) })).toEqual({ changes: [], work: [] })
    }
  })

  it("NUM-6: that does not follow the last one is our defect", () => {
    const order = rowOf(orderRef(firstId), paid)
    const later = holdingsOf(heldWith({ expiresAt: 60 * day }))
    expect(() => Renewal.handOver({ now: 0 }, { order, holdings: later })).toThrow("does not follow")
  })
})

describe("the next step of auto-renewal", () => {
  const step = (now: number, held: Holdings.HeldNumber | undefined, current?: Order.State) =>
    Renewal.step({ now, method }, held, current)
  const failedAt = (at: number, failures = 1): Holdings.HeldNumber =>
    heldWith({ renewal: { orders: 1, failures, lastFailure: { orderId: firstId, attempt: 1, at } } })
  const inTime = expiresAt - day + minute

  const table: ReadonlyArray<readonly [string, Renewal.Step, Renewal.Step]> = [
    ["NUM-5: nothing for a number that is gone", step(0, undefined), { _tag: "Rest" }],
    ["NUM-4: nothing where it is off", step(inTime, heldWith({ autoRenew: false })), { _tag: "Rest" }],
    ["NUM-5: nothing at the instant of the expiry", step(expiresAt, held), { _tag: "Rest" }],
    [
      "NUM-6: it waits until 24 hours before the expiry",
      step(expiresAt - day - 1, held),
      { _tag: "Wait", until: expiresAt - day }
    ],
    ["NUM-6: 24 hours before the expiry it begins", step(expiresAt - day, held), { _tag: "Order" }],
    [
      "NUM-6: a payment without an answer is waited for",
      step(inTime, ordered, paying),
      { _tag: "Wait", until: inTime + 10 * minute }
    ],
    [
      "NUM-6: a paid term that is not handed over is waited for",
      step(inTime, ordered, paid),
      { _tag: "Wait", until: inTime + 10 * minute }
    ],
    [
      "NUM-6: a declined try is counted",
      step(inTime, ordered, declined),
      { _tag: "CountFailure", orderId: firstId, attempt: 1, reason: "insufficientFunds" }
    ],
    [
      "NUM-6: a try that ended without an answer is counted",
      step(inTime + hour, ordered, expiredUnanswered),
      { _tag: "CountFailure", orderId: firstId, attempt: 1, reason: "closed" }
    ],
    [
      "NUM-6: what the holder tried by other means is no failed try",
      step(inTime, ordered, declinedByHolder),
      { _tag: "Try", orderId: firstId }
    ],
    [
      "NUM-6: after a failure it pauses",
      step(inTime, failedAt(inTime), declined),
      { _tag: "Wait", until: inTime + 15 * minute }
    ],
    [
      "NUM-6: then it tries the same order again",
      step(inTime + 15 * minute, failedAt(inTime), declined),
      { _tag: "Try", orderId: firstId }
    ],
    [
      "NUM-7: it takes the order that the holder made",
      step(inTime, ordered, created),
      { _tag: "Try", orderId: firstId }
    ],
    [
      "PKG-10: an order whose time is over is ended first",
      step(created.expiresAt, ordered, created),
      { _tag: "End", orderId: firstId }
    ],
    ["NUM-6: one that ended unpaid is followed by another", step(inTime, ordered, cancelled), { _tag: "Order" }],
    [
      "NUM-6: the last try is five minutes before the expiry",
      step(expiresAt - 10 * minute, failedAt(expiresAt - 20 * minute, 5), expired),
      { _tag: "Wait", until: expiresAt - 5 * minute }
    ],
    [
      "NUM-6: after the last try there is none",
      step(expiresAt - 4 * minute, failedAt(expiresAt - 5 * minute, 6), declined),
      { _tag: "Rest" }
    ]
  ]
  for (const [name, actual, expected] of table) it(name, () => expect(actual).toEqual(expected))

  it("NUM-6: a payment without an answer is looked at more often towards the expiry", () => {
    const pauses = [day, hour, 10 * minute, 5 * minute, minute, 1].map(
      (left) => (Renewal.lookAgainAt(expiresAt - left, held) - (expiresAt - left)) / 1_000
    )
    expect(pauses).toEqual([600, 360, 60, 30, 30, 30])
  })

  it("NUM-6: pauses grow, from 15 minutes to 6 hours, and the tries end five minutes before the expiry", () => {
    const tries = [expiresAt - day]
    for (;;) {
      const next = Renewal.nextTryAt(failedAt(tries.at(-1)!, tries.length))
      if (next === undefined) break
      tries.push(next)
    }
    const minutes = tries.map((at) => (expiresAt - at) / minute)
    expect(minutes).toEqual([1440, 1425, 1395, 1335, 1215, 975, 615, 255, 5])
  })

  it("NUM-6: whenever a try fails, the next one is later, and before the expiry", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.integer({ min: 1, max: 30 }), FastCheck.nat(day - 1), (failures, before) => {
        const at = expiresAt - 1 - before
        const next = Renewal.nextTryAt(failedAt(at, failures))
        if (next === undefined) expect(at).toBeGreaterThanOrEqual(expiresAt - 5 * minute)
        else expect(next > at && next < expiresAt).toBe(true)
      })
    )
  })
})

describe("failed tries", () => {
  const failure = { number, orderId: firstId, attempt: 1, reason: "insufficientFunds" } as const
  const count = (now: number, state: Holdings.State, attempt: number) =>
    Renewal.countFailure({ now }, state, { ...failure, attempt }).reduce(Holdings.evolve, state)
  const state = holdingsOf(ordered).state

  it("NUM-6: are counted once each", () => {
    const once = count(10, state, 1)
    expect(once.held[0]?.renewal).toEqual({
      orders: 1,
      failures: 1,
      lastFailure: { orderId: firstId, attempt: 1, at: 10 }
    })
    expect(count(20, once, 1)).toBe(once)
    expect(count(20, once, 2).held[0]?.renewal.failures).toBe(2)
    expect(Renewal.countFailure({ now: 0 }, state, { ...failure, orderId: secondId })).toEqual([])
    expect(Renewal.countFailure({ now: 0 }, Holdings.initial, failure)).toEqual([])
  })

  it("NUM-6: are told once a Shanghai day, however many they are", () => {
    const midnight = ShanghaiDay.endAt(ShanghaiDay.ofInstant(29 * day))
    const first = count(midnight - 2, state, 1)
    const today = ShanghaiDay.ofInstant(midnight - 2)
    expect(Renewal.untold(first.held[0]!)).toMatchObject({ day: today, at: midnight - 2, reason: "insufficientFunds" })
    const told = Renewal.told({ now: midnight - 2 }, first, { number, day: today }).reduce(Holdings.evolve, first)
    expect(Renewal.untold(told.held[0]!)).toBeUndefined()
    const second = count(midnight - 1, told, 2)
    expect(second.held[0]?.renewal.failures).toBe(2)
    expect(Renewal.untold(second.held[0]!)).toBeUndefined()
    const third = count(midnight, second, 3)
    expect(Renewal.untold(third.held[0]!)).toMatchObject({ day: today + 1, at: midnight })
    expect(Renewal.told({ now: midnight }, third, { number, day: today })).toEqual([])
  })

  it("NUM-6: the notice is not told again after a renewal on the same day", () => {
    const failed = count(10, state, 1)
    const told = Renewal.told({ now: 10 }, failed, { number, day: 0 }).reduce(Holdings.evolve, failed)
    const renewed = Holdings.evolve(told, {
      _tag: "NumberRenewed",
      number,
      orderId: firstId,
      at: 11,
      expiresAt: 60 * day
    })
    expect(renewed.held[0]).toMatchObject({ renewal: { orders: 0, failures: 0 }, notice: { day: 0, told: true } })
  })
})

describe("the end of a term", () => {
  const inventory = rowOf(VoiceNumber.ref(number), {
    region,
    standing: { _tag: "Held", accountId: "acme", since: 0 }
  })
  const lapse = (now: number, held: Holdings.HeldNumber, current?: Order.State) =>
    Renewal.lapse(
      { now, quarantineMillis: 90 * day },
      {
        holdings: holdingsOf(held),
        number: inventory,
        current: current === undefined ? undefined : rowOf(orderRef(firstId), current)
      }
    )

  it("NUM-5: comes at the expiry, not a millisecond before", () => {
    expect(lapse(expiresAt - 1, held)._tag).toBe("Nothing")
    expect(lapse(expiresAt, held)._tag).toBe("Released")
  })

  it("NUM-5: releases the number, which is in quarantine for 90 days from the expiry, whenever that is done", () => {
    for (const now of [expiresAt, expiresAt + 7 * day]) {
      const lapsed = lapse(now, held)
      if (lapsed._tag !== "Released") throw new Error(lapsed._tag)
      const [holdings, number] = lapsed.parts.changes
      expect(holdings?.state).toEqual(Holdings.initial)
      expect(number?.state.standing).toEqual({ _tag: "Free", from: expiresAt + 90 * day })
    }
  })

  it("NUM-6: has one winner: nothing is released that may still be paid, and nothing that is paid", () => {
    for (const state of [created, paying, declined]) expect(lapse(expiresAt, ordered, state)._tag).toBe("OrderOpen")
    for (const state of [expired, cancelled]) expect(lapse(expiresAt, ordered, state)._tag).toBe("Released")
    const renewed = lapse(expiresAt, ordered, paid)
    if (renewed._tag !== "Renewed") throw new Error(renewed._tag)
    const holdings = renewed.parts.changes.find(({ ref }) => ref.kind === Holdings.kind)
    expect(holdings?.state.held[0]).toMatchObject({ expiresAt: 60 * day, terms: 2 })
  })
})

it("NUM-6: what is kept of numbers survives being stored", () => {
  const codec = Schema.parseJson(Holdings.State)
  const state: Holdings.State = {
    held: [
      heldWith({
        renewal: { orders: 2, failures: 1, lastFailure: { orderId: firstId, attempt: 1, at: 5 } },
        notice: { day: 3, at: 5, reason: "closed", told: false }
      }),
      held
    ],
    reserved: [{ orderId: "o", numbers: [{ number, region }] }]
  }
  expect(Schema.decodeSync(codec)(Schema.encodeSync(codec)(state))).toEqual(state)
})
