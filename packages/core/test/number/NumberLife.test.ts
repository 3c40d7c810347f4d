import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import * as Cny from "../../src/money/Cny.ts"
import * as Holdings from "../../src/number/Holdings.ts"
import { Numbers } from "../../src/number/Numbers.ts"
import * as VoiceNumber from "../../src/number/VoiceNumber.ts"
import { VoiceNumbers } from "../../src/number/VoiceNumbers.ts"
import * as Order from "../../src/order/Order.ts"
import { Orders } from "../../src/order/Orders.ts"
import type { Behaviour } from "../../src/order/SandboxGateway.ts"
import * as ShanghaiDay from "../../src/time/ShanghaiDay.ts"
import { type Fault, faults } from "../order/CrashPoints.ts"
import { day, hour, minute, NumberWorld, region } from "./NumberWorld.ts"

const accounts = ["acme", "other"]
const numbers = Array.from({ length: 7 }, (_, i) => `0755${String(10_000_000 + i)}`)

const buy = (accountId: string, wanted: ReadonlyArray<string>, autoRenew: boolean) =>
  Effect.gen(function* () {
    const service = yield* Numbers
    const orders = yield* Orders
    const { orderId } = yield* service.buy({ accountId, numbers: wanted, autoRenew })
    return yield* orders.pay({ accountId, orderId, method: "card" })
  })
const renewByHand = (accountId: string, number: string) =>
  Effect.gen(function* () {
    const service = yield* Numbers
    const orders = yield* Orders
    const { orderId } = yield* service.renew({ accountId, number })
    return yield* orders.pay({ accountId, orderId, method: "wechat" })
  })
const searched = (world: NumberWorld) =>
  world.do(
    Effect.flatMap(VoiceNumbers, (inventory) =>
      Effect.map(inventory.search({ region, limit: 100 }), ({ items }) => items.map(({ number }) => number))
    )
  )

/** Months take long to simulate. */
const runs = process.env["NIGHTLY"] === "1" ? 1_000 : 50

/** Lets the test runner speak: simulated months keep its thread busy. */
const breath = () => new Promise<void>((resume) => void setImmediate(resume))

const otherwise = (world: NumberWorld, behaviour: (method: Order.PaymentMethod) => Behaviour) =>
  Effect.runSync(world.sandbox.payers.otherwise(({ method }) => behaviour(method)))

