/**
 * Rules: the limits that an application sets for itself: how often a number is called (SND-8, 自定义频率限制), and how
 * long a parameter may be (TPL-9). What is not set follows the deployment's policy.
 */
import * as Schema from "effect/Schema"
import * as Kinds from "../storage/Kind.ts"
import type { Kind, Ref } from "../storage/Kind.ts"
import * as FrequencyLimit from "./FrequencyLimit.ts"

/** `null`: not set, so the default holds. */
export const State = Schema.Struct({
  code: Schema.NullOr(FrequencyLimit.Limits),
  notice: Schema.NullOr(FrequencyLimit.Limits),
  /** The most code points of one parameter, 1 to 100. */
  parameterMax: Schema.NullOr(Schema.Int.pipe(Schema.between(1, 100)))
})
export type State = typeof State.Type

export const initial: State = { code: null, notice: null, parameterMax: null }

export const Event = Schema.TaggedStruct("SendLimitsSet", { limits: State, at: Schema.Number })
export type Event = typeof Event.Type

/** Sets all of them; setting what is set already changes nothing. */
export const set = (env: { readonly now: number }, state: State, limits: State): ReadonlyArray<Event> =>
  same(state, limits) ? [] : [{ _tag: "SendLimitsSet", limits, at: env.now }]

const same = Schema.equivalence(State)

/** Journaled, so that somebody can see when calls became so frequent. */
export const kind: Kind<State, Event> = {
  name: "sendLimits",
  initial,
  evolve: (_, event) => event.limits,
  state: State,
  event: Event,
  personal: Kinds.nothingPersonal,
  journaled: true,
  ephemeral: false,
  indexes: {}
}

export const ref = (accountId: string, applicationId: string): Ref<typeof kind> =>
  Kinds.ref(kind, accountId, applicationId)
