/**
 * Rules: what a report says of how the packets of one source arrive (RFC 3550, appendix A.3). They are counted where
 * they arrive.
 */
import type { ReceptionReport } from "./RtcpPacket.ts"

/** What was counted since the beginning. */
export interface Counted {
  readonly source: number
  readonly firstSequence: number
  /** With its turns above 16 bits. */
  readonly highestSequence: number
  readonly received: number
  /** In 1/8,000 s, and of that sixteenths. */
  readonly scaledJitter: number
}

/** What was expected and had arrived at the last report. */
export interface Reported {
  readonly expected: number
  readonly received: number
}

export const nothing: Reported = { expected: 0, received: 0 }

export const report = (
  counted: Counted,
  reported: Reported
): { readonly reported: Reported; readonly report: Omit<ReceptionReport, "lastReport" | "sinceLastReport"> } => {
  const { firstSequence, highestSequence, received, scaledJitter, source } = counted
  const expected = highestSequence - firstSequence + 1
  const [newlyExpected, newlyReceived] = [expected - reported.expected, received - reported.received]
  const newlyLost = newlyExpected - newlyReceived
  return {
    reported: { expected, received },
    report: {
      source,
      fractionLost: newlyExpected <= 0 || newlyLost <= 0 ? 0 : Math.floor((newlyLost * 256) / newlyExpected) & 0xff,
      lost: Math.max(-0x80_0000, Math.min(0x7f_ffff, expected - received)),
      highestSequence: highestSequence >>> 0,
      jitter: scaledJitter >> 4
    }
  }
}
