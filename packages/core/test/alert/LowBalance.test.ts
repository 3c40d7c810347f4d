import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import * as Alert from "../../src/alert/Alert.ts"
import * as LowBalance from "../../src/alert/LowBalance.ts"
import * as Minutes from "../../src/money/Minutes.ts"
import * as Kinds from "../../src/storage/Kind.ts"

const m = Minutes.make
const now = 1_000

const rowOf = (state: Partial<LowBalance.State> = {}) => ({
  ...Kinds.fresh(LowBalance.ref("account")),
  state: { ...LowBalance.initial, ...state }
})

const observe = (state: Partial<LowBalance.State>, available: number, cause: LowBalance.Cause) => {
  const { changes, work } = LowBalance.observe({ now }, rowOf(state), m(available), cause)
  return { events: changes.flatMap(({ events }) => events.map(({ _tag }) => _tag)), changes, work }
}

describe("the low-balance alert", () => {
  it("ALR-1: the threshold is 5,000 minutes unless somebody sets another", () => {
    expect(LowBalance.initial).toEqual({ threshold: 5_000, armed: true, crossings: 0 })
  })

  it.each<[string, Partial<LowBalance.State>, number, LowBalance.Cause, ReadonlyArray<string>]>([
    ["armed, at the threshold", {}, 5_000, "usage", []],
    ["armed, one minute below", {}, 4_999, "usage", ["LowBalanceFired", "AlertFired"]],
    ["armed, at nothing", {}, 0, "usage", ["LowBalanceFired", "AlertFired"]],
    ["armed, below, and minutes were bought", {}, 4_999, "purchase", []],
    ["armed, above, and minutes were bought", {}, 5_000, "purchase", []],
    ["fired, still below", { armed: false }, 4_998, "usage", []],
    ["fired, at the threshold again", { armed: false }, 5_000, "usage", ["LowBalanceArmed"]],
    ["fired, still below, and minutes were bought", { armed: false }, 10, "purchase", ["LowBalanceArmed"]],
    ["off, at nothing", { threshold: m(0) }, 0, "usage", []],
    ["off after it fired", { threshold: m(0), armed: false }, 0, "usage", ["LowBalanceArmed"]],
    ["a threshold of one, at nothing", { threshold: m(1) }, 0, "usage", ["LowBalanceFired", "AlertFired"]]
  ])("ALR-1: %s", (_, state, available, cause, events) => {
    expect(observe(state, available, cause).events).toEqual(events)
  })

  it("ALR-5: it fires as a new alert named by the crossing, with the work of telling people", () => {
    const { changes, work } = observe({ crossings: 3 }, 17, "usage")
    expect(changes[1]?.ref).toEqual(Alert.ref("account", "low-balance-4"))
    expect(changes[1]?.state).toEqual({
      accountId: "account",
      facts: { _tag: "LowBalance", available: 17, threshold: 5_000 },
      firedAt: now,
      addressed: false,
      deliveries: []
    })
    expect(work).toEqual([{ _tag: "Enqueue", queue: "alert", owner: "account", key: "low-balance-4", dueAt: now }])
  })

  it.each<[string, Partial<LowBalance.State>, number, number, Partial<LowBalance.State>]>([
    ["a lower one than what is available arms", { armed: false }, 3_000, 4_000, { threshold: m(3_000), armed: true }],
    ["one equal to what is available arms", { armed: false }, 4_000, 4_000, { threshold: m(4_000), armed: true }],
    ["a higher one does not arm", { armed: false }, 9_000, 4_000, { threshold: m(9_000), armed: false }],
    ["a higher one does not fire", {}, 9_000, 6_000, { threshold: m(9_000), armed: true, crossings: 0 }],
    ["none arms", { armed: false }, 0, 0, { threshold: m(0), armed: true }]
  ])("ALR-1: setting a threshold: %s", (_, state, threshold, available, expected) => {
    const { state: before } = rowOf(state)
    const events = LowBalance.setThreshold({ now }, before, { threshold: m(threshold), available: m(available) })
    const after = events.reduce(LowBalance.evolve, before)
    expect(after).toMatchObject(expected)
    expect(LowBalance.setThreshold({ now }, after, { threshold: m(threshold), available: m(available) })).toEqual([])
  })

  const looks = FastCheck.array(
    FastCheck.record({
      available: FastCheck.integer({ min: 0, max: 10 }),
      cause: FastCheck.constantFrom("usage" as const, "usage" as const, "purchase" as const)
    }),
    { maxLength: 60 }
  )

  /** Told once when it is low, and not again until minutes were bought or enough were there. */
  const told = (threshold: number, trace: ReadonlyArray<{ available: number; cause: LowBalance.Cause }>) => {
    const times: Array<number> = []
    let quiet = false
    for (const [i, { available, cause }] of trace.entries()) {
      if (available >= threshold || cause === "purchase") quiet = false
      else if (!quiet) {
        times.push(i)
        quiet = true
      }
    }
    return times
  }

  it("ALR-1, ALR-5: fires exactly once per crossing, under names that never repeat", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.integer({ min: 0, max: 10 }), looks, (threshold, trace) => {
        let row = rowOf({ threshold: m(threshold) })
        const times: Array<number> = []
        const names: Array<string> = []
        for (const [i, { available, cause }] of trace.entries()) {
          const { changes, work } = LowBalance.observe({ now }, row, m(available), cause)
          for (const { ref, state } of changes) {
            if (ref.kind === LowBalance.kind) row = { ...row, state }
            else names.push(ref.key)
          }
          if (work.length > 0) times.push(i)
        }
        expect(times).toEqual(told(threshold, trace))
        expect(names).toEqual(times.map((_, i) => `low-balance-${i + 1}`))
      }),
      { numRuns: 500 }
    )
  })

  it("ALR-1: is stored as it is", () => {
    const state = { threshold: m(7), armed: false, crossings: 2 }
    expect(Schema.decodeSync(LowBalance.State)(Schema.encodeSync(LowBalance.State)(state))).toEqual(state)
  })
})
