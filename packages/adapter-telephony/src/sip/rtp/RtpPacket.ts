/** Rules: RTP packets (RFC 3550, section 5): what is sent every 20 ms, and what comes in from anybody. */

export interface RtpPacket {
  /** 0 to 127. */
  readonly payloadType: number
  /** The first after a silence, or of a key press. */
  readonly marker: boolean
  /** Modulo 2^16. */
  readonly sequence: number
  /** In 1/8,000 s, modulo 2^32. */
  readonly timestamp: number
  /** Who sends: a random number, modulo 2^32. */
  readonly source: number
  readonly payload: Uint8Array
}

export const headerBytes = 12

/** `undefined` for anything that is no RTP. The payload is a view of the same memory. */
export const parse = (bytes: Uint8Array): RtpPacket | undefined => {
  if (bytes.length < headerBytes || bytes[0]! >> 6 !== 2) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let start = headerBytes + 4 * (bytes[0]! & 0x0f)
  if ((bytes[0]! & 0x10) !== 0) {
    if (start + 4 > bytes.length) return undefined
    start += 4 + 4 * view.getUint16(start + 2)
  }
  const padding = (bytes[0]! & 0x20) === 0 ? 0 : bytes.at(-1)!
  const end = bytes.length - padding
  if (start > end || ((bytes[0]! & 0x20) !== 0 && padding === 0)) return undefined
  return {
    payloadType: bytes[1]! & 0x7f,
    marker: bytes[1]! >> 7 === 1,
    sequence: view.getUint16(2),
    timestamp: view.getUint32(4),
    source: view.getUint32(8),
    payload: bytes.subarray(start, end)
  }
}

export const toBytes = (packet: RtpPacket): Uint8Array => {
  const bytes = new Uint8Array(headerBytes + packet.payload.length)
  writeHeader(bytes, packet)
  bytes.set(packet.payload, headerBytes)
  return bytes
}

/** Writes all but the payload into the first 12 bytes: whoever sends for many calls keeps one buffer. */
export const writeHeader = (bytes: Uint8Array, packet: Omit<RtpPacket, "payload">): void => {
  bytes[0] = 0x80
  bytes[1] = (packet.marker ? 0x80 : 0) | packet.payloadType
  writeUint16(bytes, 2, packet.sequence)
  writeUint32(bytes, 4, packet.timestamp)
  writeUint32(bytes, 8, packet.source)
}

const writeUint16 = (bytes: Uint8Array, at: number, value: number): void => {
  bytes[at] = value >>> 8
  bytes[at + 1] = value
}

const writeUint32 = (bytes: Uint8Array, at: number, value: number): void => {
  writeUint16(bytes, at, value >>> 16)
  writeUint16(bytes, at + 2, value & 0xffff)
}
