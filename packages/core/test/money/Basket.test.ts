import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import * as Basket from "../../src/money/Basket.ts"
import * as Cny from "../../src/money/Cny.ts"
import * as Minutes from "../../src/money/Minutes.ts"
import * as Tariff from "../../src/money/Tariff.ts"
import * as PriceLists from "./PriceLists.ts"

const { standard } = Tariff
const fixed = (minutes: number, quantity: number) => ({ kind: "fixed" as const, minutes, quantity })
const custom = (minutes: number, quantity: number) => ({ kind: "custom" as const, minutes, quantity })
const cheapest = (list: Tariff.PriceList, minutes: number) => Basket.cheapest(list, Minutes.make(minutes))

describe("make", () => {
  it("PKG-3: an order is rounded once, on its total", () => {
    const order = Either.getOrThrow(Basket.make(standard, [custom(10_001, 1), custom(10_001, 2), fixed(10_000, 3)]))
    expect(order).toEqual({
      items: [custom(10_001, 1), custom(10_001, 2), fixed(10_000, 3)],
      packageCount: 6,
      minutes: 60_003,
      listPrice: 3 * 1_050_105 + 3 * 1_050_000,
      // Items rounded one by one would come to 6,300.33.
      payable: 6_300_320
    })
  })

  it("PKG-6: an order adds up over its items", () => {
    const item = FastCheck.oneof(
      FastCheck.record({
        kind: FastCheck.constant("custom" as const),
        minutes: FastCheck.integer({ min: 1_000, max: 1_000_000_000 }),
        quantity: FastCheck.integer({ min: 1, max: 10 })
      }),
      FastCheck.record({
        kind: FastCheck.constant("fixed" as const),
        minutes: FastCheck.constantFrom(...standard.fixed.map(({ minutes }) => minutes)),
        quantity: FastCheck.integer({ min: 1, max: 10 })
      })
    )
    FastCheck.assert(
      FastCheck.property(FastCheck.array(item, { minLength: 1, maxLength: 10 }), (items) => {
        const order = Either.getOrThrow(Basket.make(standard, items))
        const over = (value: (item: (typeof items)[number]) => number) =>
          items.reduce((total, each) => total + value(each) * each.quantity, 0)
        expect(order.items).toEqual(items)
        expect(order.packageCount).toBe(over(() => 1))
        expect(order.minutes).toBe(over(({ minutes }) => minutes))
        expect(order.listPrice).toBe(over(({ minutes }) => PriceLists.customPrice(standard, minutes)))
        expect(order.payable).toBe(Tariff.toPay(order.listPrice))
        expect(Schema.decodeUnknownEither(Basket.Basket)(order)).toEqual(Either.right(order))
      })
    )
  })

  const quantityRefused = (supplied: number) =>
    new Tariff.PackageQuantityOutOfRange({ supplied, minimum: 1, maximum: 100 })
  const few = (supplied: number) => new Tariff.CustomMinutesTooFew({ supplied, minimum: Minutes.make(1_000) })
  const many = (supplied: number) => new Tariff.CustomMinutesTooMany({ supplied, maximum: Minutes.make(1_000_000_000) })
  const unknown = (supplied: number) =>
    new Tariff.FixedPackageUnknown({ supplied, expected: standard.fixed.map(({ minutes }) => minutes) })

  it.each([
    ["PKG-2", "too few minutes before a wrong quantity", [custom(999.5, 0)], few(999.5)],
    ["PKG-2", "too many minutes before a wrong quantity", [custom(1e9 + 1, 101)], many(1e9 + 1)],
    [
      "PKG-2",
      "a fraction before a wrong quantity",
      [custom(1_000.5, 0)],
      new Tariff.CustomMinutesNotWhole({ supplied: 1_000.5 })
    ],
    ["PKG-1", "an unknown package before a wrong quantity", [fixed(1, 0)], unknown(1)],
    ["PKG-6", "a wrong quantity before the next item", [fixed(10_000, 101), custom(1, 1)], quantityRefused(101)],
    ["PKG-6", "a quantity of none", [fixed(10_000, 1), custom(1_000, 0)], quantityRefused(0)],
    ["PKG-6", "a later item before the whole order", [fixed(10_000, 100), custom(1, 1)], few(1)],
    [
      "PKG-6",
      "more packages over all items than at once",
      [fixed(10_000, 60), custom(1_000, 41)],
      quantityRefused(101)
    ],
    ["PKG-5", "an order of nothing", [], quantityRefused(0)]
  ])("%s: refused in order of precedence: %s", (_, __, requested, refusal) => {
    expect(Basket.make(standard, requested)).toEqual(Either.left(refusal))
  })

  it("PKG-6: a hundred packages over all items are one order", () => {
    expect(
      Either.map(Basket.make(standard, [fixed(10_000, 60), custom(1_000, 40)]), (order) => order.packageCount)
    ).toEqual(Either.right(100))
  })
})

