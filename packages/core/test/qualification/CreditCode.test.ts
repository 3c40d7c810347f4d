import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import * as CreditCode from "../../src/qualification/CreditCode.ts"

const alphabet = [..."0123456789ABCDEFGHJKLMNPQRTUWXY"]

/** A second reading of the standard: the whole code, weighted with powers of 3 in exact arithmetic, and 1 for the check. */
const oracle = (code: string): boolean => {
  let sum = BigInt(alphabet.indexOf(code[17]!))
  for (let i = 0; i < 17; i++) sum += BigInt(alphabet.indexOf(code[i]!)) * 3n ** BigInt(i)
  return sum % 31n === 0n
}

/** The categories by authority, as the standard's table and its amendment have them. */
const prefixes =
  "11 12 13 19 21 29 31 32 33 34 35 39 41 49 51 52 53 59 61 62 69 71 72 79 81 89 91 92 93 A1 A9 N1 N2 N3 N9 Y1".split(
    " "
  )

/** Codes of well-known organisations, as they publish them. */
const published = [
  "9144030071526726XG",
  "914403001922038216",
  "91330100799655058B",
  "91110000600037341L",
  "91350200776049653A",
  "913502000728319549",
  "9135021359498494XQ",
  "123502001549897397",
  "12440300MB2C92173E"
]

const isValid = (text: string) => Either.isRight(CreditCode.parse(text))
const problem = (text: string) =>
  Either.match(CreditCode.parse(text), { onLeft: (e) => e.problem, onRight: () => "none" })

const body = FastCheck.tuple(
  FastCheck.constantFrom(...prefixes),
  FastCheck.integer({ min: 0, max: 999_999 }).map((region) => String(region).padStart(6, "0")),
  FastCheck.array(FastCheck.constantFrom(...alphabet), { minLength: 9, maxLength: 9 })
).map(([prefix, region, rest]) => prefix + region + rest.join(""))

describe("CreditCode", () => {
  for (const code of published) it(`QUA-4: the published code ${code} is right`, () => expect(isValid(code)).toBe(true))

  it("QUA-4: each form has exactly one check character, the one that a second implementation finds", () => {
    FastCheck.assert(
      FastCheck.property(body, (text) => {
        const valid = alphabet.filter((check) => isValid(text + check))
        expect(valid).toEqual(alphabet.filter((check) => oracle(text + check)))
        expect(valid.length).toBe(1)
      })
    )
  })

  it("QUA-4: every corruption of one character, and every swap of two neighbours, is caught", () => {
    for (const code of published) {
      for (let i = 0; i < 18; i++) {
        for (const other of [..."0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", " ", "中", "９"]) {
          if (other !== code[i]) expect(isValid(code.slice(0, i) + other + code.slice(i + 1))).toBe(false)
        }
        if (i < 17 && code[i] !== code[i + 1]) {
          expect(isValid(code.slice(0, i) + code[i + 1]! + code[i]! + code.slice(i + 2))).toBe(false)
        }
      }
    }
  })

  it("QUA-4: of all first pairs, those of the standard's table are right, whatever the check character says", () => {
    const found: Array<string> = []
    for (const first of alphabet) {
      for (const second of alphabet) {
        const text = `${first}${second}440300MA5000000`
        if (alphabet.some((check) => isValid(text + check))) found.push(first + second)
      }
    }
    expect(found).toEqual(prefixes)
  })

  it("QUA-4: what is wrong is named, the first of it", () => {
    const right = published[0]!
    expect(problem(right.slice(1))).toBe("length")
    expect(problem("")).toBe("length")
    expect(problem(`${right}0`)).toBe("length")
    expect(problem(`O1${right.slice(2)}`)).toBe("character")
    expect(problem(`99${right.slice(2)}`)).toBe("authority")
    expect(problem(`91A40300${right.slice(8)}`)).toBe("region")
    expect(problem(`${right.slice(0, 17)}0`)).toBe("checkCharacter")
  })

  it("QUA-4: small letters and white space around are forgiven, and corrected", () => {
    expect(CreditCode.parse(" 9144030071526726xg\n")).toEqual(Either.right("9144030071526726XG"))
  })
})
