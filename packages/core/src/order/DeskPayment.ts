/**
 * Rules: payments of an order that an operator confirms, such as bank transfers (PKG-10). What waits is paid or declined
 * by somebody who looked at the bank's statement; no money moves here.
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { Cny } from "../money/Cny.ts"
import * as Kinds from "../storage/Kind.ts"
import type { Kind, Ref } from "../storage/Kind.ts"
import { AmountDiffers, DeclineReason, PaidBefore, PaymentMethod } from "./Order.ts"

// ---------------------------------------------------------------------------------------------------------------------
// what it is
// ---------------------------------------------------------------------------------------------------------------------

const Outcome = Schema.Union(
  Schema.TaggedStruct("Pending", {}),
  Schema.TaggedStruct("Paid", { paymentId: Schema.String }),
  Schema.TaggedStruct("Declined", { reason: DeclineReason })
)

type Outcome = typeof Outcome.Type
type Paid = Extract<Outcome, { readonly _tag: "Paid" }>

/** An attempt that was asked for, and what has become of it. */
const Asked = Schema.Struct({
  attempt: Schema.Int,
  method: PaymentMethod,
  amount: Cny,
  askedAt: Schema.Number,
  outcome: Outcome
})

/** All that the desk knows of one order. */
export const State = Schema.Struct({
  closed: Schema.Boolean,
  /** In the order in which they arrived; at most one waits, and at most one was paid. */
  attempts: Schema.Array(Asked)
})
export type State = typeof State.Type

export const initial: State = { closed: false, attempts: [] }

export const Event = Schema.Union(
  Schema.TaggedStruct("PaymentAsked", {
    attempt: Schema.Int,
    method: PaymentMethod,
    amount: Cny,
    at: Schema.Number,
    /** Missing: it waits. */
    declined: Schema.optionalWith(DeclineReason, { exact: true })
  }),
  Schema.TaggedStruct("PaymentConfirmed", { attempt: Schema.Int, paymentId: Schema.String, at: Schema.Number }),
  Schema.TaggedStruct("PaymentRefused", { attempt: Schema.Int, reason: DeclineReason, at: Schema.Number }),
  Schema.TaggedStruct("DeskClosed", { at: Schema.Number })
)
export type Event = typeof Event.Type

export interface Env {
  /** Epoch milliseconds. */
  readonly now: number
}

/** Nobody waits for this order's payment to be confirmed. */
export class NoPaymentWaits extends Schema.TaggedError<NoPaymentWaits>()("NoPaymentWaits", {}) {
  static readonly rule = "PKG-10" as const
  static readonly transient = true
}

// ---------------------------------------------------------------------------------------------------------------------
// queries
// ---------------------------------------------------------------------------------------------------------------------

/** The payment, if there is one. */
const paidOf = ({ attempts }: State): Paid | undefined => {
  for (const { outcome } of attempts) if (outcome._tag === "Paid") return outcome
  return undefined
}

/** What waits for an operator. */
export const waiting = ({ attempts }: State): typeof Asked.Type | undefined =>
  attempts.find(({ outcome }) => outcome._tag === "Pending")

export const outcomeOf = (state: State, attempt: number): Outcome | { readonly _tag: "Unknown" } =>
  state.attempts.find((asked) => asked.attempt === attempt)?.outcome ?? { _tag: "Unknown" }

export const closing = (state: State): Paid | { readonly _tag: "Closed" } => paidOf(state) ?? { _tag: "Closed" }

/** What a charge is answered: of an order that is paid, by whichever attempt, that payment. */
export const charged = (state: State, attempt: number): Outcome => {
  const outcome = outcomeOf(state, attempt)
  return outcome._tag === "Unknown" ? (paidOf(state) ?? { _tag: "Declined", reason: "closed" }) : outcome
}

// ---------------------------------------------------------------------------------------------------------------------
// decisions
// ---------------------------------------------------------------------------------------------------------------------

