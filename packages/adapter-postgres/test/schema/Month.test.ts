import { IdGenerator } from "@vsms/core/IdGenerator"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import * as Month from "../../src/schema/Month.ts"

/** From 1970 to 2200. */
const instants = FastCheck.integer({ min: 0, max: 7_258_118_400_000 })

/** Year and month of a calendar that knows of Shanghai's summer times, the last of them in 1991. */
const inShanghai = (at: number): string => {
  const parts = new Intl.DateTimeFormat("en-CA", { timeZone: "Asia/Shanghai", year: "numeric", month: "2-digit" })
  return parts.format(at).replace("-", "_")
}

describe("Month", () => {
  it("every instant is in its month, and the months follow each other without gaps", () => {
    FastCheck.assert(
      FastCheck.property(instants, (at) => {
        const month = Month.ofInstant(at)
        expect(Month.begin(month)).toBeLessThanOrEqual(at)
        expect(Month.begin(month + 1)).toBeGreaterThan(at)
        expect(Month.ofInstant(Month.begin(month))).toBe(month)
        expect(Month.ofInstant(Month.begin(month) - 1)).toBe(month - 1)
      })
    )
  })

  it("months are Shanghai's, as a calendar has them", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.integer({ min: Date.UTC(1992, 0), max: Date.UTC(2100, 0) }), (at) => {
        expect(Month.label(Month.ofInstant(at))).toBe(inShanghai(at))
      })
    )
    expect(Month.label(Month.ofInstant(Date.parse("2026-11-30T23:59:59.999+08:00")))).toBe("2026_11")
    expect(Month.label(Month.ofInstant(Date.parse("2026-12-01T00:00:00+08:00")))).toBe("2026_12")
    expect(Month.label(Month.ofInstant(Date.parse("2026-12-31T16:00:00Z")))).toBe("2027_01")
    expect(Month.label(Month.ofInstant(Date.parse("2028-02-29T23:59:59+08:00")))).toBe("2028_02")
  })

  it("a label is read as the month it was made of, and sorts as months do; another text is none", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.integer({ min: 0, max: 12 * 230 }), (month) => {
        expect(Month.ofLabel(Month.label(month))).toBe(month)
        expect(Month.label(month) < Month.label(month + 1)).toBe(true)
      })
    )
    for (const text of ["other", "", "2026_13", "2026_00", "2026_1", "2026-11", "2026_11x", "12026_11", " 026_11"])
      expect(Month.ofLabel(text), text).toBe(undefined)
  })

  it("an id lies between the first of its month and the first of the next", () => {
    FastCheck.assert(
      FastCheck.property(instants, (at) => {
        const clock: Clock.Clock = {
          ...Clock.make(),
          currentTimeMillis: Effect.succeed(at),
          unsafeCurrentTimeMillis: () => at
        }
        const id = Effect.flatMap(IdGenerator, ({ next }) => next).pipe(
          Effect.provide(IdGenerator.layerSeeded(at)),
          Effect.withClock(clock),
          Effect.runSync
        )
        const month = Month.ofInstant(at)
        expect(id >= Month.firstId(Month.begin(month)) || month === 0).toBe(true)
        expect(id < Month.firstId(Month.begin(month + 1))).toBe(true)
      })
    )
  })
})
