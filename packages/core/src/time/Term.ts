/**
 * Rules: how long things that were bought are valid (NUM-2, PKG-7). Instants are epoch milliseconds; a term ends at
 * the instant returned, which no longer belongs to it.
 */
import * as Option from "effect/Option"
import * as ShanghaiDay from "./ShanghaiDay.ts"

/** The end of a term of rent that begins at an instant: 30 × 24 hours later (NUM-2). */
export const plusDays30 = (at: number): number => at + 30 * 24 * 60 * 60_000

/** When a package bought at an instant takes effect: five minutes later (PKG-7). */
export const fiveMinutesLater = (at: number): number => at + 5 * 60_000

/**
 * When a package bought at an instant runs out: at the same Shanghai wall-clock time on the same date two years later,
 * and on 28 February for 29 February (PKG-7).
 */
export const twoYearsLater = (at: number): number => {
  const day = ShanghaiDay.ofInstant(at)
  const { dayOfMonth, month, year } = ShanghaiDay.toDate(day)
  const inTwoYears = { year: year + 2, month }
  const target = ShanghaiDay.fromDate({
    ...inTwoYears,
    dayOfMonth: Math.min(dayOfMonth, ShanghaiDay.daysInMonth(inTwoYears))
  })
  return ShanghaiDay.startAt(Option.getOrThrow(target)) + (at - ShanghaiDay.startAt(day))
}
