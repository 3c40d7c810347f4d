/**
 * Rules: unbroken runs of natural days, Asia/Shanghai (STA-1). Which ranges a report offers is not decided here.
 */
import * as Schema from "effect/Schema"
import * as ShanghaiDay from "./ShanghaiDay.ts"

const Days = Schema.Struct({ firstDay: ShanghaiDay.ShanghaiDay, lastDay: ShanghaiDay.ShanghaiDay })

/** From one day to another, both of which belong to it. Never empty. */
export const DayRange = Days.pipe(
  Schema.filter(({ firstDay, lastDay }) => firstDay <= lastDay || "expected the first day not to be after the last")
)
export type DayRange = typeof DayRange.Type

/** The range between any two days, whichever is the earlier. */
export const between = (one: ShanghaiDay.ShanghaiDay, other: ShanghaiDay.ShanghaiDay): DayRange =>
  one <= other ? { firstDay: one, lastDay: other } : { firstDay: other, lastDay: one }

/** One day alone. */
export const single = (day: ShanghaiDay.ShanghaiDay): DayRange => ({ firstDay: day, lastDay: day })

/** The `count` natural days that end with `today` (STA-1); a count below one is taken for one. */
export const lastDays = (options: { readonly count: number; readonly today: ShanghaiDay.ShanghaiDay }): DayRange => ({
  firstDay: ShanghaiDay.addDays(options.today, 1 - Math.max(1, options.count)),
  lastDay: options.today
})

/** The month of a day, from its first day to its last. */
export const month = (day: ShanghaiDay.ShanghaiDay): DayRange => ({
  firstDay: ShanghaiDay.monthStart(day),
  lastDay: ShanghaiDay.monthEnd(day)
})

/** How many days it has, at least one. */
export const length = ({ firstDay, lastDay }: DayRange): number => lastDay - firstDay + 1

/** Its days in order. */
export const days = (range: DayRange): ReadonlyArray<ShanghaiDay.ShanghaiDay> =>
  Array.from({ length: length(range) }, (_, index) => ShanghaiDay.addDays(range.firstDay, index))

/** Its first instant. */
export const startAt = ({ firstDay }: DayRange): number => ShanghaiDay.startAt(firstDay)

/** The first instant after it. */
export const endAt = ({ lastDay }: DayRange): number => ShanghaiDay.endAt(lastDay)

/** Whether an instant falls in it. */
export const contains = (range: DayRange, at: number): boolean => at >= startAt(range) && at < endAt(range)