describe("one number", () => {
  const number = numbers[0]!
  const begin = (autoRenew: boolean) => {
    const world = new NumberWorld({ accounts, numbers: [number], leaseMillis: hour })
    world.do(buy("acme", [number], autoRenew))
    return world
  }
  const held = (world: NumberWorld) => world.holdings("acme").held[0]
  const usable = (world: NumberWorld) => Holdings.usable(world.holdings("acme"), world.now).length

  it("NUM-5: without renewal it is usable to the last millisecond, then released, and free again after 90 days", () => {
    const world = begin(false)
    world.simulation.runUntil(30 * day - 1)
    expect(usable(world)).toBe(1)
    world.simulation.runUntil(30 * day)
    expect([usable(world), held(world)]).toEqual([0, undefined])
    expect(VoiceNumber.statusAt(world.inventory(number), world.now)).toBe("quarantined")
    world.simulation.runUntil(120 * day - 1)
    expect(searched(world)).toMatchObject({ right: [] })
    expect(world.do(buy("other", [number], false))).toMatchObject({ left: { status: "quarantined" } })
    world.simulation.runUntil(120 * day)
    expect(searched(world)).toMatchObject({ right: [number] })
    expect(world.do(buy("other", [number], false))).toMatchObject({ right: { order: { status: "fulfilled" } } })
    expect(world.payments).toHaveLength(2)
    world.end()
  })

  it("NUM-4: with auto-renewal it is charged 24 h before each expiry, and its term grows from the old one", () => {
    const world = begin(true)
    world.simulation.runUntil(29 * day - 1)
    expect(world.payments).toHaveLength(1)
    world.simulation.runUntil(29 * day)
    expect(world.payments).toHaveLength(2)
    expect(held(world)).toMatchObject({ expiresAt: 60 * day, terms: 2 })
    world.simulation.runUntil(365 * day)
    // Charged on day 0, 29, 59, 89 and so on.
    expect(world.payments.map(({ at }) => at / day)).toEqual([
      0, 29, 59, 89, 119, 149, 179, 209, 239, 269, 299, 329, 359
    ])
    expect(held(world)).toMatchObject({ since: 0, expiresAt: 390 * day, terms: 13 })
    expect(world.notices).toEqual([])
    world.end()
  })

  it("NUM-6: declined tries are repeated with growing pauses; the contacts hear of it once a day; then it lapses", () => {
    const world = begin(true)
    otherwise(world, () => ({ payer: "insufficientFunds" }))
    world.simulation.runUntil(30 * day - 1)
    expect(usable(world)).toBe(1)
    const attempts = world
      .history(Holdings.ref("acme"))
      .flatMap((event) => (event._tag === "RenewalFailed" ? [(30 * day - event.at) / minute] : []))
    expect(attempts).toEqual([1440, 1425, 1395, 1335, 1215, 975, 615, 255, 5])
    // The world begins at 08:00 in Shanghai: midnight is eight hours before the expiry.
    expect(world.notices.map(({ failedAt }) => failedAt)).toEqual([29 * day, 30 * day - 255 * minute])
    expect(world.tellings).toBe(2)
    expect(world.notices[0]).toMatchObject({
      accountId: "acme",
      number,
      reason: "insufficientFunds",
      expiresAt: 30 * day
    })
    expect(new Set(world.notices.map(({ failedAt }) => ShanghaiDay.ofInstant(failedAt))).size).toBe(
      world.notices.length
    )
    world.simulation.runUntil(30 * day)
    expect([usable(world), held(world), world.payments.length]).toEqual([0, undefined, 1])
    world.end()
  })

  it("NUM-6: a payment that comes after declined tries renews it", () => {
    const world = begin(true)
    otherwise(world, () => ({ payer: "insufficientFunds" }))
    world.simulation.runUntil(29 * day + 3 * hour)
    otherwise(world, () => ({ payer: "pays" }))
    world.simulation.runUntil(30 * day)
    expect(held(world)).toMatchObject({ expiresAt: 60 * day, terms: 2 })
    expect(world.payments).toHaveLength(2)
    world.end()
  })

  const atTheEnd = (payAt: number | undefined) => {
    const world = begin(false)
    world.simulation.runUntil(30 * day - minute)
    otherwise(world, () => ({ payer: "waits" }))
    const paying = world.do(renewByHand("acme", number))
    expect(paying).toMatchObject({ right: { order: { status: "paying", expiresAt: 30 * day } } })
    const { orderId } = world.history(Holdings.ref("acme")).findLast((event) => event._tag === "RenewalOrdered")!
    if (payAt !== undefined) {
      world.simulation.spawn(Effect.delay(world.sandbox.payers.pays(orderId), payAt - world.now))
    }
    world.simulation.runUntil(31 * day)
    const result = { expiresAt: held(world)?.expiresAt, payments: world.payments.length }
    world.end()
    return result
  }

  it("NUM-6: a payment in flight at the expiry is closed before the number lapses", () => {
    expect(atTheEnd(undefined)).toEqual({ expiresAt: undefined, payments: 1 })
  })

  it("NUM-6: paid a millisecond before the expiry, it is renewed; a millisecond after, the payer comes too late", () => {
    expect(atTheEnd(30 * day - 1)).toEqual({ expiresAt: 60 * day, payments: 2 })
    expect(atTheEnd(30 * day + 1)).toEqual({ expiresAt: undefined, payments: 1 })
  })

  it(
    "NUM-6: renewal and lapse at the same instant have one winner, whichever comes first",
    () =>
      FastCheck.assert(
        FastCheck.asyncProperty(
          FastCheck.infiniteStream(FastCheck.nat()),
          FastCheck.integer({ min: 12, max: 64 }),
          FastCheck.constantFrom(-1, 0, 1),
          async (picks, slice, offset) => {
            await breath()
            const pick = (ready: number) => (picks.next().value ?? 0) % ready
            const world = new NumberWorld({ accounts, numbers: [number], leaseMillis: 5 * day, pick, slice })
            world.do(buy("acme", [number], false))
            world.simulation.runUntil(30 * day - minute)
            otherwise(world, () => ({ payer: "waits" }))
            world.do(renewByHand("acme", number))
            const { orderId } = world
              .history(Holdings.ref("acme"))
              .findLast(({ _tag }) => _tag === "RenewalOrdered") as {
              readonly orderId: string
            }
            world.simulation.spawn(Effect.delay(world.sandbox.payers.pays(orderId), minute + offset))
            const orders = Effect.flatMap(Orders, (orders) => orders.notified({ accountId: "acme", orderId }))
            world.act(Effect.delay(orders, minute))
            world.simulation.runUntil(30 * day + hour)
            const renewed = world.payments.length === 2
            expect(held(world)?.expiresAt).toBe(renewed ? 60 * day : undefined)
            expect(world.inventory(number).standing._tag).toBe(renewed ? "Held" : "Free")
            if (offset < 0) expect(renewed).toBe(true)
            if (offset > 0) expect(renewed).toBe(false)
            world.end()
          }
        ),
        { numRuns: runs }
      ),
    runs * 2_400
  )
})

