/**
 * Rules: key presses in RTP (RFC 4733). A key is sent many times while it is held, and three times at its end; all
 * packets of one key have one timestamp, by which it is known as one.
 */
import type { RtpPacket } from "./RtpPacket.ts"

export interface TelephoneEvent {
  /** `0` to `9`, `*`, `#`, `A` to `D`. */
  readonly key: string
  readonly ended: boolean
  /** 0 to 63: decibels below the reference. */
  readonly volume: number
  /** So far, in 1/8,000 s. */
  readonly duration: number
}

export const keys = "0123456789*#ABCD"

/** `undefined` for events that are no keys, and for what is no event. */
export const parse = (payload: Uint8Array): TelephoneEvent | undefined => {
  if (payload.length < 4) return undefined
  const key = keys[payload[0]!]
  if (key === undefined) return undefined
  return {
    key,
    ended: payload[1]! >> 7 === 1,
    volume: payload[1]! & 0x3f,
    duration: (payload[2]! << 8) | payload[3]!
  }
}

export const toBytes = ({ duration, ended, key, volume }: TelephoneEvent): Uint8Array =>
  Uint8Array.of(keys.indexOf(key), (ended ? 0x80 : 0) | volume, duration >>> 8, duration & 0xff)

/** Which key presses were heard so far: the timestamp of the last one. */
export type Heard = number | undefined

/**
 * The key of a packet, if it is the first that is heard of it. Whether a packet is late is told by its timestamp:
 * what is not newer than the last key was heard already, or is too late to be put in order.
 */
export const hear = (
  heard: Heard,
  packet: Pick<RtpPacket, "payload" | "timestamp">
): { readonly heard: Heard; readonly key: string | undefined } => {
  const event = parse(packet.payload)
  const isNew = heard === undefined || isAfter(packet.timestamp, heard)
  return event === undefined || !isNew ? { heard, key: undefined } : { heard: packet.timestamp, key: event.key }
}

/** Modulo 2^32: less than half a turn ahead. */
const isAfter = (one: number, other: number): boolean => one !== other && (one - other) >>> 0 < 0x8000_0000
