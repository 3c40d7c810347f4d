import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import * as Balance from "../../src/balance/Balance.ts"
import type { Hold } from "../../src/balance/Lot.ts"
import * as MinutePackage from "../../src/balance/MinutePackage.ts"
import * as Minutes from "../../src/money/Minutes.ts"
import * as Refusal from "../../src/Refusal.ts"
import * as Kinds from "../../src/storage/Kind.ts"
import { agrees, decode, encode, Life, type Rules, type Step, steps } from "./BalanceTrace.ts"

const m = Minutes.make

interface Bought {
  readonly id: string
  readonly minutes: number
  readonly at?: number
  readonly effectiveAt?: number
  readonly expiresAt?: number
}

const purchase = ({ at = 0, effectiveAt = at, expiresAt = 1_000_000, id, minutes }: Bought): Balance.Purchase => ({
  packageId: id,
  kind: "custom",
  minutes: m(minutes),
  purchasedAt: at,
  effectiveAt,
  expiresAt
})

const evolveAll = (state: Balance.State, events: ReadonlyArray<Balance.Event>): Balance.State =>
  events.reduce(Balance.evolve, state)

/** A balance of these packages, all bought with one order. */
const balanceOf = (...packages: ReadonlyArray<Bought>): Balance.State =>
  evolveAll(
    Balance.initial,
    Balance.grant({ now: 0 }, Balance.initial, { orderId: "order", packages: packages.map(purchase) })
  )

const hold = (state: Balance.State, minutes: number, now: number, sendId = "send") => {
  const { events, hold } = Either.getOrThrow(Balance.hold({ now }, state, { sendId, minutes: m(minutes) }))
  return { state: evolveAll(state, events), events, hold }
}

const settle = (state: Balance.State, hold: Hold, minutes: number, now: number, sendId = "send") => {
  const settled = Balance.settle({ now }, state, { sendId, hold, minutes: m(minutes) })
  return { ...settled, state: evolveAll(state, settled.events) }
}

const release = (state: Balance.State, hold: Hold, now: number, sendId = "send") =>
  evolveAll(state, Balance.release({ now }, state, { sendId, hold }))

const taken = (hold: Hold) => hold.parts.map(({ minutes, packageId }) => [packageId, minutes])

const lotsOf = (state: Balance.State) =>
  Object.fromEntries(
    Balance.lots(state).map(({ expired, free, held, packageId, spent }) => [packageId, { free, held, spent, expired }])
  )

const sums = ({ available, expired, granted, held, overrun, spent, waiting }: Balance.State) => ({
  granted,
  waiting,
  available,
  held,
  spent,
  expired,
  overrun
})

