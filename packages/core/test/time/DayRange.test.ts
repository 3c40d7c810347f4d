import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import * as DayRange from "../../src/time/DayRange.ts"
import * as ShanghaiDay from "../../src/time/ShanghaiDay.ts"
import * as Oracle from "./Oracle.ts"

const day = (text: string) => Option.getOrThrow(ShanghaiDay.parse(text))
const text = ({ firstDay, lastDay }: DayRange.DayRange) => [ShanghaiDay.format(firstDay), ShanghaiDay.format(lastDay)]
const days = FastCheck.integer({ min: 10_000, max: 10_400 }).map((number) => ShanghaiDay.make(number))

describe("DayRange", () => {
  it.each([
    [1, "2026-03-03", "2026-03-03"],
    [7, "2026-02-25", "2026-03-03"],
    [30, "2026-02-02", "2026-03-03"]
  ])("STA-1: the last %d days are %s to %s", (count, firstDay, today) => {
    expect(text(DayRange.lastDays({ count, today: day(today) }))).toEqual([firstDay, today])
  })

  it("STA-1: the last n days are n natural days, the last of them today", () => {
    FastCheck.assert(
      FastCheck.property(days, FastCheck.integer({ min: 1, max: 400 }), (today, count) => {
        const range = DayRange.lastDays({ count, today })
        expect([DayRange.length(range), range.lastDay]).toEqual([count, today])
      })
    )
  })

  it.each([0, -3])("STA-1: the last %d days are today alone", (count) => {
    const today = day("2026-03-03")
    expect(DayRange.lastDays({ count, today })).toEqual(DayRange.single(today))
  })

  it("STA-1: any two dates make a range, whichever is named first", () => {
    expect(text(DayRange.between(day("2026-03-01"), day("2026-02-27")))).toEqual(["2026-02-27", "2026-03-01"])
    FastCheck.assert(
      FastCheck.property(days, days, (one, other) => {
        const range = DayRange.between(one, other)
        expect(range).toEqual(DayRange.between(other, one))
        expect([range.firstDay, range.lastDay]).toEqual([Math.min(one, other), Math.max(one, other)])
        expect(Schema.decodeUnknownEither(DayRange.DayRange)(range)).toEqual(Either.right(range))
      })
    )
  })

  it("STA-1: a range does not end before it begins", () => {
    const backwards = { firstDay: day("2026-03-02"), lastDay: day("2026-03-01") }
    expect(Schema.is(DayRange.DayRange)(backwards)).toBe(false)
  })

  it("STA-1: its days are all days that it contains, in order", () => {
    FastCheck.assert(
      FastCheck.property(days, days, days, (one, other, third) => {
        const range = DayRange.between(one, other)
        const all = DayRange.days(range)
        expect(all).toHaveLength(DayRange.length(range))
        expect(all.map((number) => number - range.firstDay)).toEqual([...all.keys()])
        expect(DayRange.contains(range, ShanghaiDay.startAt(third))).toBe(all.includes(third))
        expect(DayRange.contains(range, ShanghaiDay.endAt(third) - 1)).toBe(all.includes(third))
      })
    )
  })

  it("STA-1: it is from the midnight before its first day to the one after its last", () => {
    const range = DayRange.between(day("2026-02-27"), day("2026-03-01"))
    const [startAt, endAt] = [Oracle.shanghai("2026-02-27T00:00:00.000"), Oracle.shanghai("2026-03-02T00:00:00.000")]
    expect([DayRange.startAt(range), DayRange.endAt(range)]).toEqual([startAt, endAt])
    const contained = [startAt - 1, startAt, endAt - 1, endAt].map((at) => DayRange.contains(range, at))
    expect(contained).toEqual([false, true, true, false])
  })

  it.each([
    ["2024-02-10", "2024-02-01", "2024-02-29"],
    ["2025-12-31", "2025-12-01", "2025-12-31"]
  ])("ACC-4: the month of %s is %s to %s", (of, firstDay, lastDay) => {
    expect(text(DayRange.month(day(of)))).toEqual([firstDay, lastDay])
  })
})
