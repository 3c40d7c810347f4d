/**
 * Rules: how much a route is carrying, and whether it may take one call more: calls at once and calls per second. The
 * counting is of one process: what several processes may do together is divided among them by configuration.
 */
import type { Route } from "./Route.ts"

export interface RouteLoad {
  /** Calls that have begun and are not over. */
  readonly active: number
  /** When the next call may begin, in microseconds since the epoch: at 3,000 calls a second they are 333 apart. */
  readonly nextAtMicros: number
}

export const idle: RouteLoad = { active: 0, nextAtMicros: 0 }

/** Why the route takes no call now; `undefined` if it does. */
export const obstacle = (route: Route, load: RouteLoad, now: number): "full" | "rate" | undefined => {
  if (load.active >= route.maxConcurrent) return "full"
  // Calls keep the beat of the rate; the clock's millisecond in which a beat falls is good enough.
  return load.nextAtMicros < (now + 1) * 1_000 ? undefined : "rate"
}

/** After a call has begun. */
export const begun = (route: Route, load: RouteLoad, now: number): RouteLoad => ({
  active: load.active + 1,
  nextAtMicros: Math.max(now * 1_000, load.nextAtMicros) + Math.ceil(1_000_000 / route.callsPerSecond)
})

/** After a call is over. */
export const ended = (load: RouteLoad): RouteLoad => ({ ...load, active: Math.max(0, load.active - 1) })

/** When the rate lets the next call begin; epoch milliseconds. */
export const nextAt = (load: RouteLoad): number => Math.floor(load.nextAtMicros / 1_000)
