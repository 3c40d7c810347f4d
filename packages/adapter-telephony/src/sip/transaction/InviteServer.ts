/**
 * Rules: the server's side of an INVITE (RFC 3261, section 17.2.1, with the `accepted` phase of RFC 6026): refusals are
 * sent until the ACK comes. A 2xx is sent until its ACK comes too, which RFC 3261 leaves to whoever has the dialog.
 */
import {
  type Env,
  noTimers,
  patience,
  resending,
  send,
  type Step,
  step,
  tell,
  timedOut,
  type Timers
} from "./Timing.ts"

export interface State extends Timers {
  readonly phase: "proceeding" | "accepted" | "completed" | "confirmed" | "terminated"
}

const terminated: State = { ...noTimers, phase: "terminated" }

/** An INVITE has come. */
export const start: Step<State> = step({ ...noTimers, phase: "proceeding" }, tell)

/** We respond with this status. */
export const respond = (env: Env, state: State, status: number): Step<State> => {
  if (state.phase !== "proceeding") return step(state)
  if (status < 200) return step(state, send)
  const endsAt = env.now + patience(env.timing)
  // A 2xx crosses proxies that may change to a transport that loses: it is sent again even where ours does not.
  const timers = resending(status < 300 ? { ...env, reliable: false } : env, env.timing.t1)
  return step({ phase: status < 300 ? "accepted" : "completed", ...timers, endsAt }, send)
}

/** The INVITE has come again. */
export const repeat = (state: State, hasResponded: boolean): Step<State> =>
  (state.phase === "proceeding" && hasResponded) || state.phase === "completed" ? step(state, send) : step(state)

/** The ACK has come: of this transaction for a refusal, of its dialog for a 2xx. */
export const acknowledged = (env: Env, state: State): Step<State> => {
  switch (state.phase) {
    case "accepted":
      // It stays to swallow INVITEs that are still under way.
      return state.resendMillis === 0
        ? step(state)
        : step({ ...noTimers, phase: "accepted", endsAt: state.endsAt }, tell)
    case "completed":
      return step(env.reliable ? terminated : { ...noTimers, phase: "confirmed", endsAt: env.now + env.timing.t4 })
    case "proceeding":
    case "confirmed":
    case "terminated":
      return step(state)
  }
}

/** Time has passed. */
export const elapse = (env: Env, state: State): Step<State> => {
  if (env.now >= state.endsAt) {
    const waited = state.phase === "completed" || (state.phase === "accepted" && state.resendMillis > 0)
    return waited ? step(terminated, timedOut) : step(terminated)
  }
  if (env.now < state.resendAt) return step(state)
  const timers = resending({ ...env, reliable: false }, Math.min(2 * state.resendMillis, env.timing.t2))
  return step({ ...state, ...timers }, send)
}
