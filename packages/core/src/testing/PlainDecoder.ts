/**
 * Adapter: a decoder without a codec, for tests: WAV of 16 bits and one channel as it stands. MP3 becomes a hum that is
 * as long as its frames say.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { AudioDecoder } from "../voicefile/AudioDecoder.ts"
import * as SoundFile from "../voicefile/SoundFile.ts"

export const layer: Layer.Layer<AudioDecoder> = Layer.succeed(AudioDecoder, {
  formats: ["wav", "mp3"],
  decode: (file, format) => Effect.sync(() => (format === "wav" ? fromWav(file) : hum(file)))
})

/** A WAV file of 16-bit PCM, as this decoder reads it. */
export const wav = ({ sampleRate, samples }: SoundFile.Sound): Uint8Array => {
  const file = new Uint8Array(headerBytes + samples.length * 2)
  const view = new DataView(file.buffer)
  const name = (at: number, characters: string) => {
    for (let i = 0; i < 4; i++) view.setUint8(at + i, characters.charCodeAt(i))
  }
  name(0, "RIFF")
  view.setUint32(4, file.length - 8, true)
  name(8, "WAVE")
  name(12, "fmt ")
  view.setUint32(16, 16, true)
  view.setUint16(20, 1, true)
  view.setUint16(22, 1, true)
  view.setUint32(24, sampleRate, true)
  view.setUint32(28, sampleRate * 2, true)
  view.setUint16(32, 2, true)
  view.setUint16(34, 16, true)
  name(36, "data")
  view.setUint32(40, samples.length * 2, true)
  samples.forEach((sample, i) => view.setInt16(headerBytes + i * 2, sample, true))
  return file
}

/** Samples that hum for so long: another pitch, another content. */
export const humming = (millis: number, pitch = 440, sampleRate = 8_000): SoundFile.Sound => ({
  sampleRate,
  samples: Int16Array.from({ length: Math.round((millis * sampleRate) / 1_000) }, (_, i) =>
    Math.round(8_000 * Math.sin((2 * Math.PI * pitch * i) / sampleRate))
  )
})

const headerBytes = 44

const fromWav = (file: Uint8Array): SoundFile.Sound | undefined => {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  if (file.length < headerBytes + 2) return undefined
  const isPlain = view.getUint32(16, true) === 16 && view.getUint32(20, true) === 0x10001
  const sampleRate = view.getUint32(24, true)
  if (!isPlain || view.getUint16(34, true) !== 16 || sampleRate < 4_000 || sampleRate > 384_000) return undefined
  const length = Math.floor(Math.min(view.getUint32(40, true), file.length - headerBytes) / 2)
  if (length === 0) return undefined
  return { sampleRate, samples: Int16Array.from({ length }, (_, i) => view.getInt16(headerBytes + i * 2, true)) }
}

const hum = (file: Uint8Array): SoundFile.Sound | undefined => {
  const described = SoundFile.inspect(file, ["mp3"])
  return described._tag === "Left" ? undefined : humming(described.right.aboutMillis ?? 0)
}
