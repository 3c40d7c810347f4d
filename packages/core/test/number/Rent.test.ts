import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import * as Account from "../../src/account/Account.ts"
import * as Cny from "../../src/money/Cny.ts"
import * as Tariff from "../../src/money/Tariff.ts"
import * as Holdings from "../../src/number/Holdings.ts"
import * as Rent from "../../src/number/Rent.ts"
import * as VoiceNumber from "../../src/number/VoiceNumber.ts"
import * as Order from "../../src/order/Order.ts"
import * as Qualification from "../../src/qualification/Qualification.ts"
import * as Kinds from "../../src/storage/Kind.ts"
import type { Kind, Ref, Row } from "../../src/storage/Kind.ts"

const rowOf = <K extends Kind.Any>(ref: Ref<K>, state: Kind.State<K>): Row<K> => ({ ...Kinds.fresh(ref), state })

const day = 24 * 60 * 60_000
const env = { now: 1_000, rent: Tariff.standard.numberRent }
const numbers = ["075500000001", "075500000002", "075500000003", "075500000004", "075500000005", "075500000006"]
const region = "广东深圳"

const active: Account.State = { verification: "enterprise", openedAt: 1, verifiedAt: 2, activatedAt: 3 }
const approved: Qualification.State = { ...Qualification.initial, status: "approved" }
const listed = (number: string) => rowOf(VoiceNumber.ref(number), { region, standing: { _tag: "Free", from: 0 } })
const holding = (held: number, reserved = 0): Holdings.State => ({
  held: Array.from({ length: held }, (_, i) => ({
    number: `01000000000${i}`,
    region,
    since: 0,
    expiresAt: day,
    autoRenew: false,
    terms: 1,
    renewal: { orders: 0, failures: 0 }
  })),
  reserved:
    reserved === 0
      ? []
      : [{ orderId: "other", numbers: numbers.slice(0, reserved).map((number) => ({ number, region })) }]
})

const rows = {
  account: active,
  qualification: approved,
  holdings: rowOf(Holdings.ref("acme"), Holdings.initial),
  order: Kinds.fresh(Order.ref("acme", "o1")),
  numbers: [listed(numbers[0]!)]
}
const buy = (changed: Partial<typeof rows>) => Rent.buy(env, { ...rows, ...changed }, { autoRenew: true })
const full = rowOf(Holdings.ref("acme"), holding(5))
const taken = rowOf(VoiceNumber.ref(numbers[0]!), {
  region,
  standing: { _tag: "Held", accountId: "other", since: 0 }
})

describe("refusals, in order of precedence: each row has what the rows after it refuse", () => {
  const person: Account.State = { verification: "personal", openedAt: 1 }
  const idle: Account.State = { verification: "enterprise", openedAt: 1, verifiedAt: 2 }
  const all = { account: person, qualification: Qualification.initial, holdings: full, numbers: [taken] }
  const table: ReadonlyArray<readonly [string, Either.Either<unknown, unknown>, unknown]> = [
    ["ACC-1: a person buys no numbers", buy(all), new Account.NotEnterprise({ verification: "personal" })],
    ["ACC-2: nothing is bought before activation", buy({ ...all, account: idle }), new Account.NotActivated()],
    [
      "QUA-1: numbers need an approved qualification",
      buy({ ...all, account: active }),
      new Qualification.NotQualified({ status: "none" })
    ],
    [
      "NUM-1: the sixth number is refused",
      buy({ holdings: full, numbers: [taken] }),
      new Holdings.TooManyNumbers({ held: 5, reserved: 0, wanted: 1, most: 5 })
    ],
    [
      "NUM-1: what unpaid orders reserve counts",
      buy({ holdings: rowOf(Holdings.ref("acme"), holding(2, 3)), numbers: [taken] }),
      new Holdings.TooManyNumbers({ held: 2, reserved: 3, wanted: 1, most: 5 })
    ],
    [
      "NUM-1: six at once are refused",
      buy({ numbers: numbers.map(listed) }),
      new Holdings.TooManyNumbers({ held: 0, reserved: 0, wanted: 6, most: 5 })
    ],
    [
      "NUM-3: one of several that cannot be had refuses all",
      buy({ numbers: [listed(numbers[1]!), taken] }),
      new VoiceNumber.NumberNotAvailable({ number: numbers[0]!, status: "held" })
    ]
  ]
  for (const [name, decided, refusal] of table) it(name, () => expect(decided).toEqual(Either.left(refusal)))

  it("QUA-1: neither a pending nor a rejected qualification will do", () => {
    for (const status of ["pending", "rejected"] as const) {
      expect(buy({ qualification: { ...Qualification.initial, status } })).toEqual(
        Either.left(new Qualification.NotQualified({ status }))
      )
    }
  })
})

