/**
 * Rules: all that a callee hears, as one run of bytes: silence, the plays with their pauses, silence.
 */
import type { Playback } from "../sip/media/Media.ts"
import * as G711 from "../sip/rtp/G711.ts"

/** A second. */
export const chunkBytes = 8_000
const bytesPerMilli = 8
/** The end of the last word is not cut off. */
const tailMillis = 200

/** Whole chunks, and what remains. */
export const chunks = function* (playback: Playback): Generator<Uint8Array> {
  let held = new Uint8Array(chunkBytes)
  let length = 0
  for (const piece of pieces(playback)) {
    for (let from = 0; from < piece.length;) {
      const taken = piece.subarray(from, from + chunkBytes - length)
      held.set(taken, length)
      length += taken.length
      from += taken.length
      if (length < chunkBytes) continue
      yield held
      held = new Uint8Array(chunkBytes)
      length = 0
    }
  }
  if (length > 0) yield held.subarray(0, length)
}

const pieces = function* ({ audio, leadMillis, pauseMillis, plays }: Playback): Generator<Uint8Array> {
  const silence = (millis: number) => new Uint8Array(millis * bytesPerMilli).fill(G711.silence[audio.codec])
  yield silence(leadMillis)
  for (let play = 0; play < plays; play++) {
    if (play > 0) yield silence(pauseMillis)
    yield audio.payload
  }
  yield silence(tailMillis)
}

/** What is left to play when it broke off so long after it began: the play that broke off is one of them. */
export const rest = (playback: Playback, playedMillis: number): Playback => {
  const play = playback.audio.payload.length / bytesPerMilli
  const done = Math.floor((playedMillis - playback.leadMillis + playback.pauseMillis) / (play + playback.pauseMillis))
  return { ...playback, plays: playback.plays - Math.min(Math.max(done, 0), playback.plays) }
}
