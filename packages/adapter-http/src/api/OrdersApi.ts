/**
 * Rules: the inventory of numbers, orders for numbers and packages, their payment, and invoices (NUM-1 to NUM-8, PKG-1 to
 * PKG-11). Money is in thousandths of a yuan.
 */
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as MinutePackage from "@vsms/core/balance/MinutePackage"
import * as PackagePurchase from "@vsms/core/balance/PackagePurchase"
import * as Basket from "@vsms/core/money/Basket"
import * as Cny from "@vsms/core/money/Cny"
import * as Minutes from "@vsms/core/money/Minutes"
import * as Quote from "@vsms/core/money/Quote"
import * as Tariff from "@vsms/core/money/Tariff"
import * as VoiceNumber from "@vsms/core/number/VoiceNumber"
import * as Invoice from "@vsms/core/order/Invoice"
import * as Order from "@vsms/core/order/Order"
import * as Schema from "effect/Schema"
import { operator, tenant } from "./Access.ts"
import * as Paging from "./Paging.ts"
import * as Problems from "./Problems.ts"

// --- inventory ---

const InventoryView = Schema.Struct({
  number: Schema.String,
  region: Schema.String,
  status: Schema.Literal("unlisted", "available", "quarantined", "reserved", "held")
}).annotations({ identifier: "InventoryNumber" })

const NumberPath = Schema.Struct({ number: Paging.Id })

export class InventoryApi extends HttpApiGroup.make("inventory")
  .add(
    HttpApiEndpoint.get("regions", "/v1/inventory/regions")
      .setUrlParams(Paging.PageQuery)
      .addSuccess(Paging.Page(Schema.String))
      .annotateContext(tenant("orders:read", "The regions there are numbers of, by name (NUM-3)"))
  )
  .add(
    HttpApiEndpoint.get("search", "/v1/inventory/numbers")
      .setUrlParams(Schema.Struct({ ...Paging.PageQuery.fields, region: VoiceNumber.Region }))
      .addSuccess(Paging.Page(InventoryView))
      .annotateContext(tenant("orders:read", "A region's numbers that can be bought now (NUM-3)"))
  )
  .add(
    HttpApiEndpoint.post("add", "/v1/inventory/numbers")
      .setPayload(Schema.Struct({ region: VoiceNumber.Region, numbers: Schema.Array(VoiceNumber.Digits) }))
      .addSuccess(HttpApiSchema.NoContent)
      .addError(Problems.ListedElsewhere)
      .annotateContext(operator("Adds numbers of one region, all or none; at most 1,000"))
  )
  .add(
    HttpApiEndpoint.get("look", "/v1/inventory/numbers/:number")
      .setPath(NumberPath)
      .addSuccess(InventoryView)
      .annotateContext(operator("One number of the inventory, whoever has it"))
  )
  .add(
    HttpApiEndpoint.del("remove", "/v1/inventory/numbers/:number")
      .setPath(NumberPath)
      .addSuccess(HttpApiSchema.NoContent)
      .addError(Problems.NumberNotAvailable)
      .annotateContext(operator("Takes a number out of the inventory, if nobody has it"))
  ) {}

// --- numbers ---

const HeldNumber = Schema.Struct({
  number: Schema.String,
  region: Schema.String,
  since: Paging.Instant,
  expiresAt: Paging.Instant,
  usable: Schema.Boolean,
  autoRenew: Schema.Boolean
}).annotations({ identifier: "HeldNumber" })

export class NumbersApi extends HttpApiGroup.make("numbers")
  .add(
    HttpApiEndpoint.get("list", "/v1/accounts/:accountId/numbers")
      .setPath(Paging.AccountPath)
      .addSuccess(Schema.Array(HeldNumber))
      .addError(Problems.UnknownAccount)
      .annotateContext(tenant("orders:read", "The numbers that the account holds: at most five (NUM-1)"))
  )
  .add(
    HttpApiEndpoint.put("setAutoRenewal", "/v1/accounts/:accountId/numbers/:number/auto-renewal")
      .setPath(Schema.Struct({ ...Paging.AccountPath.fields, ...NumberPath.fields }))
      .setPayload(Schema.Struct({ on: Schema.Boolean }))
      .addSuccess(HttpApiSchema.NoContent)
      .addError(Problems.NumberNotHeld)
      .addError(Problems.UnknownAccount)
      .annotateContext(tenant("orders:write", "Switches auto-renewal of a number (NUM-4)"))
  ) {}