/** The state of a thing after a decision. */
const after = <K extends Kind.Any>(parts: Order.Parts, row: Row<K>): Row<K> => {
  const change = parts.changes.find(({ ref }) => ref.kind === row.ref.kind && ref.key === row.ref.key)
  return change === undefined ? row : { ...row, state: change.state }
}
const decided = (changed: Partial<typeof rows>) => Either.getOrThrow(buy(changed))

describe("an order for numbers", () => {
  const three = numbers.slice(0, 3).map(listed)
  const parts = decided({ numbers: three })
  const order = after(parts, rows.order)

  it("NUM-2: costs 50.00 a number", () => {
    expect(order.state).toMatchObject({ status: "created", amount: Cny.yuan(150) })
    expect(order.state.item).toEqual({ _tag: "NumberRent", numbers: numbers.slice(0, 3), autoRenew: true })
  })

  it("NUM-1, NUM-3: reserves all its numbers, in the inventory and with the account", () => {
    expect(after(parts, rows.holdings).state).toEqual({
      held: [],
      reserved: [{ orderId: "o1", numbers: numbers.slice(0, 3).map((number) => ({ number, region })) }]
    })
    for (const row of three) expect(VoiceNumber.statusAt(after(parts, row).state, env.now)).toBe("reserved")
  })

  const paid = rowOf(
    order.ref,
    Order.evolve(order.state, { _tag: "OrderPaid", paymentId: "p", method: "card", at: 5_000 })
  )
  const reservedRows = { holdings: after(parts, rows.holdings), numbers: three.map((row) => after(parts, row)) }

  it("NUM-2: its numbers are held from the payment on, for 30 × 24 hours", () => {
    const handed = Rent.handOver({ now: 9_000 }, { order: paid, ...reservedRows })
    const { held, reserved } = after(handed, reservedRows.holdings).state
    expect(reserved).toEqual([])
    expect(held.map(({ number }) => number)).toEqual(numbers.slice(0, 3))
    for (const number of held) {
      expect(number).toMatchObject({ since: 5_000, expiresAt: 5_000 + 30 * day, autoRenew: true, terms: 1 })
    }
    for (const row of reservedRows.numbers) expect(after(handed, row).state.standing).toMatchObject({ _tag: "Held" })
    expect(after(handed, paid).state.status).toBe("fulfilled")
    const due = (queue: string) => handed.work.filter((work) => work.queue === queue)
    expect(due("lapse")).toMatchObject(numbers.slice(0, 3).map((key) => ({ key, dueAt: 5_000 + 30 * day })))
    expect(due("renewal")).toMatchObject(numbers.slice(0, 3).map((key) => ({ key, dueAt: 5_000 + 29 * day })))
  })

  it("PKG-10: what was handed over is not handed over again, and what is not paid not at all", () => {
    const fulfilled = rowOf(paid.ref, Order.evolve(paid.state, { _tag: "OrderFulfilled", at: 6_000 }))
    for (const order of [fulfilled, after(parts, rows.order)]) {
      expect(Rent.handOver(env, { order, ...reservedRows })).toEqual({ changes: [], work: [] })
    }
  })

  it("NUM-3: ended unpaid, it lets go of all its numbers, once; open or paid, of none", () => {
    const expired = rowOf(order.ref, Order.evolve(order.state, { _tag: "OrderExpired", at: 7_000 }))
    const freed = Rent.letGo({ now: 8_000 }, { order: expired, ...reservedRows })
    expect(after(freed, reservedRows.holdings).state).toEqual(Holdings.initial)
    for (const row of reservedRows.numbers) {
      expect(after(freed, row).state).toEqual({ region, standing: { _tag: "Free", from: 8_000 } })
    }
    const nothing = { changes: [], work: [] }
    expect(Rent.letGo(env, { ...reservedRows, order: expired, holdings: after(freed, reservedRows.holdings) })).toEqual(
      nothing
    )
    for (const order of [paid, after(parts, rows.order)])
      expect(Rent.letGo(env, { order, ...reservedRows })).toEqual(nothing)
  })
})

