/** The calendar and the clock of the platform (`Date`, `Intl`), by which the ones of the rules are measured. */
import * as FastCheck from "effect/FastCheck"

/** Intl knows daylight saving in Shanghai until 1991, and a local mean time before 1901: only later ones agree. */
export const modern: FastCheck.Arbitrary<number> = FastCheck.oneof(
  FastCheck.integer({ min: Date.UTC(1992, 0, 1), max: Date.UTC(2150, 0, 1) }),
  // Close to a midnight or another full hour in Shanghai.
  FastCheck.tuple(
    FastCheck.integer({ min: Date.UTC(1992, 0, 1) / 3_600_000, max: Date.UTC(2150, 0, 1) / 3_600_000 }),
    FastCheck.integer({ min: -2, max: 2 })
  ).map(([hours, millis]) => hours * 3_600_000 + millis)
)

const parts = new Intl.DateTimeFormat("en-CA", {
  timeZone: "Asia/Shanghai",
  hourCycle: "h23",
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit"
})

/** What a clock in Shanghai shows. */
export const clock = (at: number): { readonly date: string; readonly hour: number; readonly time: string } => {
  const shown = new Map(parts.formatToParts(at).map(({ type, value }) => [type, value]))
  const of = (type: Intl.DateTimeFormatPartTypes) => shown.get(type) ?? ""
  return {
    date: `${of("year")}-${of("month")}-${of("day")}`,
    hour: Number(of("hour")),
    time: `${of("hour")}:${of("minute")}:${of("second")}`
  }
}

/** An instant by what a clock in Shanghai shows, such as `2026-11-23T09:00:00.000`. */
export const shanghai = (text: string): number => Date.parse(`${text}+08:00`)

/** The other way round, to the millisecond. */
export const shown = (at: number): string => new Date(at + 28_800_000).toISOString().slice(0, -1)