describe("the last day of a term, with something going wrong", () => {
  const number = numbers[0]!
  const behaviours: ReadonlyArray<readonly [string, Behaviour, "renewed" | "released"]> = [
    ["is paid", { payer: "pays" }, "renewed"],
    ["is paid, and its answer is lost", { payer: "pays", answer: "lost" }, "renewed"],
    ["is declined", { payer: "insufficientFunds" }, "released"],
    ["never gets an answer from the payer", { payer: "waits" }, "released"]
  ]

  /** Begins a minute before the renewal, and looks two days later. */
  const lastDay = (behaviour: Behaviour, fault?: { readonly after: number; readonly fault: Fault }) => {
    const world = new NumberWorld({ accounts, numbers, leaseMillis: 6 * hour })
    world.do(buy("acme", [number], true))
    otherwise(world, () => behaviour)
    world.simulation.runUntil(29 * day - minute)
    const before = world.crashes.count
    if (fault !== undefined) world.crashes.plan({ at: before + fault.after, fault: fault.fault })
    while (world.now < 31 * day) {
      world.simulation.pass(10 * minute)
      if (!world.alive) world.start()
    }
    const operations = world.crashes.count - before
    const [held] = world.holdings("acme").held
    const outcome = held?.expiresAt === 60 * day ? "renewed" : held === undefined ? "released" : "neither"
    audit(world)
    world.end()
    return { outcome, operations, payments: world.payments.length }
  }

  for (const [name, behaviour, outcome] of behaviours) {
    it(`NUM-6: a renewal that ${name}: whichever operation fails, or is the last one before a crash`, async () => {
      const payments = outcome === "renewed" ? 2 : 1
      const { operations } = lastDay(behaviour)
      // Each of the first and last ones, and some of those between, where the same repeats for long.
      const step = runs > 50 ? 1 : Math.ceil(operations / 8)
      for (let after = 1; after <= operations; after += after < 14 || operations - after < 6 ? 1 : step) {
        for (const fault of faults) {
          await breath()
          const { operations: _, ...ending } = lastDay(behaviour, { after, fault })
          expect({ after, fault, ...ending }).toEqual({ after, fault, outcome, payments })
        }
      }
    }, 600_000)
  }
})

// ---------------------------------------------------------------------------------------------------------------------
// months in the life of two accounts
// ---------------------------------------------------------------------------------------------------------------------

