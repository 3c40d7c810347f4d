import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import * as Cny from "../../src/money/Cny.ts"
import * as Minutes from "../../src/money/Minutes.ts"
import * as Tariff from "../../src/money/Tariff.ts"
import * as PriceLists from "./PriceLists.ts"

const { standard } = Tariff
const yuan = (text: string) => Cny.parse(text).pipe((option) => (option._tag === "Some" ? option.value : Cny.zero))

describe("the standard price list", () => {
  it.each([
    [10_000, "1050.00"],
    [100_000, "10000.00"],
    [500_000, "47500.00"],
    [1_000_000, "90000.00"],
    [3_000_000, "255000.00"]
  ])("PKG-1: the fixed package of %d minutes costs %s", (minutes, price) => {
    expect(Tariff.priceOfFixed(standard, minutes)).toEqual(Either.right(yuan(price)))
  })

  it("PKG-1: there are five fixed packages", () => expect(standard.fixed).toHaveLength(5))

  it.each([
    [1_000, "110.00"],
    [9_999, "1099.89"],
    [10_000, "1050.00"],
    [10_001, "1050.105"],
    [99_999, "10499.895"],
    [100_000, "10000.00"],
    [499_999, "49999.90"],
    [500_000, "47500.00"],
    [999_999, "94999.905"],
    [1_000_000, "90000.00"],
    [2_999_999, "269999.91"],
    [3_000_000, "255000.00"],
    [1_000_000_000, "85000000.00"]
  ])("PKG-2: lower bounds belong to the tier: %d custom minutes cost %s", (minutes, price) => {
    expect(Either.map(Tariff.priceOfCustom(standard, minutes), Cny.decimal)).toEqual(Either.right(price))
  })

  it("PKG-2: every size costs its minutes times the price of the tier in which it falls", () => {
    const tiers: ReadonlyArray<readonly [from: number, below: number, price: bigint]> = [
      [1_000, 10_000, 110n],
      [10_000, 100_000, 105n],
      [100_000, 500_000, 100n],
      [500_000, 1_000_000, 95n],
      [1_000_000, 3_000_000, 90n],
      [3_000_000, 1_000_000_001, 85n]
    ]
    for (const [from, below, price] of tiers) {
      FastCheck.assert(
        FastCheck.property(FastCheck.integer({ min: from, max: below - 1 }), (minutes) => {
          expect(BigInt(Either.getOrThrow(Tariff.priceOfCustom(standard, minutes)))).toBe(BigInt(minutes) * price)
        })
      )
    }
  })

  it("NUM-2: a number costs 50.00", () => expect(Cny.format(standard.numberRent)).toBe("50.00"))

  it("PKG-6: one order has at most 100 packages", () => expect(standard.packagesMax).toBe(100))
})

describe("refusals", () => {
  const minimum = Minutes.make(1_000)
  const maximum = Minutes.make(1_000_000_000)

  it.each([
    [999, new Tariff.CustomMinutesTooFew({ supplied: 999, minimum })],
    [999.5, new Tariff.CustomMinutesTooFew({ supplied: 999.5, minimum })],
    [-5_000, new Tariff.CustomMinutesTooFew({ supplied: -5_000, minimum })],
    [1_000_000_001, new Tariff.CustomMinutesTooMany({ supplied: 1_000_000_001, maximum })],
    [1_000_000_000.5, new Tariff.CustomMinutesTooMany({ supplied: 1_000_000_000.5, maximum })],
    [Number.POSITIVE_INFINITY, new Tariff.CustomMinutesTooMany({ supplied: Number.POSITIVE_INFINITY, maximum })],
    [1_000.5, new Tariff.CustomMinutesNotWhole({ supplied: 1_000.5 })],
    [Number.NaN, new Tariff.CustomMinutesNotWhole({ supplied: Number.NaN })]
  ])("PKG-2: %d custom minutes are refused: too few, then too many, then not whole", (minutes, refusal) => {
    expect(Tariff.priceOfCustom(standard, minutes)).toEqual(Either.left(refusal))
  })

  it.each([0, 9_999, 10_000.5, 2_000_000, Number.NaN])("PKG-1: there is no fixed package of %d minutes", (supplied) => {
    const expected = [10_000, 100_000, 500_000, 1_000_000, 3_000_000].map((minutes) => Minutes.make(minutes))
    expect(Tariff.priceOfFixed(standard, supplied)).toEqual(
      Either.left(new Tariff.FixedPackageUnknown({ supplied, expected }))
    )
  })

  it.each([0, -1, 101, 1.5, Number.NaN])("PKG-6: %d packages are refused", (supplied) => {
    expect(Tariff.packageQuantity(standard, supplied)).toEqual(
      Either.left(new Tariff.PackageQuantityOutOfRange({ supplied, minimum: 1, maximum: 100 }))
    )
  })

  it.each([1, 100])("PKG-6: %d packages are sold", (quantity) => {
    expect(Tariff.packageQuantity(standard, quantity)).toEqual(Either.right(quantity))
  })

  it.each([
    [Tariff.CustomMinutesTooFew, "PKG-2"],
    [Tariff.CustomMinutesTooMany, "PKG-2"],
    [Tariff.CustomMinutesNotWhole, "PKG-2"],
    [Tariff.FixedPackageUnknown, "PKG-1"],
    [Tariff.PackageQuantityOutOfRange, "PKG-6"]
  ])("PKG-2: %s cites its rule and will not succeed later", (refusal, rule) => {
    expect([refusal.rule, refusal.transient]).toEqual([rule, false])
  })
})

