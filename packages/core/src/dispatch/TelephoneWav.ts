/**
 * Adapter: what a telephone line carried, as a WAV file: G.711 as it is, which players turn into sound by themselves.
 */
import type { TelephoneAudio } from "./TelephoneCodec.ts"

/** The bytes of the file. */
export const write = ({ codec, payload }: TelephoneAudio): Uint8Array => {
  const bytes = new Uint8Array(dataAt + payload.length + (payload.length % 2))
  const view = new DataView(bytes.buffer)
  const name = (at: number, characters: string) => {
    for (let i = 0; i < 4; i++) view.setUint8(at + i, characters.charCodeAt(i))
  }
  name(0, "RIFF")
  view.setUint32(4, bytes.length - 8, true)
  name(8, "WAVE")
  name(12, "fmt ")
  // Anything but PCM has an extension (empty here) and says how many samples there are.
  view.setUint32(16, 18, true)
  view.setUint16(20, codec === "alaw" ? 6 : 7, true)
  view.setUint16(22, 1, true)
  view.setUint32(24, sampleRate, true)
  view.setUint32(28, sampleRate, true)
  view.setUint16(32, 1, true)
  view.setUint16(34, 8, true)
  name(38, "fact")
  view.setUint32(42, 4, true)
  view.setUint32(46, payload.length, true)
  name(50, "data")
  view.setUint32(54, payload.length, true)
  bytes.set(payload, dataAt)
  return bytes
}

const sampleRate = 8_000
const dataAt = 58
