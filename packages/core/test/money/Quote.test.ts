import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import * as Basket from "../../src/money/Basket.ts"
import * as Cny from "../../src/money/Cny.ts"
import * as Minutes from "../../src/money/Minutes.ts"
import * as Quote from "../../src/money/Quote.ts"
import * as Tariff from "../../src/money/Tariff.ts"
import * as PriceLists from "./PriceLists.ts"

const { standard } = Tariff
const fixed = (minutes: number, quantity: number) => ({ kind: "fixed" as const, minutes, quantity })
const custom = (minutes: number, quantity: number) => ({ kind: "custom" as const, minutes, quantity })
const basket = (...items: ReadonlyArray<Basket.RequestedPackages>) => Either.getOrThrow(Basket.make(standard, items))

describe("quote", () => {
  it.each([
    ["more minutes for less", [custom(9_999, 1)], [fixed(10_000, 1)], "49.89", 1],
    ["fewer, larger packages", [custom(5_000, 3)], [custom(15_000, 1)], "75.00", 0],
    ["fixed packages in one custom one", [fixed(10_000, 9)], [custom(90_000, 1)], "0.00", 0],
    ["fixed packages just below a larger one", [fixed(10_000, 10)], [fixed(100_000, 1)], "500.00", 0],
    ["more minutes at the same price", [custom(475_000, 1)], [fixed(500_000, 1)], "0.00", 25_000],
    ["nothing better", [custom(9_545, 1)], [custom(9_545, 1)], "0.00", 0]
  ])("PKG-4: the chosen price and the cheapest way to as much: %s", (_, chosen, cheapest, saving, extraMinutes) => {
    const quote = Either.getOrThrow(Quote.quote(standard, chosen))
    const same = saving === "0.00" && extraMinutes === 0
    expect(quote.chosen).toEqual(basket(...chosen))
    expect(quote.cheapest).toEqual(same ? quote.chosen : basket(...cheapest))
    expect([Cny.format(quote.saving), quote.extraMinutes]).toEqual([saving, extraMinutes])
  })

  it("PKG-4: the largest order of all has a quote", () => {
    const quote = Either.getOrThrow(Quote.quote(standard, [custom(1_000_000_000, 100)]))
    expect([Minutes.format(quote.chosen.minutes), Cny.format(quote.chosen.payable), quote.saving]).toEqual([
      "100,000,000,000",
      "8,500,000,000.00",
      0
    ])
  })

  it("PKG-2: what is not sold has no quote", () => {
    expect(Quote.quote(standard, [fixed(10_000, 1), custom(999, 1)])).toEqual(
      Either.left(new Tariff.CustomMinutesTooFew({ supplied: 999, minimum: Minutes.make(1_000) }))
    )
  })

  it("PKG-4: saving and extra minutes are the differences, and following the advice leaves nothing to advise", () => {
    const item = FastCheck.tuple(
      FastCheck.integer({ min: 1_000, max: 4_000_000 }),
      FastCheck.integer({ min: 1, max: 9 })
    )
    const lists = FastCheck.constantFrom(standard, PriceLists.withBargains, PriceLists.flat)
    FastCheck.assert(
      FastCheck.property(lists, FastCheck.array(item, { minLength: 1, maxLength: 9 }), (list, items) => {
        const requested = items.map(([minutes, quantity]) => custom(minutes, quantity))
        const quote = Either.getOrThrow(Quote.quote(list, requested))
        expect(quote.chosen).toEqual(Either.getOrThrow(Basket.make(list, requested)))
        expect(quote.chosen.payable - quote.saving).toBe(quote.cheapest.payable)
        expect(quote.chosen.minutes + quote.extraMinutes).toBe(quote.cheapest.minutes)
        const again = Either.getOrThrow(Quote.quote(list, quote.cheapest.items))
        expect(again.cheapest).toEqual(quote.cheapest)
        expect(Schema.decodeUnknownEither(Quote.Quote)(quote)).toEqual(Either.right(quote))
      })
    )
  })
})

