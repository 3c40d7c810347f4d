/**
 * Rules: natural days, Asia/Shanghai (STA-1, STA-2): UTC+8 at every time, without daylight saving. The zone of the
 * machine and its calendar are not asked. Ranges of days are `DayRange`'s business.
 */
import * as Brand from "effect/Brand"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"

/** A natural day, counted from 1970-01-01, which is 0. Days compare and differ as numbers do. */
export type ShanghaiDay = number & Brand.Brand<"ShanghaiDay">

/** 0000-01-01, the first day that has a text. */
const first = -719_528
/** 9999-12-31, the last one. */
const last = 2_932_896

/** A day as it is stored: the number of days since 1970-01-01, in the years 0 to 9999. */
export const ShanghaiDay = Schema.Int.pipe(
  Schema.between(first, last),
  Schema.brand("ShanghaiDay"),
  Schema.annotations({ identifier: "ShanghaiDay", description: "Natural day in Asia/Shanghai, days since 1970-01-01" })
)

/** A day from days since 1970-01-01. Throws on a fraction and outside the years 0 to 9999. */
export const make = (day: number): ShanghaiDay => {
  if (!isDay(day)) throw new RangeError(`${day} is no day of the years 0 to 9999, counted from 1970-01-01`)
  return nominal(day)
}

const isDay = (day: number): boolean => Number.isInteger(day) && day >= first && day <= last

const nominal = Brand.nominal<ShanghaiDay>()

const millisPerHour = 3_600_000
const millisPerDay = 24 * millisPerHour
const offsetMillis = 8 * millisPerHour

/** The natural day of an instant (epoch milliseconds). Throws outside the years 0 to 9999. */
export const ofInstant = (at: number): ShanghaiDay => make(Math.floor((at + offsetMillis) / millisPerDay))

/** The day's first instant: midnight in Shanghai. */
export const startAt = (day: ShanghaiDay): number => day * millisPerDay - offsetMillis

/** The first instant that is no longer the day's: the next midnight. */
export const endAt = (day: ShanghaiDay): number => startAt(day) + millisPerDay

/** Milliseconds since the midnight before an instant, 0 to 86,399,999. */
export const millisOfDay = (at: number): number => at - startAt(ofInstant(at))

/** The hour of the day of an instant, 0 to 23 (STA-2). */
export const hourOf = (at: number): number => Math.floor(millisOfDay(at) / millisPerHour)

/** The instant at which an hour (0 to 24) of a day begins. */
export const hourAt = (day: ShanghaiDay, hour: number): number => startAt(day) + hour * millisPerHour

/** The day so many days later; earlier for a negative count. Throws outside the years 0 to 9999. */
export const addDays = (day: ShanghaiDay, days: number): ShanghaiDay => make(day + days)

/** A day by its place in the calendar; `month` 1 to 12, `dayOfMonth` 1 to 31. */
export interface CalendarDate {
  readonly year: number
  readonly month: number
  readonly dayOfMonth: number
}

/** Where in the (proleptic Gregorian) calendar a day is. */
export const toDate = (day: ShanghaiDay): CalendarDate => {
  // Years are counted from 1 March, so that the leap day is a year's last and month lengths follow one formula.
  const days = day + daysBeforeEpoch
  const era = Math.floor(days / daysPerEra)
  const dayOfEra = days - era * daysPerEra
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365
  )
  const dayOfYear = dayOfEra - daysBeforeYear(yearOfEra)
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153)
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
  return {
    year: era * 400 + yearOfEra + (month <= 2 ? 1 : 0),
    month,
    dayOfMonth: dayOfYear - daysBeforeMonth(monthFromMarch) + 1
  }
}

/** The day at a place in the calendar; none where the calendar has no such day, and outside the years 0 to 9999. */
export const fromDate = ({ dayOfMonth, month, year }: CalendarDate): Option.Option<ShanghaiDay> => {
  const whole = Number.isInteger(year) && Number.isInteger(month) && Number.isInteger(dayOfMonth)
  if (!whole || month < 1 || month > 12 || dayOfMonth < 1 || dayOfMonth > daysInMonth({ year, month })) {
    return Option.none()
  }
  const yearFromMarch = month <= 2 ? year - 1 : year
  const era = Math.floor(yearFromMarch / 400)
  const monthFromMarch = month > 2 ? month - 3 : month + 9
  const day =
    era * daysPerEra +
    daysBeforeYear(yearFromMarch - era * 400) +
    daysBeforeMonth(monthFromMarch) +
    (dayOfMonth - 1) -
    daysBeforeEpoch
  return isDay(day) ? Option.some(nominal(day)) : Option.none()
}

/** How many days a month has; `month` is 1 to 12. */
export const daysInMonth = ({ month, year }: Pick<CalendarDate, "year" | "month">): number => {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

/** The first day of a day's month. */
export const monthStart = (day: ShanghaiDay): ShanghaiDay => addDays(day, 1 - toDate(day).dayOfMonth)

/** The last day of a day's month. */
export const monthEnd = (day: ShanghaiDay): ShanghaiDay => {
  const date = toDate(day)
  return addDays(day, daysInMonth(date) - date.dayOfMonth)
}

/** The day's text, `2026-11-23`. */
export const format = (day: ShanghaiDay): string => {
  const { dayOfMonth, month, year } = toDate(day)
  return `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}-${String(dayOfMonth).padStart(2, "0")}`
}

/** Reads `2026-11-23`; none for any other form and for days that the calendar does not have. */
export const parse = (text: string): Option.Option<ShanghaiDay> => {
  const match = written.exec(text)
  if (match === null) return Option.none()
  return fromDate({ year: Number(match[1]), month: Number(match[2]), dayOfMonth: Number(match[3]) })
}

/** The text of a day (`"2026-11-23"`), for wires. */
export const FromText = Schema.transformOrFail(Schema.String, ShanghaiDay, {
  strict: true,
  decode: (text, _options, ast) =>
    Option.match(parse(text), {
      onNone: () => ParseResult.fail(new ParseResult.Type(ast, text, "expected a day such as 2026-11-23")),
      onSome: ParseResult.succeed
    }),
  encode: (day) => ParseResult.succeed(format(make(day)))
})

const written = /^(\d{4})-(\d{2})-(\d{2})$/

/** The calendar repeats every 400 years, an era. */
const daysPerEra = 146_097
/** From 0000-03-01, the first day of an era, to 1970-01-01. */
const daysBeforeEpoch = 719_468

const daysBeforeYear = (yearOfEra: number): number =>
  yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100)

const daysBeforeMonth = (monthFromMarch: number): number => Math.floor((153 * monthFromMarch + 2) / 5)
