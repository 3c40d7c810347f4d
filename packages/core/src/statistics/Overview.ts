/**
 * Rules: the figures of a range, by day, or by hour where the range is one day (STA-2).
 */
import * as DayRange from "../time/DayRange.ts"
import * as ShanghaiDay from "../time/ShanghaiDay.ts"

/** Counts of one hour, day or range. A send counts when it was accepted; success is an answer. */
export interface Figures {
  readonly sends: number
  readonly answered: number
  readonly failed: number
  readonly minutes: number
  /** Answered of all sends in basis points, rounded half up; `undefined` where nothing was sent. */
  readonly successBasisPoints: number | undefined
}

export interface Bucket extends Figures {
  /** The bucket's first instant, epoch milliseconds. */
  readonly startAt: number
}

export interface Overview {
  readonly by: "hour" | "day"
  /** Every hour or day of the range, those without any send too. */
  readonly buckets: ReadonlyArray<Bucket>
  readonly total: Figures
}

/** What was counted in one hour or day, as whole hours or days since the epoch. */
export interface Sum {
  readonly group: string | number
  readonly sends: number
  readonly answered: number
  readonly failed: number
  readonly minutes: number
}

const millisPerHour = 3_600_000

export const figures = (counts: {
  readonly sends: number
  readonly answered: number
  readonly failed: number
  readonly minutes: number
}): Figures => ({
  sends: counts.sends,
  answered: counts.answered,
  failed: counts.failed,
  minutes: counts.minutes,
  successBasisPoints:
    counts.sends === 0 ? undefined : Math.floor((counts.answered * 20_000 + counts.sends) / (2 * counts.sends))
})

/** How a range is cut. */
export const cut = (range: DayRange.DayRange): Overview["by"] => (DayRange.length(range) === 1 ? "hour" : "day")

/** The range in hours since the epoch, as tallies count them. */
export const hours = (range: DayRange.DayRange): { readonly fromHour: number; readonly untilHour: number } => ({
  fromHour: DayRange.startAt(range) / millisPerHour,
  untilHour: DayRange.endAt(range) / millisPerHour
})

/** Lays sums grouped by hour or by day out over the whole range. */
export const layOut = (range: DayRange.DayRange, sums: ReadonlyArray<Sum>): Overview => {
  const by = cut(range)
  const { fromHour, untilHour } = hours(range)
  const known = new Map(sums.map((sum) => [sum.group, sum]))
  const keys = by === "hour" ? count(fromHour, untilHour) : DayRange.days(range)
  const startAt = (key: number) => (by === "hour" ? key * millisPerHour : ShanghaiDay.startAt(ShanghaiDay.make(key)))
  const buckets = keys.map((key) => ({ startAt: startAt(key), ...figures(known.get(key) ?? nothing) }))
  return { by, buckets, total: figures(add(sums)) }
}

const nothing = { sends: 0, answered: 0, failed: 0, minutes: 0 }

const add = (sums: ReadonlyArray<typeof nothing>): typeof nothing =>
  sums.reduce(
    (total, sum) => ({
      sends: total.sends + sum.sends,
      answered: total.answered + sum.answered,
      failed: total.failed + sum.failed,
      minutes: total.minutes + sum.minutes
    }),
    nothing
  )

const count = (from: number, until: number): ReadonlyArray<number> =>
  Array.from({ length: until - from }, (_, i) => from + i)
