import * as FastCheck from "effect/FastCheck"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import * as Minutes from "../../src/money/Minutes.ts"

const some = FastCheck.oneof(FastCheck.nat(200_000), FastCheck.maxSafeNat()).map((n) => Minutes.make(n))

describe("Minutes", () => {
  it.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])("PKG-2: %d is no number of minutes", (minutes) => {
    expect(() => Minutes.make(minutes)).toThrow("no whole number of minutes")
    expect(Schema.is(Minutes.Minutes)(minutes)).toBe(false)
  })

  it("PKG-2: a result beyond exact integers, or a part of a package, throws", () => {
    const most = Minutes.make(Number.MAX_SAFE_INTEGER)
    expect(() => Minutes.add(most, Minutes.make(2))).toThrow("no whole number of minutes")
    expect(() => Minutes.sum([most, Minutes.make(1)])).toThrow("no whole number of minutes")
    expect(() => Minutes.times(most, 2)).toThrow("no whole number of minutes")
    expect(() => Minutes.times(Minutes.make(2), 0.5)).toThrow("no whole number of minutes")
  })

  it("PKG-2: sums and multiples agree with arbitrary precision", () => {
    const below = FastCheck.nat(2 ** 31 - 1).map((n) => Minutes.make(n))
    FastCheck.assert(
      FastCheck.property(FastCheck.array(below), below, FastCheck.nat(100), (parts, minutes, count) => {
        expect(BigInt(Minutes.sum(parts))).toBe(parts.reduce((total, part) => total + BigInt(part), 0n))
        expect(BigInt(Minutes.times(minutes, count))).toBe(BigInt(minutes) * BigInt(count))
      })
    )
  })

  it("BAL-5: minutes never become negative: a difference is none, or the excess is zero", () => {
    FastCheck.assert(
      FastCheck.property(some, some, (left, right) => {
        const difference = left - right
        expect(Minutes.subtract(left, right)).toEqual(difference < 0 ? Option.none() : Option.some(difference))
        expect(Minutes.excess(left, right)).toBe(difference < 0 ? 0 : difference)
        expect(Minutes.min(left, right) + Minutes.excess(left, right)).toBe(left)
      })
    )
  })

  it("BAL-5: all of the minutes can be taken away", () => {
    expect(Minutes.subtract(Minutes.make(7), Minutes.make(7))).toEqual(Option.some(Minutes.zero))
  })

  it.each([
    [0, "0"],
    [999, "999"],
    [1_000, "1,000"],
    [10_000, "10,000"],
    [100_000_000_000, "100,000,000,000"]
  ])("PKG-2: %d minutes read %s", (minutes, text) => {
    expect(Minutes.format(Minutes.make(minutes))).toBe(text)
  })

  it("PKG-2: minutes are read with grouping and without", () => {
    FastCheck.assert(
      FastCheck.property(some, (minutes) => {
        expect(Minutes.parse(Minutes.format(minutes))).toEqual(Option.some(minutes))
        expect(Minutes.parse(String(minutes))).toEqual(Option.some(minutes))
      })
    )
  })

  it.each(["", "1.0", "-1", "1,00", "1,0000", ",000", "1 000", "1e3", "9007199254740993"])(
    "PKG-2: %j is not read as minutes",
    (text) => expect(Minutes.parse(text)).toEqual(Option.none())
  )
})
