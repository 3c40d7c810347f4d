/**
 * Rules: what a phone heard, byte for byte: the audio as often as it was played, with the pauses between, cut off
 * where the call ended.
 */
import type { Codec, TelephoneAudio } from "@vsms/core/dispatch/TelephoneCodec"

/** Silence between two plays of the same audio. */
export const pauseMillis = 1_000

const bytesPerMilli = 8

/** The byte that stands for silence on the line. */
const silence: Record<Codec, number> = { alaw: 0xd5, mulaw: 0xff }

/** How long all plays take. */
export const playMillis = (audio: TelephoneAudio, plays: number): number =>
  Math.ceil((audio.payload.length * plays) / bytesPerMilli) + pauseMillis * (plays - 1)

/** What was heard in the first `millis` of the call. */
export const heard = (audio: TelephoneAudio, plays: number, millis: number): TelephoneAudio => {
  const gap = pauseMillis * bytesPerMilli
  const payload = new Uint8Array(millis * bytesPerMilli).fill(silence[audio.codec])
  for (let play = 0; play < plays; play++) {
    const at = play * (audio.payload.length + gap)
    if (at < payload.length) payload.set(audio.payload.subarray(0, payload.length - at), at)
  }
  return { codec: audio.codec, payload }
}
