/**
 * Rules: the health of a route, a circuit breaker (SND-9). Faults of the channel open it; a busy or unwilling callee is
 * none, so whoever reports says which it was. It recovers by probing, never by a callee's call.
 */

/**
 * Closed: calls go by the route, and are counted in two slots of half a window each. Open: no calls, nothing is asked.
 * HalfOpen: no calls either, but the channel is probed.
 */
export type RouteHealth =
  | {
      readonly _tag: "Closed"
      readonly slotAt: number
      readonly calls: number
      readonly faults: number
      /** Of the slot before. */
      readonly earlierCalls: number
      readonly earlierFaults: number
      /** How often it opened since it was last well for half a window. */
      readonly openings: number
    }
  | { readonly _tag: "Open"; readonly since: number; readonly until: number; readonly openings: number }
  | { readonly _tag: "HalfOpen"; readonly since: number; readonly probes: number; readonly openings: number }

export interface HealthPolicy {
  /** How far back calls count: between half of this and all of it. */
  readonly windowMillis: number
  /** It opens at this many faults in the window... */
  readonly faults: number
  /** ...if they are at least this share of the calls. */
  readonly faultPercent: number
  /** How long it stays open the first time; doubles with each opening that follows. */
  readonly pauseMillis: number
  readonly pauseMillisMax: number
  /** Successful probes in a row that close it. */
  readonly probes: number
}

export const defaultPolicy: HealthPolicy = {
  windowMillis: 60_000,
  faults: 5,
  faultPercent: 50,
  pauseMillis: 10_000,
  pauseMillisMax: 300_000,
  probes: 2
}

/** `CallPassed`: the call got through to the callee's network, whatever the callee did. */
export type Signal = "CallPassed" | "CallFaulted" | "ProbeSucceeded" | "ProbeFailed"

export const initial: RouteHealth = closed(0, 0)

/** The health at a time: a pause that is over has become the time for probes. */
export const at = (health: RouteHealth, now: number): RouteHealth =>
  health._tag === "Open" && now >= health.until
    ? { _tag: "HalfOpen", since: health.until, probes: 0, openings: health.openings }
    : health

/** Whether calls may go by the route. */
export const takesCalls = (health: RouteHealth): boolean => health._tag === "Closed"

/**
 * The health after a signal.
 *
 * **Details** What a call tells while the route is not closed is old news of a call from before, and changes nothing; so
 * is a probe that nobody waits for.
 */
export const observe = (policy: HealthPolicy, before: RouteHealth, signal: Signal, now: number): RouteHealth => {
  const health = at(before, now)
  switch (health._tag) {
    case "Closed":
      return signal === "CallPassed" || signal === "CallFaulted"
        ? counted(policy, health, signal === "CallFaulted" ? 1 : 0, now)
        : health
    case "Open":
      return health
    case "HalfOpen":
      if (signal === "ProbeFailed") return opened(policy, health.openings, now)
      if (signal !== "ProbeSucceeded") return health
      return health.probes + 1 >= policy.probes
        ? closed(now, health.openings)
        : { ...health, probes: health.probes + 1 }
  }
}

function closed(now: number, openings: number): RouteHealth {
  return { _tag: "Closed", slotAt: now, calls: 0, faults: 0, earlierCalls: 0, earlierFaults: 0, openings }
}

const opened = (policy: HealthPolicy, openings: number, now: number): RouteHealth => {
  const pause = Math.min(policy.pauseMillisMax, policy.pauseMillis * 2 ** Math.min(openings, 30))
  return { _tag: "Open", since: now, until: now + pause, openings: openings + 1 }
}

const counted = (
  policy: HealthPolicy,
  health: Extract<RouteHealth, { readonly _tag: "Closed" }>,
  fault: 0 | 1,
  now: number
): RouteHealth => {
  const slotMillis = policy.windowMillis / 2
  const slots = Math.max(0, Math.floor((now - health.slotAt) / slotMillis))
  const inSlot = slots === 0
  const calls = (inSlot ? health.calls : 0) + 1
  const faults = (inSlot ? health.faults : 0) + fault
  const earlierCalls = inSlot ? health.earlierCalls : slots === 1 ? health.calls : 0
  const earlierFaults = inSlot ? health.earlierFaults : slots === 1 ? health.faults : 0
  // Half a window without another opening: whatever it was is over.
  const openings = inSlot ? health.openings : 0
  const allFaults = faults + earlierFaults
  if (fault === 1 && allFaults >= policy.faults && allFaults * 100 >= policy.faultPercent * (calls + earlierCalls))
    return opened(policy, openings, now)
  return {
    _tag: "Closed",
    slotAt: health.slotAt + slots * slotMillis,
    calls,
    faults,
    earlierCalls,
    earlierFaults,
    openings
  }
}