/** The cheapest price for each exact number of minutes and packages, by trying every package last. */
const countEveryBasket = (options: {
  readonly singles: ReadonlyArray<PriceLists.Single>
  readonly packagesMax: number
  readonly upTo: number
}): ReadonlyArray<Float64Array> => {
  const layers = [new Float64Array(options.upTo + 1).fill(Number.POSITIVE_INFINITY)]
  if (layers[0] !== undefined) layers[0][0] = 0
  for (let count = 1; count <= options.packagesMax; count++) {
    const before = layers[count - 1] ?? new Float64Array()
    const layer = new Float64Array(options.upTo + 1).fill(Number.POSITIVE_INFINITY)
    for (let had = 0; had <= options.upTo; had++) {
      const paid = before[had] ?? Number.POSITIVE_INFINITY
      if (paid === Number.POSITIVE_INFINITY) continue
      for (const { minutes, price } of options.singles) {
        const now = had + minutes
        if (now <= options.upTo && paid + price < (layer[now] ?? 0)) layer[now] = paid + price
      }
    }
    layers.push(layer)
  }
  return layers
}

/** Least price, then most minutes, then fewest packages, for at least each number of minutes. */
const bestOf = (layers: ReadonlyArray<Float64Array>) => {
  const length = layers[0]?.length ?? 0
  const best: Array<{ price: number; minutes: number; packages: number } | undefined> = Array.from({ length })
  let soFar: { price: number; minutes: number; packages: number } | undefined
  for (let minutes = length - 1; minutes >= 0; minutes--) {
    for (const [packages, layer] of layers.entries()) {
      const price = layer[minutes] ?? Number.POSITIVE_INFINITY
      if (price < (soFar?.price ?? Number.POSITIVE_INFINITY)) soFar = { price, minutes, packages }
    }
    best[minutes] = soFar
  }
  return best
}

/** What every answer of `cheapest` has to be, whatever the optimum is: an order of that list, with its own sums. */
const isSold = (list: Tariff.PriceList, basket: Basket.Basket) => {
  if (basket.packageCount === 0) return expect(basket).toEqual(Basket.empty)
  return expect(Basket.make(list, basket.items)).toEqual(Either.right(basket))
}

