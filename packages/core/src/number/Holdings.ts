/**
 * Rules: the voice numbers of one account: those it holds, until when, and those that its unpaid orders reserve; never
 * more than five together (NUM-1). When a renewal is tried is `Renewal`'s business.
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as Kinds from "../storage/Kind.ts"
import type { Kind, Ref } from "../storage/Kind.ts"
import * as Order from "../order/Order.ts"
import * as Term from "../time/Term.ts"

// ---------------------------------------------------------------------------------------------------------------------
// what they are
// ---------------------------------------------------------------------------------------------------------------------

/** A number with the region it belongs to (号码归属地). */
export const NumberAndRegion = Schema.Struct({ number: Schema.String, region: Schema.String })
export type NumberAndRegion = typeof NumberAndRegion.Type

const optional = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { exact: true })

/** How far the next term's renewal has come. Begins anew with every term. */
export const RenewalProgress = Schema.Struct({
  /** How many orders were made for the next term; the last one may still be open, those before it ended unpaid. */
  orders: Schema.NonNegativeInt,
  /** How many tries were declined. */
  failures: Schema.NonNegativeInt,
  /** The last declined try that was counted, so that it is counted once. */
  lastFailure: optional(Schema.Struct({ orderId: Schema.String, attempt: Schema.Int, at: Schema.Number }))
})
export type RenewalProgress = typeof RenewalProgress.Type

/** A failed renewal of which the alert contacts are to hear (NUM-6). */
export const FailureNotice = Schema.Struct({
  /** The Shanghai day of the failure: there is one notice a day. */
  day: Schema.Int,
  at: Schema.Number,
  reason: Order.DeclineReason,
  told: Schema.Boolean
})
export type FailureNotice = typeof FailureNotice.Type

/** A number that the account holds. `expiresAt` no longer belongs to the term. */
export const HeldNumber = Schema.Struct({
  number: Schema.String,
  region: Schema.String,
  /** The instant of its purchase. */
  since: Schema.Number,
  expiresAt: Schema.Number,
  autoRenew: Schema.Boolean,
  /** How many terms were paid for, the first included. */
  terms: Schema.Int,
  renewal: RenewalProgress,
  notice: optional(FailureNotice)
})
export type HeldNumber = typeof HeldNumber.Type

/** Numbers that wait for an order to be paid. */
export const Reservation = Schema.Struct({ orderId: Schema.String, numbers: Schema.Array(NumberAndRegion) })
export type Reservation = typeof Reservation.Type

export const State = Schema.Struct({ held: Schema.Array(HeldNumber), reserved: Schema.Array(Reservation) })
export type State = typeof State.Type

export const initial: State = { held: [], reserved: [] }

export const Event = Schema.Union(
  Schema.TaggedStruct("NumbersReserved", {
    orderId: Schema.String,
    numbers: Schema.Array(NumberAndRegion),
    at: Schema.Number
  }),
  Schema.TaggedStruct("ReservationLetGo", { orderId: Schema.String, at: Schema.Number }),
  Schema.TaggedStruct("NumbersRented", {
    orderId: Schema.String,
    autoRenew: Schema.Boolean,
    /** The instant of the purchase. */
    since: Schema.Number,
    expiresAt: Schema.Number
  }),
  Schema.TaggedStruct("AutoRenewalSet", { number: Schema.String, on: Schema.Boolean, at: Schema.Number }),
  Schema.TaggedStruct("RenewalOrdered", { number: Schema.String, orderId: Schema.String, at: Schema.Number }),
  Schema.TaggedStruct("RenewalFailed", {
    number: Schema.String,
    orderId: Schema.String,
    attempt: Schema.Int,
    reason: Order.DeclineReason,
    /** The Shanghai day. */
    day: Schema.Int,
    at: Schema.Number
  }),
  Schema.TaggedStruct("FailureTold", { number: Schema.String, at: Schema.Number }),
  Schema.TaggedStruct("NumberRenewed", {
    number: Schema.String,
    orderId: Schema.String,
    at: Schema.Number,
    expiresAt: Schema.Number
  }),
  Schema.TaggedStruct("NumberReleased", { number: Schema.String, at: Schema.Number })
)
export type Event = typeof Event.Type

/** What these decisions know of the world. */
export interface Env {
  /** Epoch milliseconds. */
  readonly now: number
}

/** How many numbers an account has at most, those of its unpaid orders included (NUM-1). */
export const numbersMax = 5

// ---------------------------------------------------------------------------------------------------------------------
// refusals, in order of precedence
// ---------------------------------------------------------------------------------------------------------------------

/** With these the account would have more numbers than an enterprise may. */
export class TooManyNumbers extends Schema.TaggedError<TooManyNumbers>()("TooManyNumbers", {
  held: Schema.Int,
  reserved: Schema.Int,
  wanted: Schema.Int,
  most: Schema.Int
}) {
  static readonly rule = "NUM-1" as const
  static readonly transient = true
}

/** The account does not hold this number, or no longer. */
export class NumberNotHeld extends Schema.TaggedError<NumberNotHeld>()("NumberNotHeld", { number: Schema.String }) {
  static readonly rule = "NUM-5" as const
  static readonly code = 3014
  static readonly transient = false
}

// ---------------------------------------------------------------------------------------------------------------------
// decisions
// ---------------------------------------------------------------------------------------------------------------------

type Decided<R> = Either.Either<ReadonlyArray<Event>, R>

