/**
 * Rules: the server's side of every request but INVITE and ACK (RFC 3261, section 17.2.2): a request that comes again
 * gets the same response again.
 */
import { type Env, noTimers, patience, send, type Step, step, tell, type Timers } from "./Timing.ts"

export interface State extends Timers {
  readonly phase: "trying" | "proceeding" | "completed" | "terminated"
}

const terminated: State = { ...noTimers, phase: "terminated" }

/** A request has come. */
export const start: Step<State> = step({ ...noTimers, phase: "trying" }, tell)

/** We respond with this status. */
export const respond = (env: Env, state: State, status: number): Step<State> => {
  if (state.phase === "completed" || state.phase === "terminated") return step(state)
  if (status < 200) return step({ ...state, phase: "proceeding" }, send)
  return step(
    env.reliable ? terminated : { ...noTimers, phase: "completed", endsAt: env.now + patience(env.timing) },
    send
  )
}

/** The request has come again. */
export const repeat = (state: State): Step<State> =>
  state.phase === "proceeding" || state.phase === "completed" ? step(state, send) : step(state)

/** Time has passed. */
export const elapse = (env: Env, state: State): Step<State> =>
  env.now >= state.endsAt ? step(terminated) : step(state)
