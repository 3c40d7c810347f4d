import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import * as Term from "../../src/time/Term.ts"
import * as Oracle from "./Oracle.ts"

describe("Term", () => {
  it.each([
    ["2026-11-23T10:20:30.456", "2028-11-23T10:20:30.456"],
    ["2024-02-29T12:00:00.000", "2026-02-28T12:00:00.000"],
    ["2022-02-28T12:00:00.000", "2024-02-28T12:00:00.000"],
    ["2022-03-01T00:00:00.000", "2024-03-01T00:00:00.000"],
    // In Shanghai it is the 29th from 16:00 UTC of the 28th on, and no longer from 16:00 UTC of the 29th on.
    ["2024-02-29T00:00:00.000", "2026-02-28T00:00:00.000"],
    ["2024-02-29T23:59:59.999", "2026-02-28T23:59:59.999"],
    ["2024-03-01T00:00:00.000", "2026-03-01T00:00:00.000"],
    ["2024-12-31T23:59:59.999", "2026-12-31T23:59:59.999"],
    ["2098-02-28T08:00:00.000", "2100-02-28T08:00:00.000"],
    // Daylight saving was in force in Shanghai at the first of these, and not at the second.
    ["1990-05-01T07:00:00.000", "1992-05-01T07:00:00.000"]
  ])("PKG-7: bought %s in Shanghai, valid until %s", (from, until) => {
    expect(Oracle.shown(Term.twoYearsLater(Oracle.shanghai(from)))).toBe(until)
  })

  it("PKG-7: two years later a clock in Shanghai shows the same, but for 29 February", () => {
    FastCheck.assert(
      FastCheck.property(Oracle.modern, (at) => {
        const [from, until] = [Oracle.clock(at), Oracle.clock(Term.twoYearsLater(at))]
        const monthAndDay = from.date.slice(4)
        const expected = monthAndDay === "-02-29" ? "-02-28" : monthAndDay
        expect(until).toEqual({ ...from, date: `${Number(from.date.slice(0, 4)) + 2}${expected}` })
        expect((Term.twoYearsLater(at) - at) % 1_000).toBe(0)
      })
    )
  })

  it("PKG-7: it is what the platform's calendar makes of it, on every day of eight years", () => {
    for (let at = Oracle.shanghai("2023-12-31T00:30:00.001"); at < Date.UTC(2032, 0, 1); at += 86_400_000) {
      const date = new Date(at + 28_800_000)
      const month = date.getUTCMonth()
      date.setUTCFullYear(date.getUTCFullYear() + 2)
      // 29 February has become 1 March: back to the last day of February.
      if (date.getUTCMonth() !== month) date.setUTCDate(0)
      expect(Term.twoYearsLater(at)).toBe(date.getTime() - 28_800_000)
    }
  })

  it("PKG-7: who buys later is never served shorter", () => {
    FastCheck.assert(
      FastCheck.property(Oracle.modern, FastCheck.nat(200_000_000), (at, later) => {
        // The last hours of 28 and 29 February are the exception: both end on the 28th.
        FastCheck.pre(!["-02-28", "-02-29"].includes(Oracle.clock(at).date.slice(4)))
        expect(Term.twoYearsLater(at + later)).toBeGreaterThanOrEqual(Term.twoYearsLater(at))
      })
    )
  })

  it.each([
    ["2026-02-01T10:20:30.456", "2026-03-03T10:20:30.456"],
    ["2024-02-01T10:20:30.456", "2024-03-02T10:20:30.456"],
    ["2026-12-05T23:59:59.999", "2027-01-04T23:59:59.999"]
  ])("NUM-2: a number bought %s expires %s, 30 × 24 hours later", (from, until) => {
    expect(Oracle.shown(Term.plusDays30(Oracle.shanghai(from)))).toBe(until)
  })

  it("PKG-7: a package takes effect five minutes after the purchase", () => {
    const at = Oracle.shanghai("2026-12-31T23:57:00.001")
    expect(Oracle.shown(Term.fiveMinutesLater(at))).toBe("2027-01-01T00:02:00.001")
  })
})
