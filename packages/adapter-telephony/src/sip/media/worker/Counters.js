/**
 * How the packets of one source arrive (RFC 3550, appendices A.1, A.3 and A.8): counted 50 times a second for each of
 * many calls, so in place.
 */

/** @import { Counters } from "./Protocol.ts" */

/** A packet that is so far behind the last one is late; one that is further is of another beginning. */
const mostDisorder = 100
const mostGap = 3_000

/**
 * How long a packet was on its way, up to a constant. `at`: milliseconds of any steady clock.
 *
 * @type {(timestamp: number, at: number) => number}
 */
const transitOf = (timestamp, at) => (Math.round(at * 8) - timestamp) | 0

/** @type {(source: number, sequence: number, timestamp: number, at: number) => Counters} */
export const begin = (source, sequence, timestamp, at) => ({
  source,
  firstSequence: sequence,
  highestSequence: sequence,
  received: 1,
  scaledJitter: 0,
  transit: transitOf(timestamp, at)
})

/**
 * Counts a packet; one of another source, or whose sequence number jumped, begins anew.
 *
 * @type {(counters: Counters | undefined, source: number, sequence: number, timestamp: number, at: number) => Counters}
 */
export const receive = (counters, source, sequence, timestamp, at) => {
  if (counters === undefined || counters.source !== source) return begin(source, sequence, timestamp, at)
  const ahead = (sequence - counters.highestSequence) & 0xffff
  const isLate = ahead >= 0x1_0000 - mostDisorder
  if (!isLate && ahead > mostGap) return begin(source, sequence, timestamp, at)
  const transit = transitOf(timestamp, at)
  const difference = Math.abs((transit - counters.transit) | 0)
  if (!isLate) counters.highestSequence += ahead
  counters.received++
  counters.transit = transit
  counters.scaledJitter += difference - ((counters.scaledJitter + 8) >> 4)
  return counters
}
