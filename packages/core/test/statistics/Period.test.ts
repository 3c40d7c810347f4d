import { describe, expect, it } from "vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import * as Overview from "../../src/statistics/Overview.ts"
import * as Period from "../../src/statistics/Period.ts"
import * as DayRange from "../../src/time/DayRange.ts"

const instant = FastCheck.integer({ min: Date.UTC(2019, 0), max: Date.UTC(2040, 0) })

/** The date that a calendar in Shanghai shows: the platform's own, as a second opinion. */
const shanghai = new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai", dateStyle: "short" })

const resolve = (now: number, period: typeof Period.Period.Encoded) =>
  Either.getOrThrow(Period.resolve({ now }, Schema.decodeSync(Period.Period)(period)))

describe("Period", () => {
  it.each([
    ["today", 0, 1],
    ["yesterday", -1, 1],
    ["last7Days", 0, 7],
    ["last30Days", 0, 30]
  ] as const)("STA-1: %s ends %i days from today and has %i days, by Shanghai's calendar", (period, last, length) => {
    FastCheck.assert(
      FastCheck.property(instant, (now) => {
        const range = resolve(now, period)
        expect(shanghai.format(DayRange.endAt(range) - 1)).toBe(shanghai.format(now + last * 86_400_000))
        expect(DayRange.length(range)).toBe(length)
        expect(DayRange.contains(range, now)).toBe(last === 0)
      })
    )
  })

  it("STA-1: any two dates make a range that holds both, in either order", () => {
    const range = resolve(0, { from: "2026-11-23", to: "2026-11-20" })
    expect(shanghai.format(DayRange.startAt(range))).toBe("2026-11-20")
    expect(shanghai.format(DayRange.endAt(range) - 1)).toBe("2026-11-23")
  })

  it("STA-1: a range longer than 732 days is refused, one of 732 is not", () => {
    const period = (to: string) =>
      Period.resolve({ now: 0 }, Schema.decodeSync(Period.Period)({ from: "2024-01-01", to }))
    expect(Either.isRight(period("2026-01-01"))).toBe(true)
    expect(period("2026-01-02")).toEqual(Either.left(new Period.PeriodTooLong({ days: 733, maximum: 732 })))
  })

  it("STA-2: one day is cut into its 24 hours, more days into days; empty ones are there too", () => {
    const hours = Overview.layOut(resolve(0, "today"), [])
    expect([hours.by, hours.buckets.length]).toEqual(["hour", 24])
    const days = Overview.layOut(resolve(0, "last7Days"), [{ group: 0, sends: 3, answered: 1, failed: 2, minutes: 5 }])
    expect([days.by, days.buckets.length]).toEqual(["day", 7])
    expect(days.buckets.at(-1)).toEqual({
      startAt: -28_800_000,
      sends: 3,
      answered: 1,
      failed: 2,
      minutes: 5,
      successBasisPoints: 3_333
    })
    expect(days.total).toEqual({ sends: 3, answered: 1, failed: 2, minutes: 5, successBasisPoints: 3_333 })
    expect(days.buckets[0]!.successBasisPoints).toBeUndefined()
  })

  it("STA-2: the success rate is rounded half up to a basis point", () => {
    const rate = (answered: number, sends: number) =>
      Overview.figures({ sends, answered, failed: 0, minutes: 0 }).successBasisPoints
    expect([rate(1, 3), rate(2, 3), rate(1, 20_000), rate(1, 20_001), rate(5, 5)]).toEqual([3_333, 6_667, 1, 0, 10_000])
  })
})