type Move =
  | { readonly _tag: "Buy"; readonly account: number; readonly wanted: ReadonlyArray<number>; readonly auto: boolean }
  | { readonly _tag: "Renew"; readonly account: number; readonly number: number }
  | { readonly _tag: "Auto"; readonly account: number; readonly number: number; readonly on: boolean }
  | { readonly _tag: "Payers"; readonly behaviours: ReadonlyArray<Behaviour> }
  | { readonly _tag: "Pay" }
  | { readonly _tag: "Cancel" }
  | { readonly _tag: "Fault"; readonly after: number; readonly fault: Fault }
  | { readonly _tag: "Kill" }
  | { readonly _tag: "Start" }
  | { readonly _tag: "Pass"; readonly millis: number }
  /** To an instant near the next expiry. */
  | { readonly _tag: "ToExpiry"; readonly offset: number }

const account = FastCheck.nat({ max: accounts.length - 1 })
const which = FastCheck.nat({ max: numbers.length - 1 })
const behaviour: FastCheck.Arbitrary<Behaviour> = FastCheck.record({
  payer: FastCheck.constantFrom("pays" as const, "pays" as const, "waits" as const, "insufficientFunds" as const),
  answer: FastCheck.constantFrom("given" as const, "given" as const, "lost" as const, "undelivered" as const)
})
const pause = FastCheck.oneof(
  FastCheck.integer({ min: 1, max: 2 * hour }),
  FastCheck.integer({ min: 1, max: 3 * day }),
  FastCheck.integer({ min: 1, max: 40 * day })
)
const tagged = <Tag extends Move["_tag"]>(
  _tag: Tag,
  fields: {
    [K in Exclude<keyof Extract<Move, { _tag: Tag }>, "_tag">]: FastCheck.Arbitrary<Extract<Move, { _tag: Tag }>[K]>
  }
): FastCheck.Arbitrary<Move> =>
  // The fields are those of the move with this tag.
  FastCheck.record({ _tag: FastCheck.constant(_tag), ...fields }) as unknown as FastCheck.Arbitrary<Move>

const move: FastCheck.Arbitrary<Move> = FastCheck.oneof(
  {
    weight: 5,
    arbitrary: tagged("Buy", {
      account,
      wanted: FastCheck.uniqueArray(which, { minLength: 1, maxLength: 4 }),
      auto: FastCheck.boolean()
    })
  },
  { weight: 4, arbitrary: tagged("Renew", { account, number: which }) },
  { weight: 2, arbitrary: tagged("Auto", { account, number: which, on: FastCheck.boolean() }) },
  {
    weight: 3,
    arbitrary: tagged("Payers", { behaviours: FastCheck.array(behaviour, { minLength: 1, maxLength: 4 }) })
  },
  { weight: 2, arbitrary: tagged("Pay", {}) },
  { weight: 1, arbitrary: tagged("Cancel", {}) },
  {
    weight: 2,
    arbitrary: tagged("Fault", {
      after: FastCheck.integer({ min: 1, max: 12 }),
      fault: FastCheck.constantFrom(...faults)
    })
  },
  { weight: 1, arbitrary: tagged("Kill", {}) },
  { weight: 2, arbitrary: tagged("Start", {}) },
  { weight: 5, arbitrary: tagged("Pass", { millis: pause }) },
  { weight: 4, arbitrary: tagged("ToExpiry", { offset: FastCheck.constantFrom(-day, -hour, -1, 0, 1, hour) }) }
)

/** What must hold after every change that is stored. */
const expectSound = (world: NumberWorld): void => {
  const taken = new Map<string, string>()
  for (const accountId of accounts) {
    const { held, reserved } = world.holdings(accountId)
    const waiting = reserved.flatMap(({ numbers, orderId }) => numbers.map(({ number }) => ({ number, orderId })))
    expect(held.length + waiting.length, "NUM-1").toBeLessThanOrEqual(5)
    for (const { number } of held) {
      expect(taken.get(number), "NUM-3: one holder").toBeUndefined()
      taken.set(number, accountId)
      expect(world.inventory(number).standing).toMatchObject({ _tag: "Held", accountId })
    }
    for (const { number, orderId } of waiting) {
      expect(taken.get(number), "NUM-3: one holder").toBeUndefined()
      taken.set(number, accountId)
      expect(world.inventory(number).standing).toEqual({ _tag: "Reserved", accountId, orderId })
    }
    for (const { expiresAt } of Holdings.usable(world.holdings(accountId), world.now)) {
      expect(world.now, "NUM-5").toBeLessThan(expiresAt)
    }
  }
  for (const number of numbers) {
    if (!taken.has(number)) expect(world.inventory(number).standing._tag).toBe("Free")
  }
}

