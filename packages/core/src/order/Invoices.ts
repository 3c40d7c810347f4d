/**
 * Service: invoices are requested for paid orders, and listed (PKG-11).
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { IdGenerator } from "../IdGenerator.ts"
import * as InvalidInput from "../InvalidInput.ts"
import type { PortFailure } from "../PortFailure.ts"
import * as CreditCode from "../qualification/CreditCode.ts"
import * as Decision from "../storage/Decision.ts"
import { Journal } from "../storage/Journal.ts"
import type { Row } from "../storage/Kind.ts"
import { type Cursor, type Page, Records } from "../storage/Records.ts"
import * as Invoice from "./Invoice.ts"
import * as Order from "./Order.ts"

/** An invoice as its account sees it. `recipient` is missing once its personal data was erased. */
export interface InvoiceView extends Omit<Invoice.State, "status"> {
  readonly invoiceId: string
  readonly recipient: Invoice.Personal | undefined
}

/** One invoice covers one order or several, at most this many. */
export const ordersMax = 100

const OrderIds = Schema.Array(Schema.NonEmptyString).pipe(
  Schema.minItems(1),
  Schema.maxItems(ordersMax),
  Schema.filter((ids) => new Set(ids).size === ids.length, { description: "different orders" })
)

export const RequestInput = Schema.Struct({
  accountId: Schema.NonEmptyString,
  orderIds: OrderIds,
  kind: Invoice.InvoiceKind,
  title: Invoice.Personal.fields.title,
  taxNumber: Schema.String,
  email: Invoice.Personal.fields.email
})
export const ListInput = Schema.Struct({
  accountId: Schema.NonEmptyString,
  limit: Schema.Int.pipe(Schema.between(1, 100))
})

export class Invoices extends Context.Tag("@vsms/core/order/Invoices")<
  Invoices,
  {
    /** Requests one invoice over paid orders, all or none (PKG-11). Its amount is what was paid for them. */
    readonly request: (
      input: typeof RequestInput.Encoded
    ) => Effect.Effect<
      InvoiceView,
      | InvalidInput.InvalidInput
      | CreditCode.InvalidCreditCode
      | Order.UnknownOrder
      | Invoice.OrderNotPaid
      | Invoice.InvoicedBefore
      | PortFailure
    >
    /** The account's invoices, the newest first. */
    readonly list: (
      input: typeof ListInput.Encoded & { readonly after?: Cursor | undefined }
    ) => Effect.Effect<Page<InvoiceView>, InvalidInput.InvalidInput | PortFailure>
  }
>() {
  static readonly layer: Layer.Layer<Invoices, never, IdGenerator | Journal | Records> = Layer.effect(
    Invoices,
    Effect.suspend(() => make)
  )
}

const parseRequest = InvalidInput.parser(RequestInput)
const parseList = InvalidInput.parser(ListInput)

const make = Effect.gen(function* () {
  const ids = yield* IdGenerator
  const journal = yield* Journal
  const records = yield* Records

  const request = Effect.fn("Invoices.request")(function* (input: typeof RequestInput.Encoded) {
    const { accountId, email, kind, orderIds, title, ...text } = yield* parseRequest(input)
    const taxNumber = yield* CreditCode.parse(text.taxNumber)
    const invoiceId = yield* ids.next
    yield* Effect.annotateCurrentSpan({ accountId, invoiceId })
    const now = yield* Clock.currentTimeMillis
    const recipient: Invoice.Personal = { title, taxNumber, email }
    const refs = [
      Invoice.ref(accountId, invoiceId),
      ...orderIds.map((orderId) => Order.ref(accountId, orderId))
    ] as const
    yield* journal.transact(refs, ([invoice, ...orders]) =>
      Either.map(Invoice.request({ now }, { invoice, orders }, { kind, recipient }), (parts) =>
        Decision.make(undefined, parts)
      )
    )
    return view(yield* journal.load(Invoice.ref(accountId, invoiceId)))
  })

  const list = Effect.fn("Invoices.list")(function* (
    input: typeof ListInput.Encoded & { readonly after?: Cursor | undefined }
  ) {
    const { accountId, limit } = yield* parseList({ accountId: input.accountId, limit: input.limit })
    yield* Effect.annotateCurrentSpan({ accountId })
    const { items, next } = yield* records.list({
      kind: Invoice.kind,
      index: "byAccount",
      partition: accountId,
      after: input.after,
      limit,
      descending: true
    })
    return { items: items.map(view), next }
  })

  return Invoices.of({ request, list })
})

const view = ({ personal, ref, state }: Row<typeof Invoice.kind>): InvoiceView => {
  const { status: _status, ...rest } = state
  return { ...rest, invoiceId: ref.key, recipient: personal }
}
