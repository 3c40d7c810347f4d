/** Rules: pieces of speech put together, with the silences between them. */
import type { SpeechAudio } from "@vsms/core/dispatch/SpeechSynthesizer"

export type Piece = SpeechAudio | { readonly silenceMillis: number }

/** One track; `undefined` if the pieces are of several sample rates, or none of them is speech. */
export const join = (pieces: ReadonlyArray<Piece>): SpeechAudio | undefined => {
  const sampleRate = pieces.find((piece) => "samples" in piece)?.sampleRate
  if (sampleRate === undefined) return undefined
  if (pieces.some((piece) => "samples" in piece && piece.sampleRate !== sampleRate)) return undefined
  const [only] = pieces
  if (pieces.length === 1 && only !== undefined && "samples" in only) return only
  const lengthOf = (piece: Piece) =>
    "samples" in piece ? piece.samples.length : Math.round((piece.silenceMillis * sampleRate) / 1_000)
  const samples = new Int16Array(pieces.reduce((sum, piece) => sum + lengthOf(piece), 0))
  let at = 0
  for (const piece of pieces) {
    if ("samples" in piece) samples.set(piece.samples, at)
    at += lengthOf(piece)
  }
  return { sampleRate, samples }
}

/** Quieter than this is nothing to a telephone. */
const quiet = 48

export const isSilent = ({ samples }: SpeechAudio): boolean => samples.every((sample) => Math.abs(sample) < quiet)

/** Speech with at most so much silence before and after it, and faded there, so that a joint does not click. */
export const trimmed = (audio: SpeechAudio, keepMillis: number): SpeechAudio => {
  const { sampleRate, samples } = audio
  const first = samples.findIndex((sample) => Math.abs(sample) >= quiet)
  if (first < 0) return audio
  const last = samples.findLastIndex((sample) => Math.abs(sample) >= quiet)
  const keep = Math.round((keepMillis * sampleRate) / 1_000)
  const kept = samples.slice(Math.max(0, first - keep), last + 1 + keep)
  const fade = Math.min(Math.round((fadeMillis * sampleRate) / 1_000), kept.length)
  for (let at = 0; at < fade; at++) {
    kept[at] = Math.round((kept[at]! * at) / fade)
    kept[kept.length - 1 - at] = Math.round((kept[kept.length - 1 - at]! * at) / fade)
  }
  return { sampleRate, samples: kept }
}

const fadeMillis = 5
