/**
 * Rules: what the simulated network does to the reports of a call on their way to us, and to the channel itself. Each
 * fault is drawn from the call's own random source, so that a seed repeats it.
 */
import type { CallEvent } from "@vsms/core/dispatch/CallChannel"

/** Per cent of reports (or calls) that suffer the fault. */
export interface Faults {
  readonly lostPercent: number
  readonly doubledPercent: number
  /** Reports that are overtaken by the next one. */
  readonly reorderedPercent: number
  /** Calls that the channel refuses before placing them. */
  readonly refusedPercent: number
  /** Calls that are placed, but whose connection to us breaks: their fate must be asked after. */
  readonly severedPercent: number
}

export const none: Faults = {
  lostPercent: 0,
  doubledPercent: 0,
  reorderedPercent: 0,
  refusedPercent: 0,
  severedPercent: 0
}

/** The reports that arrive, in the order in which they arrive. `held` is one that waits to be overtaken. */
export const deliver = (
  faults: Faults,
  event: CallEvent,
  held: CallEvent | undefined,
  random: () => number
): { readonly arrive: ReadonlyArray<CallEvent>; readonly held: CallEvent | undefined } => {
  const percent = () => random() * 100
  const lost = percent() < faults.lostPercent
  const doubled = percent() < faults.doubledPercent
  const reordered = percent() < faults.reorderedPercent
  const arriving = lost ? [] : doubled ? [event, event] : [event]
  if (held !== undefined) return { arrive: [...arriving, held], held: undefined }
  if (reordered && arriving.length > 0) return { arrive: arriving.slice(1), held: arriving[0] }
  return { arrive: arriving, held: undefined }
}