describe("refusals of a hold", () => {
  const used = (): Balance.State => {
    const held = hold(balanceOf({ id: "a", minutes: 5 }), 5, 10)
    return settle(held.state, held.hold, 5, 20).state
  }
  const allHeld = (expiresAt: number) => hold(balanceOf({ id: "a", minutes: 5, expiresAt }), 5, 10).state
  const noPackage = (needed: number, notYetEffective = 0) =>
    new Balance.NoUsablePackage({ needed: m(needed), notYetEffective: m(notYetEffective) })
  const notEnough = (needed: number, available: number) =>
    new Balance.NotEnoughMinutes({ needed: m(needed), available: m(available) })

  it.each<[string, Balance.State, number, number, Balance.NoUsablePackage | Balance.NotEnoughMinutes]>([
    ["none was bought", Balance.initial, 1, 100, noPackage(1)],
    ["all are not yet effective", balanceOf({ id: "a", minutes: 9, effectiveAt: 101 }), 1, 100, noPackage(1, 9)],
    ["all are used up", used(), 1, 100, noPackage(1)],
    ["all have expired", balanceOf({ id: "a", minutes: 9, expiresAt: 100 }), 1, 100, noPackage(1)],
    ["the only one has expired with all its minutes on hold", allHeld(100), 1, 100, noPackage(1)],
    [
      "one has expired, one is not yet effective",
      balanceOf({ id: "a", minutes: 9, expiresAt: 100 }, { id: "b", minutes: 4, effectiveAt: 101 }),
      1,
      100,
      noPackage(1, 4)
    ],
    ["too few are free", balanceOf({ id: "a", minutes: 9 }), 10, 100, notEnough(10, 9)],
    ["all minutes of an unexpired package are on hold", allHeld(101), 1, 100, notEnough(1, 0)],
    [
      "what is not yet effective does not count",
      balanceOf({ id: "a", minutes: 3 }, { id: "b", minutes: 9, effectiveAt: 101 }),
      4,
      100,
      notEnough(4, 3)
    ]
  ])("BAL-7: a hold is refused where %s, and nothing is decided", (_, state, minutes, now, refusal) => {
    const answer = Balance.hold({ now }, state, { sendId: "send", minutes: m(minutes) })
    expect(answer).toEqual(Either.left(refusal))
    const { code, rule, transient } = Refusal.describe(refusal)!
    const wire = refusal._tag === "NoUsablePackage" ? 1033 : 1031
    expect({ code, rule, transient }).toEqual({ code: wire, rule: "BAL-7", transient: true })
  })

  it("BAL-7: exactly the minutes that are free can be put on hold", () => {
    const { state } = hold(balanceOf({ id: "a", minutes: 9 }), 9, 100)
    expect(sums(state)).toMatchObject({ available: 0, held: 9 })
  })
})

describe("time", () => {
  it.each([
    [99, "NoUsablePackage"],
    [100, "held"],
    [199, "held"],
    [200, "NoUsablePackage"]
  ])("PKG-7: a package effective from 100 and valid until 200 is at %i: %s", (now, expected) => {
    const state = balanceOf({ id: "a", minutes: 5, effectiveAt: 100, expiresAt: 200 })
    const answer = Balance.hold({ now }, state, { sendId: "send", minutes: m(1) })
    expect(Either.isRight(answer) ? "held" : answer.left._tag).toBe(expected)
    expect(Balance.available(state, now)).toBe(expected === "held" ? 5 : 0)
  })

  it("BAL-9: what time alone brings is in the ledger, in its order and at its time, however late somebody looks", () => {
    const state = balanceOf(
      { id: "a", minutes: 5, effectiveAt: 100, expiresAt: 200 },
      { id: "b", minutes: 7, effectiveAt: 150, expiresAt: 180 }
    )
    expect(Balance.catchUp({ now: 99 }, state)).toEqual([])
    expect(Balance.catchUp({ now: 1_000 }, state)).toEqual([
      { _tag: "PackageEffective", at: 100, packageId: "a", minutes: 5 },
      { _tag: "PackageEffective", at: 150, packageId: "b", minutes: 7 },
      { _tag: "PackageExpired", at: 180, packageId: "b", minutes: 7 },
      { _tag: "PackageExpired", at: 200, packageId: "a", minutes: 5 }
    ])
  })

  it("BAL-5: a clock that is behind does not bring expired minutes back", () => {
    const held = hold(balanceOf({ id: "a", minutes: 5, expiresAt: 200 }, { id: "b", minutes: 5 }), 2, 100)
    const later = hold(held.state, 1, 200, "other").state
    const state = release(later, held.hold, 150)
    expect(lotsOf(state)).toMatchObject({ b: { free: 4, held: 1 } })
    expect(sums(state)).toMatchObject({ available: 4, expired: 5 })
    expect(state.at).toBe(200)
  })

  it("PKG-7: a package that is delivered late is effective at once, and expired at once after its time", () => {
    const late = (now: number) => {
      const packages = [purchase({ id: "a", minutes: 5, effectiveAt: 100, expiresAt: 200 })]
      return evolveAll(Balance.initial, Balance.grant({ now }, Balance.initial, { orderId: "order", packages }))
    }
    expect(sums(late(150))).toMatchObject({ granted: 5, waiting: 0, available: 5 })
    expect(sums(late(200))).toMatchObject({ granted: 5, available: 0, expired: 5 })
  })

  it("BAL-4: somebody looks again at the expiry of a lot whose minutes are all on hold", () => {
    const { hold: made, state } = hold(
      balanceOf({ id: "a", minutes: 5, expiresAt: 200 }, { id: "b", minutes: 1 }),
      5,
      10
    )
    expect(Balance.wakeAt(state, 10)).toBe(200)
    expect(Balance.wakeAt(state, 200)).toBe(1_000_000)
    expect(Balance.wakeAt(release(state, made, 20), 20)).toBe(200)
    expect(Balance.wakeAt(balanceOf({ id: "a", minutes: 5, effectiveAt: 100, expiresAt: 200 }), 10)).toBe(100)
    expect(Balance.wakeAt(Balance.initial, 10)).toBeUndefined()
  })
})