describe("an account's numbers", () => {
  const state = holding(3)

  it("NUM-2: are usable up to the instant before they expire, and not at it", () => {
    expect(Holdings.usable(state, day - 1)).toHaveLength(3)
    expect(Holdings.usable(state, day)).toEqual([])
    expect(Holdings.findUsable(state, "010000000000", day - 1)).toBeDefined()
    expect(Holdings.findUsable(state, "010000000000", day)).toBeUndefined()
    expect(Holdings.find(state, "010000000000")).toBeDefined()
  })

  it("NUM-4: auto-renewal is switched for a number that is held, and only then", () => {
    const on = { number: "010000000001", on: true }
    const events = Either.getOrThrow(Holdings.setAutoRenewal({ now: day - 1 }, state, on))
    const switched = events.reduce(Holdings.evolve, state)
    expect(switched.held.map(({ autoRenew }) => autoRenew)).toEqual([false, true, false])
    expect(Holdings.setAutoRenewal({ now: 0 }, switched, on)).toEqual(Either.right([]))
    for (const [now, number] of [
      [day, "010000000001"],
      [0, "019999999999"]
    ] as const) {
      expect(Holdings.setAutoRenewal({ now }, state, { number, on: true })).toEqual(
        Either.left(new Holdings.NumberNotHeld({ number }))
      )
    }
  })

  it("NUM-1: however they are reserved, rented, let go of and released, they are never more than five", () => {
    const command = FastCheck.record({
      what: FastCheck.constantFrom("reserve" as const, "rent" as const, "letGo" as const, "release" as const),
      orderId: FastCheck.constantFrom("a", "b", "c", "d"),
      count: FastCheck.integer({ min: 1, max: 6 })
    })
    let serial = 0
    FastCheck.assert(
      FastCheck.property(FastCheck.array(command, { maxLength: 40 }), (commands) => {
        let state = Holdings.initial
        for (const { count, orderId, what } of commands) {
          const open = state.reserved.some((reservation) => reservation.orderId === orderId)
          const before = state.held.length + Holdings.reservedCount(state)
          const events: ReadonlyArray<Holdings.Event> =
            what === "reserve" && !open
              ? Either.getOrElse(
                  Holdings.reserve(env, state, {
                    orderId,
                    numbers: Array.from({ length: count }, () => ({ number: String(serial++), region }))
                  }),
                  (refusal) => {
                    expect(before + count).toBeGreaterThan(5)
                    expect(refusal).toMatchObject({ held: state.held.length, wanted: count })
                    return []
                  }
                )
              : what === "rent" && open
                ? Holdings.rent(state, { orderId, autoRenew: false, paidAt: 0 })
                : what === "letGo"
                  ? Holdings.letGo(env, state, { orderId })
                  : what === "release" && state.held[0] !== undefined
                    ? [{ _tag: "NumberReleased", number: state.held[0].number, at: 0 }]
                    : []
          state = events.reduce(Holdings.evolve, state)
          expect(state.held.length + Holdings.reservedCount(state)).toBeLessThanOrEqual(5)
        }
      })
    )
  })
})
