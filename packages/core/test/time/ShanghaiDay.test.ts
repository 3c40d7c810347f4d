import * as FastCheck from "effect/FastCheck"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import * as ShanghaiDay from "../../src/time/ShanghaiDay.ts"
import * as Oracle from "./Oracle.ts"

const first = -719_528
const last = 2_932_896
const days = FastCheck.oneof(
  FastCheck.integer({ min: first, max: last }),
  FastCheck.integer({ min: 0, max: 40_000 })
).map((day) => ShanghaiDay.make(day))

const day = (text: string) => Option.getOrThrow(ShanghaiDay.parse(text))

describe("days and instants", () => {
  it("STA-2: the natural day and the hour of an instant are what a clock in Shanghai shows", () => {
    FastCheck.assert(
      FastCheck.property(Oracle.modern, (at) => {
        const { date, hour } = Oracle.clock(at)
        expect(ShanghaiDay.format(ShanghaiDay.ofInstant(at))).toBe(date)
        expect(ShanghaiDay.hourOf(at)).toBe(hour)
      })
    )
  })

  it.each([
    ["2026-11-22T15:59:59.999Z", "2026-11-22", 23],
    ["2026-11-22T16:00:00.000Z", "2026-11-23", 0],
    ["2026-11-23T15:59:59.999Z", "2026-11-23", 23],
    // Daylight saving was in force in Shanghai then; the platform has none.
    ["1988-07-01T15:30:00.000Z", "1988-07-01", 23],
    ["1969-12-31T15:59:59.999Z", "1969-12-31", 23],
    ["1900-01-01T00:00:00.000Z", "1900-01-01", 8]
  ])("STA-2: %s is on %s, in hour %d", (at, text, hour) => {
    expect(ShanghaiDay.format(ShanghaiDay.ofInstant(Date.parse(at)))).toBe(text)
    expect(ShanghaiDay.hourOf(Date.parse(at))).toBe(hour)
  })

  it("STA-1: a day is from midnight to just before the next", () => {
    FastCheck.assert(
      FastCheck.property(days, FastCheck.integer({ min: 0, max: 24 }), (day, hour) => {
        const [startAt, endAt] = [ShanghaiDay.startAt(day), ShanghaiDay.endAt(day)]
        expect(ShanghaiDay.ofInstant(startAt)).toBe(day)
        expect(ShanghaiDay.ofInstant(endAt - 1)).toBe(day)
        if (day > first) expect(ShanghaiDay.ofInstant(startAt - 1)).toBe(day - 1)
        if (day < last) expect(ShanghaiDay.startAt(ShanghaiDay.addDays(day, 1))).toBe(endAt)
        expect([ShanghaiDay.hourAt(day, 0), ShanghaiDay.hourAt(day, 24)]).toEqual([startAt, endAt])
        expect(ShanghaiDay.hourAt(day, hour)).toBe(
          Date.parse(`${Oracle.shown(startAt).slice(0, 10)}T00:00Z`) + (hour - 8) * 3_600_000
        )
      })
    )
  })

  it("STA-2: the time of day is counted from midnight", () => {
    FastCheck.assert(
      FastCheck.property(Oracle.modern, (at) => {
        const { time } = Oracle.clock(at)
        const millis = ShanghaiDay.millisOfDay(at)
        expect(new Date(millis).toISOString().slice(11, 19)).toBe(time)
        expect(ShanghaiDay.startAt(ShanghaiDay.ofInstant(at)) + millis).toBe(at)
      })
    )
  })
})