describe("the order of drawing", () => {
  it("BAL-3: what expires first is drawn first, then what was bought first, then the smaller id", () => {
    const state = balanceOf(
      { id: "d", minutes: 1, at: 1, expiresAt: 300 },
      { id: "b", minutes: 1, at: 2, expiresAt: 200 },
      { id: "c", minutes: 1, at: 2, expiresAt: 200 },
      { id: "a", minutes: 1, at: 3, expiresAt: 200 },
      { id: "e", minutes: 1, at: 0, expiresAt: 300 }
    )
    expect(taken(hold(state, 5, 10).hold)).toEqual([
      ["b", 1],
      ["c", 1],
      ["a", 1],
      ["e", 1],
      ["d", 1]
    ])
  })

  it("BAL-3: one call draws on several packages", () => {
    const state = balanceOf({ id: "a", minutes: 3, expiresAt: 200 }, { id: "b", minutes: 10, expiresAt: 300 })
    const held = hold(state, 5, 10)
    expect(taken(held.hold)).toEqual([
      ["a", 3],
      ["b", 2]
    ])
    const settled = settle(held.state, held.hold, 4, 20)
    expect(settled.paid.map(({ minutes, packageId }) => [packageId, minutes])).toEqual([
      ["a", 3],
      ["b", 1]
    ])
    expect(lotsOf(settled.state)).toMatchObject({ a: { spent: 3 }, b: { free: 9, held: 0, spent: 1 } })
  })

  it("BAL-3: the order in which purchases arrive changes nothing", async () => {
    const packages = FastCheck.uniqueArray(
      FastCheck.record({
        id: FastCheck.stringMatching(/^[a-z]{1,3}$/),
        minutes: FastCheck.integer({ min: 1, max: 5 }),
        at: FastCheck.integer({ min: 0, max: 3 }),
        expiresAt: FastCheck.integer({ min: 100, max: 103 })
      }),
      { selector: ({ id }) => id, maxLength: 80, size: "max" }
    )
    const given = packages.chain((list) =>
      FastCheck.record({
        list: FastCheck.constant(list),
        shuffled: FastCheck.shuffledSubarray(list, { minLength: list.length }),
        calls: FastCheck.array(FastCheck.integer({ min: 1, max: 9 }), { maxLength: 20 })
      })
    )
    const live = (list: ReadonlyArray<Bought>, calls: ReadonlyArray<number>) => {
      let state = Balance.initial
      for (const bought of list) {
        const events = Balance.grant({ now: 3 }, state, { orderId: bought.id, packages: [purchase(bought)] })
        state = evolveAll(state, events)
      }
      for (const minutes of calls) {
        const held = Balance.hold({ now: 10 }, state, { sendId: "send", minutes: m(minutes) })
        if (Either.isRight(held))
          state = settle(evolveAll(state, held.right.events), held.right.hold, minutes - 1, 11).state
      }
      return encode(Balance.current(state, 101))
    }
    const property = FastCheck.asyncProperty(given, async ({ calls, list, shuffled }) => {
      const { closed: oneClosed, ...one } = live(list, calls)
      const { closed: otherClosed, ...other } = live(shuffled, calls)
      expect(one).toEqual(other)
      expect(new Set(oneClosed)).toEqual(new Set(otherClosed))
    })
    // In the long form it takes so long that the runner must get a word in between.
    await FastCheck.assert(property.beforeEach(() => new Promise<void>((resolve) => setImmediate(resolve))))
  })
})

