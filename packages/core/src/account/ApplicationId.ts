/**
 * Rules: the ids of applications (SDKAppID). They are drawn at random and given out once in the whole platform, so
 * each that was given out is kept: the row of an id says whose it is.
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as Kinds from "../storage/Kind.ts"
import type { Kind, Ref } from "../storage/Kind.ts"

/** An id is this, and `randomDigits` more. The vendor's begin alike, and fit into 31 bits as its SDKs expect. */
export const prefix = "14"
export const randomDigits = 8

export const State = Schema.Struct({
  /** The account that has the id; empty while nobody does. */
  accountId: Schema.String
})
export type State = typeof State.Type

export const Event = Schema.TaggedStruct("ApplicationIdGiven", { accountId: Schema.String, at: Schema.Number })
export type Event = typeof Event.Type

/** Somebody has the id already: draw another. It never leaves this domain. */
export class ApplicationIdTaken extends Schema.TaggedError<ApplicationIdTaken>()("ApplicationIdTaken", {}) {
  static readonly rule = "ACC-3" as const
  static readonly transient = false
}

/** Gives the id to an account, unless it was ever given out. */
export const give = (
  env: { readonly now: number },
  state: State,
  command: { readonly accountId: string }
): Either.Either<ReadonlyArray<Event>, ApplicationIdTaken> =>
  state.accountId === ""
    ? Either.right([{ _tag: "ApplicationIdGiven", accountId: command.accountId, at: env.now }])
    : Either.left(new ApplicationIdTaken())

export const kind: Kind<State, Event> = {
  name: "applicationId",
  initial: { accountId: "" },
  evolve: (_state, event) => ({ accountId: event.accountId }),
  state: State,
  event: Event,
  personal: Schema.Undefined,
  journaled: false,
  ephemeral: false,
  indexes: {}
}

export const ref = (applicationId: string): Ref<typeof kind> => Kinds.ref(kind, Kinds.platform, applicationId)
