/**
 * Rules: what one order of minute packages comes to (PKG-3, PKG-6), and the cheapest basket for a number of minutes
 * (PKG-4). Who may buy it, and paying it, are not decided here.
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as Cny from "./Cny.ts"
import * as Minutes from "./Minutes.ts"
import * as Tariff from "./Tariff.ts"

/** How a package is priced: as one of the list's fixed packages (PKG-1), or by the tier of its size (PKG-2). */
export const PackageKind = Schema.Literal("fixed", "custom")
export type PackageKind = typeof PackageKind.Type

/** A line of an order as it is asked for: any numbers, looked at by `make`. `minutes` is the size of one package. */
export const RequestedPackages = Schema.Struct({
  kind: PackageKind,
  minutes: Schema.Number,
  quantity: Schema.Number
})
export type RequestedPackages = typeof RequestedPackages.Type

/** A line of an order that the list sells: `quantity` packages of `minutes` each. */
export const Packages = Schema.Struct({
  kind: PackageKind,
  minutes: Minutes.Minutes,
  quantity: Schema.Int.pipe(Schema.positive())
})
export type Packages = typeof Packages.Type

/** What one order buys, and for how much. */
export const Basket = Schema.Struct({
  items: Schema.Array(Packages),
  /** The number of packages in all items. */
  packageCount: Schema.NonNegativeInt,
  /** All minutes of all packages. */
  minutes: Minutes.Minutes,
  /** Exact to 0.001 yuan. */
  listPrice: Cny.Cny,
  /** What is paid: the list price rounded once (PKG-3). */
  payable: Cny.Cny
})
export type Basket = typeof Basket.Type

/** PKG-6: no order, however filled, has so many minutes. */
export class MinutesBeyondOneOrder extends Schema.TaggedError<MinutesBeyondOneOrder>()("MinutesBeyondOneOrder", {
  supplied: Minutes.Minutes,
  packagesMax: Schema.Int
}) {
  static readonly rule = "PKG-6" as const
  static readonly transient = false
}

/** The basket of an order that buys nothing. */
export const empty: Basket = {
  items: [],
  packageCount: 0,
  minutes: Minutes.zero,
  listPrice: Cny.zero,
  payable: Cny.zero
}

/**
 * Prices an order, or says what about it is not sold: the first item first, and of an item its size before its
 * quantity; the quantity of the whole order, which is at least one package, comes last (PKG-1, PKG-2, PKG-5, PKG-6).
 */
export const make = (
  list: Tariff.PriceList,
  requested: ReadonlyArray<RequestedPackages>
): Either.Either<Basket, Tariff.TariffRefusal> =>
  Either.gen(function* () {
    const items: Array<Packages> = []
    const prices: Array<Cny.Cny> = []
    for (const { kind, minutes, quantity } of requested) {
      const price = yield* priceOf(list, kind, minutes)
      const count = yield* Tariff.packageQuantity(list, quantity)
      items.push({ kind, minutes: Minutes.unsafeMake(minutes), quantity: count })
      prices.push(Cny.times(price, count))
    }
    const packageCount = items.reduce((count, item) => count + item.quantity, 0)
    yield* Tariff.packageQuantity(list, packageCount)
    return total(items, Cny.sum(prices))
  })

/** The list price of one package of either kind. */
export const priceOf = (
  list: Tariff.PriceList,
  kind: PackageKind,
  minutes: number
): Either.Either<Cny.Cny, Tariff.CustomRefusal | Tariff.FixedPackageUnknown> =>
  kind === "fixed" ? Tariff.priceOfFixed(list, minutes) : Tariff.priceOfCustom(list, minutes)