describe("the end of a hold", () => {
  it("BAL-4: what a call did not need goes back to the lots it came from", () => {
    const held = hold(balanceOf({ id: "a", minutes: 3, expiresAt: 200 }, { id: "b", minutes: 4 }), 6, 10)
    expect(lotsOf(held.state)).toEqual({
      a: { free: 0, held: 3, spent: 0, expired: 0 },
      b: { free: 1, held: 3, spent: 0, expired: 0 }
    })
    const settled = settle(held.state, held.hold, 1, 20)
    expect(settled.overrun).toBe(0)
    expect(lotsOf(settled.state)).toEqual({
      a: { free: 2, held: 0, spent: 1, expired: 0 },
      b: { free: 4, held: 0, spent: 0, expired: 0 }
    })
    expect(sums(settled.state)).toMatchObject({ available: 6, held: 0, spent: 1 })
  })

  it("BAL-4: a call that is not answered costs nothing", () => {
    const before = balanceOf({ id: "a", minutes: 3, expiresAt: 200 }, { id: "b", minutes: 4 })
    const held = hold(before, 6, 10)
    const after = release(held.state, held.hold, 20)
    expect(lotsOf(after)).toEqual(lotsOf(before))
    expect(sums(after)).toEqual(sums(before))
  })

  it("BAL-4: a hold pays for its call although its package has expired meanwhile; the rest is written off, visibly", () => {
    const held = hold(balanceOf({ id: "a", minutes: 8, expiresAt: 200 }), 5, 199)
    const { events, overrun, state } = settle(held.state, held.hold, 2, 200)
    expect(overrun).toBe(0)
    expect(events).toEqual([
      { _tag: "PackageExpired", at: 200, packageId: "a", minutes: 3 },
      {
        _tag: "HoldSettled",
        at: 200,
        sendId: "send",
        minutes: 2,
        shares: [{ packageId: "a", purchasedAt: 0, expiresAt: 200, held: 5, spent: 2, returned: 0, expired: 3 }],
        beyond: [],
        overrun: 0
      }
    ])
    expect(sums(state)).toMatchObject({ available: 0, held: 0, spent: 2, expired: 6 })
  })

  it("BAL-4: until its expiry a lot takes minutes back that were all on hold", () => {
    const held = hold(balanceOf({ id: "a", minutes: 5, expiresAt: 200 }), 5, 10)
    expect(sums(release(held.state, held.hold, 199))).toMatchObject({ available: 5, expired: 0 })
    expect(sums(release(held.state, held.hold, 200))).toMatchObject({ available: 0, expired: 5 })
  })

  it("BAL-8: a call that outlasts its hold is paid as far as the balance reaches; the rest is an overrun", () => {
    const held = hold(balanceOf({ id: "a", minutes: 3 }, { id: "b", minutes: 4, expiresAt: 2_000_000 }), 2, 10)
    const within = settle(held.state, held.hold, 6, 20)
    expect(within.overrun).toBe(0)
    expect(within.paid.map(({ minutes, packageId }) => [packageId, minutes])).toEqual([
      ["a", 2],
      ["a", 1],
      ["b", 3]
    ])
    const beyond = settle(held.state, held.hold, 60, 20)
    expect(beyond.overrun).toBe(53)
    expect(sums(beyond.state)).toEqual({
      granted: 7,
      waiting: 0,
      available: 0,
      held: 0,
      spent: 7,
      expired: 0,
      overrun: 53
    })
  })

  it("BAL-8: an overrun does not touch what others have on hold", () => {
    const first = hold(balanceOf({ id: "a", minutes: 5 }), 2, 10, "first")
    const second = hold(first.state, 3, 11, "second")
    const { overrun, state } = settle(second.state, first.hold, 5, 20, "first")
    expect(overrun).toBe(3)
    expect(lotsOf(state)).toEqual({ a: { free: 0, held: 3, spent: 2, expired: 0 } })
  })

  it("BAL-5: minutes that are not on hold cannot be settled: that is a defect", () => {
    const held = hold(balanceOf({ id: "a", minutes: 5 }), 5, 10)
    const once = settle(held.state, held.hold, 5, 20)
    expect(() => settle(once.state, held.hold, 5, 20)).toThrow("not where its minutes should be")
    const other = hold(balanceOf({ id: "a", minutes: 5 }), 1, 10)
    expect(() => settle(other.state, held.hold, 5, 20)).toThrow("less on hold")
  })
})

