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

/** The end of a play. */
export const mark = "mark"

/** At most a second at a time; after each play its mark. */
export const chunks = function* (playback: Playback): Generator<Uint8Array | typeof mark> {
  const { audio, leadMillis, pauseMillis, plays } = playback
  const silence = (millis: number) => new Uint8Array(millis * bytesPerMilli).fill(G711.silence[audio.codec])
  yield* pieces(silence(leadMillis))
  for (let play = 0; play < plays; play++) {
    if (play > 0) yield* pieces(silence(pauseMillis))
    yield* pieces(audio.payload)
    yield mark
  }
  yield* pieces(silence(tailMillis))
}

const pieces = function* (bytes: Uint8Array): Generator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += chunkBytes) yield bytes.subarray(from, from + chunkBytes)
}