/**
 * The cheapest basket with at least that many minutes, among all baskets of one order (PKG-4).
 *
 * **Details** Exact for every price list. Of baskets with the least list price (so also the least payable, as rounding
 * keeps the order) it is one with the most minutes, and of those one with the fewest packages. A custom package that
 * a fixed one equals in size and price is offered as the fixed one. Nothing is the basket for 0 minutes.
 *
 * Few candidates are enough, because a list promises (`Tariff.PriceList`) that a minute never costs more in a higher
 * tier. Write P(m) for the price of one custom package.
 *
 * 1. *Custom packages merge.* x and y in one package of x + y fall in a tier no lower than either's, so
 *    P(x + y) <= P(x) + P(y). A basket therefore needs at most one custom package, unless its custom minutes C exceed
 *    the largest one. Then C costs at least C times the highest tier's price, and equal parts attain just that: each
 *    has at least half the largest size, which is in the highest tier.
 * 2. *One custom package is as small as it may be, or opens a tier.* Within a tier P grows with every minute, so for
 *    at least r minutes only r itself and the lower bounds above r can be cheapest.
 * 3. *Only bargains are worth counting.* A fixed package for which (2) offers as many minutes in one custom package at
 *    no more money can be replaced by it, and then (1) applies. Under the standard list that is each of them: the
 *    answer is the cheapest of at most seven prices.
 * 4. *Few of each bargain.* c copies are never needed where other packages, no more of them, have as many minutes for
 *    no more money. What (3) and (4) leave is searched, with a lower bound on what the missing minutes cost.
 *
 * Each replacement lowers the number of packages, or keeps it and lowers that of fixed ones or gains minutes, and none
 * raises the price or loses minutes: so they come to an end, at a basket that is searched, and the tie-break is exact.
 *
 * **Gotchas** Some 10 microseconds for the standard list, and well below a millisecond where bargains have sizes that
 * go with each other, such as 10,000, 20,000 and 50,000. Five bargains of sizes without common measure, which cost the
 * same per minute or less in smaller packages, may take seconds: try a list before selling under it.
 */
export const cheapest = (
  list: Tariff.PriceList,
  atLeast: Minutes.Minutes
): Either.Either<Basket, MinutesBeyondOneOrder> => {
  const bargains = bargainsOf(list)
  const largest = Math.max(list.customMinutesMax, ...list.fixed.map(({ minutes }) => minutes))
  const copies = bargains.map(() => 0)
  let best: Candidate | undefined

  const search = (index: number, bought: Sum): void => {
    const missing = Math.max(0, atLeast - bought.minutes)
    const room = list.packagesMax - bought.packageCount
    if (missing > room * largest) return
    const bargain = missing === 0 ? undefined : bargains[index]
    if (bargain === undefined) {
      const custom = cheapestCustom(list, missing)
      const candidate = { copies: [...copies], custom, ...plus(bought, custom, 1) }
      if (custom.packageCount <= room && (best === undefined || precedes(candidate, best))) best = candidate
      return
    }
    const least = bought.price + leastPrice(list, bargains.slice(index), { missing, room })
    if (best !== undefined && least > best.price) return
    for (let count = Math.min(bargain.countMax, room, Math.ceil(missing / bargain.minutes)); count >= 0; count--) {
      copies[index] = count
      search(index + 1, plus(bought, { ...bargain, packageCount: 1 }, count))
    }
    copies[index] = 0
  }

  search(0, nothing)
  return best === undefined
    ? Either.left(new MinutesBeyondOneOrder({ supplied: atLeast, packagesMax: list.packagesMax }))
    : Either.right(basketOf(list, bargains, best))
}

interface Sum {
  readonly minutes: number
  readonly price: number
  readonly packageCount: number
}

interface Candidate extends Sum {
  /** How many of each bargain. */
  readonly copies: ReadonlyArray<number>
  readonly custom: Sum
}

interface Bargain {
  readonly minutes: number
  readonly price: number
  /** More copies than this are never needed. */
  readonly countMax: number
}

const nothing: Sum = { minutes: 0, price: 0, packageCount: 0 }

const plus = (sum: Sum, part: Sum, count: number): Sum => ({
  minutes: sum.minutes + part.minutes * count,
  price: sum.price + part.price * count,
  packageCount: sum.packageCount + part.packageCount * count
})

const precedes = (left: Sum, right: Sum): boolean =>
  left.price !== right.price
    ? left.price < right.price
    : left.minutes !== right.minutes
      ? left.minutes > right.minutes
      : left.packageCount < right.packageCount

