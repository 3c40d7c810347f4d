/**
 * Rules: one call at an Asterisk, from its dialling to its end, through losses of sight: what is reported, and what is
 * done next. Time is an argument; nothing is asked or sent here.
 */
import type { CallEvent, CallFailure } from "@vsms/core/dispatch/CallChannel"
import * as Outcome from "../sip/call/Outcome.ts"

/** Milliseconds each. */
export interface Plan {
  /** Until the callee's phone rings. */
  readonly setUp: number
  /** From there until the answer. */
  readonly ring: number
  /** From the answer to our hanging up. */
  readonly longest: number
  /** How long after that the end may go unseen. */
  readonly patience: number
}

export interface State {
  /** `leaving`: it was answered, and is to be hung up. */
  readonly phase: "dialling" | "talking" | "leaving" | "over"
  readonly rang: boolean
  /** Rang, or may have: there was early media. */
  readonly mayHaveRung: boolean
  readonly answeredAt: number
  /** Whether the answer was reported: it is once the callee can hear us. */
  readonly told: boolean
  /** Events may have been missed, and more may be. */
  readonly blind: boolean
  /** Nothing is played, although it should be. */
  readonly mute: boolean
  /** How often the audio was begun. */
  readonly tries: number
  /** When `Deadline` is due. */
  readonly deadline: number
}

export type Input =
  | { readonly _tag: "Progress"; readonly rings: boolean }
  | { readonly _tag: "Answered" }
  | { readonly _tag: "Key"; readonly key: string }
  | { readonly _tag: "Ended"; readonly cause: number; readonly status: number | undefined; readonly wasUp: boolean }
  /** The connection is gone. */
  | { readonly _tag: "Lost" }
  /** The connection is there, and so is the call. */
  | { readonly _tag: "Found"; readonly isUp: boolean; readonly rings: boolean }
  /** The connection is there, and the call is not. */
  | { readonly _tag: "Missing" }
  | { readonly _tag: "Audible" }
  /** The audio could not be begun, or broke off. */
  | { readonly _tag: "Silenced" }
  | { readonly _tag: "Played" }
  /** We hung up, and Asterisk has accepted it. */
  | { readonly _tag: "HungUp" }
  | { readonly _tag: "Deadline" }
  /** Whoever carries calls ends. */
  | { readonly _tag: "Stop" }

export type Act =
  | { readonly _tag: "Report"; readonly event: CallEvent }
  /** The end of a call of which no end can be reported. */
  | { readonly _tag: "NotCarried"; readonly placed: "no" | "unknown"; readonly detail: string }
  | { readonly _tag: "Play" }
  | { readonly _tag: "HangUp" }

export type Step = readonly [State, ReadonlyArray<Act>]

/** Audio that breaks off again and again is not begun for ever. */
const mostTries = 3

export const initial = (plan: Plan, now: number): State => ({
  phase: "dialling",
  rang: false,
  mayHaveRung: false,
  answeredAt: 0,
  told: false,
  blind: false,
  mute: false,
  tries: 0,
  deadline: now + plan.setUp
})

export const step = (plan: Plan, state: State, input: Input, now: number): Step => {
  if (state.phase === "over") return [state, []]
  switch (input._tag) {
    case "Progress":
      return progress(plan, state, input.rings, now)
    case "Answered":
      return answered(plan, state, now)
    case "Key":
      if (state.phase === "dialling") return [state, []]
      return [{ ...state, told: true }, [...answer(state), report({ _tag: "KeyPressed", at: now, key: input.key })]]
    case "Ended":
      if (state.phase === "dialling") return input.wasUp ? unseen(state) : refused(state, input, now)
      return over(state, ...answer(state), report({ _tag: "HungUp", at: now }))
    case "Lost":
      return [{ ...state, blind: true }, []]
    case "Found":
      return found(plan, { ...state, blind: false }, input, now)
    case "Missing":
      return unseen(state)
    case "Audible":
      if (state.phase !== "talking") return [state, []]
      return [{ ...state, told: true, mute: false }, answer(state)]
    case "Silenced":
      return silenced(plan, state, now)
    case "Played":
      return state.phase === "talking" ? leave(plan, state) : [state, []]
    case "HungUp":
      if (state.phase !== "leaving") return [state, []]
      return over(state, ...answer(state), report({ _tag: "HungUp", at: now }))
    case "Deadline":
    case "Stop":
      return overdue(plan, state, now)
  }
}