/** An attempt has arrived. It waits; after the order was closed it never will. */
export const ask = (
  env: Env,
  state: State,
  { amount, attempt, method }: { readonly attempt: number; readonly method: PaymentMethod; readonly amount: Cny }
): ReadonlyArray<Event> => {
  if (outcomeOf(state, attempt)._tag !== "Unknown" || paidOf(state) !== undefined) return []
  const asked = { _tag: "PaymentAsked", attempt, method, amount, at: env.now } as const
  return [state.closed ? { ...asked, declined: "closed" } : asked]
}

/** The money has come. `paymentId` is what the bank calls it; the same one again changes nothing. */
export const confirm = (
  env: Env,
  state: State,
  command: { readonly paymentId: string; readonly amount: Cny }
): Either.Either<ReadonlyArray<Event>, PaidBefore | NoPaymentWaits | AmountDiffers> => {
  const { amount, paymentId } = command
  const paid = paidOf(state)
  if (paid !== undefined)
    return paid.paymentId === paymentId ? Either.right([]) : Either.left(new PaidBefore({ paymentId: paid.paymentId }))
  const asked = waiting(state)
  if (asked === undefined) return Either.left(new NoPaymentWaits())
  if (asked.amount !== amount) return Either.left(new AmountDiffers({ supplied: amount, expected: asked.amount }))
  return Either.right([{ _tag: "PaymentConfirmed", attempt: asked.attempt, paymentId, at: env.now }])
}

/** The money will not come: the payer may try again, by another attempt. */
export const refuse = (
  env: Env,
  state: State,
  command: { readonly reason: DeclineReason }
): Either.Either<ReadonlyArray<Event>, PaidBefore | NoPaymentWaits> => {
  const paid = paidOf(state)
  if (paid !== undefined) return Either.left(new PaidBefore({ paymentId: paid.paymentId }))
  const asked = waiting(state)
  if (asked === undefined) return Either.left(new NoPaymentWaits())
  return Either.right([{ _tag: "PaymentRefused", attempt: asked.attempt, reason: command.reason, at: env.now }])
}

/** Nothing of this order is paid any more, unless it is already. */
export const close = (env: Env, state: State): ReadonlyArray<Event> =>
  state.closed || paidOf(state) !== undefined ? [] : [{ _tag: "DeskClosed", at: env.now }]

const settled = (state: State, attempt: number, outcome: Outcome): State => ({
  ...state,
  attempts: state.attempts.map((asked) => (asked.attempt === attempt ? { ...asked, outcome } : asked))
})

export const evolve = (state: State, event: Event): State => {
  switch (event._tag) {
    case "PaymentAsked": {
      const { amount, at, attempt, declined, method } = event
      const outcome =
        declined === undefined ? ({ _tag: "Pending" } as const) : ({ _tag: "Declined", reason: declined } as const)
      return { ...state, attempts: [...state.attempts, { attempt, method, amount, askedAt: at, outcome }] }
    }
    case "PaymentConfirmed":
      return settled(state, event.attempt, { _tag: "Paid", paymentId: event.paymentId })
    case "PaymentRefused":
      return settled(state, event.attempt, { _tag: "Declined", reason: event.reason })
    case "DeskClosed": {
      const asked = waiting(state)
      const closed = { ...state, closed: true }
      return asked === undefined ? closed : settled(closed, asked.attempt, { _tag: "Declined", reason: "closed" })
    }
  }
}

export const kind: Kind<State, Event> = {
  name: "deskPayment",
  initial,
  evolve,
  state: State,
  event: Event,
  personal: Kinds.nothingPersonal,
  journaled: true,
  ephemeral: false,
  indexes: {
    /** What waits, of all accounts, the longest first. */
    waiting: {
      name: "waiting",
      position: (_key, state) => {
        const asked = waiting(state)
        return asked && { partition: "", at: asked.askedAt }
      }
    }
  }
}

export const ref = (accountId: string, orderId: string): Ref<typeof kind> => Kinds.ref(kind, accountId, orderId)
