import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Callee from "../../src/sending/Callee.ts"
import * as VerificationCode from "../../src/sending/VerificationCode.ts"

const canonical = "+8613800138000"

describe("Callee", () => {
  it.each([
    "13800138000",
    "+8613800138000",
    "8613800138000",
    "008613800138000",
    "+86 138 0013 8000",
    " 138-0013-8000 ",
    "(+86) 138.0013.8000",
    "１３８００１３８０００",
    "＋８６１３８００１３８０００",
    "（＋86）138－0013－8000"
  ])("SND-2: %s is the same number", (written) => {
    expect(Callee.parse(written)).toEqual(Either.right(canonical))
  })

  const refused: ReadonlyArray<readonly [string, Callee.CalleeNotServed["problem"]]> = [
    ["", "notANumber"],
    ["abc", "notANumber"],
    ["138001380００x", "notANumber"],
    ["1380013800０\u0000", "notANumber"],
    ["++8613800138000", "notANumber"],
    ["9".repeat(65), "notANumber"],
    ["+85212345678", "otherCountry"],
    ["0085212345678", "otherCountry"],
    ["+1 202 555 0147", "otherCountry"],
    ["1380013800", "wrongLength"],
    ["138001380000", "wrongLength"],
    ["+86138001380000", "wrongLength"],
    ["8613800138", "wrongLength"],
    ["07551234567", "notMobile"],
    ["12800138000", "notMobile"],
    ["23800138000", "notMobile"],
    ["+8610086000000", "notMobile"]
  ]

  it.each(refused)("SND-2: %s is not called (%s)", (written, problem) => {
    const refusal = Either.getOrThrow(Either.flip(Callee.parse(written)))
    expect(refusal).toEqual(new Callee.CalleeNotServed({ problem }))
    expect(Callee.CalleeNotServed.code).toBe(1016)
    if (written.length > 3) expect(JSON.stringify(refusal) + refusal.message).not.toContain(written)
  })

  it("SND-2: exactly 13x to 19x with eleven digits, in one form however they are written", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.stringOf(FastCheck.constantFrom(..."0123456789"), { minLength: 11, maxLength: 11 }),
        FastCheck.constantFrom("", "+86", "86", "0086"),
        FastCheck.array(FastCheck.tuple(FastCheck.nat(11), FastCheck.constantFrom(" ", "-")), { maxLength: 4 }),
        FastCheck.boolean(),
        (digits, prefix, separators, wide) => {
          let written = digits
          for (const [at, separator] of separators) written = written.slice(0, at) + separator + written.slice(at)
          if (wide) written = written.replace(/[0-9]/g, (digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0))
          const parsed = Callee.parse(prefix + written)
          if (/^1[3-9]/.test(digits)) expect(parsed).toEqual(Either.right(`+86${digits}`))
          else expect(Either.isLeft(parsed)).toBe(true)
        }
      )
    )
  })

  it("SND-2: what is canonical stays as it is", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.string({ maxLength: 20 }), (written) => {
        const parsed = Callee.parse(written)
        if (Either.isRight(parsed)) expect(Callee.parse(parsed.right)).toEqual(parsed)
      })
    )
  })

  it.each([
    ["13800138000", "mobile"],
    ["19800138000", "mobile"],
    ["13000138000", "unicom"],
    ["16600138000", "unicom"],
    ["13300138000", "telecom"],
    ["13490138000", "telecom"],
    ["17400138000", "telecom"],
    ["19200138000", "broadnet"],
    ["17000138000", "virtual"],
    ["16500138000", "virtual"],
    ["15400138000", "unknown"]
  ] as const)("SND-9: %s belongs to %s", (number, operator) => {
    expect(Callee.operatorOf(Either.getOrThrow(Callee.parse(number)))).toBe(operator)
  })

  it("SND-9: operators are those that libphonenumber knows carriers by", () => {
    const carriers = {
      mobile: "134 135 136 137 138 139 147 150 151 152 157 158 159 178 182 183 184 187 188",
      unicom: "130 131 132 145 155 156 176 185 186",
      telecom: "133 153 173 177 180 181 189"
    }
    for (const [operator, prefixes] of Object.entries(carriers)) {
      for (const prefix of prefixes.split(" ")) {
        expect([prefix, Callee.operatorOf(`+86${prefix}00138000`)]).toEqual([prefix, operator])
      }
    }
  })

  it("SND-9: a plan is asked about the prefix alone", () => {
    const asked: Array<string> = []
    const plan = { region: (prefix: string) => (asked.push(prefix), "北京") }
    expect(Callee.regionOf(plan, canonical)).toBe("北京")
    expect(asked).toEqual(["1380013"])
    expect(Callee.regionOf(undefined, canonical)).toBeUndefined()
  })
})

describe("VerificationCode", () => {
  it.each(["12", "123456", "aB3", "A1b2C3d4E5f6"])("SND-1: %s is a code", (code) => {
    expect(VerificationCode.parse(code)).toEqual(Either.right(code))
  })

  it.each(["", "1", "1234567890123", "12 34", "12-34", "１２", "验证", "12\n"])("SND-1: %j is none", (code) => {
    const refusal = Either.getOrThrow(Either.flip(VerificationCode.parse(code)))
    expect(refusal).toEqual(new VerificationCode.BadVerificationCode({ length: code.length }))
    expect(VerificationCode.BadVerificationCode.code).toBe(1018)
  })
})
