/**
 * Rules: what a `Retry-After` of HTTP asks for: a receiver's (CBK-2), or a speech engine's.
 */

/**
 * How long to wait, in milliseconds from `now` on; `undefined` if there is none or it says nothing. It is a number of seconds, or
 * a date in any of HTTP's three forms; a date that is over is no wait at all.
 */
export const parse = (text: string | undefined, now: number): number | undefined => {
  if (text === undefined) return undefined
  if (/^\d+$/.test(text)) return Math.min(Number(text), longestSeconds) * 1_000
  const at = parseDate(text, now)
  return at === undefined ? undefined : Math.max(0, at - now)
}

/** What HTTP counts as for ever. */
const longestSeconds = 2 ** 31

/** The form that is sent today, and the two that must still be understood. */
const forms: ReadonlyArray<RegExp> = [
  /^[A-Z][a-z]{2}, (?<day>\d{2}) (?<month>[A-Z][a-z]{2}) (?<year>\d{4}) (?<time>\d{2}:\d{2}:\d{2}) GMT$/,
  /^[A-Z][a-z]{5,8}, (?<day>\d{2})-(?<month>[A-Z][a-z]{2})-(?<year>\d{2}) (?<time>\d{2}:\d{2}:\d{2}) GMT$/,
  /^[A-Z][a-z]{2} (?<month>[A-Z][a-z]{2}) (?<day>[ \d]\d) (?<time>\d{2}:\d{2}:\d{2}) (?<year>\d{4})$/
]

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

const parseDate = (text: string, now: number): number | undefined => {
  const parts = forms.map((form) => form.exec(text)?.groups).find((groups) => groups !== undefined)
  if (parts === undefined) return undefined
  const [hour, minute, second] = parts["time"]!.split(":").map(Number) as [number, number, number]
  const month = months.indexOf(parts["month"]!)
  const day = Number(parts["day"])
  const utc = (year: number) => Date.UTC(year, month, day, hour, minute, second)
  const isReal = (at: number) => new Date(at - second * 1_000).getUTCDate() === day
  // 60 is a leap second.
  if (month < 0 || hour > 23 || minute > 59 || second > 60) return undefined
  const at = parts["year"]!.length === 4 ? utc(Number(parts["year"])) : nearest(Number(parts["year"]), now, utc)
  return isReal(at) ? at : undefined
}

/** A year of two digits is the one that is at most fifty years ahead. */
const nearest = (year: number, now: number, utc: (year: number) => number): number => {
  const thisYear = new Date(now).getUTCFullYear()
  const ahead = utc(thisYear + ((((year - thisYear) % 100) + 100) % 100))
  const limit = new Date(now).setUTCFullYear(thisYear + 50)
  return ahead <= limit ? ahead : utc(new Date(ahead).getUTCFullYear() - 100)
}
