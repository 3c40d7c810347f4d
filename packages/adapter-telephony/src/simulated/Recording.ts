/**
 * Rules: what a phone heard, byte for byte: the audio as often as it was played, with the pauses between, cut off
 * where the call ended.
 */
import type { Call } from "@vsms/core/dispatch/CallChannel"
import type { Codec, TelephoneAudio } from "@vsms/core/dispatch/TelephoneCodec"

/** What of a call decides what is heard. */
export type Played = Pick<Call, "audio" | "plays" | "pauseMillis">

/** Between two plays of a call that does not say. */
const usualPauseMillis = 1_000

const bytesPerMilli = 8

/** The byte that stands for silence on the line. */
const silence: Record<Codec, number> = { alaw: 0xd5, mulaw: 0xff }

/** How long all plays take, with the pauses between them. */
export const playMillis = ({ audio, pauseMillis = usualPauseMillis, plays }: Played): number =>
  Math.ceil((audio.payload.length * plays) / bytesPerMilli) + pauseMillis * (plays - 1)

/** What was heard in the first `millis` of the call. */
export const heard = ({ audio, pauseMillis = usualPauseMillis, plays }: Played, millis: number): TelephoneAudio => {
  const gap = pauseMillis * bytesPerMilli
  const payload = new Uint8Array(millis * bytesPerMilli).fill(silence[audio.codec])
  for (let play = 0; play < plays; play++) {
    const at = play * (audio.payload.length + gap)
    if (at < payload.length) payload.set(audio.payload.subarray(0, payload.length - at), at)
  }
  return { codec: audio.codec, payload }
}