// --- orders ---

export const OrderView = Schema.Struct({ orderId: Schema.String, ...Order.State.fields }).annotations({
  identifier: "Order"
})

const Ordered = Schema.Struct({
  orderId: Schema.String,
  basket: Basket.Basket,
  amount: Cny.Cny,
  payBefore: Paging.Instant
}).annotations({ identifier: "PackageOrder" })

const OrderPath = Schema.Struct({ ...Paging.AccountPath.fields, orderId: Paging.Id })

const Repeatable = Schema.Union(Problems.RequestUnderWay, Problems.KeyUsedBefore)

const WaitingPayment = Schema.Struct({
  accountId: Schema.String,
  orderId: Schema.String,
  method: Order.PaymentMethod,
  amount: Cny.Cny,
  askedAt: Paging.Instant
}).annotations({ identifier: "WaitingPayment" })

const InvoiceView = Schema.Struct({
  invoiceId: Schema.String,
  accountId: Schema.String,
  kind: Invoice.InvoiceKind,
  orderIds: Schema.Array(Schema.String),
  amount: Cny.Cny,
  requestedAt: Paging.Instant,
  recipient: Schema.optional(
    Schema.Struct({ title: Schema.String, taxNumber: Schema.String, email: Schema.String }).annotations({
      description: "Missing once its retention time has ended"
    })
  )
}).annotations({ identifier: "Invoice" })

