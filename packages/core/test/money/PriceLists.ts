/** Price lists for tests: small enough to look at every basket, and a real-sized one with bargains. */
import * as FastCheck from "effect/FastCheck"
import * as Cny from "../../src/money/Cny.ts"
import * as Minutes from "../../src/money/Minutes.ts"
import * as Tariff from "../../src/money/Tariff.ts"

/** The standard list with some fixed packages far below their tier's price. */
export const withBargains = Tariff.PriceList.make({
  ...Tariff.standard,
  name: "with bargains",
  fixed: [
    { minutes: Minutes.make(10_000), price: Cny.yuan(890) },
    { minutes: Minutes.make(70_000), price: Cny.yuan(6_100) },
    { minutes: Minutes.make(100_000), price: Cny.yuan(10_000) },
    { minutes: Minutes.make(500_000), price: Cny.yuan(42_000) },
    { minutes: Minutes.make(3_000_000), price: Cny.yuan(255_000) }
  ]
})

/** Every fixed package at the same low price per minute: as many ties as there can be. */
export const flat = Tariff.PriceList.make({
  ...Tariff.standard,
  name: "flat",
  fixed: Tariff.standard.fixed.map(({ minutes }) => ({ minutes, price: Cny.times(Cny.make(80), minutes) }))
})

const ascending = (sizes: ReadonlyArray<number>) => sizes.toSorted((left, right) => left - right)

/** Any list in which sizes are at most some forty minutes, so that all baskets can be counted. */
export const small: FastCheck.Arbitrary<Tariff.PriceList> = FastCheck.record({
  bounds: FastCheck.uniqueArray(FastCheck.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 3 }),
  prices: FastCheck.array(FastCheck.integer({ min: 5, max: 24 }), { minLength: 3, maxLength: 3 }),
  beyondTwice: FastCheck.integer({ min: 0, max: 12 }),
  fixed: FastCheck.uniqueArray(
    FastCheck.record({
      minutes: FastCheck.integer({ min: 1, max: 40 }),
      perMinute: FastCheck.integer({ min: 4, max: 24 }),
      less: FastCheck.integer({ min: 0, max: 3 })
    }),
    { maxLength: 3, selector: ({ minutes }) => minutes }
  ),
  packagesMax: FastCheck.integer({ min: 1, max: 5 })
}).map(({ beyondTwice, bounds, fixed, packagesMax, prices }) => {
  const [first = 1, ...higher] = ascending(bounds)
  const [top = 0, ...lower] = ascending(prices).toReversed()
  const tier = (minutesFrom: number, pricePerMinute: number) => ({
    minutesFrom: Minutes.make(minutesFrom),
    pricePerMinute: Cny.make(pricePerMinute)
  })
  return Tariff.PriceList.make({
    name: "small",
    fixed: fixed.map(({ less, minutes, perMinute }) => ({
      minutes: Minutes.make(minutes),
      price: Cny.make(minutes * perMinute - less)
    })),
    tiers: [tier(first, top), ...higher.map((bound, index) => tier(bound, lower[index] ?? 0))],
    customMinutesMin: Minutes.make(first),
    customMinutesMax: Minutes.make(2 * (higher.at(-1) ?? first) + beyondTwice),
    packagesMax,
    numberRent: Cny.yuan(50)
  })
})

/** The price of one custom package, worked out without the code under test. */
export const customPrice = (list: Tariff.PriceList, minutes: number): number => {
  let perMinute = 0
  for (const tier of list.tiers) if (tier.minutesFrom <= minutes) perMinute = tier.pricePerMinute
  return perMinute * minutes
}

export interface Single {
  readonly minutes: number
  readonly price: number
}

/** Every package that a list sells, one by one: fixed ones and every custom size that `step` divides, up to a size. */
export const singles = (list: Tariff.PriceList, upTo: number, step = 1): ReadonlyArray<Single> => {
  const all: Array<Single> = list.fixed.map(({ minutes, price }) => ({ minutes, price }))
  for (let minutes = Math.ceil(list.customMinutesMin / step) * step; minutes <= upTo; minutes += step) {
    if (minutes <= list.customMinutesMax) all.push({ minutes, price: customPrice(list, minutes) })
  }
  return all
}