describe("closed packages", () => {
  const rowOf = (state: Balance.State) => ({ ...Kinds.fresh(Balance.ref("account")), state })

  it("PKG-8: a package that is used up leaves the balance, and its final numbers are kept", () => {
    const held = hold(balanceOf({ id: "a", minutes: 3, expiresAt: 200 }, { id: "b", minutes: 4 }), 3, 10)
    const { events } = Balance.settle({ now: 20 }, held.state, { sendId: "send", hold: held.hold, minutes: m(3) })
    const after = Balance.after(rowOf(held.state), events)
    expect(lotsOf(after.state)).toEqual({ b: { free: 4, held: 0, spent: 0, expired: 0 } })
    expect(sums(after.state)).toMatchObject({ granted: 7, available: 4, spent: 3 })
    expect(after.changes.map(({ events, ref }) => [ref.key, events.at(-1)])).toEqual([
      ["account", { _tag: "PackageClosed", at: 20, packageId: "a", minutes: 3, spent: 3, expired: 0 }],
      [
        "a",
        {
          _tag: "PackageArchived",
          closed: {
            accountId: "account",
            packageId: "a",
            orderId: "order",
            kind: "custom",
            minutes: 3,
            purchasedAt: 0,
            effectiveAt: 0,
            expiresAt: 200,
            spent: 3,
            expired: 0
          }
        }
      ]
    ])
    expect(after.changes[1]?.ref.kind).toBe(MinutePackage.kind)
    expect(Balance.conserves(after.state)).toBe(true)
  })

  it("PKG-8: a package that is not recorded at once waits for the next change", () => {
    const held = hold(balanceOf({ id: "a", minutes: 3 }, { id: "b", minutes: 4 }), 3, 10)
    const forgotten = settle(held.state, held.hold, 3, 20).state
    expect(forgotten.closed.map(({ packageId }) => packageId)).toEqual(["a"])
    const { events } = hold(forgotten, 1, 30)
    const after = Balance.after(rowOf(forgotten), events)
    expect(after.changes.map(({ ref }) => ref.key)).toEqual(["account", "a"])
    expect(after.state.closed).toEqual([])
  })

  it("BAL-9: what nobody changed is not stored", () => {
    expect(Balance.after(rowOf(Balance.initial), [])).toEqual({ state: Balance.initial, changes: [] })
  })

  it("PKG-6: a package is granted once", () => {
    const state = balanceOf({ id: "a", minutes: 3 })
    const again = Balance.grant({ now: 0 }, state, { orderId: "order", packages: [purchase({ id: "b", minutes: 1 })] })
    expect(evolveAll(state, again).granted).toBe(4)
    expect(() =>
      Balance.grant({ now: 0 }, state, { orderId: "order", packages: [purchase({ id: "a", minutes: 3 })] })
    ).toThrow("granted before")
  })
})

