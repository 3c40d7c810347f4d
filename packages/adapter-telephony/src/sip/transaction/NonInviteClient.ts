/**
 * Rules: the client's side of every request but INVITE and ACK (RFC 3261, section 17.1.2): it sends the request until
 * a final response comes.
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
  readonly phase: "trying" | "proceeding" | "completed" | "terminated"
}

const terminated: State = { ...noTimers, phase: "terminated" }

export const start = (env: Env): Step<State> =>
  step({ phase: "trying", ...resending(env, env.timing.t1), endsAt: env.now + patience(env.timing) }, send)

/** A response with this status has come. */
export const receive = (env: Env, state: State, status: number): Step<State> => {
  if (state.phase === "completed" || state.phase === "terminated") return step(state)
  if (status < 200) return step({ ...state, phase: "proceeding" }, tell)
  return step(env.reliable ? terminated : { ...noTimers, phase: "completed", endsAt: env.now + env.timing.t4 }, tell)
}

/** Time has passed. */
export const elapse = (env: Env, state: State): Step<State> => {
  if (env.now >= state.endsAt) return state.phase === "completed" ? step(terminated) : step(terminated, timedOut)
  if (env.now < state.resendAt) return step(state)
  const pause = state.phase === "proceeding" ? env.timing.t2 : Math.min(2 * state.resendMillis, env.timing.t2)
  return step({ ...state, ...resending(env, pause) }, send)
}

/** The transport could not send: whoever wanted to is told, and nothing more is tried. */
export const fail = (): State => terminated
