/**
 * Rules: an order, from its making to its payment and fulfilment, or to its end unpaid (PKG-9, PKG-10, NUM-8). What an
 * order may contain and what it costs is decided by whoever makes it; the money itself moves in `PaymentGateway`.
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as Basket from "../money/Basket.ts"
import * as Cny from "../money/Cny.ts"
import * as Decision from "../storage/Decision.ts"
import * as Kinds from "../storage/Kind.ts"
import type { Kind, Ref, Row } from "../storage/Kind.ts"

// ---------------------------------------------------------------------------------------------------------------------
// what it is
// ---------------------------------------------------------------------------------------------------------------------

/** The first term of one or several numbers, all or none (NUM-3). */
export const NumberRent = Schema.TaggedStruct("NumberRent", {
  numbers: Schema.NonEmptyArray(Schema.String),
  autoRenew: Schema.Boolean
})
export type NumberRent = typeof NumberRent.Type

/** The term of a number after the one that ends at `fromExpiresAt` (NUM-4, NUM-7). */
export const NumberRenewal = Schema.TaggedStruct("NumberRenewal", {
  number: Schema.String,
  fromExpiresAt: Schema.Number
})
export type NumberRenewal = typeof NumberRenewal.Type

/** Packages of minutes; a quantity of n makes n packages (PKG-6). */
export const MinutePackages = Schema.TaggedStruct("MinutePackages", {
  packages: Schema.NonEmptyArray(Basket.Packages)
})
export type MinutePackages = typeof MinutePackages.Type

/** What an order buys. One order buys one thing, so that it is fulfilled in one step. */
export const Item = Schema.Union(NumberRent, NumberRenewal, MinutePackages)
export type Item = typeof Item.Type

/** The ways to pay that a gateway may be asked for. */
export const PaymentMethod = Schema.Literal("balance", "wechat", "alipay", "card", "transfer")
export type PaymentMethod = typeof PaymentMethod.Type

/** What a payer may name: the ways to pay, and the general voucher (通用代金券), which is always refused (NUM-8). */
export const OfferedMethod = Schema.Literal(...PaymentMethod.literals, "voucher")
export type OfferedMethod = typeof OfferedMethod.Type

/** Why a payment was declined. A closed list: what a provider says in words may name people. */
export const DeclineReason = Schema.Literal("insufficientFunds", "payerRefused", "limitExceeded", "closed", "other")
export type DeclineReason = typeof DeclineReason.Type

/** `none`: nobody made it. `paying`: an attempt is under way whose outcome is not known yet. */
export const Status = Schema.Literal("none", "created", "paying", "paid", "fulfilled", "cancelled", "expired")
export type Status = typeof Status.Type

const optional = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { exact: true })

/** Instants are epoch milliseconds; what is missing has not come yet. */
export const State = Schema.Struct({
  status: Status,
  accountId: Schema.String,
  item: optional(Item),
  /** What is paid, in whole fen: the list price rounded once (PKG-3). */
  amount: Cny.Cny,
  /** Whether the buyer agreed to the service agreement with this order (PKG-5). */
  agreementAccepted: Schema.Boolean,
  createdAt: Schema.Number,
  /** From here on it can no longer be paid. */
  expiresAt: Schema.Number,
  /** How many attempts to pay were started. Attempts are numbered from 1; at most one is under way. */
  attempts: Schema.NonNegativeInt,
  /** Of the last attempt. */
  method: optional(PaymentMethod),
  /** What became of the last attempt, if it was declined. */
  declined: optional(Schema.Struct({ attempt: Schema.Int, reason: DeclineReason, at: Schema.Number })),
  paymentId: optional(Schema.String),
  /** The instant of the purchase: terms and validities run from it (NUM-2, PKG-7). */
  paidAt: optional(Schema.Number),
  fulfilledAt: optional(Schema.Number),
  /** When it was cancelled or expired. */
  endedAt: optional(Schema.Number),
  invoiceId: optional(Schema.String)
})
export type State = typeof State.Type

export const initial: State = {
  status: "none",
  accountId: "",
  amount: Cny.zero,
  agreementAccepted: false,
  createdAt: 0,
  expiresAt: 0,
  attempts: 0
}