describe("any life of a balance", () => {
  it("BAL-5, BAL-6: agrees with a model of single minutes, and conserves them, after every step", () => {
    FastCheck.assert(
      FastCheck.property(steps, (trace) => {
        expect(Balance.conserves(agrees(Balance, trace).state)).toBe(true)
      }),
      { numRuns: 500 }
    )
  })

  it("BAL-9: is rebuilt equal from its events", () => {
    FastCheck.assert(
      FastCheck.property(steps, (trace) => {
        const life = agrees(Balance, trace)
        expect(encode(evolveAll(Balance.initial, life.events))).toEqual(encode(life.state))
      })
    )
  })

  it("BAL-9: goes on the same after it was stored and read again, and its events are stored as they are", () => {
    const decodeEvent = Schema.decodeSync(Balance.Event)
    const encodeEvent = Schema.encodeSync(Balance.Event)
    FastCheck.assert(
      FastCheck.property(steps, steps, (before, after) => {
        const kept = new Life(Balance)
        const stored = new Life(Balance)
        for (const step of before) for (const life of [kept, stored]) life.step(step)
        stored.row = { ...stored.row, state: decode(JSON.parse(JSON.stringify(encode(stored.state)))) }
        for (const step of after) for (const life of [kept, stored]) life.step(step)
        expect(encode(stored.state)).toEqual(encode(kept.state))
        expect(stored.events).toEqual(kept.events)
        for (const event of kept.events)
          expect(decodeEvent(JSON.parse(JSON.stringify(encodeEvent(event))))).toEqual(event)
      })
    )
  })

  it("BAL-5, BAL-9: is the same however often somebody looks in between", () => {
    FastCheck.assert(
      FastCheck.property(steps, (trace) => {
        const seldom = new Life(Balance)
        const often = new Life(Balance)
        for (const step of trace) {
          if (step._tag !== "CatchUp") seldom.step(step)
          for (let i = 0; step._tag === "Wait" && i < step.millis; i++) {
            often.step({ _tag: "Wait", millis: 1 })
            often.step({ _tag: "CatchUp" })
          }
          if (step._tag !== "Wait") often.step(step)
        }
        for (const life of [seldom, often]) life.step({ _tag: "CatchUp" })
        expect(often.counts()).toEqual(seldom.counts())
        expect(sums(often.state)).toEqual(sums(seldom.state))
        const entries = ({ events }: Life) => events.filter(({ _tag }) => _tag !== "PackageClosed")
        expect(entries(often)).toEqual(entries(seldom))
      })
    )
  })

  it("BAL-5: is sound whatever the clocks of the writers say", () => {
    const skewed = FastCheck.array(FastCheck.tuple(FastCheck.integer({ min: -20, max: 20 }), steps), { maxLength: 4 })
    FastCheck.assert(
      FastCheck.property(skewed, (parts) => {
        const life = new Life(Balance)
        for (const [skew, trace] of parts) {
          life.now += skew
          for (const step of trace) {
            life.step(step)
            expect(Balance.conserves(life.state)).toBe(true)
          }
        }
        expect(life.events.every(({ at }, i) => i === 0 || life.events[i - 1]!.at <= at)).toBe(true)
        const held = life.holds.reduce((sum, { hold }) => sum + hold.minutes, 0)
        expect(life.state.held).toBe(held)
      })
    )
  })

  it("BAL-6: is conserved over hundreds of packages", () => {
    const packages = Array.from({ length: 300 }, (_, i) => ({
      id: `p${i}`,
      minutes: 1 + (i % 7),
      expiresAt: 1_000 + ((i * 37) % 100)
    }))
    let state = balanceOf(...packages)
    const holds: Array<Hold> = []
    for (let i = 0; i < 200; i++) {
      const held = hold(state, 1 + ((i * 5) % 6), 10 + i, `s${i}`)
      state = held.state
      holds.push(held.hold)
      if (i % 3 === 0) state = settle(state, holds.splice((i * 7) % holds.length, 1)[0]!, i % 9, 10 + i).state
      expect(Balance.conserves(state)).toBe(true)
    }
    for (const made of holds) state = release(state, made, 1_050)
    expect(Balance.conserves(state)).toBe(true)
    expect(sums(Balance.current(state, 1_100))).toMatchObject({ available: 0, held: 0 })
  })
})