describe("cliffs", () => {
  it("PKG-4: the standard list has five ranges where more costs less", () => {
    const rows = Quote.cliffs(standard).map(({ instead, minutesFrom, minutesTo, overpayMax }) => [
      Minutes.format(minutesFrom),
      Minutes.format(minutesTo),
      instead.kind,
      Minutes.format(instead.minutes),
      Cny.format(overpayMax)
    ])
    expect(rows).toEqual([
      ["9,546", "9,999", "fixed", "10,000", "49.89"],
      ["95,239", "99,999", "fixed", "100,000", "499.90"],
      ["475,001", "499,999", "fixed", "500,000", "2,499.90"],
      ["947,369", "999,999", "fixed", "1,000,000", "4,999.91"],
      ["2,833,334", "2,999,999", "fixed", "3,000,000", "14,999.91"]
    ])
  })

  it("PKG-4: on small lists they are just the sizes for which some larger package costs less to pay", () => {
    FastCheck.assert(
      FastCheck.property(PriceLists.small, FastCheck.constantFrom(1, 7, 100), (small, factor) => {
        const scaled = (price: Cny.Cny) => Cny.times(price, factor)
        const list = Tariff.PriceList.make({
          ...small,
          fixed: small.fixed.map(({ minutes, price }) => ({ minutes, price: scaled(price) })),
          tiers: [
            { ...small.tiers[0], pricePerMinute: scaled(small.tiers[0].pricePerMinute) },
            ...small.tiers.slice(1).map((tier) => ({ ...tier, pricePerMinute: scaled(tier.pricePerMinute) }))
          ]
        })
        const pay = (price: number) => Math.round(price / 10 + 1e-9) * 10
        const singles = PriceLists.singles(list, list.customMinutesMax)
        const found = Quote.cliffs(list)
        for (let minutes: number = list.customMinutesMin; minutes <= list.customMinutesMax; minutes++) {
          const payable = pay(PriceLists.customPrice(list, minutes))
          const larger = singles.filter((single) => single.minutes > minutes)
          const least = Math.min(...larger.map(({ price }) => pay(price)))
          const cliff = found.filter(({ minutesFrom, minutesTo }) => minutesFrom <= minutes && minutes <= minutesTo)
          expect(cliff.map(({ instead }) => instead.payable)).toEqual(payable > least ? [least] : [])
          for (const { instead, overpayMax } of cliff) {
            expect(payable - least).toBeLessThanOrEqual(overpayMax)
            // Of a tier, the smallest package: a larger one may round to the same where a minute costs less than a fen.
            const asCheap = [
              ...list.fixed.filter(({ price }) => pay(price) === least),
              ...singles.filter(
                ({ minutes, price }) => pay(price) === least && list.tiers.some((tier) => tier.minutesFrom === minutes)
              )
            ].filter((offer) => offer.minutes > minutes)
            expect(instead.minutes).toBe(Math.max(...asCheap.map((offer) => offer.minutes)))
          }
        }
        for (const { instead, minutesFrom, minutesTo, overpayMax } of found) {
          expect(minutesFrom).toBeGreaterThanOrEqual(list.customMinutesMin)
          expect(minutesTo).toBeLessThanOrEqual(list.customMinutesMax)
          const overpaid = Array.from(
            { length: minutesTo - minutesFrom + 1 },
            (_, index) => pay(PriceLists.customPrice(list, minutesFrom + index)) - instead.payable
          )
          expect(overpayMax).toBe(Math.max(...overpaid))
        }
        expect(found.map(({ minutesFrom }) => minutesFrom)).toEqual(
          found.map(({ minutesFrom }) => minutesFrom).toSorted((left, right) => left - right)
        )
      })
    )
  })

  it("PKG-4: neighbouring ranges with the same advice are one", () => {
    const cheap = Tariff.PriceList.make({
      ...standard,
      fixed: [
        { minutes: Minutes.make(50_000), price: Cny.yuan(6_000) },
        { minutes: Minutes.make(200_000), price: Cny.yuan(5_000) }
      ]
    })
    const rows = Quote.cliffs(cheap).map(({ minutesFrom, minutesTo, overpayMax }) => [
      minutesFrom,
      minutesTo,
      overpayMax
    ])
    expect(rows).toContainEqual([47_620, 199_999, 14_999_900])
  })
})

