/**
 * Rules: one voice number of the inventory, and who has it: nobody, an order that is not paid yet, or one holder at a
 * time (NUM-3), with the quarantine between two holders (NUM-5). When a holder's term ends is `Holdings`' business.
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as Kinds from "../storage/Kind.ts"
import type { Kind, Ref } from "../storage/Kind.ts"

// ---------------------------------------------------------------------------------------------------------------------
// what it is
// ---------------------------------------------------------------------------------------------------------------------

/**
 * A number as it is shown to callees: a geographic number with its area code (`075512345678`), a 400 or 800 number, a
 * short number of a service (95…, 96…), or an 11-digit mobile one. Digits alone.
 */
export const Digits = Schema.String.pipe(
  Schema.pattern(/^(?:0[1-9]\d{8,10}|[48]00\d{7}|9[56]\d{3,6}|1[3-9]\d{9})$/),
  Schema.annotations({ identifier: "VoiceNumber", description: "a voice number, digits alone, with its area code" })
)

/** Where a number belongs (号码归属地), as people read it: `广东深圳`. */
export const Region = Schema.Trimmed.pipe(
  Schema.minLength(1),
  Schema.maxLength(40),
  Schema.annotations({ identifier: "Region", description: "the name of a region, 1 to 40 characters" })
)

/**
 * Who has it.
 *
 * **Details** `Free` from an instant on; before that instant it is in quarantine. So a quarantine ends by itself.
 */
export const Standing = Schema.Union(
  Schema.TaggedStruct("Unlisted", {}),
  Schema.TaggedStruct("Free", { from: Schema.Number }),
  Schema.TaggedStruct("Reserved", { accountId: Schema.String, orderId: Schema.String }),
  Schema.TaggedStruct("Held", { accountId: Schema.String, since: Schema.Number })
)
export type Standing = typeof Standing.Type

export const State = Schema.Struct({ region: Schema.String, standing: Standing })
export type State = typeof State.Type

export const initial: State = { region: "", standing: { _tag: "Unlisted" } }

export const Event = Schema.Union(
  Schema.TaggedStruct("NumberListed", { region: Schema.String, at: Schema.Number }),
  Schema.TaggedStruct("NumberUnlisted", { at: Schema.Number }),
  Schema.TaggedStruct("NumberReserved", { accountId: Schema.String, orderId: Schema.String, at: Schema.Number }),
  Schema.TaggedStruct("NumberLetGo", { orderId: Schema.String, at: Schema.Number }),
  Schema.TaggedStruct("NumberRented", { accountId: Schema.String, orderId: Schema.String, at: Schema.Number }),
  Schema.TaggedStruct("NumberReleased", { accountId: Schema.String, at: Schema.Number, freeFrom: Schema.Number })
)
export type Event = typeof Event.Type

/** What these decisions know of the world. */
export interface Env {
  /** Epoch milliseconds. */
  readonly now: number
}

/** What a number is at an instant. */
export type Status = "unlisted" | "available" | "quarantined" | "reserved" | "held"

// ---------------------------------------------------------------------------------------------------------------------
// refusals, in order of precedence
// ---------------------------------------------------------------------------------------------------------------------

/** The number cannot be had now: it is not in the inventory, in quarantine, reserved, or somebody's. */
export class NumberNotAvailable extends Schema.TaggedError<NumberNotAvailable>()("NumberNotAvailable", {
  number: Schema.String,
  status: Schema.Literal("unlisted", "quarantined", "reserved", "held")
}) {
  static readonly rule = "NUM-3" as const
  static readonly transient = true
}

/** The number is in the inventory already, under another region. */
export class ListedElsewhere extends Schema.TaggedError<ListedElsewhere>()("ListedElsewhere", {
  number: Schema.String,
  region: Schema.String
}) {
  static readonly rule = "NUM-3" as const
  static readonly transient = false
}

// ---------------------------------------------------------------------------------------------------------------------
// decisions
// ---------------------------------------------------------------------------------------------------------------------

type Decided<R> = Either.Either<ReadonlyArray<Event>, R>

const nothing: Decided<never> = Either.right([])

/** Adds the number to the inventory. */
export const list = (
  env: Env,
  state: State,
  command: { readonly number: string; readonly region: string }
): Decided<ListedElsewhere> => {
  const { number, region } = command
  if (state.standing._tag === "Unlisted") return Either.right([{ _tag: "NumberListed", region, at: env.now }])
  return state.region === region ? nothing : Either.left(new ListedElsewhere({ number, region: state.region }))
}