describe("cheapest", () => {
  it("PKG-4: on small lists it is the optimum over all baskets, ties included, for every number of minutes", () => {
    FastCheck.assert(
      FastCheck.property(PriceLists.small, (list) => {
        const singles = PriceLists.singles(list, list.customMinutesMax)
        const upTo = Math.max(...singles.map(({ minutes }) => minutes)) * list.packagesMax
        const best = bestOf(countEveryBasket({ singles, packagesMax: list.packagesMax, upTo }))
        for (let minutes = 0; minutes <= upTo; minutes++) {
          const basket = Either.getOrThrow(cheapest(list, minutes))
          expect(
            { price: basket.listPrice, minutes: basket.minutes, packages: basket.packageCount },
            `${minutes} minutes of ${JSON.stringify(list)}`
          ).toEqual(best[minutes])
          isSold(list, basket)
        }
        expect(cheapest(list, upTo + 1)).toEqual(
          Either.left(
            new Basket.MinutesBeyondOneOrder({ supplied: Minutes.make(upTo + 1), packagesMax: list.packagesMax })
          )
        )
      })
    )
  }, 120_000)

  it.each([
    ["standard", standard],
    ["with bargains", PriceLists.withBargains],
    ["flat", PriceLists.flat]
  ])("PKG-4: on the real list (%s) it is the optimum over all baskets, minute by minute, up to 12,000", (_, list) => {
    // 12,000 minutes cost at most 1,260 yuan, for which nobody gets 16,000: no larger package can matter.
    const upTo = 16_000
    const least = new Float64Array(upTo + 1).fill(Number.POSITIVE_INFINITY)
    for (const { minutes, price } of PriceLists.singles(list, upTo)) {
      if (minutes <= upTo) least[minutes] = Math.min(price, least[minutes] ?? 0)
    }
    for (let minutes = 2_000; minutes <= upTo; minutes++) {
      for (let part = 1_000; part <= minutes / 2; part++) {
        const both = (least[part] ?? 0) + (least[minutes - part] ?? 0)
        if (both < (least[minutes] ?? 0)) least[minutes] = both
      }
    }
    const best = bestOf([least])
    const wrong: Array<unknown> = []
    for (let minutes = 1; minutes <= 12_000; minutes++) {
      const basket = Either.getOrThrow(cheapest(list, minutes))
      const expected = best[minutes]
      if (basket.listPrice !== expected?.price || basket.minutes !== expected.minutes) wrong.push({ basket, expected })
      if (minutes % 97 === 0) isSold(list, basket)
    }
    expect(wrong).toEqual([])
  })

  it.each([
    ["standard", standard],
    ["with bargains", PriceLists.withBargains],
    ["flat", PriceLists.flat]
  ])("PKG-4: on the real list (%s) it is the optimum over baskets of whole thousands, up to 3,000,000", (_, list) => {
    const thousands = PriceLists.singles(list, 3_600_000, 1_000).map(({ minutes, price }) => ({
      minutes: minutes / 1_000,
      price
    }))
    // More than a handful of custom packages never pays: six packages of any size, besides any number of fixed ones.
    const least = countEveryBasket({ singles: thousands, packagesMax: 2, upTo: 3_600 }).reduce((left, right) =>
      left.map((price, index) => Math.min(price, right[index] ?? 0))
    )
    for (let minutes = 0; minutes <= 3_600; minutes++) {
      for (const single of list.fixed) {
        const before = least[minutes - single.minutes / 1_000]
        if (before !== undefined) least[minutes] = Math.min(least[minutes] ?? 0, before + single.price)
      }
    }
    const best = bestOf([least])
    for (let minutes = 1; minutes <= 3_000; minutes++) {
      const basket = Either.getOrThrow(cheapest(list, minutes * 1_000))
      expect([minutes, basket.listPrice, basket.minutes]).toEqual([
        minutes,
        best[minutes]?.price,
        (best[minutes]?.minutes ?? 0) * 1_000
      ])
    }
  })

  it("PKG-4: no basket of the standard list that anyone draws is cheaper", () => {
    const item = FastCheck.oneof(
      FastCheck.tuple(
        FastCheck.oneof(
          FastCheck.integer({ min: 1_000, max: 20_000 }),
          FastCheck.integer({ min: 1_000, max: 4_000_000 }),
          FastCheck.integer({ min: 1_000, max: 1_000_000_000 })
        ),
        FastCheck.integer({ min: 1, max: 12 })
      ).map(([minutes, quantity]) => custom(minutes, quantity)),
      FastCheck.tuple(
        FastCheck.constantFrom(...standard.fixed.map(({ minutes }) => minutes)),
        FastCheck.integer({ min: 1, max: 12 })
      ).map(([minutes, quantity]) => fixed(minutes, quantity))
    )
    FastCheck.assert(
      FastCheck.property(
        FastCheck.constantFrom(standard, PriceLists.withBargains, PriceLists.flat),
        FastCheck.array(item, { minLength: 1, maxLength: 8 }),
        (list, items) => {
          const drawn = Basket.make(list, items)
          if (Either.isLeft(drawn)) return
          const basket = Either.getOrThrow(Basket.cheapest(list, drawn.right.minutes))
          expect(basket.minutes).toBeGreaterThanOrEqual(drawn.right.minutes)
          expect(basket.listPrice).toBeLessThanOrEqual(drawn.right.listPrice)
          expect(basket.payable).toBeLessThanOrEqual(drawn.right.payable)
          isSold(list, basket)
        }
      )
    )
  })

  it.each([
    [0, []],
    [1, [custom(1_000, 1)]],
    [9_545, [custom(9_545, 1)]],
    [9_546, [fixed(10_000, 1)]],
    [10_000, [fixed(10_000, 1)]],
    [10_001, [custom(10_001, 1)]],
    // The same price as 475,000 custom minutes: more minutes for it.
    [475_000, [fixed(500_000, 1)]],
    [3_000_001, [custom(3_000_001, 1)]],
    [1_000_000_000, [custom(1_000_000_000, 1)]],
    [1_000_000_001, [custom(500_000_001, 1), custom(500_000_000, 1)]],
    [99_999_999_999, [custom(1_000_000_000, 99), custom(999_999_999, 1)]],
    [100_000_000_000, [custom(1_000_000_000, 100)]]
  ])("PKG-4: %d minutes are cheapest as %j", (minutes, items) => {
    const basket = Either.getOrThrow(cheapest(standard, minutes))
    expect(basket.items).toEqual(items)
    isSold(standard, basket)
  })

  it("PKG-6: more minutes than a hundred of the largest packages have are in no basket", () => {
    const supplied = Minutes.make(100_000_000_001)
    const refusal = Option.getOrThrow(Either.getLeft(Basket.cheapest(standard, supplied)))
    expect(refusal).toEqual(new Basket.MinutesBeyondOneOrder({ supplied, packagesMax: 100 }))
    expect([Basket.MinutesBeyondOneOrder.rule, Basket.MinutesBeyondOneOrder.transient]).toEqual(["PKG-6", false])
  })

  it("PKG-4: where fixed packages are cheaper per minute, they combine with one custom package", () => {
    const basket = Either.getOrThrow(cheapest(PriceLists.withBargains, 95_500))
    expect(basket.items).toEqual([fixed(70_000, 1), fixed(10_000, 2), custom(5_500, 1)])
    expect(Cny.format(basket.payable)).toBe("8,485.00")
  })

  const priced = (...packages: ReadonlyArray<readonly [minutes: number, price: number]>) =>
    Tariff.PriceList.make({
      ...standard,
      fixed: packages.map(([minutes, price]) => ({ minutes: Minutes.make(minutes), price: Cny.make(price) }))
    })

  it.each([
    ["than a custom one", [10_000, 1_049_999], undefined, 10_000, [fixed(10_000, 1)]],
    ["than one of twice the size", [10_000, 800_000], [20_000, 1_600_001], 20_000, [fixed(10_000, 2)]],
    ["in twice the size", [10_000, 800_000], [20_000, 1_599_999], 20_000, [fixed(20_000, 1)]],
    ["for a little fewer minutes", [10_000, 800_000], [9_999, 799_999], 9_998, [fixed(9_999, 1)]]
  ] as const)("PKG-4: a thousandth of a yuan less %s is less", (_, one, other, minutes, items) => {
    const list = other === undefined ? priced(one) : priced(one, other)
    expect(Either.getOrThrow(cheapest(list, minutes)).items).toEqual(items)
  })

  it("PKG-4: of baskets with one price and as many minutes, it is the one with the fewest packages", () => {
    // Not 40,000 and twice 10,000, although the largest comes first.
    const list = priced([10_000, 800_000], [30_000, 2_400_000], [40_000, 3_200_000])
    expect(Either.getOrThrow(cheapest(list, 60_000)).items).toEqual([fixed(30_000, 2)])
  })

  it("PKG-4: the cheapest price grows with the minutes", () => {
    const some = FastCheck.nat(2_000_000_000)
    FastCheck.assert(
      FastCheck.property(
        FastCheck.constantFrom(standard, PriceLists.withBargains, PriceLists.flat),
        some,
        some,
        (list, one, other) => {
          const less = Either.getOrThrow(cheapest(list, Math.min(one, other)))
          const more = Either.getOrThrow(cheapest(list, Math.max(one, other)))
          expect(less.listPrice).toBeLessThanOrEqual(more.listPrice)
        }
      )
    )
  })

  it.each([
    ["standard", standard],
    ["with bargains", PriceLists.withBargains],
    ["flat", PriceLists.flat]
  ])("PKG-4: advice takes less than a millisecond (%s)", (_, list) => {
    const count = 2_000
    const startedAt = performance.now()
    for (let index = 0; index < count; index++) cheapest(list, (index * 50_000_021) % 100_000_000_000)
    expect((performance.now() - startedAt) / count).toBeLessThan(1)
  })
})
