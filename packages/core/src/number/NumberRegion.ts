/**
 * Rules: the regions of which there are numbers in the inventory, so that a buyer can pick one (NUM-3).
 */
import * as Schema from "effect/Schema"
import * as Kinds from "../storage/Kind.ts"
import type { Kind, Ref } from "../storage/Kind.ts"

export const State = Schema.Struct({ listed: Schema.Boolean })
export type State = typeof State.Type

export const Event = Schema.TaggedStruct("RegionListed", { at: Schema.Number })
export type Event = typeof Event.Type

/** Lists the region, once. */
export const list = (env: { readonly now: number }, state: State): ReadonlyArray<Event> =>
  state.listed ? [] : [{ _tag: "RegionListed", at: env.now }]

export const kind: Kind<State, Event> = {
  name: "numberRegion",
  initial: { listed: false },
  evolve: () => ({ listed: true }),
  state: State,
  event: Event,
  personal: Kinds.nothingPersonal,
  journaled: false,
  ephemeral: false,
  indexes: {
    /** All regions, by name. */
    all: { name: "all", position: (_key, { listed }) => (listed ? { partition: "", at: 0 } : undefined) }
  }
}

export const ref = (region: string): Ref<typeof kind> => Kinds.ref(kind, Kinds.platform, region)