export class OrdersApi extends HttpApiGroup.make("orders")
  .add(
    HttpApiEndpoint.post("numbers", "/v1/accounts/:accountId/orders/numbers")
      .setPath(Paging.AccountPath)
      .setPayload(Schema.Struct({ numbers: Schema.Array(VoiceNumber.Digits), autoRenew: Schema.Boolean }))
      .addSuccess(OrderView, { status: 201 })
      .addError(
        Schema.Union(
          Problems.NotEnterprise,
          Problems.NotActivated,
          Problems.NotQualified,
          Problems.TooManyNumbers,
          Problems.NumberNotAvailable,
          Repeatable
        )
      )
      .addError(Problems.UnknownAccount)
      .annotateContext(tenant("orders:write", "Orders numbers, all or none (NUM-1, NUM-3)", { idempotent: true }))
  )
  .add(
    HttpApiEndpoint.post("renewal", "/v1/accounts/:accountId/orders/renewals")
      .setPath(Paging.AccountPath)
      .setPayload(Schema.Struct({ number: VoiceNumber.Digits }))
      .addSuccess(OrderView, { status: 201 })
      .addError(Schema.Union(Problems.NotEnterprise, Problems.NotActivated, Problems.NumberNotHeld))
      .addError(Problems.UnknownAccount)
      .annotateContext(
        tenant("orders:write", "Orders a number's next term, or answers the order that there is (NUM-7)")
      )
  )
  .add(
    HttpApiEndpoint.post("packages", "/v1/accounts/:accountId/orders/packages")
      .setPath(Paging.AccountPath)
      .setPayload(PackagePurchase.Request)
      .addSuccess(Ordered, { status: 201 })
      .addError(
        Schema.Union(
          Problems.NotEnterprise,
          Problems.NotActivated,
          Problems.NumberMissing,
          Problems.AgreementMissing,
          Problems.NotSold,
          Repeatable
        )
      )
      .addError(Problems.UnknownAccount)
      .annotateContext(tenant("orders:write", "Orders minute packages (PKG-5, PKG-6)", { idempotent: true }))
  )
  .add(
    HttpApiEndpoint.get("list", "/v1/accounts/:accountId/orders")
      .setPath(Paging.AccountPath)
      .setUrlParams(Paging.PageQuery)
      .addSuccess(Paging.Page(OrderView))
      .addError(Problems.UnknownAccount)
      .annotateContext(tenant("orders:read", "The orders, the newest first"))
  )
  .add(
    HttpApiEndpoint.get("get", "/v1/accounts/:accountId/orders/:orderId")
      .setPath(OrderPath)
      .addSuccess(OrderView)
      .addError(Problems.UnknownOrder)
      .addError(Problems.UnknownAccount)
      .annotateContext(tenant("orders:read", "One order"))
  )
  .add(
    HttpApiEndpoint.post("pay", "/v1/accounts/:accountId/orders/:orderId/payment")
      .setPath(OrderPath)
      .setPayload(Schema.Struct({ method: Order.OfferedMethod }))
      .addSuccess(
        Schema.Struct({ order: OrderView, payUrl: Schema.optional(Schema.String) }).annotations({
          identifier: "Payment"
        })
      )
      .addError(
        Schema.Union(
          Problems.VoucherNotAccepted,
          Problems.UnknownOrder,
          Problems.OrderNotOpen,
          Problems.PaymentUnderWay
        )
      )
      .addError(Problems.UnknownAccount)
      .annotateContext(tenant("orders:write", "Pays an order, once, however often it is called (PKG-10)"))
  )
  .add(
    HttpApiEndpoint.post("cancel", "/v1/accounts/:accountId/orders/:orderId/cancellation")
      .setPath(OrderPath)
      .addSuccess(OrderView)
      .addError(
        Schema.Union(Problems.UnknownOrder, Problems.OrderNotOpen, Problems.PaidNotReversible, Problems.PaymentUnderWay)
      )
      .addError(Problems.UnknownAccount)
      .annotateContext(tenant("orders:write", "Cancels an order that is not paid (PKG-9)"))
  )
  .add(
    HttpApiEndpoint.put("confirm", "/v1/accounts/:accountId/orders/:orderId/confirmation")
      .setPath(OrderPath)
      .setPayload(Schema.Struct({ paymentId: Schema.NonEmptyString, amount: Cny.Cny }))
      .addSuccess(OrderView)
      .addError(
        Schema.Union(
          Problems.UnknownOrder,
          Problems.OrderNotOpen,
          Problems.PaymentUnderWay,
          Problems.PaidBefore,
          Problems.AmountDiffers
        )
      )
      .addError(Problems.UnknownAccount)
      .annotateContext(operator("Records a payment that an operator has seen, such as a bank transfer"))
  )
  .add(
    HttpApiEndpoint.put("decline", "/v1/accounts/:accountId/orders/:orderId/refusal")
      .setPath(OrderPath)
      .setPayload(Schema.Struct({ reason: Order.DeclineReason }))
      .addSuccess(OrderView)
      .addError(Schema.Union(Problems.UnknownOrder, Problems.NoPaymentWaits, Problems.PaidBefore))
      .addError(Problems.UnknownAccount)
      .annotateContext(operator("Declines a payment that waits for an operator; the payer may pay anew"))
  )
  .add(
    HttpApiEndpoint.get("waiting", "/v1/payments")
      .setUrlParams(Paging.PageQuery)
      .addSuccess(Paging.Page(WaitingPayment))
      .annotateContext(operator("The payments that wait for an operator, the longest first"))
  )
  .add(
    HttpApiEndpoint.post("notify", "/v1/accounts/:accountId/orders/:orderId/notification")
      .setPath(OrderPath)
      .addSuccess(OrderView)
      .addError(Problems.UnknownOrder)
      .addError(Problems.UnknownAccount)
      .annotateContext(operator("Has the payment gateway asked what became of the order"))
  )
  .add(
    HttpApiEndpoint.post("invoice", "/v1/accounts/:accountId/invoices")
      .setPath(Paging.AccountPath)
      .setPayload(
        Schema.Struct({
          orderIds: Schema.Array(Schema.String),
          kind: Invoice.InvoiceKind,
          title: Schema.String,
          taxNumber: Schema.String,
          email: Schema.String
        })
      )
      .addSuccess(InvoiceView, { status: 201 })
      .addError(
        Schema.Union(
          Problems.InvalidCreditCode,
          Problems.UnknownOrder,
          Problems.OrderNotPaid,
          Problems.InvoicedBefore,
          Repeatable
        )
      )
      .addError(Problems.UnknownAccount)
      .annotateContext(tenant("orders:write", "Requests one invoice over paid orders (PKG-11)", { idempotent: true }))
  )
  .add(
    HttpApiEndpoint.get("invoices", "/v1/accounts/:accountId/invoices")
      .setPath(Paging.AccountPath)
      .setUrlParams(Paging.PageQuery)
      .addSuccess(Paging.Page(InvoiceView))
      .addError(Problems.UnknownAccount)
      .annotateContext(tenant("orders:read", "The invoices, the newest first"))
  ) {}

