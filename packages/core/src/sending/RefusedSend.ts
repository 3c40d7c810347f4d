/**
 * Rules: an attempt to send that was refused, kept for a while so that it can be explained. Nothing was counted, held
 * or called for it. A request whose form was wrong is not kept: its refusal says all there is to say.
 */
import * as Schema from "effect/Schema"
import * as Refusals from "../Refusal.ts"
import * as Kinds from "../storage/Kind.ts"
import type { Kind, Ref } from "../storage/Kind.ts"
import * as Gate from "./Gate.ts"

export const Refused = Schema.Struct({
  /** Epoch milliseconds. */
  at: Schema.Number,
  applicationId: Schema.String,
  /** Empty where a file was to be played. */
  templateId: Schema.String,
  fileId: Schema.optional(Schema.String),
  gate: Gate.GateId,
  /** The refusal's name, its wire code, whether the same request could succeed later, and its facts. */
  refusal: Schema.String,
  code: Schema.optional(Schema.Int),
  transient: Schema.Boolean,
  facts: Gate.Facts,
  sight: Gate.Sight
})
export type Refused = typeof Refused.Type

/** `null`: nothing was refused under this id. */
export const State = Schema.NullOr(Refused)
export type State = typeof State.Type

export const Event = Schema.TaggedStruct("SendRefused", { refused: Refused })
export type Event = typeof Event.Type

/** The number that would have been called. */
export const Personal = Schema.Struct({ callee: Schema.String })
export type Personal = typeof Personal.Type

/** The record of a refusal. */
export const record = (
  attempt: {
    readonly at: number
    readonly applicationId: string
    readonly templateId: string
    readonly fileId: string | undefined
  },
  shut: { readonly gate: Gate.GateId; readonly refusal: Refusals.Refusal; readonly sight: Gate.Sight }
): Event => {
  const { gate, refusal, sight } = shut
  const about = Refusals.describe(refusal)
  return {
    _tag: "SendRefused",
    refused: {
      ...attempt,
      gate,
      refusal: refusal._tag,
      code: about?.code,
      transient: about?.transient ?? false,
      facts: Gate.factsOf(refusal),
      sight
    }
  }
}

export const kind: Kind<State, Event, Personal> = {
  name: "refusedSend",
  initial: null,
  evolve: (_, event) => event.refused,
  state: State,
  event: Event,
  personal: Personal,
  journaled: false,
  ephemeral: true,
  indexes: {
    /** The refused attempts of an application, in their order. */
    byApplication: {
      name: "byApplication",
      position: (_key, state) => (state === null ? undefined : { partition: state.applicationId, at: state.at })
    }
  }
}

export const ref = (accountId: string, attemptId: string): Ref<typeof kind> => Kinds.ref(kind, accountId, attemptId)