/** (1) and (2): the cheapest custom packages alone that have at least so many minutes. */
const cheapestCustom = (list: Tariff.PriceList, atLeast: number): Sum => {
  if (atLeast === 0) return nothing
  if (atLeast > list.customMinutesMax) {
    const { pricePerMinute } = Tariff.tierOf(list, list.customMinutesMax)
    return {
      minutes: atLeast,
      price: atLeast * pricePerMinute,
      packageCount: Math.ceil(atLeast / list.customMinutesMax)
    }
  }
  const smallest = Math.max(atLeast, list.customMinutesMin)
  let best: Sum = {
    minutes: smallest,
    price: smallest * Tariff.tierOf(list, smallest).pricePerMinute,
    packageCount: 1
  }
  for (const { minutesFrom, pricePerMinute } of list.tiers) {
    const price = minutesFrom * pricePerMinute
    if (minutesFrom > smallest && price <= best.price) best = { minutes: minutesFrom, price, packageCount: 1 }
  }
  return best
}

/** (3) and (4): the fixed packages that are not always replaced, the cheapest minutes first. */
const bargainsOf = (list: Tariff.PriceList): ReadonlyArray<Bargain> =>
  list.fixed
    .map((fixed) => ({ ...fixed, countMax: countMax(list, fixed) }))
    .filter(({ countMax }) => countMax > 0)
    .sort((left, right) => {
      const difference = BigInt(left.price) * BigInt(right.minutes) - BigInt(right.price) * BigInt(left.minutes)
      return difference === 0n ? right.minutes - left.minutes : difference < 0n ? -1 : 1
    })

const countMax = (list: Tariff.PriceList, fixed: Tariff.FixedPackage): number => {
  for (let count = 1; count <= list.packagesMax; count++) {
    const minutes = count * fixed.minutes
    const price = count * fixed.price
    const custom = cheapestCustom(list, minutes)
    if (custom.price <= price && custom.packageCount <= count) return count - 1
    for (const other of list.fixed) {
      const others = Math.ceil(minutes / other.minutes)
      // Of a larger one no more copies are needed, of a smaller one no fewer.
      if (other.minutes > fixed.minutes && others * other.price <= price) return count - 1
    }
  }
  return list.packagesMax
}

/**
 * What the missing minutes cost at least, with so many more packages. Both bounds start from custom minutes at the
 * highest tier's price: one takes the cheapest bargains as if they came in parts, up to `countMax` of each; the other
 * lets every package save what the best one can. Parts are rounded down, to whole numbers throughout.
 */
const leastPrice = (
  list: Tariff.PriceList,
  bargains: ReadonlyArray<Bargain>,
  { missing, room }: { readonly missing: number; readonly room: number }
): number => {
  const { pricePerMinute } = Tariff.tierOf(list, list.customMinutesMax)
  let inParts = 0
  let rest = missing
  let savingMax = 0
  for (const { countMax, minutes, price } of bargains) {
    const saving = minutes * pricePerMinute - price
    if (saving <= 0) continue
    const covered = Math.min(rest, countMax * minutes)
    const part = covered % minutes
    inParts += ((covered - part) / minutes) * price + part * ((price - (price % minutes)) / minutes)
    rest -= covered
    savingMax = Math.max(savingMax, saving)
  }
  return Math.max(inParts + rest * pricePerMinute, missing * pricePerMinute - room * savingMax)
}

const basketOf = (list: Tariff.PriceList, bargains: ReadonlyArray<Bargain>, best: Candidate): Basket => {
  const items: Array<Packages> = []
  const push = (kind: PackageKind, minutes: number, quantity: number) => {
    if (quantity > 0) items.push({ kind, minutes: Minutes.make(minutes), quantity })
  }
  bargains.forEach(({ minutes }, index) => push("fixed", minutes, best.copies[index] ?? 0))
  const { minutes, packageCount, price } = best.custom
  if (list.fixed.some((fixed) => fixed.minutes === minutes && fixed.price === price)) push("fixed", minutes, 1)
  else if (packageCount > 0) {
    const larger = minutes % packageCount
    const size = (minutes - larger) / packageCount
    push("custom", size + 1, larger)
    push("custom", size, packageCount - larger)
  }
  return total(items, Cny.make(best.price))
}

const total = (items: ReadonlyArray<Packages>, listPrice: Cny.Cny): Basket => ({
  items,
  packageCount: items.reduce((count, { quantity }) => count + quantity, 0),
  minutes: Minutes.sum(items.map(({ minutes, quantity }) => Minutes.times(minutes, quantity))),
  listPrice,
  payable: Tariff.toPay(listPrice)
})
