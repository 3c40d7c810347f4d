/** Rules: what a server's `Retry-After` asks for. */

/**
 * How long to wait, in milliseconds from `now` on; `undefined` if the header says nothing. It is a number of seconds,
 * or a date as it is written today. A date that is over is no wait at all.
 */
export const parse = (header: string | undefined, now: number): number | undefined => {
  if (header === undefined) return undefined
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1_000
  if (!/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(header)) return undefined
  const at = Date.parse(header)
  return Number.isNaN(at) ? undefined : Math.max(0, at - now)
}
