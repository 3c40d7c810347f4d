/**
 * Rules: one thing that somebody did through the door: who, what, to what, and how it ended. Ids alone, nothing of what
 * was written in the request.
 */
import * as Kinds from "@vsms/core/storage/Kind"
import type { Kind, Ref } from "@vsms/core/storage/Kind"
import * as Schema from "effect/Schema"

export const Entry = Schema.Struct({
  at: Schema.Int,
  /** Whose account it concerned; `platform` if none's. */
  holder: Schema.String,
  actor: Schema.Literal("operator", "key", "application"),
  actorId: Schema.String,
  operation: Schema.String,
  subject: Schema.Record({ key: Schema.String, value: Schema.String }),
  status: Schema.Int,
  problem: Schema.optional(Schema.String),
  requestId: Schema.String
})
export type Entry = typeof Entry.Type

/** `null` until it happened. */
export const State = Schema.NullOr(Entry)
export type State = typeof State.Type

export const Event = Schema.TaggedStruct("Done", { entry: Entry })
export type Event = typeof Event.Type

/** How long it can be looked up: a year. */
export const keptMillis = 365 * 86_400_000

export const platform = Kinds.platform

export const kind: Kind<State, Event> = {
  name: "auditEntry",
  initial: null,
  evolve: (_, event) => event.entry,
  state: State,
  event: Event,
  personal: Kinds.nothingPersonal,
  journaled: false,
  ephemeral: true,
  indexes: {
    /** What concerned an account, or the platform, in its order. */
    byHolder: {
      name: "byHolder",
      position: (_key, state) => (state === null ? undefined : { partition: state.holder, at: state.at })
    }
  }
}

export const ref = (holder: string, entryId: string): Ref<typeof kind> => Kinds.ref(kind, holder, entryId)
