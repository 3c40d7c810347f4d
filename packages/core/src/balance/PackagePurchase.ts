/**
 * Rules: buying minute packages: who may (PKG-5), the order that is made for them (PKG-6), and what of it enters the
 * balance once it is paid (PKG-7). What things cost is `Basket`'s business, the payment the order's.
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as Account from "../account/Account.ts"
import * as Basket from "../money/Basket.ts"
import * as Minutes from "../money/Minutes.ts"
import * as Tariff from "../money/Tariff.ts"
import * as Holdings from "../number/Holdings.ts"
import * as Order from "../order/Order.ts"
import type { Row } from "../storage/Kind.ts"
import * as Term from "../time/Term.ts"
import * as Balance from "./Balance.ts"

/** What somebody asks to buy. `agreementAccepted`: the service agreement was ticked with this purchase (勾选《服务协议》). */
export const Request = Schema.Struct({
  packages: Schema.Array(Basket.RequestedPackages),
  agreementAccepted: Schema.Boolean
})
export type Request = typeof Request.Type

/** What these decisions know of the world. */
export interface Env {
  /** Epoch milliseconds. */
  readonly now: number
  readonly priceList: Tariff.PriceList
}

// ---------------------------------------------------------------------------------------------------------------------
// refusals, in order of precedence
// ---------------------------------------------------------------------------------------------------------------------

/** The account holds no voice number: one is bought before the first package. */
export class NumberMissing extends Schema.TaggedError<NumberMissing>()("NumberMissing", {}) {
  static readonly rule = "PKG-5" as const
  static readonly transient = true
}

/** The purchase does not agree to the service agreement. */
export class AgreementMissing extends Schema.TaggedError<AgreementMissing>()("AgreementMissing", {}) {
  static readonly rule = "PKG-5" as const
  static readonly transient = false
}

/** Why packages are not sold, in order of precedence: the account, its numbers, the agreement, how many, how large. */
export type Refusal =
  | Account.NotEnterprise
  | Account.NotActivated
  | NumberMissing
  | AgreementMissing
  | Tariff.PackageQuantityOutOfRange
  | Tariff.CustomRefusal
  | Tariff.FixedPackageUnknown

// ---------------------------------------------------------------------------------------------------------------------
// decisions
// ---------------------------------------------------------------------------------------------------------------------

/** Whether the account may buy packages, apart from which. */
export const mayBuy = (
  env: { readonly now: number },
  buyer: { readonly account: Account.State; readonly holdings: Holdings.State },
  request: { readonly agreementAccepted: boolean }
): Either.Either<void, Account.NotEnterprise | Account.NotActivated | NumberMissing | AgreementMissing> =>
  Either.gen(function* () {
    yield* Account.mayUseVoice(buyer.account)
    if (Holdings.usable(buyer.holdings, env.now).length === 0) return yield* Either.left(new NumberMissing())
    if (!request.agreementAccepted) return yield* Either.left(new AgreementMissing())
  })

/** The basket of a request: how many packages it has is looked at before how large they are. */
export const basketOf = (
  priceList: Tariff.PriceList,
  packages: ReadonlyArray<Basket.RequestedPackages>
): Either.Either<Basket.Basket, Tariff.TariffRefusal> =>
  Either.gen(function* () {
    for (const { quantity } of packages) yield* Tariff.packageQuantity(priceList, quantity)
    yield* Tariff.packageQuantity(
      priceList,
      packages.reduce((sum, { quantity }) => sum + quantity, 0)
    )
    return yield* Basket.make(priceList, packages)
  })

/** Makes an order for packages. `order` is the row of an order that nobody has made yet. */
export const buy = (
  env: Env,
  rows: {
    readonly account: Account.State
    readonly holdings: Holdings.State
    readonly order: Row<typeof Order.kind>
  },
  request: Request
): Either.Either<{ readonly parts: Order.Parts; readonly basket: Basket.Basket }, Refusal> =>
  Either.gen(function* () {
    const { order } = rows
    const { agreementAccepted } = request
    yield* mayBuy(env, rows, request)
    const basket = yield* basketOf(env.priceList, request.packages)
    const [first, ...others] = basket.items
    if (first === undefined) throw new Error("a basket that was priced has a package")
    const item: Order.MinutePackages = { _tag: "MinutePackages", packages: [first, ...others] }
    const accountId = order.ref.owner
    const command = { accountId, item, amount: basket.payable, agreementAccepted }
    return { parts: Order.record(order, yield* Order.create(env, order.state, command)), basket }
  })

/**
 * The packages that a paid order puts into the balance: one for each that was bought, with an id of its own (PKG-6).
 *
 * **Details** The purchase is the payment: they are effective five minutes after `paidAt` and valid for two years from
 * it (PKG-7), however late they are delivered.
 */
export const packagesOf = (options: {
  readonly orderId: string
  readonly item: Order.MinutePackages
  readonly paidAt: number
}): ReadonlyArray<Balance.Purchase> => {
  const { item, orderId, paidAt } = options
  const effectiveAt = Term.fiveMinutesLater(paidAt)
  const expiresAt = Term.twoYearsLater(paidAt)
  return item.packages
    .flatMap(({ kind, minutes, quantity }) => Array.from({ length: quantity }, () => ({ kind, minutes })))
    .map(({ kind, minutes }, index) => {
      const packageId = `${orderId}-${String(index + 1).padStart(3, "0")}`
      return { packageId, kind, minutes, purchasedAt: paidAt, effectiveAt, expiresAt }
    })
}

/** Puts the packages of a paid order into the balance, and records the order as fulfilled: once; otherwise nothing. */
export const handOver = (
  env: { readonly now: number },
  rows: { readonly order: Row<typeof Order.kind>; readonly balance: Row<typeof Balance.kind> }
): { readonly parts: Order.Parts; readonly available: Minutes.Minutes } | undefined => {
  const { balance, order } = rows
  const { item, paidAt, status } = order.state
  if (status !== "paid" || item?._tag !== "MinutePackages" || paidAt === undefined) return undefined
  const orderId = order.ref.key
  const fulfilled = Order.record(order, Either.getOrThrow(Order.fulfil(env, order.state)))
  const packages = packagesOf({ orderId, item, paidAt })
  const granted = Balance.after(balance, Balance.grant(env, balance.state, { orderId, packages }))
  return {
    parts: {
      changes: [...fulfilled.changes, ...granted.changes],
      work: [...fulfilled.work, ...Balance.wake(balance, granted.state, env.now)]
    },
    available: granted.state.available
  }
}