/** Compares what was charged with what was granted, as the gateway and the journal remember it. */
const audit = (world: NumberWorld): void => {
  const fifty = Cny.yuan(50)
  const releases = new Map<string, number>()
  for (const accountId of accounts) {
    const terms = new Map<string, number>()
    let granted = 0
    const failureDays = new Set<string>()
    const wanted = new Map<string, ReadonlyArray<string>>()
    const expiries = new Map<string, number>()
    for (const event of world.history(Holdings.ref(accountId))) {
      switch (event._tag) {
        case "NumbersRented":
          expect(event.expiresAt - event.since, "NUM-2").toBe(30 * day)
          for (const number of wanted.get(event.orderId) ?? []) expiries.set(number, event.expiresAt)
          break
        case "NumbersReserved":
          wanted.set(
            event.orderId,
            event.numbers.map(({ number }) => number)
          )
          break
        case "NumberRenewed":
          expect(event.expiresAt, "NUM-4: from the old expiry").toBe(expiries.get(event.number)! + 30 * day)
          expiries.set(event.number, event.expiresAt)
          granted++
          break
        case "NumberReleased":
          expect(event.at, "NUM-5: not before the expiry").toBeGreaterThanOrEqual(expiries.get(event.number)!)
          releases.set(`${event.number}/${event.at}`, expiries.get(event.number)!)
          break
        case "RenewalFailed":
          failureDays.add(`${accountId}/${event.number}/${event.day}`)
          break
      }
    }
    const told = world.notices.filter((notice) => notice.accountId === accountId).map(({ noticeId }) => noticeId)
    expect(new Set(told).size, "NUM-6: one notice a day").toBe(told.length)
    for (const noticeId of told) expect(failureDays).toContain(noticeId)
    // Every charge, by what it was for; and that, by what became of it.
    const charges = world.payments.filter(({ attempt }) => attempt.accountId === accountId)
    let rented = 0
    for (const { attempt } of charges) {
      const order = Effect.runSync(Effect.orDie(world.store.journal.load(Order.ref(accountId, attempt.orderId)))).state
      expect(order.status, "charged, so fulfilled").toBe("fulfilled")
      expect(attempt.amount).toBe(order.amount)
      if (order.item?._tag === "NumberRent") rented += order.item.numbers.length
      if (order.item?._tag !== "NumberRenewal") continue
      const term = `${order.item.number}/${order.item.fromExpiresAt}`
      expect(terms.get(term), "NUM-6: a term is charged once").toBeUndefined()
      terms.set(term, order.item.fromExpiresAt)
    }
    expect(new Set(charges.map(({ attempt }) => attempt.orderId)).size, "PKG-10").toBe(charges.length)
    expect(terms.size, "charged renewals = granted renewals").toBe(granted)
    const paid = Cny.sum(charges.map(({ attempt }) => attempt.amount))
    expect(paid, "charged terms = granted terms").toBe(Cny.times(fifty, rented + granted))
  }
  // What each number went through: no holder without a quarantine after the one before.
  for (const number of numbers) {
    let freeFrom = 0
    let held = 0
    for (const event of world.history(VoiceNumber.ref(number))) {
      if (event._tag === "NumberReserved") expect(event.at, "NUM-5: quarantine").toBeGreaterThanOrEqual(freeFrom)
      if (event._tag === "NumberRented") held++
      if (event._tag === "NumberReleased") {
        held--
        expect(event.freeFrom, "NUM-5: 90 days from the expiry").toBe(releases.get(`${number}/${event.at}`)! + 90 * day)
        freeFrom = event.freeFrom
      }
      expect(held === 0 || held === 1).toBe(true)
    }
  }
}

