/**
 * Rules: speech out of what a server sent. It may be cut off, of another kind than was asked for, silent, or no audio at
 * all; a call that says half a code is worse than none.
 */
import type { SpeechAudio } from "@vsms/core/dispatch/SpeechSynthesizer"
import * as Either from "effect/Either"
import * as G711 from "../audio/G711.ts"
import * as Wav from "../audio/Wav.ts"
import * as Splice from "./Splice.ts"

/** What is wrong with it, in words for an operator. */
export type Fault = string

/** Whether a server's content type can be audio. Many send none, or `application/octet-stream`. */
export const maybeAudio = (contentType: string | undefined): boolean =>
  contentType === undefined || !/^\s*(text\/|application\/(json|xml|.*\+json|.*\+xml|xhtml))/i.test(contentType)

/**
 * A WAV file.
 *
 * **Details** Servers that stream do not know the length when they write the header, and put 0, 0xFFFFFFFF or
 * 0x7FFFF000 and more there: those say nothing. Any other length that is not reached means that the end is missing.
 */
export const wav = (bytes: Uint8Array): Either.Either<SpeechAudio, Fault> => {
  const audio = Wav.read(bytes)
  if (Either.isLeft(audio)) return Either.left(`no WAV file: ${audio.left.problem}`)
  const size = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(4, true)
  // Without the last pad byte it is whole.
  return size < streamed && bytes.length < size + 7 ? Either.left("it is cut off") : heard(audio.right)
}

/** 16-bit samples, low byte first, without a header. */
export const pcm = (bytes: Uint8Array, sampleRate: number): Either.Either<SpeechAudio, Fault> => {
  if (bytes.length % 2 === 1) return Either.left("half a sample is missing")
  // Bytes that come from a network begin anywhere.
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const samples = new Int16Array(bytes.length / 2)
  for (let at = 0; at < samples.length; at++) samples[at] = view.getInt16(at * 2, true)
  return heard({ sampleRate, samples })
}

/** G.711 A-law, 8,000 bytes a second. */
export const alaw = (bytes: Uint8Array): Either.Either<SpeechAudio, Fault> =>
  heard({ sampleRate: 8_000, samples: G711.decode(bytes, "alaw") })

const heard = (audio: SpeechAudio): Either.Either<SpeechAudio, Fault> =>
  audio.samples.length === 0 || Splice.isSilent(audio) ? Either.left("it is silent") : Either.right(audio)

/** Lengths from here on are placeholders. */
const streamed = 0x7fff_0000
