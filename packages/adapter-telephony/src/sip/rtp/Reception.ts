/**
 * Rules: how the packets of one source arrive: how many are lost, and how unevenly they come (RFC 3550, appendices
 * A.1, A.3 and A.8).
 */
import type { ReceptionReport } from "./RtcpPacket.ts"
import type { RtpPacket } from "./RtpPacket.ts"

export interface Reception {
  readonly source: number
  readonly firstSequence: number
  /** With its turns above 16 bits. */
  readonly highestSequence: number
  readonly received: number
  /** In 1/8,000 s, and of that sixteenths: as the appendix keeps it. */
  readonly scaledJitter: number
  /** How long the last packet was on its way, up to a constant. */
  readonly transit: number
  /** What was expected and had arrived at the last report. */
  readonly reported: { readonly expected: number; readonly received: number }
}

type Packet = Pick<RtpPacket, "sequence" | "timestamp" | "source">

/** Packets that come later than so many others are of another beginning. */
const mostDisorder = 100
const mostGap = 3_000

/** `at`: milliseconds of any steady clock. */
export const begin = (packet: Packet, at: number): Reception => ({
  source: packet.source,
  firstSequence: packet.sequence,
  highestSequence: packet.sequence,
  received: 1,
  scaledJitter: 0,
  transit: transit(packet, at),
  reported: { expected: 0, received: 0 }
})

/** Counts a packet of the same source. One whose sequence number jumped begins anew. */
export const receive = (reception: Reception, packet: Packet, at: number): Reception => {
  const ahead = (packet.sequence - reception.highestSequence) & 0xffff
  const isLate = ahead >= 0x1_0000 - mostDisorder
  if (!isLate && ahead > mostGap) return begin(packet, at)
  const now = transit(packet, at)
  const difference = Math.abs((now - reception.transit) | 0)
  return {
    ...reception,
    highestSequence: isLate ? reception.highestSequence : reception.highestSequence + ahead,
    received: reception.received + 1,
    transit: now,
    scaledJitter: reception.scaledJitter + difference - ((reception.scaledJitter + 8) >> 4)
  }
}

const transit = ({ timestamp }: Packet, at: number): number => (Math.round(at * 8) - timestamp) | 0

/** What a report says of it, and the state after the report. */
export const report = (
  reception: Reception
): { readonly reception: Reception; readonly report: Omit<ReceptionReport, "lastReport" | "sinceLastReport"> } => {
  const { highestSequence, received, reported, scaledJitter, source } = reception
  const expected = highestSequence - reception.firstSequence + 1
  const [newlyExpected, newlyReceived] = [expected - reported.expected, received - reported.received]
  const newlyLost = newlyExpected - newlyReceived
  return {
    reception: { ...reception, reported: { expected, received } },
    report: {
      source,
      fractionLost: newlyExpected === 0 || newlyLost <= 0 ? 0 : Math.floor((newlyLost * 256) / newlyExpected) & 0xff,
      lost: Math.max(-0x80_0000, Math.min(0x7f_ffff, expected - received)),
      highestSequence: highestSequence >>> 0,
      jitter: scaledJitter >> 4
    }
  }
}
