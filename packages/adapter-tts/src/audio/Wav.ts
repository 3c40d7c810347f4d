/**
 * Rules: WAV files. The reader takes what engines really send, streamed headers that know no length among it; the writer
 * writes 16-bit PCM. What a line carried is written by core (`TelephoneWav.ts`).
 */
import type { SpeechAudio } from "@vsms/core/dispatch/SpeechSynthesizer"
import * as Data from "effect/Data"
import * as Either from "effect/Either"
import * as G711 from "./G711.ts"

/** What is wrong with a file. */
export type WavProblem = "NotWav" | "NoFormat" | "NoSamples" | "UnknownFormat" | "UnlikelyFormat"

/** The bytes are no WAV file, or none that can be read. Never holds any of them. */
export class WavFault extends Data.TaggedError("WavFault")<{ readonly problem: WavProblem }> {
  override get message(): string {
    return this.problem
  }
}

/**
 * Reads mono samples; of several channels, their mean.
 *
 * **Details** PCM of 8 to 32 bits, floating point of 32 and 64, A-law and µ-law; plain and extensible headers, unknown
 * chunks, missing pad bytes. A length of 0 or 0xFFFFFFFF, or one beyond the end, means: to the end. A last sample that
 * is cut off is left out.
 */
export const read = (bytes: Uint8Array): Either.Either<SpeechAudio, WavFault> => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (
    bytes.length < 12 ||
    !/^(RIFF|RF64|BW64)$/.test(fourCharacters(bytes, 0)) ||
    fourCharacters(bytes, 8) !== "WAVE"
  ) {
    return fault("NotWav")
  }
  let format: Format | undefined
  for (let at = 12; at + 8 <= bytes.length;) {
    const name = fourCharacters(bytes, at)
    const size = view.getUint32(at + 4, true)
    const start = at + 8
    const end = Math.min(bytes.length, start + size)
    if (name === "fmt ") {
      if (end - start < 16) return fault("NoFormat")
      format = readFormat(view, start, end)
    } else if (name === "data") {
      if (format === undefined) return fault("NoFormat")
      const decoder = decoderOf(format)
      if (decoder === undefined) return fault("UnknownFormat")
      if (!isLikely(format)) return fault("UnlikelyFormat")
      const samples = readSamples(view, start, size === 0 ? bytes.length : end, format.channels, decoder)
      return samples.length === 0 ? fault("NoSamples") : Either.right({ sampleRate: format.sampleRate, samples })
    }
    // Chunks begin at even places, except where their writer forgot.
    at = end + (size % 2 === 1 && bytes[end] === 0 ? 1 : 0)
  }
  return fault(format === undefined ? "NoFormat" : "NoSamples")
}

/** 16-bit PCM, mono. */
export const write = ({ sampleRate, samples }: SpeechAudio): Uint8Array => {
  const bytes = new Uint8Array(writtenDataAt + samples.length * 2)
  const view = new DataView(bytes.buffer)
  const name = (at: number, characters: string) => {
    for (let i = 0; i < 4; i++) view.setUint8(at + i, characters.charCodeAt(i))
  }
  name(0, "RIFF")
  view.setUint32(4, bytes.length - 8, true)
  name(8, "WAVE")
  name(12, "fmt ")
  view.setUint32(16, 16, true)
  view.setUint16(20, pcm, true)
  view.setUint16(22, 1, true)
  view.setUint32(24, sampleRate, true)
  view.setUint32(28, sampleRate * 2, true)
  view.setUint16(32, 2, true)
  view.setUint16(34, 16, true)
  name(36, "data")
  view.setUint32(40, samples.length * 2, true)
  for (let at = 0; at < samples.length; at++) view.setInt16(writtenDataAt + at * 2, samples[at]!, true)
  return bytes
}

const writtenDataAt = 44

interface Format {
  readonly tag: number
  readonly channels: number
  readonly sampleRate: number
  readonly bits: number
}

const readFormat = (view: DataView, start: number, end: number): Format => {
  const tag = view.getUint16(start, true)
  // The extensible header keeps the tag in the first bytes of a GUID.
  const extended = tag === 0xfffe && end - start >= 26
  return {
    tag: extended ? view.getUint16(start + 24, true) : tag,
    channels: view.getUint16(start + 2, true),
    sampleRate: view.getUint32(start + 4, true),
    bits: view.getUint16(start + 14, true)
  }
}

const isLikely = ({ channels, sampleRate }: Format): boolean =>
  channels >= 1 && channels <= 32 && sampleRate >= 1_000 && sampleRate <= 384_000

interface Decoder {
  readonly bytesPerSample: number
  /** A sample in the units of 16 bits. */
  readonly sample: (view: DataView, at: number) => number
}

const decoderOf = ({ bits, tag }: Format): Decoder | undefined => decoders[`${tag}/${bits}`]

const pcm = 1
const float = 3
const alaw = 6
const mulaw = 7

const decoders: Readonly<Record<string, Decoder>> = {
  [`${pcm}/8`]: { bytesPerSample: 1, sample: (view, at) => (view.getUint8(at) - 128) * 256 },
  [`${pcm}/16`]: { bytesPerSample: 2, sample: (view, at) => view.getInt16(at, true) },
  [`${pcm}/24`]: {
    bytesPerSample: 3,
    sample: (view, at) => view.getInt16(at + 1, true) + view.getUint8(at) / 256
  },
  [`${pcm}/32`]: { bytesPerSample: 4, sample: (view, at) => view.getInt32(at, true) / 65_536 },
  [`${float}/32`]: { bytesPerSample: 4, sample: (view, at) => view.getFloat32(at, true) * 32_768 },
  [`${float}/64`]: { bytesPerSample: 8, sample: (view, at) => view.getFloat64(at, true) * 32_768 },
  [`${alaw}/8`]: { bytesPerSample: 1, sample: (view, at) => decodeOne(view.getUint8(at), "alaw") },
  [`${mulaw}/8`]: { bytesPerSample: 1, sample: (view, at) => decodeOne(view.getUint8(at), "mulaw") }
}

const decodeOne = (byte: number, codec: "alaw" | "mulaw"): number => G711.decode(Uint8Array.of(byte), codec)[0]!

const readSamples = (
  view: DataView,
  start: number,
  end: number,
  channels: number,
  { bytesPerSample, sample }: Decoder
): Int16Array => {
  const stride = channels * bytesPerSample
  const samples = new Int16Array(Math.floor(Math.max(0, end - start) / stride))
  for (let i = 0; i < samples.length; i++) {
    let sum = 0
    for (let channel = 0; channel < channels; channel++)
      sum += sample(view, start + i * stride + channel * bytesPerSample)
    const mean = Math.round(sum / channels)
    // Floating point may hold what is no number: a typed array takes it as 0.
    samples[i] = Math.max(-32_768, Math.min(32_767, mean))
  }
  return samples
}

const fourCharacters = (bytes: Uint8Array, at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4))

const fault = (problem: WavProblem): Either.Either<never, WavFault> => Either.left(new WavFault({ problem }))