/** Reserves numbers for an order, all or none, as far as the cap of five allows (NUM-1, NUM-3). */
export const reserve = (
  env: Env,
  state: State,
  command: { readonly orderId: string; readonly numbers: ReadonlyArray<NumberAndRegion> }
): Decided<TooManyNumbers> => {
  const { numbers, orderId } = command
  const reserved = reservedCount(state)
  const held = state.held.length
  if (held + reserved + numbers.length > numbersMax)
    return Either.left(new TooManyNumbers({ held, reserved, wanted: numbers.length, most: numbersMax }))
  return Either.right([{ _tag: "NumbersReserved", orderId, numbers, at: env.now }])
}

/** Ends the reservation of an order that was not paid. */
export const letGo = (env: Env, state: State, command: { readonly orderId: string }): ReadonlyArray<Event> =>
  state.reserved.some(({ orderId }) => orderId === command.orderId)
    ? [{ _tag: "ReservationLetGo", orderId: command.orderId, at: env.now }]
    : []

/** Begins the first term of the numbers that an order reserved and paid for: 30 days from the purchase (NUM-2). */
export const rent = (
  state: State,
  command: { readonly orderId: string; readonly autoRenew: boolean; readonly paidAt: number }
): ReadonlyArray<Event> => {
  const { autoRenew, orderId, paidAt } = command
  if (!state.reserved.some((reservation) => reservation.orderId === orderId))
    throw new Error(`order ${orderId} paid for numbers that the account has not reserved`)
  return [{ _tag: "NumbersRented", orderId, autoRenew, since: paidAt, expiresAt: Term.plusDays30(paidAt) }]
}

/** Switches auto-renewal of a number on or off (NUM-4). */
export const setAutoRenewal = (
  env: Env,
  state: State,
  command: { readonly number: string; readonly on: boolean }
): Decided<NumberNotHeld> => {
  const held = findUsable(state, command.number, env.now)
  if (held === undefined) return Either.left(new NumberNotHeld({ number: command.number }))
  return Either.right(held.autoRenew === command.on ? [] : [{ _tag: "AutoRenewalSet", ...command, at: env.now }])
}

export const evolve = (state: State, event: Event): State => {
  switch (event._tag) {
    case "NumbersReserved": {
      const { numbers, orderId } = event
      return { ...state, reserved: [...state.reserved, { orderId, numbers }] }
    }
    case "ReservationLetGo":
      return { ...state, reserved: state.reserved.filter(({ orderId }) => orderId !== event.orderId) }
    case "NumbersRented": {
      const { autoRenew, expiresAt, since } = event
      const rented = state.reserved
        .filter(({ orderId }) => orderId === event.orderId)
        .flatMap(({ numbers }) => numbers)
        .map((number): HeldNumber => ({ ...number, since, expiresAt, autoRenew, terms: 1, renewal: notBegun }))
      return {
        held: [...state.held, ...rented],
        reserved: state.reserved.filter(({ orderId }) => orderId !== event.orderId)
      }
    }
    case "AutoRenewalSet":
      return replace(state, event.number, (held) => ({ ...held, autoRenew: event.on }))
    case "RenewalOrdered":
      return replace(state, event.number, (held) => ({
        ...held,
        renewal: { ...held.renewal, orders: held.renewal.orders + 1 }
      }))
    case "RenewalFailed": {
      const { at, attempt, day, orderId, reason } = event
      return replace(state, event.number, (held) => ({
        ...held,
        renewal: { ...held.renewal, failures: held.renewal.failures + 1, lastFailure: { orderId, attempt, at } },
        notice: held.notice?.day === day ? held.notice : { day, at, reason, told: false }
      }))
    }
    case "FailureTold":
      return replace(state, event.number, (held) =>
        held.notice === undefined ? held : { ...held, notice: { ...held.notice, told: true } }
      )
    case "NumberRenewed":
      return replace(state, event.number, (held) => ({
        ...held,
        expiresAt: event.expiresAt,
        terms: held.terms + 1,
        renewal: notBegun
      }))
    case "NumberReleased":
      return { ...state, held: state.held.filter(({ number }) => number !== event.number) }
  }
}

const notBegun: RenewalProgress = { orders: 0, failures: 0 }

const replace = (state: State, number: string, update: (held: HeldNumber) => HeldNumber): State => ({
  ...state,
  held: state.held.map((held) => (held.number === number ? update(held) : held))
})

// ---------------------------------------------------------------------------------------------------------------------
// queries
// ---------------------------------------------------------------------------------------------------------------------

/** The numbers that can be shown to callees at `now`: up to the instant before each one's expiry. */
export const usable = (state: State, now: number): ReadonlyArray<HeldNumber> => {
  const { held } = state
  return held.every(({ expiresAt }) => now < expiresAt) ? held : held.filter(({ expiresAt }) => now < expiresAt)
}

/** The held number with these digits, expired or not; `undefined` if the account does not have it. */
export const find = (state: State, number: string): HeldNumber | undefined =>
  state.held.find((held) => held.number === number)

/** Like `find`, but only while the number is usable. */
export const findUsable = (state: State, number: string, now: number): HeldNumber | undefined => {
  const held = find(state, number)
  return held !== undefined && now < held.expiresAt ? held : undefined
}

/** How many numbers wait for the account's unpaid orders. */
export const reservedCount = (state: State): number =>
  state.reserved.reduce((count, { numbers }) => count + numbers.length, 0)

// ---------------------------------------------------------------------------------------------------------------------
// storage
// ---------------------------------------------------------------------------------------------------------------------

export const kind: Kind<State, Event> = {
  name: "holdings",
  initial,
  evolve,
  state: State,
  event: Event,
  personal: Kinds.nothingPersonal,
  journaled: true,
  ephemeral: false,
  indexes: {}
}

/** An account's numbers: owner and key are its id. */
export const ref = (accountId: string): Ref<typeof kind> => Kinds.ref(kind, accountId, accountId)
