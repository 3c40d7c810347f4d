/**
 * Rules: what a report about a send comes to (SND-6, SND-10), and what a call costs (BAL-2). A send only ever moves
 * forward: what a network reports late, twice or in another order never moves it back.
 */
import * as Minutes from "../money/Minutes.ts"
import * as Detail from "./Detail.ts"
import * as Send from "./Send.ts"

/** What these decisions know of the world. */
export interface Env {
  /** Epoch milliseconds. */
  readonly now: number
}

/** What a report comes to. */
export type Step =
  /** Known already, or meaningless by now. */
  | { readonly _tag: "Nothing" }
  /**
   * The send moves on; or, where the event is `Corrected`, only the record of it grows. A `press` is kept with the
   * personal data.
   */
  | { readonly _tag: "Moved"; readonly event: Send.Event; readonly press?: Send.KeyPress }
  /** It is over, and answered: `minutes` are to be paid. */
  | {
      readonly _tag: "Completed"
      readonly at: number
      readonly minutes: Minutes.Minutes
      readonly correction: Send.Correction | undefined
    }
  /** It is over, and costs nothing. */
  | { readonly _tag: "Failed"; readonly at: number; readonly reason: Send.FailureReason }

/**
 * What a report comes to, for a send in this state, of which these keys were pressed.
 *
 * **Details** The first terminal report ends the send, whatever came or comes in whatever order; what it says then is
 * final. A failure after an answer ends an answered call too. A hang-up of which no answer was ever heard, and an end
 * that nobody saw, cost one minute: somebody answered, and nobody is billed for what nobody measured. Times before the
 * acceptance, or in the future, are moved to these bounds.
 */
export const step = (
  env: Env,
  state: Send.State,
  report: Send.Report,
  keys: ReadonlyArray<Send.KeyPress> = noKeys
): Step => {
  if (state.stage === "none") return nothing
  const final = Send.isFinal(state)
  const at = Math.min(Math.max(report.at, state.accepted.at), env.now)
  switch (report._tag) {
    case "DialStarted":
      if (final) return nothing
      if (state.stage !== "accepted" && state.stage !== "dialling") return nothing
      // An open attempt may be ringing somewhere: it is reconciled, not repeated (SND-10).
      return Send.hasOpenAttempt(state) ? nothing : moved({ _tag: "DialStarted", route: report.route, at })
    case "RouteFailed": {
      const last = state.attempts[state.attempts.length - 1]
      if (last === undefined || last.failedAt !== undefined || last.route !== report.route) return nothing
      if (state.stage !== "dialling") return corrected(env, state, report, report.detail)
      return moved({ _tag: "RouteFailed", route: report.route, at, detail: Detail.kept(report.detail) })
    }
    case "Ringing":
      if (state.ringingAt !== undefined) return nothing
      return final ? corrected(env, state, report) : moved({ _tag: "Ringing", at })
    case "Answered":
      if (state.answeredAt !== undefined) return nothing
      return final ? corrected(env, state, report) : moved({ _tag: "Answered", at })
    case "KeyPressed":
      if (keys.some((press) => press.at === at && press.key === report.key)) return nothing
      if (final) return corrected(env, state, report)
      return state.keysPressed >= keysMax
        ? nothing
        : { _tag: "Moved", event: { _tag: "KeyPressed", at }, press: { at, key: report.key } }
    case "HungUp":
      if (!final) return completed(state, at, true, undefined)
      return state.stage === "completed" && state.endedAt === Math.max(at, state.answeredAt ?? at)
        ? nothing
        : corrected(env, state, report)
    case "Failed":
      if (!final && state.answeredAt !== undefined)
        return completed(state, at, isMeasured(report.failure), correction(env, report, report.failure))
      if (!final) return { _tag: "Failed", at, reason: report.failure }
      return state.reason === report.failure ? nothing : corrected(env, state, report, report.failure)
  }
}

/** BAL-2: each started minute counts whole, and an answered call costs at least one. */
export const minutesOf = (answeredAt: number, endedAt: number): Minutes.Minutes =>
  Minutes.unsafeMake(Math.max(leastMinutes, Math.ceil((endedAt - answeredAt) / 60_000)))

const leastMinutes = Minutes.unsafeMake(1)

const nothing: Step = { _tag: "Nothing" }
const moved = (event: Send.Event): Step => ({ _tag: "Moved", event })

const completed = (state: Send.State, at: number, measured: boolean, correction: Send.Correction | undefined): Step => {
  const { accepted, answeredAt } = state
  const endedAt = Math.max(at, answeredAt ?? at)
  if (answeredAt !== undefined && measured)
    return { _tag: "Completed", at: endedAt, minutes: minutesOf(answeredAt, endedAt), correction }
  // No channel lets a call last longer than it was told to.
  const latest = answeredAt === undefined ? endedAt : answeredAt + accepted.longestCallMillis
  return { _tag: "Completed", at: Math.min(endedAt, latest), minutes: leastMinutes, correction }
}

/** Whether the time of a failure is that of a call's end, and not merely of our giving up. */
const isMeasured = (reason: Send.FailureReason): boolean => reason !== "fateUnknown" && reason !== "tooLate"

const correction = (env: Env, report: Send.Report, detail?: string): Send.Correction => ({
  report: report._tag,
  at: report.at,
  heardAt: env.now,
  detail: detail === undefined ? undefined : Detail.kept(detail)
})

const corrected = (env: Env, state: Send.State, report: Send.Report, detail?: string): Step => {
  const { corrections } = state
  const known = corrections.some((one) => one.report === report._tag && one.at === report.at)
  if (known || corrections.length >= correctionsMax) return nothing
  return moved({ _tag: "Corrected", correction: correction(env, report, detail) })
}

/** A channel gone mad must not fill the record. */
const keysMax = 64
const correctionsMax = 16

const noKeys: ReadonlyArray<Send.KeyPress> = []
