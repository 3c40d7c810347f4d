/**
 * Rules: which route a call takes (SND-9), and why every other one was passed over. Deterministic: chance comes in as a
 * number. Nothing is placed here.
 */
import { mismatch, type Route, type Traits } from "./Route.ts"
import * as RouteHealth from "./RouteHealth.ts"
import * as RouteLoad from "./RouteLoad.ts"

/** A route with what is known of it now. */
export interface Candidate {
  readonly route: Route
  readonly health: RouteHealth.RouteHealth
  readonly load: RouteLoad.RouteLoad
}

/**
 * Why a route was not taken, in the order in which it is asked: it is not for such sends (`kind`, `operator`,
 * `region`); this send `tried` it; it is `unhealthy`, `full`, or at its `rate`; one of better `priority` was there;
 * or another one of the same priority had its turn (`share`).
 */
export type Why = "kind" | "operator" | "region" | "tried" | "unhealthy" | "full" | "rate" | "priority" | "share"

export interface PassedOver {
  readonly route: string
  readonly why: Why
}

/**
 * How routes of equal priority share the calls: by their weights, or whichever has the smallest part of its capacity
 * in use, by the weights among equals.
 */
export type Balance = "weighted" | "leastLoaded"

export interface Env {
  /** Epoch milliseconds. */
  readonly now: number
  /** From 0 to below 1; see `draw`. */
  readonly draw: number
  readonly balance: Balance
}

export interface Choice<C extends Candidate = Candidate> {
  readonly chosen: C | undefined
  /** All others, in the order in which they were given. */
  readonly passedOver: ReadonlyArray<PassedOver>
}

/** Chooses among the candidates. `tried` are the ids of routes that this send is not to take again. */
export const choose = <C extends Candidate>(
  env: Env,
  traits: Traits,
  candidates: ReadonlyArray<C>,
  tried: ReadonlyArray<string>
): Choice<C> => {
  const whys: Array<Why | undefined> = []
  let best = Number.POSITIVE_INFINITY
  for (const { health, load, route } of candidates) {
    const why =
      mismatch(route, traits) ??
      (tried.includes(route.id) ? "tried" : undefined) ??
      (RouteHealth.takesCalls(RouteHealth.at(health, env.now)) ? undefined : "unhealthy") ??
      RouteLoad.obstacle(route, load, env.now)
    whys.push(why)
    if (why === undefined && route.priority < best) best = route.priority
  }
  const finalists = candidates.filter(({ route }, i) => whys[i] === undefined && route.priority === best)
  const chosen = drawn(env.balance === "weighted" ? finalists : leastLoaded(finalists), env.draw)
  const passedOver: Array<PassedOver> = []
  for (const [i, candidate] of candidates.entries()) {
    if (candidate === chosen) continue
    const why = whys[i] ?? (candidate.route.priority > best ? "priority" : "share")
    passedOver.push({ route: candidate.route.id, why })
  }
  return { chosen, passedOver }
}

/**
 * What to hope for when no route was chosen. `never`: none is for such a send. `soon`: one is only busy. `later`: those
 * that there are have failed, in this send or before.
 */
export type Outlook = "never" | "soon" | "later"

export const outlook = (passedOver: ReadonlyArray<PassedOver>): Outlook => {
  if (passedOver.some(({ why }) => why === "full" || why === "rate")) return "soon"
  return passedOver.some(({ why }) => why === "tried" || why === "unhealthy") ? "later" : "never"
}

/** A number from 0 to below 1 that is always the same for a send and a try, and evenly spread over sends. */
export const draw = (sendId: string, attempt: number): number => {
  // FNV-1a, with the last steps of MurmurHash3, for ids that differ in few digits.
  let hash = 0x811c9dc5 ^ attempt
  for (let i = 0; i < sendId.length; i++) hash = Math.imul(hash ^ sendId.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32
}

const drawn = <C extends Candidate>(finalists: ReadonlyArray<C>, luck: number): C | undefined => {
  let total = 0
  for (const { route } of finalists) total += route.weight
  let rest = luck * total
  for (const candidate of finalists) {
    rest -= candidate.route.weight
    if (rest < 0) return candidate
  }
  return finalists[finalists.length - 1]
}

const leastLoaded = <C extends Candidate>(finalists: ReadonlyArray<C>): ReadonlyArray<C> => {
  let least = Number.POSITIVE_INFINITY
  for (const candidate of finalists) least = Math.min(least, share(candidate))
  return finalists.filter((candidate) => share(candidate) === least)
}

const share = ({ load, route }: Candidate): number => load.active / route.maxConcurrent