const play = (moves: ReadonlyArray<Move>, picks: (ready: number) => number): NumberWorld => {
  const world = new NumberWorld({ accounts, numbers, leaseMillis: 4 * hour, pick: picks, afterEach: expectSound })
  /** One of the numbers that the account holds, if it holds any. */
  const name = ({ account, number }: { readonly account: number; readonly number: number }) => {
    const { held } = world.holdings(accounts[account]!)
    return [accounts[account]!, held[number % held.length]?.number ?? numbers[number]!] as const
  }
  let behaviours: ReadonlyArray<Behaviour> = []
  let turn = 0
  otherwise(world, () => behaviours[turn++ % Math.max(1, behaviours.length)] ?? { payer: "pays" })
  const openOrders = () =>
    accounts.flatMap((accountId) => {
      const page = world.store.records.list({
        kind: Order.kind,
        index: "byAccount",
        partition: accountId,
        limit: 1_000
      })
      return Effect.runSync(Effect.orDie(page)).items.flatMap(({ ref, state }) =>
        Order.isOpen(state) ? [{ accountId, orderId: ref.key }] : []
      )
    })
  for (const move of moves) {
    switch (move._tag) {
      case "Buy":
        world.do(
          buy(
            accounts[move.account]!,
            move.wanted.map((i) => numbers[i]!),
            move.auto
          )
        )
        break
      case "Renew":
        world.do(renewByHand(...name(move)))
        break
      case "Auto": {
        const [accountId, number] = name(move)
        world.do(Effect.flatMap(Numbers, (service) => service.setAutoRenewal({ accountId, number, on: move.on })))
        break
      }
      case "Payers":
        behaviours = move.behaviours
        break
      case "Pay":
        for (const { orderId } of openOrders()) Effect.runSync(world.sandbox.payers.pays(orderId))
        break
      case "Cancel":
        for (const order of openOrders()) world.do(Effect.flatMap(Orders, (orders) => orders.cancel(order)))
        break
      case "Fault":
        world.crashes.plan({ at: world.crashes.count + move.after, fault: move.fault })
        break
      case "Kill":
        world.kill()
        break
      case "Start":
        if (!world.alive) world.start()
        break
      case "Pass":
        world.simulation.pass(move.millis)
        break
      case "ToExpiry": {
        const next = accounts
          .flatMap((accountId) => world.holdings(accountId).held.map(({ expiresAt }) => expiresAt + move.offset))
          .filter((at) => at > world.now)
        if (next.length > 0) world.simulation.runUntil(Math.min(...next))
        break
      }
    }
    expectSound(world)
  }
  // Nothing goes wrong any more, and there is time to put everything right.
  world.crashes.plan()
  behaviours = []
  if (!world.alive) world.start()
  world.simulation.pass(12 * hour)
  return world
}

describe("months in the life of two accounts", () => {
  const lives = FastCheck.array(move, { minLength: 5, maxLength: 40, size: "max" })
  const counted = { rented: 0, renewed: 0, released: 0, failed: 0 }

  it(
    "NUM-1, NUM-3, NUM-5, NUM-6: one holder, at most five, charged terms = granted terms, through crashes and declines",
    async () => {
      await FastCheck.assert(
        FastCheck.asyncProperty(lives, FastCheck.infiniteStream(FastCheck.nat()), async (moves, picks) => {
          await breath()
          const world = play(moves, (ready) => (picks.next().value ?? 0) % ready)
          expectSound(world)
          audit(world)
          for (const accountId of accounts) {
            const { held, reserved } = world.holdings(accountId)
            expect(reserved, "nothing stays reserved").toEqual([])
            for (const { expiresAt } of held) expect(world.now, "nothing outlives its term").toBeLessThan(expiresAt)
            for (const { _tag } of world.history(Holdings.ref(accountId))) {
              if (_tag === "NumbersRented") counted.rented++
              if (_tag === "NumberRenewed") counted.renewed++
              if (_tag === "NumberReleased") counted.released++
              if (_tag === "RenewalFailed") counted.failed++
            }
          }
          world.end()
        }),
        { numRuns: runs }
      )
      for (const count of Object.values(counted)) expect(count).toBeGreaterThan(10)
    },
    runs * 2_400
  )
})
