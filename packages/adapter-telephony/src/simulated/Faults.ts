/**
 * Rules: what the simulated network does to the reports of a call on their way to us, and to the channel itself. Each
 * fault is drawn from a random source of the call's own, so that a seed repeats it.
 */
import type { CallEvent } from "@vsms/core/dispatch/CallChannel"
import { source } from "./Chance.ts"

/** Per cent of reports (or calls) that suffer the fault. */
export interface Faults {
  readonly lostPercent: number
  readonly doubledPercent: number
  /** Reports that are overtaken by the next one. */
  readonly reorderedPercent: number
  /** Reports that come `lateMillis` late, and keep those after them waiting. */
  readonly latePercent: number
  readonly lateMillis: number
  /** Calls that the channel refuses before placing them. */
  readonly refusedPercent: number
  /** Calls whose connection to us breaks on the way: they go on, and their fate must be asked after. */
  readonly severedPercent: number
  /** Calls of which nothing is ever reported, and which never end for whoever placed them. */
  readonly mutePercent: number
  /** Times at which the channel is out of order; it is always in order if absent. */
  readonly outages?: Outages | undefined
}

/** Once in every `everyMillis`, for `lastsMillis`, at a moment that the seed and the channel's name decide. */
export interface Outages {
  readonly everyMillis: number
  readonly lastsMillis: number
}

export const none: Faults = {
  lostPercent: 0,
  doubledPercent: 0,
  reorderedPercent: 0,
  latePercent: 0,
  lateMillis: 3_000,
  refusedPercent: 0,
  severedPercent: 0,
  mutePercent: 0
}

/** What becomes of a call, before anything has happened in it. */
export interface Lot {
  readonly refused: boolean
  readonly mute: boolean
  /** The connection breaks with this report, counted from 0; `undefined`: it holds. */
  readonly severedAt: number | undefined
}

/** Most that a call has to report of itself, keys left aside: a ring, an answer, an end. */
const usualReports = 3

/** Draws the lot of a call. Always as often, whatever it comes to. */
export const drawn = (faults: Faults, random: () => number): Lot => {
  const [refused, severed, at, mute] = [random(), random(), random(), random()]
  return {
    refused: refused * 100 < faults.refusedPercent,
    mute: mute * 100 < faults.mutePercent,
    severedAt: severed * 100 < faults.severedPercent ? Math.floor(at * usualReports) : undefined
  }
}

/** The reports that arrive, in the order in which they arrive. `held` is one that waits to be overtaken. */
export const deliver = (
  faults: Faults,
  event: CallEvent,
  held: CallEvent | undefined,
  random: () => number
): { readonly arrive: ReadonlyArray<CallEvent>; readonly held: CallEvent | undefined; readonly lateMillis: number } => {
  const percent = () => random() * 100
  const lost = percent() < faults.lostPercent
  const doubled = percent() < faults.doubledPercent
  const reordered = percent() < faults.reorderedPercent
  const lateMillis = percent() < faults.latePercent ? faults.lateMillis : 0
  const arriving = lost ? [] : doubled ? [event, event] : [event]
  if (held !== undefined) return { arrive: [...arriving, held], held: undefined, lateMillis }
  if (reordered && arriving.length > 0) return { arrive: arriving.slice(1), held: arriving[0], lateMillis }
  return { arrive: arriving, held: undefined, lateMillis }
}

/** Whether the channel is out of order, `millis` after the network began. */
export const isOut = ({ outages }: Faults, seed: number, channel: string, millis: number): boolean => {
  if (outages === undefined) return false
  const { everyMillis, lastsMillis } = outages
  const period = Math.floor(millis / everyMillis)
  const begins = source(seed, `${channel}/${period}`)() * Math.max(0, everyMillis - lastsMillis)
  const at = millis - period * everyMillis
  return at >= begins && at < begins + lastsMillis
}