describe("the calendar", () => {
  it("STA-1: every day of the years 0 to 9999 has its place, one after the other", () => {
    const lengths = (year: number) => {
      const leap = new Date(Date.UTC(year + 400, 1, 29)).getUTCMonth() === 1
      return [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    }
    const wrong: Array<unknown> = []
    let count = first
    for (let year = 0; year <= 9999; year++) {
      for (const [index, length] of lengths(year).entries()) {
        // Month by month its ends; day by day in the centuries that matter.
        const everyDay = year >= 1890 && year <= 2110
        for (let dayOfMonth = 1; dayOfMonth <= length; dayOfMonth += everyDay ? 1 : length - 1) {
          const expected = { year, month: index + 1, dayOfMonth }
          const day = ShanghaiDay.make(count + dayOfMonth - 1)
          const date = ShanghaiDay.toDate(day)
          const same = date.year === year && date.month === index + 1 && date.dayOfMonth === dayOfMonth
          if (!same || Option.getOrNull(ShanghaiDay.fromDate(expected)) !== day) wrong.push({ expected, date })
        }
        count += length
      }
    }
    expect(wrong).toEqual([])
    expect(count - 1).toBe(last)
  })

  it("STA-1: a day reads as the platform's calendar writes it", () => {
    FastCheck.assert(
      FastCheck.property(days, (day) => {
        expect(ShanghaiDay.format(day)).toBe(new Date(day * 86_400_000).toISOString().slice(0, 10))
      })
    )
  })

  it("STA-1: text and day are the same thing", () => {
    const decode = Schema.decodeUnknownSync(ShanghaiDay.FromText)
    const encode = Schema.encodeSync(ShanghaiDay.FromText)
    expect(encode(day("2026-11-23"))).toBe("2026-11-23")
    FastCheck.assert(
      FastCheck.property(days, (day) => {
        expect(decode(encode(day))).toBe(day)
        expect(ShanghaiDay.parse(ShanghaiDay.format(day))).toEqual(Option.some(day))
      })
    )
  })

  it.each([
    "",
    "2026-11-31",
    "2026-02-29",
    "1900-02-29",
    "2026-13-01",
    "2026-00-10",
    "2026-01-00",
    "2026-1-1",
    "26-01-01",
    "2026/01/01",
    " 2026-01-01",
    "2026-01-01T00:00",
    "-0001-01-01",
    "10000-01-01"
  ])("STA-1: %j is not read as a day", (text) => {
    expect(ShanghaiDay.parse(text)).toEqual(Option.none())
    expect(Schema.decodeUnknownEither(ShanghaiDay.FromText)(text)._tag).toBe("Left")
  })

  it.each([
    { year: 2026, month: 4, dayOfMonth: 31 },
    { year: 2026, month: 1.5, dayOfMonth: 1 },
    { year: 2026, month: 1, dayOfMonth: 1.5 },
    { year: 10_000, month: 1, dayOfMonth: 1 },
    { year: -1, month: 12, dayOfMonth: 31 },
    { year: Number.NaN, month: 1, dayOfMonth: 1 }
  ])("STA-1: there is no day at %j", (date) => expect(ShanghaiDay.fromDate(date)).toEqual(Option.none()))

  it.each([first - 1, last + 1, 0.5, Number.NaN])("STA-1: %d is no day", (number) => {
    expect(() => ShanghaiDay.make(number)).toThrow("no day of the years 0 to 9999")
    expect(Schema.is(ShanghaiDay.ShanghaiDay)(number)).toBe(false)
  })

  it("STA-1: the first and the last day are days, and nothing leaves them silently", () => {
    const is = Schema.is(ShanghaiDay.ShanghaiDay)
    expect([is(first), is(last)]).toEqual([true, true])
    expect([ShanghaiDay.format(ShanghaiDay.make(first)), ShanghaiDay.format(ShanghaiDay.make(last))]).toEqual([
      "0000-01-01",
      "9999-12-31"
    ])
    expect(() => ShanghaiDay.addDays(ShanghaiDay.make(last), 1)).toThrow("no day of the years 0 to 9999")
    expect(() => ShanghaiDay.ofInstant(ShanghaiDay.startAt(ShanghaiDay.make(first)) - 1)).toThrow("no day of the years")
  })

  it("STA-1: adding days is what the calendar does", () => {
    expect(ShanghaiDay.format(ShanghaiDay.addDays(day("2024-02-28"), 2))).toBe("2024-03-01")
    expect(ShanghaiDay.format(ShanghaiDay.addDays(day("2026-01-01"), -1))).toBe("2025-12-31")
  })

  it("ACC-4: a month is from its first day to its last", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.integer({ min: 0, max: 60_000 }), (number) => {
        const day = ShanghaiDay.make(number)
        const date = new Date(number * 86_400_000)
        const monthEnd = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0))
        expect(ShanghaiDay.format(ShanghaiDay.monthStart(day))).toBe(`${date.toISOString().slice(0, 7)}-01`)
        expect(ShanghaiDay.format(ShanghaiDay.monthEnd(day))).toBe(monthEnd.toISOString().slice(0, 10))
      })
    )
  })
})
