/**
 * Rules: what things cost: the price list as a value, list prices exact to a thousandth of a yuan, and the one place
 * where money is rounded. Baskets of packages, and the cheapest one, are `Basket`'s business.
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as Cny from "./Cny.ts"
import * as Minutes from "./Minutes.ts"

const SomeMinutes = Minutes.Minutes.pipe(Schema.positive())
const SomeMoney = Cny.Cny.pipe(Schema.positive())

/** A package of a set size at a set price (PKG-1). Its size names it. */
export const FixedPackage = Schema.Struct({ minutes: SomeMinutes, price: SomeMoney })
export type FixedPackage = typeof FixedPackage.Type

/** The price of one minute in custom packages of at least `minutesFrom` and below the next tier's (PKG-2). */
export const Tier = Schema.Struct({ minutesFrom: SomeMinutes, pricePerMinute: SomeMoney })
export type Tier = typeof Tier.Type

const Fields = Schema.Struct({
  /** Names the list to people and in records of what was sold under it. */
  name: Schema.NonEmptyString,
  fixed: Schema.Array(FixedPackage),
  /** In ascending order; the first begins at `customMinutesMin`. */
  tiers: Schema.NonEmptyArray(Tier),
  customMinutesMin: SomeMinutes,
  customMinutesMax: SomeMinutes,
  /** How many packages one order may have (PKG-6). */
  packagesMax: Schema.Int.pipe(Schema.positive()),
  /** Of one voice number for one term of 30 days (NUM-2). */
  numberRent: Cny.Cny
})

/**
 * All prices of the platform, and the limits of what is sold at once.
 *
 * **Details** Any list may be made that keeps four promises, which are checked: fixed packages differ in size; tiers
 * ascend from the smallest custom package, and a minute never costs more in a higher one; the largest custom package
 * is at least twice the highest tier's bound; the largest order's price is an exact integer. `Basket.cheapest` builds
 * on them.
 */
export const PriceList = Fields.pipe(
  Schema.filter((list) => brokenPromise(list) ?? true),
  Schema.annotations({ identifier: "PriceList" })
)
export type PriceList = typeof PriceList.Type

function brokenPromise(list: typeof Fields.Type): string | undefined {
  const { customMinutesMax, customMinutesMin, fixed, packagesMax, tiers } = list
  if (new Set(fixed.map(({ minutes }) => minutes)).size < fixed.length) return "fixed packages differ in size"
  if (tiers[0].minutesFrom !== customMinutesMin) return "the first tier begins at the smallest custom package"
  for (const [index, tier] of tiers.entries()) {
    const before = tiers[index - 1]
    if (before === undefined) continue
    if (before.minutesFrom >= tier.minutesFrom) return "tiers ascend"
    if (before.pricePerMinute < tier.pricePerMinute) return "a minute never costs more in a higher tier"
  }
  if (customMinutesMax < 2 * (tiers.at(-1) ?? tiers[0]).minutesFrom)
    return "the largest custom package is two of the highest tier"
  const largest = Math.max(customMinutesMax, ...fixed.map(({ minutes }) => minutes))
  const dearest = Math.max(largest * tiers[0].pricePerMinute, ...fixed.map(({ price }) => price))
  return Number.isSafeInteger(dearest * packagesMax) ? undefined : "the largest order's price is an exact integer"
}

/** The prices of the product document (PKG-1, PKG-2, NUM-2). */
export const standard: PriceList = PriceList.make({
  name: "standard",
  fixed: [
    { minutes: Minutes.make(10_000), price: Cny.yuan(1_050) },
    { minutes: Minutes.make(100_000), price: Cny.yuan(10_000) },
    { minutes: Minutes.make(500_000), price: Cny.yuan(47_500) },
    { minutes: Minutes.make(1_000_000), price: Cny.yuan(90_000) },
    { minutes: Minutes.make(3_000_000), price: Cny.yuan(255_000) }
  ],
  tiers: [
    { minutesFrom: Minutes.make(1_000), pricePerMinute: Cny.make(110) },
    { minutesFrom: Minutes.make(10_000), pricePerMinute: Cny.make(105) },
    { minutesFrom: Minutes.make(100_000), pricePerMinute: Cny.make(100) },
    { minutesFrom: Minutes.make(500_000), pricePerMinute: Cny.make(95) },
    { minutesFrom: Minutes.make(1_000_000), pricePerMinute: Cny.make(90) },
    { minutesFrom: Minutes.make(3_000_000), pricePerMinute: Cny.make(85) }
  ],
  customMinutesMin: Minutes.make(1_000),
  customMinutesMax: Minutes.make(1_000_000_000),
  packagesMax: 100,
  numberRent: Cny.yuan(50)
})