describe("rounding", () => {
  it.each([
    ["0.004", "0.00"],
    ["0.005", "0.01"],
    ["1050.104", "1050.10"],
    ["1050.105", "1050.11"],
    ["1050.109", "1050.11"],
    ["1050.11", "1050.11"],
    ["0.995", "1.00"]
  ])("PKG-3: %s is paid as %s, half up", (total, payable) => {
    expect(Tariff.toPay(yuan(total))).toBe(yuan(payable))
  })

  it("PKG-3: what is paid is whole fen, nearest to the total, and up at the half", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.nat(2 ** 31 - 1), FastCheck.nat(1_000), (thousandths, factor) => {
        const total = thousandths * factor
        const beyond = Tariff.toPay(Cny.make(total)) - total
        expect((total + beyond) % 10).toBe(0)
        expect(beyond).toBeGreaterThan(-5)
        expect(beyond).toBeLessThanOrEqual(5)
      })
    )
  })

  it("PKG-3: rounding keeps the order, so the least list price is the least payable", () => {
    const totals = FastCheck.nat(100_000).map((n) => Cny.make(n))
    FastCheck.assert(
      FastCheck.property(totals, totals, (one, other) => {
        expect(Tariff.toPay(Cny.make(Math.min(one, other)))).toBeLessThanOrEqual(
          Tariff.toPay(Cny.make(Math.max(one, other)))
        )
      })
    )
  })
})

describe("the promises of a price list", () => {
  const plain = Schema.encodeSync(Tariff.PriceList)(standard)
  const decode = Schema.decodeUnknownEither(Tariff.PriceList)
  const tier = (minutesFrom: number, pricePerMinute: number) => ({ minutesFrom, pricePerMinute })

  it.each([
    ["two fixed packages of a size", { fixed: [...plain.fixed, { minutes: 10_000, price: 5 }] }],
    ["a free fixed package", { fixed: [{ minutes: 10_000, price: 0 }] }],
    ["a smallest package below the first tier", { customMinutesMin: 999 }],
    ["no tier", { tiers: [] }],
    ["a tier that begins twice", { tiers: [tier(1_000, 110), tier(5_000, 90), tier(5_000, 80)] }],
    ["tiers out of order", { tiers: [tier(1_000, 110), tier(9_000, 90), tier(5_000, 80)] }],
    ["a minute that costs more in a higher tier", { tiers: [tier(1_000, 110), tier(5_000, 111)] }],
    ["a free minute", { tiers: [tier(1_000, 0)] }],
    ["a largest package below two of the highest tier", { customMinutesMax: 5_999_999 }],
    ["custom prices beyond exact integers", { tiers: [tier(1_000, 90_072)] }],
    ["fixed prices beyond exact integers", { fixed: [{ minutes: 1, price: 90_071_992_547_410 }] }],
    ["a fixed package of more minutes than can be priced", { fixed: [{ minutes: 2e12, price: 1_000 }] }],
    ["no package at once", { packagesMax: 0 }]
  ])("PKG-4: a list with %s is no price list", (_, change) => {
    expect(decode({ ...plain, ...change })._tag).toBe("Left")
  })

  it.each([
    ["custom packages alone", { fixed: [] }],
    ["one tier", { tiers: [tier(1_000, 90_071)] }],
    ["tiers of one price", { tiers: [tier(1_000, 100), tier(5_000, 100)] }],
    ["a largest package of just two of the highest tier", { customMinutesMax: 6_000_000 }]
  ])("PKG-4: a list with %s is a price list", (_, change) => {
    expect(decode({ ...plain, ...change })._tag).toBe("Right")
  })

  it("PKG-1: a list survives being stored", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.oneof(PriceLists.small, FastCheck.constant(standard)), (list) => {
        const stored: unknown = JSON.parse(JSON.stringify(Schema.encodeSync(Tariff.PriceList)(list)))
        expect(decode(stored)).toEqual(Either.right(list))
      })
    )
  })
})