// --- packages, quotes and the advisor ---

const MinutesQuery = Schema.NumberFromString.pipe(Schema.compose(Minutes.Minutes))

const Plan = Schema.Struct({
  orders: Schema.Array(Basket.Basket),
  payable: Cny.Cny,
  unusedMinutes: Minutes.Minutes
})

export class PackagesApi extends HttpApiGroup.make("packages")
  .add(
    HttpApiEndpoint.get("list", "/v1/accounts/:accountId/packages")
      .setPath(Paging.AccountPath)
      .setUrlParams(Paging.PageQuery)
      .addSuccess(
        Schema.Struct({
          ...Paging.Page(MinutePackage.PackageView.annotations({ identifier: "Package" })).fields,
          available: Minutes.Minutes
        })
      )
      .addError(Problems.UnknownAccount)
      .annotateContext(tenant("orders:read", "All packages, the newest purchase first (PKG-8)"))
  )
  .add(
    HttpApiEndpoint.get("prices", "/v1/prices")
      .addSuccess(Tariff.PriceList)
      .annotateContext(tenant("orders:read", "The price list (PKG-1, PKG-2, NUM-2)"))
  )
  .add(
    HttpApiEndpoint.post("quote", "/v1/quotes")
      .setPayload(Schema.Struct({ packages: Schema.NonEmptyArray(Basket.RequestedPackages) }))
      .addSuccess(Quote.Quote.annotations({ identifier: "Quote" }))
      .addError(Problems.NotSold)
      .annotateContext(tenant("orders:read", "What packages cost, and the cheapest way to as many minutes (PKG-4)"))
  )
  .add(
    HttpApiEndpoint.get("cheapest", "/v1/quotes/cheapest")
      .setUrlParams(Schema.Struct({ minutes: MinutesQuery }))
      .addSuccess(Basket.Basket.annotations({ identifier: "Basket" }))
      .addError(Problems.MinutesBeyondOneOrder)
      .annotateContext(tenant("orders:read", "The advisor: the cheapest basket with at least so many minutes (PKG-4)"))
  )
  .add(
    HttpApiEndpoint.get("cliffs", "/v1/quotes/cliffs")
      .addSuccess(Schema.Array(Quote.Cliff.annotations({ identifier: "Cliff" })))
      .annotateContext(tenant("orders:read", "The sizes for which a larger package costs less (PKG-4)"))
  )
  .add(
    HttpApiEndpoint.post("compare", "/v1/quotes/comparisons")
      .setPayload(
        Schema.Struct({
          minutesPerMonth: Schema.Array(Minutes.Minutes).pipe(Schema.minItems(1), Schema.maxItems(120))
        })
      )
      .addSuccess(
        Schema.Array(
          Schema.Struct({ list: Tariff.PriceList, monthly: Plan, ahead: Plan }).annotations({
            identifier: "Comparison"
          })
        )
      )
      .addError(Problems.MinutesBeyondOneOrder)
      .annotateContext(tenant("orders:read", "What a history of use costs, month by month and ahead (PKG-4)"))
  ) {}