export const Event = Schema.Union(
  Schema.TaggedStruct("OrderCreated", {
    accountId: Schema.String,
    item: Item,
    amount: Cny.Cny,
    agreementAccepted: Schema.Boolean,
    at: Schema.Number,
    expiresAt: Schema.Number
  }),
  Schema.TaggedStruct("PaymentStarted", { attempt: Schema.Int, method: PaymentMethod, at: Schema.Number }),
  Schema.TaggedStruct("PaymentDeclined", { attempt: Schema.Int, reason: DeclineReason, at: Schema.Number }),
  Schema.TaggedStruct("OrderPaid", { paymentId: Schema.String, method: PaymentMethod, at: Schema.Number }),
  Schema.TaggedStruct("OrderFulfilled", { at: Schema.Number }),
  Schema.TaggedStruct("OrderCancelled", { at: Schema.Number }),
  Schema.TaggedStruct("OrderExpired", { at: Schema.Number }),
  Schema.TaggedStruct("OrderInvoiced", { invoiceId: Schema.String, at: Schema.Number })
)
export type Event = typeof Event.Type

/** What these decisions know of the world. */
export interface Env {
  /** Epoch milliseconds. */
  readonly now: number
}

/** How long an order can be paid (PKG-10). */
export const payableMillis = 30 * 60_000

// ---------------------------------------------------------------------------------------------------------------------
// refusals, in order of precedence
// ---------------------------------------------------------------------------------------------------------------------

/** General vouchers pay for nothing here, neither numbers nor packages. */
export class VoucherNotAccepted extends Schema.TaggedError<VoucherNotAccepted>()("VoucherNotAccepted", {
  accepted: Schema.Array(PaymentMethod)
}) {
  static readonly rule = "NUM-8" as const
  static readonly transient = false
}

/** The account has no such order. */
export class UnknownOrder extends Schema.TaggedError<UnknownOrder>()("UnknownOrder", {}) {
  static readonly rule = "PKG-10" as const
  static readonly transient = false
}

/** The order was cancelled, or its time to be paid is over. */
export class OrderNotOpen extends Schema.TaggedError<OrderNotOpen>()("OrderNotOpen", {
  status: Schema.Literal("cancelled", "expired")
}) {
  static readonly rule = "PKG-10" as const
  static readonly transient = false
}

/** The order is paid, and what is paid is never reversed. */
export class PaidNotReversible extends Schema.TaggedError<PaidNotReversible>()("PaidNotReversible", {
  paidAt: Schema.Number
}) {
  static readonly rule = "PKG-9" as const
  static readonly transient = false
}

/** Another attempt to pay this order has no answer yet. */
export class PaymentUnderWay extends Schema.TaggedError<PaymentUnderWay>()("PaymentUnderWay", {
  method: PaymentMethod
}) {
  static readonly rule = "PKG-10" as const
  static readonly transient = true
}

/** The order was paid before, by another payment. */
export class PaidBefore extends Schema.TaggedError<PaidBefore>()("PaidBefore", { paymentId: Schema.String }) {
  static readonly rule = "PKG-10" as const
  static readonly transient = false
}

/** What was paid is not what the order costs. */
export class AmountDiffers extends Schema.TaggedError<AmountDiffers>()("AmountDiffers", {
  supplied: Cny.Cny,
  expected: Cny.Cny
}) {
  static readonly rule = "PKG-10" as const
  static readonly transient = false
}

// ---------------------------------------------------------------------------------------------------------------------
// decisions
// ---------------------------------------------------------------------------------------------------------------------

type Decided<R> = Either.Either<ReadonlyArray<Event>, R>

const nothing: Decided<never> = Either.right([])

/**
 * Makes an order that can be paid for 30 minutes, or until `payBefore` where that is sooner.
 *
 * **Gotchas** `amount` is above zero and in whole fen (`Tariff.toPay`); anything else is a defect of the caller.
 */
export const create = (
  env: Env,
  state: State,
  command: {
    readonly accountId: string
    readonly item: Item
    readonly amount: Cny.Cny
    readonly agreementAccepted?: boolean
    readonly payBefore?: number
  }
): Decided<never> => {
  if (state.status !== "none") return nothing
  const { accountId, agreementAccepted = false, amount, item, payBefore = Infinity } = command
  if (amount <= 0 || amount % 10 !== 0) throw new Error(`an order over ${amount} thousandths of a yuan cannot be paid`)
  const expiresAt = Math.min(env.now + payableMillis, payBefore)
  return Either.right([{ _tag: "OrderCreated", accountId, item, amount, agreementAccepted, at: env.now, expiresAt }])
}

