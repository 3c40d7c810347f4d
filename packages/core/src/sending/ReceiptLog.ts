/**
 * Rules: numbers the ends of an account's sends, in the order in which they were decided, so that whoever pulls
 * receipts by number never misses one (CBK-1, STA-6). What a receipt says is `Receipt.ts`.
 *
 * **Details** One log for all applications of an account: an application's receipts have growing numbers, with gaps.
 */
import * as Schema from "effect/Schema"
import * as Kinds from "../storage/Kind.ts"
import type { Kind, Ref } from "../storage/Kind.ts"

export const State = Schema.Struct({ last: Schema.Int })
export type State = typeof State.Type

export const initial: State = { last: 0 }

export const Event = Schema.TaggedStruct("ReceiptNumbered", {})
export type Event = typeof Event.Type

export const numbered: ReadonlyArray<Event> = [{ _tag: "ReceiptNumbered" }]

export const kind: Kind<State, Event> = {
  name: "receiptLog",
  initial,
  evolve: (state) => ({ last: state.last + 1 }),
  state: State,
  event: Event,
  personal: Kinds.nothingPersonal,
  journaled: false,
  ephemeral: false,
  indexes: {}
}

export const ref = (accountId: string): Ref<typeof kind> => Kinds.ref(kind, accountId, accountId)
