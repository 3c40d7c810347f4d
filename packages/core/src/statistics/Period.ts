/**
 * Rules: the ranges that a report can be asked for (STA-1), as natural days in Shanghai.
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as DayRange from "../time/DayRange.ts"
import * as ShanghaiDay from "../time/ShanghaiDay.ts"

/** What one may ask for: a named range, or any two days (`2026-11-23`), in either order. */
export const Period = Schema.Union(
  Schema.Literal("today", "yesterday", "last7Days", "last30Days"),
  Schema.Struct({ from: ShanghaiDay.FromText, to: ShanghaiDay.FromText })
)
export type Period = typeof Period.Type

/** The longest range that a report is made for: two years and a day, so that any validity of a package fits. */
export const maxDays = 732

/** The range is longer than a report is made for. */
export class PeriodTooLong extends Schema.TaggedError<PeriodTooLong>()("PeriodTooLong", {
  days: Schema.Int,
  maximum: Schema.Int
}) {
  static readonly rule = "STA-1" as const
  static readonly transient = false
}

/** The days meant, at this moment. *Last n days* end with today. */
export const resolve = (
  env: { readonly now: number },
  period: Period
): Either.Either<DayRange.DayRange, PeriodTooLong> => {
  const today = ShanghaiDay.ofInstant(env.now)
  switch (period) {
    case "today":
      return Either.right(DayRange.single(today))
    case "yesterday":
      return Either.right(DayRange.single(ShanghaiDay.addDays(today, -1)))
    case "last7Days":
      return Either.right(DayRange.lastDays({ count: 7, today }))
    case "last30Days":
      return Either.right(DayRange.lastDays({ count: 30, today }))
  }
  const range = DayRange.between(period.from, period.to)
  const days = DayRange.length(range)
  return days <= maxDays ? Either.right(range) : Either.left(new PeriodTooLong({ days, maximum: maxDays }))
}
