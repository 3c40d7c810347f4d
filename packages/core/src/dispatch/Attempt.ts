/**
 * Rules: one try to place a send's call: how long it may take, and how much of the text it can say (BAL-4, SND-5,
 * SND-10). Times are epoch milliseconds.
 */
import * as Send from "../sending/Send.ts"
import { hangUpMillis } from "../sending/SpeechLength.ts"

/**
 * The longest that the call may last, counted from its answer: a second less than the hold pays for, as a channel takes
 * a moment to hang up, and a moment too long costs a minute.
 */
export const longestCallMillis = (accepted: Send.Accepted): number =>
  Math.min(accepted.longestCallMillis, accepted.hold.minutes * 60_000 - hangUpMillis)

/**
 * How often the speech is played: as often as was asked for, or as often as it fits whole into the longest call; 0 if
 * it does not fit at all.
 */
export const plays = (accepted: Send.Accepted, speechMillis: number, pauseMillis: number): number => {
  const room = longestCallMillis(accepted) + pauseMillis
  return Math.max(0, Math.min(accepted.plays, Math.floor(room / (speechMillis + pauseMillis))))
}

/** When a call that began at `startedAt` is over at the latest, if its channel does what it was told. */
export const overAt = (accepted: Send.Accepted, startedAt: number): number =>
  startedAt + accepted.ringTimeoutMillis + longestCallMillis(accepted)

/** When nobody waits any longer to hear what became of a call that began at `startedAt` (SND-10). */
export const giveUpAt = (accepted: Send.Accepted, startedAt: number): number =>
  startedAt + Math.max(accepted.deadlineAt - accepted.dialUntilAt, overAt(accepted, 0) + 2)

/** When a channel that still says nothing is told to hang up: between the two. */
export const cutAt = (accepted: Send.Accepted, startedAt: number): number =>
  Math.floor((overAt(accepted, startedAt) + giveUpAt(accepted, startedAt)) / 2)

/** The try whose end is not known; `undefined` if there is none, and the send may be dialled. */
export const open = (state: Send.State): Send.Attempt | undefined =>
  Send.hasOpenAttempt(state) ? state.attempts[state.attempts.length - 1] : undefined

/** Whether the send waits to be dialled: it has not ended, and nobody's phone may be ringing for it. */
export const mayDial = (state: Send.State): boolean =>
  (state.stage === "accepted" || state.stage === "dialling") && !Send.hasOpenAttempt(state)

/** Why a send that can be dialled no longer has failed. */
export const lateReason = (state: Send.State): Send.FailureReason =>
  state.attempts.length > 0 ? "channelFailure" : "tooLate"
