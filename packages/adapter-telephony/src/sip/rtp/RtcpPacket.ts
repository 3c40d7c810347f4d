/**
 * Rules: RTCP (RFC 3550, section 6): what the two ends tell each other of how the packets arrive. Compound packets are
 * read as a whole or not at all.
 */

/** How one source is received. */
export interface ReceptionReport {
  readonly source: number
  /** Of the packets since the last report, in 1/256. */
  readonly fractionLost: number
  /** Since the beginning; negative where more arrived than were sent, by doubling. */
  readonly lost: number
  /** The highest sequence number, with its turns above 16 bits. */
  readonly highestSequence: number
  /** In 1/8,000 s. */
  readonly jitter: number
  /** The middle 32 bits of the time of the last sender report; 0 if there was none. */
  readonly lastReport: number
  /** Since it came, in 1/65,536 s. */
  readonly sinceLastReport: number
}

export type Report =
  | {
      readonly _tag: "Sender"
      readonly source: number
      /** The wall clock in 1/2^32 s since 1900: the seconds and the fraction. */
      readonly seconds: number
      readonly fraction: number
      readonly timestamp: number
      readonly packets: number
      readonly bytes: number
      readonly reports: ReadonlyArray<ReceptionReport>
    }
  | { readonly _tag: "Receiver"; readonly source: number; readonly reports: ReadonlyArray<ReceptionReport> }
  | { readonly _tag: "Name"; readonly source: number; readonly name: string }
  | { readonly _tag: "Bye"; readonly sources: ReadonlyArray<number> }

const types = { sender: 200, receiver: 201, names: 202, bye: 203 }
const canonicalName = 1
const reportBytes = 24
const mostReports = 31

/** Whether a datagram is RTCP rather than RTP, where both share a port (RFC 5761). */
export const isRtcp = (bytes: Uint8Array): boolean => bytes.length >= 8 && bytes[1]! >= 192 && bytes[1]! <= 223

/** The reports of a compound packet, without those that are not of interest; `undefined` if it is none. */
export const parse = (bytes: Uint8Array): ReadonlyArray<Report> | undefined => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const found: Array<Report> = []
  if (bytes.length < 8) return undefined
  for (let at = 0; at < bytes.length;) {
    if (at + 4 > bytes.length || bytes[at]! >> 6 !== 2) return undefined
    const end = at + 4 + 4 * view.getUint16(at + 2)
    if (end > bytes.length) return undefined
    const count = bytes[at]! & 0x1f
    const type = bytes[at + 1]!
    // Only the first of a compound packet is known by its type (RFC 3550, appendix A.2).
    if (at === 0 && type !== types.sender && type !== types.receiver) return undefined
    const packet = read(view, type, count, at + 4, end)
    if (packet === undefined) return undefined
    found.push(...packet)
    at = end
  }
  return found
}

const read = (
  view: DataView,
  type: number,
  count: number,
  from: number,
  end: number
): ReadonlyArray<Report> | undefined => {
  switch (type) {
    case types.sender: {
      if (from + 24 + count * reportBytes > end) return undefined
      const word = (index: number) => view.getUint32(from + 4 * index)
      const [source, seconds, fraction, timestamp, packets, bytes] = [
        word(0),
        word(1),
        word(2),
        word(3),
        word(4),
        word(5)
      ]
      const reports = receptionReports(view, count, from + 24)
      return [{ _tag: "Sender", source, seconds, fraction, timestamp, packets, bytes, reports }]
    }
    case types.receiver:
      if (from + 4 + count * reportBytes > end) return undefined
      return [{ _tag: "Receiver", source: view.getUint32(from), reports: receptionReports(view, count, from + 4) }]
    case types.names:
      return names(view, count, from, end)
    case types.bye:
      if (from + 4 * count > end) return undefined
      return [{ _tag: "Bye", sources: Array.from({ length: count }, (_, i) => view.getUint32(from + 4 * i)) }]
    default:
      return []
  }
}

const receptionReports = (view: DataView, count: number, from: number): ReadonlyArray<ReceptionReport> =>
  Array.from({ length: count }, (_, i) => {
    const at = from + i * reportBytes
    return {
      source: view.getUint32(at),
      fractionLost: view.getUint8(at + 4),
      // 24 bits with a sign.
      lost: (view.getInt32(at + 4) << 8) >> 8,
      highestSequence: view.getUint32(at + 8),
      jitter: view.getUint32(at + 12),
      lastReport: view.getUint32(at + 16),
      sinceLastReport: view.getUint32(at + 20)
    }
  })

const names = (view: DataView, count: number, from: number, end: number): ReadonlyArray<Report> | undefined => {
  const found: Array<Report> = []
  let at = from
  for (let chunk = 0; chunk < count; chunk++) {
    if (at + 4 > end) return undefined
    const source = view.getUint32(at)
    at += 4
    for (;;) {
      if (at >= end) return undefined
      const item = view.getUint8(at)
      if (item === 0) break
      const length = at + 1 < end ? view.getUint8(at + 1) : 0
      if (at + 2 + length > end) return undefined
      const text = Buffer.from(view.buffer, view.byteOffset + at + 2, length).toString("utf8")
      if (item === canonicalName) found.push({ _tag: "Name", source, name: text })
      at += 2 + length
    }
    // A chunk ends at the next word after its last zero.
    at += 4 - ((at - from) % 4)
  }
  return found
}

/** A compound packet. It has to begin with a sender's or receiver's report to be one. */
export const toBytes = (reports: ReadonlyArray<Report>): Uint8Array => Buffer.concat(reports.map(written))

const written = (report: Report): Uint8Array => {
  switch (report._tag) {
    case "Sender": {
      const { bytes, fraction, packets, seconds, source, timestamp } = report
      return packetOf(types.sender, [source, seconds, fraction, timestamp, packets, bytes], report.reports)
    }
    case "Receiver":
      return packetOf(types.receiver, [report.source], report.reports)
    case "Bye":
      return withHeader(types.bye, report.sources.length, words(report.sources))
    case "Name": {
      const name = Buffer.from(report.name, "utf8").subarray(0, 255)
      const item = Buffer.concat([words([report.source]), Uint8Array.of(canonicalName, name.length), name])
      return withHeader(types.names, 1, Buffer.concat([item, new Uint8Array(4 - (item.length % 4))]))
    }
  }
}

const packetOf = (type: number, head: ReadonlyArray<number>, reports: ReadonlyArray<ReceptionReport>): Uint8Array => {
  const blocks = reports
    .slice(0, mostReports)
    .flatMap(({ fractionLost, highestSequence, jitter, lastReport, lost, sinceLastReport, source }) => [
      source,
      ((fractionLost << 24) | (lost & 0xff_ffff)) >>> 0,
      highestSequence,
      jitter,
      lastReport,
      sinceLastReport
    ])
  return withHeader(type, Math.min(reports.length, mostReports), words([...head, ...blocks]))
}

const withHeader = (type: number, count: number, body: Uint8Array): Uint8Array => {
  const length = body.length / 4
  return Buffer.concat([Uint8Array.of(0x80 | count, type, length >> 8, length & 0xff), body])
}

const words = (values: ReadonlyArray<number>): Uint8Array => {
  const bytes = new Uint8Array(4 * values.length)
  const view = new DataView(bytes.buffer)
  for (const [i, value] of values.entries()) view.setUint32(4 * i, value >>> 0)
  return bytes
}
