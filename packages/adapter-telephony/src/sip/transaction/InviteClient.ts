/**
 * Rules: the client's side of an INVITE (RFC 3261, section 17.1.1, with the `accepted` phase of RFC 6026): it sends the
 * request until something comes back, acknowledges refusals, and lets every 2xx through, for each has to be
 * acknowledged by whoever has the dialog.
 */
import {
  acknowledge,
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
  readonly phase: "calling" | "proceeding" | "accepted" | "completed" | "terminated"
}

const terminated: State = { ...noTimers, phase: "terminated" }

export const start = (env: Env): Step<State> =>
  step({ phase: "calling", ...resending(env, env.timing.t1), endsAt: env.now + patience(env.timing) }, send)

/** A response with this status has come. */
export const receive = (env: Env, state: State, status: number): Step<State> => {
  switch (state.phase) {
    case "calling":
    case "proceeding":
      // From now on the other end sees to it: how long it may ring is not for a transaction to say.
      if (status < 200) return step({ ...noTimers, phase: "proceeding" }, tell)
      if (status < 300) return step({ ...noTimers, phase: "accepted", endsAt: env.now + patience(env.timing) }, tell)
      return step(
        env.reliable ? terminated : { ...noTimers, phase: "completed", endsAt: env.now + patience(env.timing) },
        acknowledge,
        tell
      )
    case "accepted":
      return status >= 200 && status < 300 ? step(state, tell) : step(state)
    case "completed":
      return status >= 300 ? step(state, acknowledge) : step(state)
    case "terminated":
      return step(state)
  }
}

/** Time has passed. */
export const elapse = (env: Env, state: State): Step<State> => {
  if (env.now >= state.endsAt) return state.phase === "calling" ? step(terminated, timedOut) : step(terminated)
  if (env.now < state.resendAt) return step(state)
  return step({ ...state, ...resending(env, 2 * state.resendMillis) }, send)
}

/** The transport could not send: whoever wanted to is told, and nothing more is tried. */
export const fail = (state: State): State => (state.phase === "accepted" ? state : terminated)
