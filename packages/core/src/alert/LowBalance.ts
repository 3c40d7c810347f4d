/**
 * Rules: when the contacts of an account hear that its minutes run low (ALR-1). Who they are, and how they are reached,
 * is not decided here.
 */
import * as Schema from "effect/Schema"
import * as Minutes from "../money/Minutes.ts"
import * as Decision from "../storage/Decision.ts"
import * as Kinds from "../storage/Kind.ts"
import type { Kind, Ref, Row } from "../storage/Kind.ts"
import * as Alert from "./Alert.ts"

// ---------------------------------------------------------------------------------------------------------------------
// what it is
// ---------------------------------------------------------------------------------------------------------------------

export const State = Schema.Struct({
  /** The alert fires when fewer minutes than this are available; 0: never. */
  threshold: Minutes.Minutes,
  /** Whether the next fall below the threshold fires. */
  armed: Schema.Boolean,
  /** How often it has fired: the name of the next alert is made of it. */
  crossings: Schema.Int
})
export type State = typeof State.Type

export const initial: State = { threshold: Minutes.make(5_000), armed: true, crossings: 0 }

export const Event = Schema.Union(
  Schema.TaggedStruct("ThresholdSet", { threshold: Minutes.Minutes, at: Schema.Int }),
  Schema.TaggedStruct("LowBalanceFired", { available: Minutes.Minutes, at: Schema.Int }),
  Schema.TaggedStruct("LowBalanceArmed", { at: Schema.Int })
)
export type Event = typeof Event.Type

export interface Env {
  /** Epoch milliseconds. */
  readonly now: number
}

/** What moved the balance: a purchase arms the alert again, usage and the passing of time do not. */
export type Cause = "usage" | "purchase"

// ---------------------------------------------------------------------------------------------------------------------
// decisions
// ---------------------------------------------------------------------------------------------------------------------

/**
 * Looks at the available minutes after they moved. Fires at the first look below the threshold; is armed again by a
 * purchase, and by a look at or above the threshold.
 *
 * **Gotchas** A purchase is looked at when it is made, and its minutes are available five minutes later. It arms the
 * alert without firing it, although the minutes are still few: the next use below the threshold fires.
 */
export const observe = (
  env: Env,
  row: Row<typeof kind>,
  available: Minutes.Minutes,
  cause: Cause
): Alert.Consequences => {
  const { armed, crossings, threshold } = row.state
  if (available >= threshold || cause === "purchase") return armed ? Alert.noConsequences : arm(env, row)
  if (!armed) return Alert.noConsequences
  const facts = { _tag: "LowBalance", available, threshold } as const
  const fired = Alert.fire(env, { accountId: row.ref.owner, alertId: `low-balance-${crossings + 1}`, facts })
  const change = Decision.change(row, [{ _tag: "LowBalanceFired", available, at: env.now }])
  return { changes: [change, ...fired.changes], work: fired.work }
}

/**
 * Sets the threshold. Where the available minutes are not below the new one, the alert is armed; where they are, it
 * neither fires now nor is armed: who sets a threshold sees the balance.
 */
export const setThreshold = (
  env: Env,
  state: State,
  command: { readonly threshold: Minutes.Minutes; readonly available: Minutes.Minutes }
): ReadonlyArray<Event> => {
  const { available, threshold } = command
  const events: Array<Event> = []
  if (threshold !== state.threshold) events.push({ _tag: "ThresholdSet", threshold, at: env.now })
  if (!state.armed && available >= threshold) events.push({ _tag: "LowBalanceArmed", at: env.now })
  return events
}

export const evolve = (state: State, event: Event): State => {
  switch (event._tag) {
    case "ThresholdSet":
      return { ...state, threshold: event.threshold }
    case "LowBalanceFired":
      return { ...state, armed: false, crossings: state.crossings + 1 }
    case "LowBalanceArmed":
      return { ...state, armed: true }
  }
}

const arm = (env: Env, row: Row<typeof kind>): Alert.Consequences => ({
  changes: [Decision.change(row, [{ _tag: "LowBalanceArmed", at: env.now }])],
  work: []
})

// ---------------------------------------------------------------------------------------------------------------------
// storage
// ---------------------------------------------------------------------------------------------------------------------

export const kind: Kind<State, Event> = {
  name: "lowBalance",
  initial,
  evolve,
  state: State,
  event: Event,
  personal: Kinds.nothingPersonal,
  journaled: false,
  ephemeral: false,
  indexes: {}
}

export const ref = (accountId: string): Ref<typeof kind> => Kinds.ref(kind, accountId, accountId)