/** Starts an attempt to pay. A repeat by the same method goes on with the attempt that is under way; paid stays paid. */
export const startPayment = (
  env: Env,
  state: State,
  command: { readonly method: OfferedMethod }
): Decided<VoucherNotAccepted | UnknownOrder | OrderNotOpen | PaymentUnderWay> => {
  const { method } = command
  if (method === "voucher") return Either.left(new VoucherNotAccepted({ accepted: PaymentMethod.literals }))
  switch (state.status) {
    case "none":
      return Either.left(new UnknownOrder())
    case "cancelled":
    case "expired":
      return Either.left(new OrderNotOpen({ status: state.status }))
    case "paid":
    case "fulfilled":
      return nothing
    case "paying":
      return state.method === undefined || state.method === method
        ? nothing
        : Either.left(new PaymentUnderWay({ method: state.method }))
    case "created":
      if (env.now >= state.expiresAt) return Either.left(new OrderNotOpen({ status: "expired" }))
      return Either.right([{ _tag: "PaymentStarted", attempt: state.attempts + 1, method, at: env.now }])
  }
}

/** Records that an attempt was declined. Only the attempt under way can be; another may follow. */
export const decline = (
  env: Env,
  state: State,
  command: { readonly attempt: number; readonly reason: DeclineReason }
): Decided<never> => {
  const { attempt, reason } = command
  if (state.status !== "paying" || state.attempts !== attempt) return nothing
  return Either.right([{ _tag: "PaymentDeclined", attempt, reason, at: env.now }])
}

/**
 * Records a payment, once. It counts as long as the order is open, however late its news comes: an order is closed at
 * the gateway before it ends (`end`).
 */
export const pay = (
  env: Env,
  state: State,
  command: { readonly paymentId: string; readonly method: PaymentMethod }
): Decided<UnknownOrder | OrderNotOpen | PaidBefore> => {
  switch (state.status) {
    case "none":
      return Either.left(new UnknownOrder())
    case "cancelled":
    case "expired":
      return Either.left(new OrderNotOpen({ status: state.status }))
    case "paid":
    case "fulfilled":
      return state.paymentId === undefined || state.paymentId === command.paymentId
        ? nothing
        : Either.left(new PaidBefore({ paymentId: state.paymentId }))
    case "created":
    case "paying":
      return Either.right([{ _tag: "OrderPaid", ...command, at: env.now }])
  }
}

/**
 * Records a payment that an operator vouches for, such as a bank transfer, which no gateway knows of. While an attempt
 * at the gateway has no answer it is refused: both might be paid.
 */
export const confirm = (
  env: Env,
  state: State,
  command: { readonly paymentId: string; readonly amount: Cny.Cny }
): Decided<UnknownOrder | OrderNotOpen | PaymentUnderWay | PaidBefore | AmountDiffers> => {
  if (state.status === "paying" && state.method !== undefined)
    return Either.left(new PaymentUnderWay({ method: state.method }))
  // Late money revives nothing: what the order had kept may be somebody else's by now (PKG-10).
  if (isOpen(state) && env.now >= state.expiresAt) return Either.left(new OrderNotOpen({ status: "expired" }))
  return Either.flatMap(pay(env, state, { paymentId: command.paymentId, method: "transfer" }), (events) =>
    command.amount === state.amount
      ? Either.right(events)
      : Either.left(new AmountDiffers({ supplied: command.amount, expected: state.amount }))
  )
}

/** Records that what was paid for was handed over. Whoever hands it over decides it in the same step, so once. */
export const fulfil = (env: Env, state: State): Decided<never> =>
  state.status === "paid" ? Either.right([{ _tag: "OrderFulfilled", at: env.now }]) : nothing

/**
 * Cancels an unpaid order (PKG-9 forbids any other).
 *
 * **Gotchas** `closedAttempts` says how many attempts the order had when the gateway closed it for good; 0 without
 * having asked the gateway. An attempt started since then must be closed too, so it refuses.
 */
export const cancel = (
  env: Env,
  state: State,
  command: { readonly closedAttempts: number }
): Decided<UnknownOrder | OrderNotOpen | PaidNotReversible | PaymentUnderWay> => {
  switch (state.status) {
    case "none":
      return Either.left(new UnknownOrder())
    case "cancelled":
      return nothing
    case "expired":
      return Either.left(new OrderNotOpen({ status: "expired" }))
    case "paid":
    case "fulfilled":
      return Either.left(new PaidNotReversible({ paidAt: state.paidAt ?? state.createdAt }))
    case "created":
    case "paying":
      return Either.map(closed(state, command.closedAttempts), () => [{ _tag: "OrderCancelled", at: env.now }])
  }
}