const progress = (plan: Plan, state: State, rings: boolean, now: number): Step => {
  if (state.phase !== "dialling") return [state, []]
  const first = rings && !state.rang
  const next = {
    ...state,
    rang: state.rang || rings,
    mayHaveRung: true,
    deadline: state.mayHaveRung ? state.deadline : now + plan.ring
  }
  return [next, first ? [report({ _tag: "Ringing", at: now })] : []]
}

const answered = (plan: Plan, state: State, now: number): Step =>
  state.phase === "dialling"
    ? [{ ...state, phase: "talking", answeredAt: now, tries: 1, deadline: now + plan.longest }, [{ _tag: "Play" }]]
    : [state, []]

const refused = (state: State, { cause, status }: { cause: number; status: number | undefined }, now: number): Step => {
  const failure = failureOf(cause, status, state.rang)
  // As with a trunk of our own: what was refused before anything rang is the route's doing, and promises that nothing will.
  const isTheirs = !state.mayHaveRung && (failure === "congestion" || failure === "channelFailure")
  return over(
    state,
    isTheirs
      ? { _tag: "NotCarried", placed: "no", detail: `refused: cause ${cause}, status ${status ?? "unknown"}` }
      : report({ _tag: "Failed", at: now, failure })
  )
}

const found = (plan: Plan, state: State, at: { isUp: boolean; rings: boolean }, now: number): Step => {
  if (state.phase === "leaving") return [state, [{ _tag: "HangUp" }]]
  if (state.phase === "talking") return state.mute ? silenced(plan, { ...state, mute: false }, now) : [state, []]
  // Answered while nobody looked: when exactly is not known, and an answer counts from when we know of it.
  if (at.isUp) return answered(plan, state, now)
  return at.rings ? progress(plan, state, true, now) : [state, []]
}

const silenced = (plan: Plan, state: State, now: number): Step => {
  if (state.phase !== "talking") return [state, []]
  if (state.blind) return [{ ...state, mute: true }, []]
  if (state.told && state.tries < mostTries) return [{ ...state, tries: state.tries + 1 }, [{ _tag: "Play" }]]
  // Whoever has heard nothing was not called, whatever the network thinks of it.
  return state.told
    ? leave(plan, state)
    : over(state, { _tag: "HangUp" }, report({ _tag: "Failed", at: now, failure: "channelFailure" }))
}

const leave = (plan: Plan, state: State): Step => [
  { ...state, phase: "leaving", deadline: state.answeredAt + plan.longest + plan.patience },
  [{ _tag: "HangUp" }]
]

const overdue = (plan: Plan, state: State, now: number): Step => {
  if (state.phase === "talking") return leave(plan, state)
  if (state.phase === "leaving" || state.blind) return unseen(state)
  const failure = state.mayHaveRung ? "noAnswer" : "unreachable"
  return over(state, { _tag: "HangUp" }, report({ _tag: "Failed", at: now, failure }))
}

const unseen = (state: State): Step =>
  over(state, { _tag: "NotCarried", placed: "unknown", detail: "the call was lost sight of" })

const over = (state: State, ...acts: ReadonlyArray<Act>): Step => [{ ...state, phase: "over" }, acts]

const report = (event: CallEvent): Act => ({ _tag: "Report", event })

/** The answer, where it has not been reported yet. */
const answer = ({ answeredAt, told }: State): ReadonlyArray<Act> =>
  told ? [] : [report({ _tag: "Answered", at: answeredAt })]

/**
 * Causes that Asterisk makes up for a SIP status, and that say less than the status does: who is not let through (403),
 * or whose phone is off (480), is told apart from a callee who declines or does not answer.
 */
const madeUp: ReadonlyMap<number, number> = new Map([
  [401, 21],
  [403, 21],
  [407, 21],
  [408, 18],
  [480, 19]
])

/** Why a call failed that was not answered. */
export const failureOf = (cause: number, status: number | undefined, rang: boolean): CallFailure => {
  // Refused for want of credentials: it is Asterisk's account that is not let through.
  const told = status === 401 || status === 407 ? 403 : status
  return Outcome.of(status !== undefined && madeUp.get(status) === cause ? undefined : cause, told, rang)
}
