/** What a phone recorded, held against what was played to it. */
import type { TelephoneAudio } from "@vsms/core/dispatch/TelephoneCodec"

/** 16-bit samples, as ITU-T G.711 decodes them: by the textbook, not by code of ours. */
export const samplesOf = ({ codec, payload }: TelephoneAudio): Int16Array =>
  Int16Array.from(payload, (byte) => {
    if (codec === "mulaw") {
      const bits = ~byte & 0xff
      const magnitude = (((bits & 0x0f) << 3) + 0x84) << ((bits & 0x70) >> 4)
      return (bits & 0x80) !== 0 ? 0x84 - magnitude : magnitude - 0x84
    }
    const bits = byte ^ 0x55
    const segment = (bits & 0x70) >> 4
    const step = (bits & 0x0f) << 4
    const magnitude = segment === 0 ? step + 8 : (step + 0x108) << (segment - 1)
    return (bits & 0x80) !== 0 ? magnitude : -magnitude
  })

/** The samples of a WAV file of 16-bit PCM, mono: what the softphones write. Its lengths are not believed. */
export const heard = (wav: Uint8Array): Int16Array => {
  const bytes = Buffer.from(wav)
  const data = bytes.indexOf("data")
  if (bytes.toString("latin1", 0, 4) !== "RIFF" || data < 0) throw new Error("no WAV file")
  const [channels, rate, bits] = [bytes.readUInt16LE(22), bytes.readUInt32LE(24), bytes.readUInt16LE(34)]
  if (channels !== 1 || rate !== 8_000 || bits !== 16) throw new Error(`${channels} of ${rate} Hz, ${bits} bits`)
  const length = (bytes.length - data - 8) >> 1
  return Int16Array.from({ length }, (_, at) => bytes.readInt16LE(data + 8 + 2 * at))
}

/** Decoders differ by so much. */
const tolerance = 2

/** From which sample on a recording holds these, one for one; -1 where it does not. */
export const found = (wav: Uint8Array, wanted: Int16Array, from = 0): number => {
  const samples = heard(wav)
  for (let at = from; at + wanted.length <= samples.length; at++) {
    let i = 0
    while (i < wanted.length && Math.abs(samples[at + i]! - wanted[i]!) <= tolerance) i++
    if (i === wanted.length) return at
  }
  return -1
}