/** Lets an unpaid order expire when its time is over; before that, or when it is paid or ended, nothing happens. */
export const expire = (
  env: Env,
  state: State,
  command: { readonly closedAttempts: number }
): Decided<PaymentUnderWay> => {
  if (!isOpen(state) || env.now < state.expiresAt) return nothing
  return Either.map(closed(state, command.closedAttempts), () => [{ _tag: "OrderExpired", at: env.now }])
}

const closed = (state: State, closedAttempts: number): Either.Either<void, PaymentUnderWay> =>
  state.attempts <= closedAttempts || state.method === undefined
    ? Either.void
    : Either.left(new PaymentUnderWay({ method: state.method }))

export const evolve = (state: State, event: Event): State => {
  switch (event._tag) {
    case "OrderCreated": {
      const { accountId, agreementAccepted, amount, at, expiresAt, item } = event
      return { ...state, status: "created", accountId, item, amount, agreementAccepted, createdAt: at, expiresAt }
    }
    case "PaymentStarted":
      return { ...state, status: "paying", attempts: event.attempt, method: event.method }
    case "PaymentDeclined": {
      const { at, attempt, reason } = event
      return { ...state, status: "created", declined: { attempt, reason, at } }
    }
    case "OrderPaid":
      return { ...state, status: "paid", paymentId: event.paymentId, method: event.method, paidAt: event.at }
    case "OrderFulfilled":
      return { ...state, status: "fulfilled", fulfilledAt: event.at }
    case "OrderCancelled":
      return { ...state, status: "cancelled", endedAt: event.at }
    case "OrderExpired":
      return { ...state, status: "expired", endedAt: event.at }
    case "OrderInvoiced":
      return { ...state, invoiceId: event.invoiceId }
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// queries
// ---------------------------------------------------------------------------------------------------------------------

/** Whether it could still be paid, as far as is recorded. */
export const isOpen = (state: State): boolean => state.status === "created" || state.status === "paying"

/** Whether it was paid, handed over or not. */
export const isPaid = (state: State): boolean => state.status === "paid" || state.status === "fulfilled"

/** Whether it ended without a payment. */
export const isOver = (state: State): boolean => state.status === "cancelled" || state.status === "expired"

// ---------------------------------------------------------------------------------------------------------------------
// storage
// ---------------------------------------------------------------------------------------------------------------------

export const kind: Kind<State, Event> = {
  name: "order",
  initial,
  evolve,
  state: State,
  event: Event,
  personal: Kinds.nothingPersonal,
  journaled: true,
  ephemeral: false,
  indexes: {
    /** The orders of an account, the oldest first. */
    byAccount: {
      name: "byAccount",
      position: (_key, state) =>
        state.status === "none" ? undefined : { partition: state.accountId, at: state.createdAt }
    }
  }
}

export const ref = (accountId: string, orderId: string): Ref<typeof kind> => Kinds.ref(kind, accountId, orderId)

/** How long after the start of an attempt its outcome is asked for, if nobody recorded it before. */
export const askAfterMillis = 10_000

/** What a decision has several things become: its part of a `Decision`. */
export interface Parts {
  readonly changes: ReadonlyArray<Decision.Change>
  readonly work: ReadonlyArray<Decision.WorkOrder>
}

/** The change that these events make to the order, with the work that follows from each of them. */
export const record = (row: Row<typeof kind>, events: ReadonlyArray<Event>): Parts =>
  events.length === 0
    ? { changes: [], work: [] }
    : { changes: [Decision.change(row, events)], work: events.flatMap((event) => workAfter(row.ref, event)) }

const workAfter = (ref: Ref<typeof kind>, event: Event): ReadonlyArray<Decision.WorkOrder> => {
  switch (event._tag) {
    case "OrderCreated":
      return [Decision.enqueue("orderExpiry", ref, event.expiresAt)]
    case "PaymentStarted":
      return [Decision.enqueue("payment", ref, event.at + askAfterMillis)]
    case "PaymentDeclined":
      return [Decision.cancel("payment", ref)]
    // What was paid for is handed over; what ended unpaid is let go.
    case "OrderPaid":
    case "OrderCancelled":
    case "OrderExpired":
      return [
        Decision.cancel("payment", ref),
        Decision.cancel("orderExpiry", ref),
        Decision.enqueue("fulfilment", ref, event.at)
      ]
    case "OrderFulfilled":
      return [Decision.cancel("fulfilment", ref)]
    case "OrderInvoiced":
      return []
  }
}