/** PKG-2: fewer minutes than the smallest custom package has. */
export class CustomMinutesTooFew extends Schema.TaggedError<CustomMinutesTooFew>()("CustomMinutesTooFew", {
  supplied: Schema.Number,
  minimum: Minutes.Minutes
}) {
  static readonly rule = "PKG-2" as const
  static readonly transient = false
}

/** PKG-2: more minutes than the largest custom package has. */
export class CustomMinutesTooMany extends Schema.TaggedError<CustomMinutesTooMany>()("CustomMinutesTooMany", {
  supplied: Schema.Number,
  maximum: Minutes.Minutes
}) {
  static readonly rule = "PKG-2" as const
  static readonly transient = false
}

/** PKG-2: a fraction of a minute is not sold. */
export class CustomMinutesNotWhole extends Schema.TaggedError<CustomMinutesNotWhole>()("CustomMinutesNotWhole", {
  supplied: Schema.Number
}) {
  static readonly rule = "PKG-2" as const
  static readonly transient = false
}

/** PKG-1: no fixed package has this size. */
export class FixedPackageUnknown extends Schema.TaggedError<FixedPackageUnknown>()("FixedPackageUnknown", {
  supplied: Schema.Number,
  expected: Schema.Array(Minutes.Minutes)
}) {
  static readonly rule = "PKG-1" as const
  static readonly transient = false
}

/** PKG-6: not a whole number of packages between one and the most of one order. */
export class PackageQuantityOutOfRange extends Schema.TaggedError<PackageQuantityOutOfRange>()(
  "PackageQuantityOutOfRange",
  { supplied: Schema.Number, minimum: Schema.Int, maximum: Schema.Int }
) {
  static readonly rule = "PKG-6" as const
  static readonly transient = false
}

/** Why a custom size is not sold, in order of precedence. */
export type CustomRefusal = CustomMinutesTooFew | CustomMinutesTooMany | CustomMinutesNotWhole

/** Everything that this domain refuses, in order of precedence. */
export type TariffRefusal = CustomRefusal | FixedPackageUnknown | PackageQuantityOutOfRange

/** The list price of one fixed package, named by its size (PKG-1). */
export const priceOfFixed = (list: PriceList, minutes: number): Either.Either<Cny.Cny, FixedPackageUnknown> => {
  const fixed = list.fixed.find((candidate) => candidate.minutes === minutes)
  if (fixed !== undefined) return Either.right(fixed.price)
  return Either.left(
    new FixedPackageUnknown({ supplied: minutes, expected: list.fixed.map((candidate) => candidate.minutes) })
  )
}

/** The list price of one custom package: all its minutes at the price of the tier in which they fall (PKG-2). */
export const priceOfCustom = (list: PriceList, minutes: number): Either.Either<Cny.Cny, CustomRefusal> => {
  const { customMinutesMax: maximum, customMinutesMin: minimum } = list
  if (minutes < minimum) return Either.left(new CustomMinutesTooFew({ supplied: minutes, minimum }))
  if (minutes > maximum) return Either.left(new CustomMinutesTooMany({ supplied: minutes, maximum }))
  if (!Number.isInteger(minutes)) return Either.left(new CustomMinutesNotWhole({ supplied: minutes }))
  return Either.right(Cny.times(tierOf(list, minutes).pricePerMinute, minutes))
}

/** How many packages are bought, or why not so many (PKG-6). */
export const packageQuantity = (list: PriceList, quantity: number): Either.Either<number, PackageQuantityOutOfRange> =>
  Number.isInteger(quantity) && quantity >= 1 && quantity <= list.packagesMax
    ? Either.right(quantity)
    : Either.left(new PackageQuantityOutOfRange({ supplied: quantity, minimum: 1, maximum: list.packagesMax }))

/** The tier in which a custom package falls: lower bounds belong to the tier, upper bounds do not (PKG-2). */
export const tierOf = (list: PriceList, minutes: number): Tier =>
  list.tiers.findLast(({ minutesFrom }) => minutesFrom <= minutes) ?? list.tiers[0]

/**
 * What is paid for a list price: half up to 0.01 yuan (PKG-3). The only place where money is rounded.
 *
 * **Gotchas** It is applied once, to the total of an order, and never to its items.
 */
export const toPay = (total: Cny.Cny): Cny.Cny => {
  const beyondFen = total % fen
  return Cny.make(total - beyondFen + (beyondFen * 2 >= fen ? fen : 0))
}

const fen = 10
