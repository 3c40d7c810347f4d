import * as FastCheck from "effect/FastCheck"
import Nzh from "nzh"
import { describe, expect, it } from "vitest"
import * as Numeral from "../../src/text/Numeral.ts"

/** What `nzh` makes of a number, with the one difference between the two: 零一十 after a gap, where it says 零十. */
const byNzh = (integer: string): string => Nzh.cn.encodeS(integer, { tenMin: true }).replaceAll("零十", "零一十")

/** People's 两 back to the 二 of the books. */
const written = (said: string): string => said.replaceAll("两", "二")

const integers = FastCheck.oneof(
  FastCheck.nat({ max: 1_000_000 }),
  FastCheck.nat({ max: 999_999_999_999 }),
  // Many zeros, where the rules of 零 are.
  FastCheck.array(FastCheck.constantFrom("0", "0", "0", "1", "2", "9"), { minLength: 1, maxLength: 12 }).map((digits) =>
    Number(digits.join(""))
  )
)

describe("cardinals", () => {
  it("every number up to 120,000 is said as another program says it", () => {
    for (let n = 0; n < 120_000; n++) {
      if (Numeral.cardinal(String(n)) !== byNzh(String(n)))
        expect([n, Numeral.cardinal(String(n))]).toEqual([n, byNzh(String(n))])
    }
  })

  it("larger ones too, and they come back as the same number", () => {
    FastCheck.assert(
      FastCheck.property(integers, (n) => {
        const said = Numeral.cardinal(String(n))
        expect(said).toBe(byNzh(String(n)))
        expect(Number(Nzh.cn.decodeS(said))).toBe(n)
      })
    )
  })

  it("what people say differs from the books by 两 alone", () => {
    FastCheck.assert(
      FastCheck.property(integers, (n) => {
        expect(written(Numeral.spoken(String(n)))).toBe(Numeral.cardinal(String(n)))
      })
    )
  })

  it.each([
    ["2", "二"],
    ["12", "十二"],
    ["20", "二十"],
    ["200", "二百"],
    ["2000", "两千"],
    ["12000", "一万两千"],
    ["20000", "两万"],
    ["22000", "两万两千"],
    ["120000", "十二万"],
    ["200000000", "两亿"],
    ["200020000", "两亿零两万"],
    ["1000000000000", "一万亿"]
  ])("%s as people say it: %s", (number, said) => {
    expect(Numeral.spoken(number)).toBe(said)
  })

  it("leading zeros say nothing", () => {
    expect(Numeral.cardinal("007")).toBe("七")
    expect(Numeral.cardinal("000")).toBe("零")
  })

  it("beyond 16 digits nobody counts along: digit by digit", () => {
    expect(Numeral.cardinal("12345678901234567")).toBe("一二三四五六七八九零一二三四五六七")
  })
})

describe("decimals and amounts", () => {
  it.each([
    ["0", "零元"],
    ["0.00", "零元"],
    ["2", "两元"],
    ["0.05", "五分"],
    ["0.20", "两角"],
    ["12.5", "十二元五角"],
    ["12.50", "十二元五角"],
    ["12.05", "十二元零五分"],
    ["1234.56", "一千二百三十四元五角六分"],
    ["2000.00", "两千元"],
    ["1.234", "一点二三四元"]
  ])("%s yuan: %s", (yuan, said) => {
    expect(Numeral.amount(yuan)).toBe(said)
  })

  it("every fen of an amount is said once", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.nat({ max: 100_000_000 }), (fen) => {
        const said = Numeral.amount((fen / 100).toFixed(2))
        const [, yuan, jiao, odd] = /^(?:(.+)元)?(?:(.)角)?零?(?:(.)分)?$/.exec(said)!
        const value = (part: string | undefined) => (part === undefined ? 0 : Number(Nzh.cn.decodeS(written(part))))
        expect(value(yuan) * 100 + value(jiao) * 10 + value(odd)).toBe(fen)
      })
    )
  })

  it("a decimal is said digit by digit behind the point", () => {
    expect(Numeral.decimal("12.50")).toBe("十二点五零")
    expect(Numeral.decimal("0.05")).toBe("零点零五")
  })
})

it("digits of a code keep 1 and 7 apart", () => {
  expect(Numeral.codeDigits("0123456789")).toBe("零幺二三四五六七八九")
  expect(Numeral.digits("2026")).toBe("二零二六")
})