describe("rules that are broken on purpose", () => {
  const shifted = (by: number): Rules => ({
    ...Balance,
    catchUp: (env, state) => Balance.catchUp({ now: env.now + by }, state),
    grant: (env, state, command) => Balance.grant({ now: env.now + by }, state, command),
    hold: (env, state, command) => Balance.hold({ now: env.now + by }, state, command),
    settle: (env, state, command) => Balance.settle({ now: env.now + by }, state, command),
    release: (env, state, command) => Balance.release({ now: env.now + by }, state, command)
  })
  const forgetRest = (event: Balance.Event): Balance.Event =>
    event._tag === "HoldSettled"
      ? { ...event, shares: event.shares.map((share) => ({ ...share, returned: m(0), held: share.spent })) }
      : event

  const mutants: Record<string, Rules> = {
    "forgets that time passes before a hold": {
      ...Balance,
      hold: (_, state, command) => Balance.hold({ now: state.at }, state, command)
    },
    "forgets that time passes before a settlement": {
      ...Balance,
      settle: (_, state, command) => Balance.settle({ now: state.at }, state, command)
    },
    "is a millisecond late": shifted(-1),
    "is a millisecond early": shifted(1),
    "draws what expires last first": {
      ...Balance,
      hold: (env, state, command) =>
        Either.map(Balance.hold(env, state, command), (held) => {
          const from = evolveAll(state, held.events.slice(0, -1))
          const parts: Array<Hold["parts"][number]> = []
          let missing: number = command.minutes
          for (const { expiresAt, free, packageId, purchasedAt } of Balance.lots(from).toReversed()) {
            const minutes = m(Math.min(free, missing))
            if (minutes > 0 && from.pending.every((lot) => lot.packageId !== packageId))
              parts.push({ packageId, purchasedAt, expiresAt, minutes })
            missing -= parts.at(-1)?.packageId === packageId ? minutes : 0
          }
          const hold = { minutes: command.minutes, parts }
          const event = { _tag: "MinutesHeld", at: env.now, sendId: command.sendId, ...hold } as const
          return { events: [...held.events.slice(0, -1), event], hold }
        })
    },
    "loses the rest of a hold": {
      ...Balance,
      settle: (env, state, command) => {
        const settled = Balance.settle(env, state, command)
        return { ...settled, events: settled.events.map(forgetRest) }
      }
    },
    "settles twice": {
      ...Balance,
      settle: (env, state, command) => {
        const settled = Balance.settle(env, state, command)
        return { ...settled, events: [...settled.events, settled.events.at(-1)!] }
      }
    },
    "spends what expires last of a hold first": {
      ...Balance,
      settle: (env, state, command) => {
        const hold = { ...command.hold, parts: command.hold.parts.toReversed() }
        return Balance.settle(env, state, { ...command, hold })
      }
    },
    "lets an overrun be forgotten": {
      ...Balance,
      settle: (env, state, command) => {
        const settled = Balance.settle(env, state, command)
        const events = settled.events.map((event) =>
          event._tag === "HoldSettled" ? { ...event, overrun: m(0) } : event
        )
        return { ...settled, events }
      }
    },
    "keeps no record of closed packages": {
      ...Balance,
      after: (row, events) => {
        const { changes, state } = Balance.after(row, events)
        return { changes: changes.slice(0, 1), state }
      }
    },
    "takes no package for one without enough minutes": {
      ...Balance,
      hold: (env, state, command) =>
        Either.mapLeft(Balance.hold(env, state, command), (refusal) =>
          refusal._tag === "NoUsablePackage"
            ? new Balance.NotEnoughMinutes({ needed: refusal.needed, available: m(0) })
            : refusal
        )
    }
  }

  const findsDifference = (rules: Rules, numRuns = 1_000): boolean =>
    FastCheck.check(
      FastCheck.property(steps, (trace: ReadonlyArray<Step>) => {
        agrees(rules, trace)
      }),
      { numRuns }
    ).failed

  it.each(Object.keys(mutants))("BAL-5, BAL-6: the model of single minutes finds a balance that %s", (name) => {
    expect(findsDifference(mutants[name]!)).toBe(true)
  })

  it("BAL-6: and it finds nothing in a copy that is not broken", () => {
    expect(findsDifference({ ...Balance }, 100)).toBe(false)
  })
})
