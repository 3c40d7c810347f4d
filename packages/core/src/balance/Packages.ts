/**
 * Service: minute packages are quoted, ordered, handed over once paid, and listed. Paying is `Orders`' business.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Account from "../account/Account.ts"
import { IdGenerator } from "../IdGenerator.ts"
import { type InvalidInput, parser } from "../InvalidInput.ts"
import * as Basket from "../money/Basket.ts"
import type * as Cny from "../money/Cny.ts"
import * as Minutes from "../money/Minutes.ts"
import * as Quote from "../money/Quote.ts"
import * as Tariff from "../money/Tariff.ts"
import * as Holdings from "../number/Holdings.ts"
import type { OrderName } from "../order/Fulfilment.ts"
import * as Order from "../order/Order.ts"
import type { PortFailure } from "../PortFailure.ts"
import * as Decision from "../storage/Decision.ts"
import { Journal } from "../storage/Journal.ts"
import * as Kinds from "../storage/Kind.ts"
import { PageInput } from "../storage/PageInput.ts"
import { type Cursor, type Page, Records } from "../storage/Records.ts"
import * as Balance from "./Balance.ts"
import { BalanceWatch } from "./BalanceWatch.ts"
import * as MinutePackage from "./MinutePackage.ts"
import * as PackagePurchase from "./PackagePurchase.ts"
import { PackageSettings } from "./PackageSettings.ts"

export const QuoteInput = Schema.Struct({ packages: Schema.NonEmptyArray(Basket.RequestedPackages) })
export const CompareInput = Schema.Struct({
  /** What each month uses, in order; at most ten years. */
  minutesPerMonth: Schema.Array(Minutes.Minutes).pipe(Schema.minItems(1), Schema.maxItems(120)),
  /** Other price lists to compare with. */
  lists: Schema.optionalWith(Schema.Array(Tariff.PriceList), { exact: true })
})
export const BuyInput = PackagePurchase.Request
export const ListInput = PageInput

/** An order for packages that waits to be paid. */
export interface Ordered {
  readonly orderId: string
  readonly basket: Basket.Basket
  readonly amount: Cny.Cny
  /** From here on it can no longer be paid. */
  readonly payBefore: number
}

/** A page of the package list, with the balance over all packages (PKG-8). */
export interface PackageList extends Page<MinutePackage.PackageView> {
  readonly available: Minutes.Minutes
}

export class Packages extends Context.Tag("@vsms/core/balance/Packages")<
  Packages,
  {
    /** What packages cost, and the cheapest way to at least as many minutes (PKG-4). Binds nobody. */
    readonly quote: (
      input: typeof QuoteInput.Encoded
    ) => Effect.Effect<Quote.Quote, InvalidInput | Tariff.TariffRefusal>
    /** The sizes for which a larger package costs less, in this deployment's price list (PKG-4). */
    readonly cliffs: ReadonlyArray<Quote.Cliff>
    /**
     * What-if: what the use of consecutive months costs, bought month by month and bought ahead, under this deployment's
     * price list and under others that are thought of (PKG-4). Binds nobody.
     */
    readonly compare: (
      input: typeof CompareInput.Encoded
    ) => Effect.Effect<ReadonlyArray<Quote.Comparison>, InvalidInput | Basket.MinutesBeyondOneOrder>
    /** Makes an order for packages (PKG-5, PKG-6). They come with its payment. */
    readonly buy: (
      accountId: string,
      input: typeof BuyInput.Encoded
    ) => Effect.Effect<Ordered, InvalidInput | PackagePurchase.Refusal | PortFailure>
    /**
     * Hands over the packages of a paid order and records it as fulfilled, in one transaction. A repeat, or a call for
     * any other order, does nothing.
     */
    readonly fulfil: (order: OrderName) => Effect.Effect<void, PortFailure>
    /** All packages of the account, the newest purchase first: closed ones too (PKG-8). */
    readonly list: (
      accountId: string,
      input?: typeof ListInput.Encoded
    ) => Effect.Effect<PackageList, InvalidInput | PortFailure>
  }
