/**
 * Rules: when a callback that was not taken is tried again (CBK-2): after growing pauses, for 24 hours.
 */

/**
 * Pauses between tries, in seconds: quick at first, because most receivers are back at once, then slower, because the
 * rest are down for long. The last try falls exactly 24 hours after the first.
 */
export const pausesSeconds: ReadonlyArray<number> = [
  5, 15, 40, 120, 300, 720, 1_800, 3_600, 7_200, 10_800, 14_400, 21_600, 25_800
]

/** How long a callback is tried, in milliseconds. */
export const spanMillis = 24 * 3_600_000

/**
 * When a callback is tried again that has failed `failures` times, the last time at `now`; `undefined`: never again.
 *
 * **Details** A receiver that names a time (`Retry-After`) is not asked earlier, but never later than the plan's end.
 */
export const next = (options: {
  readonly firstAt: number
  readonly now: number
  readonly failures: number
  readonly retryAfterMillis?: number | undefined
}): number | undefined => {
  const { failures, firstAt, now, retryAfterMillis } = options
  const pause = pausesSeconds[failures - 1]
  const end = firstAt + spanMillis
  if (pause === undefined || now >= end) return undefined
  return Math.min(end, now + Math.max(pause * 1_000, retryAfterMillis ?? 0))
}
