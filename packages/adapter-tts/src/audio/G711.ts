/**
 * Rules: ITU-T G.711, 16-bit samples as one byte each and back. A-law is the telephone's in China and Europe, µ-law in
 * North America and Japan.
 */
import type { Codec } from "@vsms/core/dispatch/TelephoneCodec"

/** What a quiet line carries. */
export const silence: Readonly<Record<Codec, number>> = { alaw: 0xd5, mulaw: 0xff }

export const encode = (samples: Int16Array, codec: Codec): Uint8Array => {
  const table = encoders[codec]
  const payload = new Uint8Array(samples.length)
  for (let at = 0; at < samples.length; at++) payload[at] = table[samples[at]! & 0xffff]!
  return payload
}

export const decode = (payload: Uint8Array, codec: Codec): Int16Array => {
  const table = decoders[codec]
  const samples = new Int16Array(payload.length)
  for (let at = 0; at < payload.length; at++) samples[at] = table[payload[at]!]!
  return samples
}

/** 13 bits of magnitude and sign; a segment of equal steps for each power of two; every other bit inverted. */
const encodeA = (sample: number): number => {
  const sign = sample >= 0 ? 0x80 : 0
  const magnitude = (sample >= 0 ? sample : -sample - 1) >> 4
  const segment = Math.max(0, 28 - Math.clz32(magnitude))
  const step = segment === 0 ? magnitude : (magnitude >> (segment - 1)) & 0x0f
  return (sign | (segment << 4) | step) ^ 0x55
}

const decodeA = (byte: number): number => {
  const inverted = byte ^ 0x55
  const segment = (inverted >> 4) & 7
  const step = inverted & 0x0f
  const magnitude = segment === 0 ? (step << 4) + 8 : ((step << 4) + 0x108) << (segment - 1)
  return inverted & 0x80 ? magnitude : -magnitude
}

/** 14 bits of magnitude and sign, moved up by the bias so that the segments are powers of two; all bits inverted. */
const encodeMu = (sample: number): number => {
  const sign = sample < 0 ? 0x80 : 0
  const magnitude = Math.min(32_635, Math.abs(sample)) + bias
  const segment = 24 - Math.clz32(magnitude)
  return ~(sign | (segment << 4) | ((magnitude >> (segment + 3)) & 0x0f)) & 0xff
}

const decodeMu = (byte: number): number => {
  const bits = ~byte & 0xff
  const magnitude = (((bits & 0x0f) << 3) + bias) << ((bits >> 4) & 7)
  return bits & 0x80 ? bias - magnitude : magnitude - bias
}

const bias = 132

/** By the sample's 16 bits. */
const encoderOf = (encodeOne: (sample: number) => number): Uint8Array =>
  Uint8Array.from({ length: 65_536 }, (_, bits) => encodeOne((bits << 16) >> 16))

const decoderOf = (decodeOne: (byte: number) => number): Int16Array =>
  Int16Array.from({ length: 256 }, (_, byte) => decodeOne(byte))

const encoders: Readonly<Record<Codec, Uint8Array>> = { alaw: encoderOf(encodeA), mulaw: encoderOf(encodeMu) }

const decoders: Readonly<Record<Codec, Int16Array>> = { alaw: decoderOf(decodeA), mulaw: decoderOf(decodeMu) }
