/**
 * Rules: two kinds of thing that exist for the storage laws alone: a purse that people share, and a slip of paper that
 * is thrown away. A storage adapter keeps any kind, these included.
 */
import * as Schema from "effect/Schema"
import * as Kind from "../storage/Kind.ts"

export const PurseEvent = Schema.Union(
  Schema.TaggedStruct("Paid", { amount: Schema.Int, at: Schema.Int }),
  Schema.TaggedStruct("Labelled", { label: Schema.NullOr(Schema.String), at: Schema.Int })
)
export type PurseEvent = typeof PurseEvent.Type

export const Purse = Schema.Struct({
  total: Schema.Int,
  payments: Schema.Int,
  label: Schema.NullOr(Schema.String),
  changedAt: Schema.Int
})
export type Purse = typeof Purse.Type

export const PurseHolder = Schema.Struct({ name: Schema.String })
export type PurseHolder = typeof PurseHolder.Type

/** Journaled, with personal data, listed by label and by holder. */
export const purse: Kind.Kind<Purse, PurseEvent, PurseHolder> = {
  name: "specimenPurse",
  initial: { total: 0, payments: 0, label: null, changedAt: 0 },
  evolve: (state, event) =>
    event._tag === "Paid"
      ? { ...state, total: state.total + event.amount, payments: state.payments + 1, changedAt: event.at }
      : { ...state, label: event.label, changedAt: event.at },
  state: Purse,
  event: PurseEvent,
  personal: PurseHolder,
  journaled: true,
  ephemeral: false,
  indexes: {
    byLabel: {
      name: "byLabel",
      position: (_, state) => (state.label === null ? undefined : { partition: state.label, at: state.changedAt })
    },
    byHolder: {
      name: "byHolder",
      position: (_, state, personal) =>
        personal === undefined ? undefined : { partition: personal.name, at: state.changedAt }
    }
  }
}

export const SlipEvent = Schema.TaggedStruct("Written", { text: Schema.String, at: Schema.Int })
export type SlipEvent = typeof SlipEvent.Type

export const Slip = Schema.Struct({ text: Schema.String, writtenAt: Schema.Int })
export type Slip = typeof Slip.Type

/** Not journaled, and gone at its `expiresAt`. */
export const slip: Kind.Kind<Slip, SlipEvent> = {
  name: "specimenSlip",
  initial: { text: "", writtenAt: 0 },
  evolve: (_, event) => ({ text: event.text, writtenAt: event.at }),
  state: Slip,
  event: SlipEvent,
  personal: Kind.nothingPersonal,
  journaled: false,
  ephemeral: true,
  indexes: {
    all: { name: "all", position: (_, state) => ({ partition: "all", at: state.writtenAt }) }
  }
}

export const purseRef = (owner: string, key = "purse"): Kind.Ref<typeof purse> => Kind.ref(purse, owner, key)

export const slipRef = (owner: string, key: string): Kind.Ref<typeof slip> => Kind.ref(slip, owner, key)
