import * as FastCheck from "effect/FastCheck"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import * as Cny from "../../src/money/Cny.ts"

const amounts = FastCheck.oneof(FastCheck.integer({ min: 0, max: 2_000_000 }), FastCheck.maxSafeNat()).map((n) =>
  Cny.make(n)
)

describe("Cny", () => {
  it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])("PKG-3: %d is no amount", (thousandths) => {
    expect(() => Cny.make(thousandths)).toThrow("no amount")
    expect(Schema.is(Cny.Cny)(thousandths)).toBe(false)
  })

  it("PKG-3: zero and the largest exact integer are amounts", () => {
    expect(Cny.make(0)).toBe(Cny.zero)
    expect(Schema.is(Cny.Cny)(Cny.make(Number.MAX_SAFE_INTEGER))).toBe(true)
  })

  it("PKG-3: a result beyond exact integers throws and is never rounded", () => {
    const most = Cny.make(Number.MAX_SAFE_INTEGER)
    expect(() => Cny.add(most, Cny.make(2))).toThrow("no amount")
    expect(() => Cny.sum([most, Cny.zero, Cny.make(1)])).toThrow("no amount")
    expect(() => Cny.times(most, 2)).toThrow("no amount")
    expect(() => Cny.times(Cny.yuan(1), 0.5)).toThrow("no amount")
    expect(() => Cny.times(Cny.zero, -1)).toThrow("no amount")
  })

  it("PKG-3: sums and multiples agree with arbitrary precision", () => {
    const some = FastCheck.integer({ min: 0, max: 2 ** 40 }).map((n) => Cny.make(n))
    FastCheck.assert(
      FastCheck.property(FastCheck.array(some), some, FastCheck.nat(4_000), (parts, amount, count) => {
        expect(BigInt(Cny.sum(parts))).toBe(parts.reduce((total, part) => total + BigInt(part), 0n))
        expect(BigInt(Cny.times(amount, count))).toBe(BigInt(amount) * BigInt(count))
      })
    )
  })

  it("PKG-3: a difference is never negative: it is none, or the excess is zero", () => {
    FastCheck.assert(
      FastCheck.property(amounts, amounts, (left, right) => {
        const difference = BigInt(left) - BigInt(right)
        const rest = Option.map(Cny.subtract(left, right), BigInt)
        expect(rest).toEqual(difference < 0n ? Option.none() : Option.some(difference))
        expect(BigInt(Cny.excess(left, right))).toBe(difference < 0n ? 0n : difference)
      })
    )
  })

  it("PKG-3: all of an amount can be taken away", () => {
    expect(Cny.subtract(Cny.yuan(1), Cny.yuan(1))).toEqual(Option.some(Cny.zero))
  })

  it.each([
    [0, "0.00"],
    [5, "0.005"],
    [50, "0.05"],
    [105, "0.105"],
    [500, "0.50"],
    [999_999, "999.999"],
    [1_000_000, "1,000.00"],
    [1_050_105, "1,050.105"],
    [255_000_000, "255,000.00"],
    [1_234_567_890, "1,234,567.89"]
  ])("PKG-3: %d thousandths read %s, unrounded", (thousandths, text) => {
    expect(Cny.format(Cny.make(thousandths))).toBe(text)
    expect(Cny.parse(text)).toEqual(Option.some(thousandths))
  })

  it.each(["", "1,05", "1,0500.00", ",100", "1.", ".5", "-1", "+1", " 1", "1.0000", "1e3", "0x10", "9007199254740993"])(
    "PKG-3: %j is not read as an amount",
    (text) => {
      expect(Cny.parse(text)).toEqual(Option.none())
      expect(Schema.decodeUnknownEither(Cny.FromText)(text)._tag).toBe("Left")
    }
  )

  it("PKG-3: text and amount are the same thing, with grouping and without", () => {
    const decode = Schema.decodeUnknownSync(Cny.FromText)
    const encode = Schema.encodeSync(Cny.FromText)
    expect(encode(Cny.yuan(1050))).toBe("1050.00")
    FastCheck.assert(
      FastCheck.property(amounts, (amount) => {
        expect(decode(encode(amount))).toBe(amount)
        expect(Cny.parse(Cny.format(amount))).toEqual(Option.some(amount))
        expect(Cny.format(amount).replaceAll(",", "")).toBe(encode(amount))
      })
    )
  })
})
