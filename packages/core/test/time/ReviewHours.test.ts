import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import * as ReviewHours from "../../src/time/ReviewHours.ts"
import * as Oracle from "./Oracle.ts"

const minute = 60_000
const hour = 60 * minute

/** Whether a clock in Shanghai shows a time from 09:00 to 20:59. */
const open = (at: number) => {
  const shown = Oracle.clock(at).hour
  return shown >= 9 && shown < 21
}

/** How much of the time between two instants is review time, by the windows of all days around. */
const reviewMillis = (from: number, to: number): number => {
  let total = 0
  const [day, end] = [Date.parse(`${Oracle.clock(from).date}T00:00Z`), Date.parse(`${Oracle.clock(to).date}T00:00Z`)]
  for (let midnight = day - 8 * hour; midnight <= end - 8 * hour; midnight += 24 * hour) {
    total += Math.max(0, Math.min(to, midnight + 21 * hour) - Math.max(from, midnight + 9 * hour))
  }
  return total
}

describe("ReviewHours", () => {
  it.each([
    ["09:00:00.000", "2026-11-23T15:00:00.000"],
    ["10:30:00.000", "2026-11-23T16:30:00.000"],
    // The sixth review hour ends with the window.
    ["14:59:59.999", "2026-11-23T20:59:59.999"],
    ["15:00:00.000", "2026-11-23T21:00:00.000"],
    ["15:00:00.001", "2026-11-24T09:00:00.001"],
    ["18:00:00.000", "2026-11-24T12:00:00.000"],
    ["20:59:59.999", "2026-11-24T14:59:59.999"],
    // At 21:00 it is night: all six hours are tomorrow's.
    ["21:00:00.000", "2026-11-24T15:00:00.000"],
    ["23:59:59.999", "2026-11-24T15:00:00.000"],
    // Before 09:00 it is still night: they are today's.
    ["00:00:00.000", "2026-11-23T15:00:00.000"],
    ["08:59:59.999", "2026-11-23T15:00:00.000"]
  ])("QUA-5: submitted at %s, an answer is expected %s", (time, expected) => {
    expect(Oracle.shown(ReviewHours.answerExpectedAt(Oracle.shanghai(`2026-11-23T${time}`)))).toBe(expected)
  })

  it("QUA-5: months and years end at night like any day", () => {
    const submittedAt = Oracle.shanghai("2026-12-31T20:00:00.000")
    expect(Oracle.shown(ReviewHours.answerExpectedAt(submittedAt))).toBe("2027-01-01T14:00:00.000")
  })

  it("QUA-5: submitted in any minute of two days, it is 360 minutes of review time later", () => {
    const startAt = Oracle.shanghai("2026-02-27T00:00:00.000")
    const reviewed = Array.from({ length: 4 * 24 * 60 }, (_, index) => open(startAt + index * minute))
    for (let submitted = 0; submitted < 2 * 24 * 60; submitted++) {
      let answered = submitted
      for (let waited = 0; waited < 360; answered++) if (reviewed[answered] === true) waited += 1
      expect(ReviewHours.answerExpectedAt(startAt + submitted * minute)).toBe(startAt + answered * minute)
    }
  })

  it("QUA-5: to the millisecond, six review hours lie between, and not one less at any earlier instant", () => {
    FastCheck.assert(
      FastCheck.property(Oracle.modern, (submittedAt) => {
        const expectedAt = ReviewHours.answerExpectedAt(submittedAt)
        expect(reviewMillis(submittedAt, expectedAt)).toBe(6 * hour)
        expect(reviewMillis(submittedAt, expectedAt - 1)).toBe(6 * hour - 1)
      })
    )
  })

  it("QUA-5: who submits later is not answered earlier", () => {
    FastCheck.assert(
      FastCheck.property(Oracle.modern, FastCheck.nat(2 * 24 * hour), (at, later) => {
        expect(ReviewHours.answerExpectedAt(at + later)).toBeGreaterThanOrEqual(ReviewHours.answerExpectedAt(at))
      })
    )
  })

  it("QUA-5: reviews happen from 09:00 on, and no longer at 21:00", () => {
    const at = (time: string) => ReviewHours.isOpen(Oracle.shanghai(`2026-11-23T${time}`))
    expect([at("08:59:59.999"), at("09:00:00.000"), at("20:59:59.999"), at("21:00:00.000")]).toEqual([
      false,
      true,
      true,
      false
    ])
    FastCheck.assert(FastCheck.property(Oracle.modern, (at) => ReviewHours.isOpen(at) === open(at)))
  })
})