describe("compare", () => {
  const minutes = (...values: ReadonlyArray<number>) => values.map((value) => Minutes.make(value))
  const months = (count: number, value: number) => minutes(...Array.from({ length: count }, () => value))
  const compare = (minutesPerMonth: ReadonlyArray<Minutes.Minutes>, ...lists: ReadonlyArray<Tariff.PriceList>) =>
    Either.getOrThrow(Quote.compare({ minutesPerMonth, lists }))

  it("PKG-4: bought month by month and bought ahead", () => {
    const [comparison] = compare(minutes(9_600, 300, 0, 20_000), standard)
    expect(comparison).toEqual({
      list: standard,
      // The 400 minutes left from the first month cover the second, and what is then left is used in the fourth.
      monthly: { orders: [basket(fixed(10_000, 1)), basket(custom(19_900, 1))], payable: 3_139_500, unusedMinutes: 0 },
      ahead: { orders: [basket(custom(29_900, 1))], payable: 3_139_500, unusedMinutes: 0 }
    })
  })

  it("PKG-4: each price list is compared under its own prices, in the order given", () => {
    const results = compare(minutes(9_600, 9_600), standard, PriceLists.withBargains)
    expect(results.map(({ list, monthly }) => [list.name, Cny.format(monthly.payable)])).toEqual([
      // 10,000 minutes, then 9,200 of which 400 are there: 9,200 custom minutes.
      ["standard", "2,062.00"],
      ["with bargains", "1,780.00"]
    ])
  })

  it("PKG-7: minutes left after 24 months are bought anew", () => {
    const used = [...months(24, 1), ...months(1, 1)]
    const [early, late] = [compare(used.slice(0, 24), standard), compare(used, standard)]
    const plans = [early, late].flatMap((comparisons) => comparisons.flatMap(({ ahead, monthly }) => [monthly, ahead]))
    expect(plans.map(({ orders, unusedMinutes }) => [orders.length, unusedMinutes])).toEqual([
      [1, 976],
      [1, 976],
      [2, 1_975],
      [2, 1_975]
    ])
  })

  it("PKG-4: no use costs nothing", () => {
    const nothing = { orders: [], payable: 0, unusedMinutes: 0 }
    expect(compare(months(3, 0), standard)).toEqual([{ list: standard, monthly: nothing, ahead: nothing }])
    expect(compare([], standard)).toEqual([{ list: standard, monthly: nothing, ahead: nothing }])
  })

  it("PKG-6: more minutes than one order can have are refused", () => {
    const tooMany = Minutes.make(100_000_000_001)
    expect(Quote.compare({ minutesPerMonth: [tooMany], lists: [standard] })).toEqual(
      Either.left(new Basket.MinutesBeyondOneOrder({ supplied: tooMany, packagesMax: 100 }))
    )
  })

  it("BAL-3: buying month by month agrees with drawing minute by minute on the package that runs out first", () => {
    const few = Tariff.PriceList.make({
      ...standard,
      fixed: [],
      tiers: [{ minutesFrom: Minutes.make(7), pricePerMinute: Cny.make(110) }],
      customMinutesMin: Minutes.make(7)
    })
    FastCheck.assert(
      FastCheck.property(FastCheck.array(FastCheck.nat(4), { maxLength: 80 }), (used) => {
        // Each minute bought is one entry: the month from which it is gone.
        let minutesLeft: Array<number> = []
        let bought = 0
        let orders = 0
        for (const [month, need] of used.entries()) {
          minutesLeft = minutesLeft.filter((expires) => expires > month)
          if (minutesLeft.length < need) {
            const size = Math.max(7, need - minutesLeft.length)
            bought += size
            orders += 1
            minutesLeft.push(...Array.from({ length: size }, () => month + 24))
          }
          for (let minute = 0; minute < need; minute++) minutesLeft.shift()
        }
        const [comparison] = compare(minutes(...used), few)
        expect(comparison?.monthly.orders).toHaveLength(orders)
        expect(comparison?.monthly.payable).toBe(bought * 110)
        expect(comparison?.monthly.unusedMinutes).toBe(bought - used.reduce((sum, need) => sum + need, 0))
      })
    )
  })

  it("PKG-4: within 24 months, buying ahead never costs more, but for rounding", () => {
    const use = FastCheck.array(FastCheck.nat(300_000), { minLength: 1, maxLength: 24 })
    FastCheck.assert(
      FastCheck.property(FastCheck.constantFrom(standard, PriceLists.withBargains), use, (list, used) => {
        const [comparison] = compare(minutes(...used), list)
        const monthly = comparison?.monthly.orders ?? []
        expect(comparison?.ahead.payable).toBeLessThanOrEqual(
          (comparison?.monthly.payable ?? 0) + monthly.length * 5 + 5
        )
      })
    )
  })
})
