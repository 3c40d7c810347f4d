/**
 * Rules: an invoice (发票) over paid orders (PKG-11). Its amount is the sum of what was paid for them, and no order is on
 * two invoices: so the invoices never exceed the payments. How an invoice reaches its recipient is not decided here.
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as BoundedText from "../account/BoundedText.ts"
import * as Cny from "../money/Cny.ts"
import * as CreditCode from "../qualification/CreditCode.ts"
import * as Decision from "../storage/Decision.ts"
import * as Kinds from "../storage/Kind.ts"
import type { Kind, Ref, Row } from "../storage/Kind.ts"
import * as Order from "./Order.ts"

// ---------------------------------------------------------------------------------------------------------------------
// what it is
// ---------------------------------------------------------------------------------------------------------------------

/** An ordinary invoice, or a special one (专用发票), with which its recipient can deduct the tax. */
export const InvoiceKind = Schema.Literal("ordinary", "special")
export type InvoiceKind = typeof InvoiceKind.Type

/** To whom it is made out. Kept out of state and events. */
export const Personal = Schema.Struct({
  /** The company's name, as on its licence (发票抬头). */
  title: BoundedText.line({ min: 2, max: 100 }),
  /** The company's tax number, which is its unified social credit code. */
  taxNumber: CreditCode.CreditCode,
  email: Schema.String.pipe(
    Schema.maxLength(254),
    Schema.pattern(/^[^\s@]+@[^\s@]+\.[^\s@]+$/),
    Schema.annotations({ identifier: "an e-mail address" })
  )
})
export type Personal = typeof Personal.Type

export const State = Schema.Struct({
  status: Schema.Literal("none", "requested"),
  accountId: Schema.String,
  kind: InvoiceKind,
  orderIds: Schema.Array(Schema.String),
  amount: Cny.Cny,
  requestedAt: Schema.Number
})
export type State = typeof State.Type

export const initial: State = {
  status: "none",
  accountId: "",
  kind: "ordinary",
  orderIds: [],
  amount: Cny.zero,
  requestedAt: 0
}

export const Event = Schema.TaggedStruct("InvoiceRequested", {
  accountId: Schema.String,
  kind: InvoiceKind,
  orderIds: Schema.Array(Schema.String),
  amount: Cny.Cny,
  at: Schema.Number
})
export type Event = typeof Event.Type

/** What these decisions know of the world. */
export interface Env {
  /** Epoch milliseconds. */
  readonly now: number
}

// ---------------------------------------------------------------------------------------------------------------------
// refusals, in order of precedence; an order that nobody made is refused first
// ---------------------------------------------------------------------------------------------------------------------

/** How long it is kept whom an invoice was made out to: five years; what it was for is kept for good. */
export const recipientKeptMillis = 5 * 365 * 86_400_000

/** Only what is paid can be invoiced. */
export class OrderNotPaid extends Schema.TaggedError<OrderNotPaid>()("OrderNotPaid", {
  orderId: Schema.String,
  status: Order.Status
}) {
  static readonly rule = "PKG-11" as const
  static readonly transient = true
}

/** An order is invoiced once. */
export class InvoicedBefore extends Schema.TaggedError<InvoicedBefore>()("InvoicedBefore", {
  orderId: Schema.String,
  invoiceId: Schema.String
}) {
  static readonly rule = "PKG-11" as const
  static readonly transient = false
}

// ---------------------------------------------------------------------------------------------------------------------
// decisions
// ---------------------------------------------------------------------------------------------------------------------

/**
 * Requests one invoice over several orders: all of them or none (PKG-11).
 *
 * **Details** `invoice` is the row of one that nobody has made yet; `orders` are different ones, and the first that
 * cannot be invoiced is the refusal.
 */
export const request = (
  env: Env,
  rows: { readonly invoice: Row<typeof kind>; readonly orders: ReadonlyArray<Row<typeof Order.kind>> },
  command: { readonly kind: InvoiceKind; readonly recipient: Personal }
): Either.Either<Order.Parts, Order.UnknownOrder | OrderNotPaid | InvoicedBefore> =>
  Either.gen(function* () {
    const { key: invoiceId, owner: accountId } = rows.invoice.ref
    const parts: Array<Order.Parts> = []
    for (const order of rows.orders) parts.push(Order.record(order, yield* putOn(env, order, { invoiceId })))
    const requested: Event = {
      _tag: "InvoiceRequested",
      accountId,
      kind: command.kind,
      orderIds: rows.orders.map(({ ref }) => ref.key),
      amount: Cny.sum(rows.orders.map(({ state }) => state.amount)),
      at: env.now
    }
    return {
      changes: [
        Decision.change(rows.invoice, [requested], {
          personal: command.recipient,
          expiresAt: env.now + recipientKeptMillis
        }),
        ...parts.flatMap(({ changes }) => changes)
      ],
      work: parts.flatMap(({ work }) => work)
    }
  })

/** Puts a paid order on an invoice, once (PKG-11). */
export const putOn = (
  env: Env,
  row: Row<typeof Order.kind>,
  command: { readonly invoiceId: string }
): Either.Either<ReadonlyArray<Order.Event>, Order.UnknownOrder | OrderNotPaid | InvoicedBefore> => {
  const { key: orderId } = row.ref
  const { invoiceId, status } = row.state
  if (status === "none") return Either.left(new Order.UnknownOrder())
  if (!Order.isPaid(row.state)) return Either.left(new OrderNotPaid({ orderId, status }))
  if (invoiceId === command.invoiceId) return Either.right([])
  if (invoiceId !== undefined) return Either.left(new InvoicedBefore({ orderId, invoiceId }))
  return Either.right([{ _tag: "OrderInvoiced", invoiceId: command.invoiceId, at: env.now }])
}

export const evolve = (_state: State, event: Event): State => {
  const { accountId, amount, at, kind, orderIds } = event
  return { status: "requested", accountId, kind, orderIds, amount, requestedAt: at }
}

// ---------------------------------------------------------------------------------------------------------------------
// storage
// ---------------------------------------------------------------------------------------------------------------------

export const kind: Kind<State, Event, Personal> = {
  name: "invoice",
  initial,
  evolve,
  state: State,
  event: Event,
  personal: Personal,
  journaled: true,
  ephemeral: false,
  indexes: {
    /** The invoices of an account, the oldest first. */
    byAccount: {
      name: "byAccount",
      position: (_key, state) =>
        state.status === "none" ? undefined : { partition: state.accountId, at: state.requestedAt }
    }
  }
}

export const ref = (accountId: string, invoiceId: string): Ref<typeof kind> => Kinds.ref(kind, accountId, invoiceId)
