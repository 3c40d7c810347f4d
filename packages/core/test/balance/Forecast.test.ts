import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import { forecast } from "../../src/balance/Forecast.ts"
import type { Lot } from "../../src/balance/Lot.ts"
import * as Minutes from "../../src/money/Minutes.ts"

const m = Minutes.make
const day = 86_400_000
const now = 1_000 * day + 12_345

const lot = (packageId: string, free: number, expiresAt: number): Lot => ({
  packageId,
  purchasedAt: 0,
  effectiveAt: 0,
  expiresAt,
  orderId: "order",
  kind: "custom",
  minutes: m(free),
  free: m(free),
  held: m(0),
  spent: m(0),
  expired: m(0)
})

/** Lives through the days one by one, and takes minutes one by one. */
const liveThrough = (lots: ReadonlyArray<Lot>, used: number, days: number) => {
  const left = new Map(lots.map(({ free, packageId }) => [packageId, free as number]))
  const inOrder = lots.toSorted((a, b) => a.expiresAt - b.expiresAt || (a.packageId < b.packageId ? -1 : 1))
  const usable = (today: number) =>
    inOrder.filter(({ expiresAt, packageId }) => left.get(packageId)! > 0 && now + today * day <= expiresAt)
  /** Whether nothing is left that some later day could use, or that some later day sees expire. */
  const isOver = (today: number) =>
    inOrder.every(({ expiresAt, packageId }) => left.get(packageId) === 0 || now + (today + 1) * day > expiresAt)
  const last = Math.max(0, ...lots.map(({ expiresAt }) => Math.floor((expiresAt - now) / day)))
  let end = isOver(0) ? 0 : undefined
  for (let today = 1; today <= last; today++) {
    let demand = Math.floor((used * today) / days) - Math.floor((used * (today - 1)) / days)
    for (; demand > 0; demand--) {
      const [first] = usable(today)
      if (first === undefined) break
      left.set(first.packageId, left.get(first.packageId)! - 1)
    }
    if (isOver(today)) end ??= today
  }
  const wasted = inOrder
    .map(({ expiresAt, packageId }) => ({ packageId, minutes: left.get(packageId)!, expiresAt }))
    .filter(({ minutes }) => minutes > 0)
  return { end, wasted }
}

describe("the forecast", () => {
  it("BAL-3: six days at this rate, and forty thousand minutes expire unused", () => {
    const lots = [lot("soon", 100_000, now + 6 * day), lot("later", 10_000, now + 700 * day)]
    expect(forecast({ now, lots, minutesUsed: m(70_000), daysLooked: 7 })).toEqual({
      minutesUsed: 70_000,
      daysLooked: 7,
      daysLeft: 7,
      emptyAt: now + 7 * day,
      wasted: [{ packageId: "soon", minutes: 40_000, expiresAt: now + 6 * day }],
      wastedMinutes: 40_000
    })
  })

  it("BAL-3: what is not used lasts until it expires", () => {
    const lots = [lot("a", 10, now + 5 * day + 1), lot("b", 20, now + 2 * day)]
    expect(forecast({ now, lots, minutesUsed: m(0), daysLooked: 7 })).toMatchObject({
      daysLeft: 5,
      emptyAt: now + 5 * day + 1,
      wasted: [
        { packageId: "b", minutes: 20 },
        { packageId: "a", minutes: 10 }
      ],
      wastedMinutes: 30
    })
  })

  it("BAL-3: where nothing is left, nothing lasts", () => {
    const lots = [lot("a", 0, now + 5 * day), lot("b", 7, now)]
    expect(forecast({ now, lots, minutesUsed: m(5), daysLooked: 7 })).toMatchObject({
      daysLeft: 0,
      emptyAt: now,
      wasted: []
    })
  })

  it("BAL-3: agrees with living through the days one by one", () => {
    const lots = FastCheck.array(
      FastCheck.record({
        free: FastCheck.integer({ min: 1, max: 30 }),
        life: FastCheck.integer({ min: 1, max: 20 * 24 })
      }),
      { minLength: 1, maxLength: 6 }
    ).map((list) => list.map(({ free, life }, i) => lot(`p${i}`, free, now + life * (day / 24))))
    const use = FastCheck.integer({ min: 0, max: 60 })
    const days = FastCheck.integer({ min: 1, max: 9 })
    FastCheck.assert(
      FastCheck.property(lots, use, days, (given, minutesUsed, daysLooked) => {
        const answer = forecast({ now, lots: given, minutesUsed: m(minutesUsed), daysLooked })
        const lived = liveThrough(given, minutesUsed, daysLooked)
        expect(answer.wasted).toEqual(lived.wasted)
        expect(answer.daysLeft).toBe(lived.end)
      }),
      { numRuns: 500 }
    )
  })
})
