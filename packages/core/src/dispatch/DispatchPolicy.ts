/**
 * Rules: what a deployment decides about dialling.
 */
import type { Balance } from "./RouteChoice.ts"
import * as RouteHealth from "./RouteHealth.ts"

export interface DispatchPolicy {
  /** How routes of equal priority share the calls. */
  readonly balance: Balance
  readonly health: RouteHealth.HealthPolicy
  /**
   * Sends that are worked on at once, calls in progress and those in line included. If absent, what the routes can carry
   * and what may wait for them, and `lineMax` more: a smaller number lets a jammed route hold up the others.
   */
  readonly concurrency?: number | undefined
  /** How long a stop waits for calls in progress before it hangs up. */
  readonly graceMillis: number
  /** How long the lease of a send lasts: after a crash somebody else takes it up that much later. */
  readonly leaseMillis: number
  /** How many sends wait in memory for each busy route; those beyond wait in the storage. */
  readonly lineMax: number
  /** The first pause after which a send is tried again for which no route or no speech was to be had; then it doubles. */
  readonly retryMillis: number
  readonly retryMillisMax: number
  /** Tries of one send over all routes; after so many it fails. */
  readonly attemptsMax: number
  /** How much speech is kept in memory for sends that are tried again, in bytes: a second of speech has 8,000. */
  readonly speechBytes: number
  readonly language: "zh-CN" | "en-US"
  /** The engine's name of a voice; its default if absent. */
  readonly voice?: string | undefined
  /** The pause between two probes of a route that is to be well again. */
  readonly probeMillis: number
  /** How long a channel may take to answer a probe, or what became of a call. */
  readonly channelMillis: number
  /** The first pause before a channel is asked again about a call in progress; then it doubles. */
  readonly askMillis: number
  readonly askMillisMax: number
}

export const standard: DispatchPolicy = {
  balance: "weighted",
  health: RouteHealth.defaultPolicy,
  graceMillis: 120_000,
  leaseMillis: 60_000,
  lineMax: 64,
  retryMillis: 2_000,
  retryMillisMax: 30_000,
  attemptsMax: 12,
  speechBytes: 32 * 1024 * 1024,
  language: "zh-CN",
  probeMillis: 1_000,
  channelMillis: 10_000,
  askMillis: 2_000,
  askMillisMax: 30_000
}

/** A pause that doubles with every attempt, counted from 1, up to a longest one. */
export const pauseMillis = (first: number, longest: number, attempt: number): number =>
  Math.min(longest, first * 2 ** Math.min(Math.max(attempt - 1, 0), 30))