>() {
  static readonly layer: Layer.Layer<Packages, never, BalanceWatch | IdGenerator | Journal | Records> = Layer.effect(
    Packages,
    Effect.gen(function* () {
      const ids = yield* IdGenerator
      const journal = yield* Journal
      const records = yield* Records
      const watch = yield* BalanceWatch
      const { priceList } = yield* PackageSettings

      const quote = Effect.fn("Packages.quote")(function* (input: typeof QuoteInput.Encoded) {
        const { packages } = yield* parseQuote(input)
        yield* PackagePurchase.basketOf(priceList, packages)
        return yield* Quote.quote(priceList, packages)
      })

      const compare = Effect.fn("Packages.compare")(function* (input: typeof CompareInput.Encoded) {
        const { lists = [], minutesPerMonth } = yield* parseCompare(input)
        return yield* Quote.compare({ minutesPerMonth, lists: [priceList, ...lists] })
      })

      const buy = Effect.fn("Packages.buy")(function* (accountId: string, input: typeof BuyInput.Encoded) {
        yield* Effect.annotateCurrentSpan({ accountId })
        const request = yield* parseBuy(input)
        const orderId = yield* ids.next
        yield* Effect.annotateCurrentSpan({ orderId })
        const env = { now: yield* Clock.currentTimeMillis, priceList }
        const refs = [Account.ref(accountId), Holdings.ref(accountId)] as const
        return yield* journal.transact(refs, ([account, holdings]) => {
          const order = Kinds.fresh(Order.ref(accountId, orderId))
          const rows = { account: account.state, holdings: holdings.state, order }
          return Either.map(PackagePurchase.buy(env, rows, request), ({ basket, parts }) => {
            const payBefore = env.now + Order.payableMillis
            return Decision.make<Ordered>({ orderId, basket, amount: basket.payable, payBefore }, parts)
          })
        })
      })

      const fulfil = Effect.fn("Packages.fulfil")(function* ({ accountId, orderId }: OrderName) {
        yield* Effect.annotateCurrentSpan({ accountId, orderId })
        const env = { now: yield* Clock.currentTimeMillis }
        const refs = [Order.ref(accountId, orderId), Balance.ref(accountId)] as const
        yield* journal.transact([...refs, ...watch.refs(accountId)], ([order, balance, ...watched]) => {
          const handed = PackagePurchase.handOver(env, { order, balance })
          if (handed === undefined) return Either.right(Decision.answer<void>(undefined))
          const { available, parts } = handed
          const seen = watch.observe(env, watched, available, "purchase")
          const changes = [...parts.changes, ...seen.changes]
          return Either.right(Decision.make<void>(undefined, { changes, work: [...parts.work, ...seen.work] }))
        })
      })

      const list = Effect.fn("Packages.list")(function* (accountId: string, input?: typeof ListInput.Encoded) {
        yield* Effect.annotateCurrentSpan({ accountId })
        const { after, limit } = yield* parseList(input ?? {})
        // The balance first: a package that is closed in between is then seen twice, and not missed.
        const { state } = yield* journal.load(Balance.ref(accountId))
        const now = yield* Clock.currentTimeMillis
        const query = { kind: MinutePackage.kind, index: "byAccount", partition: accountId, descending: true }
        const closed = yield* records.list({ ...query, after, limit })
        const items = MinutePackage.merge({
          open: Balance.lots(state).map((lot) => MinutePackage.viewOfLot(lot, now)),
          closed: closed.items.flatMap((row) => (row.state === null ? [] : [MinutePackage.viewOfClosed(row.state)])),
          after,
          limit
        })
        const last = items.length === limit ? items.at(-1) : undefined
        const next: Cursor | undefined = last === undefined ? undefined : { at: last.purchasedAt, key: last.packageId }
        return { items, next, available: Balance.available(state, now) }
      })

      return { quote, cliffs: Quote.cliffs(priceList), compare, buy, fulfil, list }
    })
  )
}

const parseCompare = parser(CompareInput)
const parseQuote = parser(QuoteInput)
const parseBuy = parser(BuyInput)
const parseList = parser(ListInput)
