/**
 * Rules: the two laws of ITU-T G.711, one into the other: what is recorded in A-law can be played to whoever takes
 * µ-law alone.
 */
import type { Codec } from "@vsms/core/dispatch/TelephoneCodec"

/** What a quiet line carries. */
export const silence: { readonly [C in Codec]: number } = { alaw: 0xd5, mulaw: 0xff }

/** The same sound in the other law; the very payload if it is in that law already. */
export const translated = (payload: Uint8Array, from: Codec, to: Codec): Uint8Array =>
  from === to ? payload : payload.map((byte) => tables[from][byte]!)

/** The magnitude on the 14-bit scale of µ-law, without the sign. */
const fromA = (byte: number): number => {
  const inverted = byte ^ 0x55
  const segment = (inverted >> 4) & 7
  const step = inverted & 0x0f
  // A-law counts in steps twice as large.
  return 2 * (segment === 0 ? 2 * step + 1 : (2 * step + 33) << (segment - 1))
}

const fromMu = (byte: number): number => {
  const inverted = ~byte & 0xff
  return ((2 * (inverted & 0x0f) + 33) << ((inverted >> 4) & 7)) - 33
}

const isPositive = (byte: number): boolean => (byte & 0x80) !== 0

/** For each byte of one law the byte of the other one whose magnitude is nearest, of the same sign. */
const nearest = (magnitude: (byte: number) => number, other: (byte: number) => number): Uint8Array => {
  const bytes = Array.from({ length: 256 }, (_, byte) => byte)
  return Uint8Array.from(bytes, (byte) => {
    const rivals = bytes.filter((rival) => isPositive(rival) === isPositive(byte))
    const distance = (rival: number): number => Math.abs(other(rival) - magnitude(byte))
    return rivals.reduce((best, rival) => (distance(rival) < distance(best) ? rival : best))
  })
}

const tables: { readonly [C in Codec]: Uint8Array } = { alaw: nearest(fromA, fromMu), mulaw: nearest(fromMu, fromA) }
