/**
 * Rules: what a phone heard, byte for byte: the audio as often as it was played, with the pauses between, cut off
 * where the call ended. It depends on the call alone: nothing of another call can get into it.
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

/** What was heard from `fromMillis` of the call until `toMillis`; a machine begins to listen after its greeting. */
export const heard = (
  { audio, pauseMillis = usualPauseMillis, plays }: Played,
  fromMillis: number,
  toMillis: number
): TelephoneAudio => {
  const { codec, payload: speech } = audio
  const from = fromMillis * bytesPerMilli
  const payload = new Uint8Array(Math.max(0, toMillis * bytesPerMilli - from)).fill(silence[codec])
  const cycle = speech.length + pauseMillis * bytesPerMilli
  for (let play = 0; play < plays; play++) {
    const begin = Math.max(from, play * cycle)
    const end = Math.min(from + payload.length, play * cycle + speech.length)
    if (begin < end) payload.set(speech.subarray(begin - play * cycle, end - play * cycle), begin - from)
  }
  return { codec, payload }
}
