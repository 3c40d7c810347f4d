/**
 * Rules: how long the minutes last at the recent rate, and which of them will expire unused. Whole minutes and whole
 * days; a forecast promises nothing.
 */
import * as Schema from "effect/Schema"
import * as Minutes from "../money/Minutes.ts"
import { byDraw, type Lot } from "./Lot.ts"

/** Minutes of one package that will expire unused if use goes on as it did. */
export const Waste = Schema.Struct({ packageId: Schema.String, minutes: Minutes.Minutes, expiresAt: Schema.Int })
export type Waste = typeof Waste.Type

export const Forecast = Schema.Struct({
  /** The use that the forecast goes by: `minutesUsed` in the last `daysLooked` days. */
  minutesUsed: Minutes.Minutes,
  daysLooked: Schema.Int.pipe(Schema.positive()),
  /** Whole days until no minute is left: all are used, or expired. */
  daysLeft: Schema.NonNegativeInt,
  /** When that is: the end of those days, or the expiry of the last package. */
  emptyAt: Schema.Int,
  /** In order of expiry; none of them is zero. */
  wasted: Schema.Array(Waste),
  wastedMinutes: Minutes.Minutes
})
export type Forecast = typeof Forecast.Type

/**
 * Forecasts the end of these lots.
 *
 * **Details** Use is even: after d days, ⌊minutesUsed × d / daysLooked⌋ minutes are used, always those that expire first
 * (BAL-3). A lot serves the whole days before its expiry. Minutes on hold are as good as used; minutes that are not
 * effective yet are counted, as they are in five minutes.
 */
export const forecast = (options: {
  readonly now: number
  readonly lots: ReadonlyArray<Lot>
  readonly minutesUsed: Minutes.Minutes
  readonly daysLooked: number
}): Forecast => {
  const { daysLooked, minutesUsed, now } = options
  const lots = options.lots.filter(({ expiresAt, free }) => free > 0 && expiresAt > now).sort(byDraw)
  const last = lots.at(-1)
  let used = 0
  const wasted: Array<Waste> = []
  for (const { expiresAt, free, packageId } of lots) {
    const reach = usedAfter(wholeDays(expiresAt - now), options)
    const fromLot = Math.min(free, Math.max(0, reach - used))
    used += fromLot
    if (fromLot < free) wasted.push({ packageId, minutes: Minutes.make(free - fromLot), expiresAt })
  }
  const end = { minutesUsed, daysLooked, wasted, wastedMinutes: Minutes.sum(wasted.map(({ minutes }) => minutes)) }
  if (last === undefined) return { ...end, daysLeft: 0, emptyAt: now }
  if (wasted.at(-1)?.packageId === last.packageId)
    return { ...end, daysLeft: wholeDays(last.expiresAt - now), emptyAt: last.expiresAt }
  const daysLeft = Math.ceil((used * daysLooked) / minutesUsed)
  return { ...end, daysLeft, emptyAt: now + daysLeft * dayMillis }
}

/** What is used in the first `days` days. */
const usedAfter = (days: number, rate: { readonly minutesUsed: number; readonly daysLooked: number }): number =>
  Math.floor((rate.minutesUsed * days) / rate.daysLooked)

const dayMillis = 86_400_000
const wholeDays = (millis: number): number => Math.floor(millis / dayMillis)