/** Takes the number out of the inventory, as long as nobody has it. A quarantine is no obstacle. */
export const unlist = (env: Env, state: State, command: { readonly number: string }): Decided<NumberNotAvailable> => {
  switch (state.standing._tag) {
    case "Unlisted":
      return nothing
    case "Free":
      return Either.right([{ _tag: "NumberUnlisted", at: env.now }])
    case "Reserved":
      return Either.left(new NumberNotAvailable({ number: command.number, status: "reserved" }))
    case "Held":
      return Either.left(new NumberNotAvailable({ number: command.number, status: "held" }))
  }
}

/** Reserves the number for an order that is to be paid (NUM-3). */
export const reserve = (
  env: Env,
  state: State,
  command: { readonly number: string; readonly accountId: string; readonly orderId: string }
): Decided<NumberNotAvailable> => {
  const { accountId, number, orderId } = command
  if (state.standing._tag === "Reserved" && state.standing.orderId === orderId) return nothing
  const status = statusAt(state, env.now)
  return status === "available"
    ? Either.right([{ _tag: "NumberReserved", accountId, orderId, at: env.now }])
    : Either.left(new NumberNotAvailable({ number, status }))
}

/** Ends the reservation for an order that was not paid. What is not reserved for it stays as it is. */
export const letGo = (env: Env, state: State, command: { readonly orderId: string }): ReadonlyArray<Event> =>
  isReservedFor(state, command.orderId) ? [{ _tag: "NumberLetGo", orderId: command.orderId, at: env.now }] : []

/**
 * Hands the number to the holder whose order was paid.
 *
 * **Gotchas** It must be reserved for that order: anything else is a defect, as the money was taken for it.
 */
export const rent = (
  env: Env,
  state: State,
  command: { readonly accountId: string; readonly orderId: string }
): ReadonlyArray<Event> => {
  const { accountId, orderId } = command
  if (!isReservedFor(state, orderId)) throw new Error(`order ${orderId} paid for a number that is not reserved for it`)
  return [{ _tag: "NumberRented", accountId, orderId, at: env.now }]
}

/** Takes the number back from its holder, who must have it; nobody can have it before `freeFrom` (NUM-5). */
export const release = (
  env: Env,
  state: State,
  command: { readonly accountId: string; readonly freeFrom: number }
): ReadonlyArray<Event> => {
  const { accountId, freeFrom } = command
  const { standing } = state
  if (standing._tag !== "Held" || standing.accountId !== accountId)
    throw new Error(`account ${accountId} releases a number that it does not hold`)
  return [{ _tag: "NumberReleased", accountId, at: env.now, freeFrom }]
}

export const evolve = (state: State, event: Event): State => {
  switch (event._tag) {
    case "NumberListed":
      return { region: event.region, standing: { _tag: "Free", from: event.at } }
    case "NumberUnlisted":
      return { ...state, standing: { _tag: "Unlisted" } }
    case "NumberReserved":
      return { ...state, standing: { _tag: "Reserved", accountId: event.accountId, orderId: event.orderId } }
    case "NumberLetGo":
      return { ...state, standing: { _tag: "Free", from: event.at } }
    case "NumberRented":
      return { ...state, standing: { _tag: "Held", accountId: event.accountId, since: event.at } }
    case "NumberReleased":
      return { ...state, standing: { _tag: "Free", from: event.freeFrom } }
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// queries
// ---------------------------------------------------------------------------------------------------------------------

/** What the number is at `now`. The quarantine's end does not belong to it. */
export const statusAt = (state: State, now: number): Status => {
  switch (state.standing._tag) {
    case "Unlisted":
      return "unlisted"
    case "Free":
      return now >= state.standing.from ? "available" : "quarantined"
    case "Reserved":
      return "reserved"
    case "Held":
      return "held"
  }
}

const isReservedFor = ({ standing }: State, orderId: string): boolean =>
  standing._tag === "Reserved" && standing.orderId === orderId

// ---------------------------------------------------------------------------------------------------------------------
// storage
// ---------------------------------------------------------------------------------------------------------------------

export const kind: Kind<State, Event> = {
  name: "voiceNumber",
  initial,
  evolve,
  state: State,
  event: Event,
  personal: Kinds.nothingPersonal,
  journaled: true,
  ephemeral: false,
  indexes: {
    /** A region's numbers that nobody has, by the instant from which they are available: up to now, those that are. */
    free: {
      name: "free",
      position: (_key, { region, standing }) =>
        standing._tag === "Free" ? { partition: region, at: standing.from } : undefined
    }
  }
}

/** The inventory belongs to no account. */
export const ref = (number: string): Ref<typeof kind> => Kinds.ref(kind, Kinds.platform, number)
