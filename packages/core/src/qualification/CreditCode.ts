/**
 * Rules: the unified social credit code of an organisation (统一社会信用代码), by GB 32100-2015 with its amendment of 2016
 * (QUA-4). Whether the code is registered, and whose it is, is for reviewers to find out.
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"

/** The 31 characters of a code in order of their values: digits and capitals without I, O, S, V and Z. */
const alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"

/** The registering authorities (first character), and the categories of organisations that each knows (second one). */
const categories: { readonly [authority: string]: string } = {
  // 1 staffing, 2 foreign affairs, 3 justice, 4 culture, 5 civil affairs, 6 tourism, 7 religion, 8 trade unions
  1: "1239",
  2: "19",
  3: "123459",
  4: "19",
  5: "1239",
  6: "129",
  7: "129",
  8: "19",
  // 9 industry and commerce, A military staffing, N agriculture, Y others
  9: "123",
  A: "19",
  N: "1239",
  Y: "1"
}

/** Where a code is wrong; the first of these that applies. */
export const Problem = Schema.Literal("length", "character", "authority", "region", "checkCharacter")
export type Problem = typeof Problem.Type

/** The text is no unified social credit code. */
export class InvalidCreditCode extends Schema.TaggedError<InvalidCreditCode>()("InvalidCreditCode", {
  problem: Problem
}) {
  static readonly rule = "QUA-4" as const
  static readonly transient = false
}

/**
 * A code that is right, in capitals.
 *
 * **Details** The six digits of the region are checked to be digits, no more: the list of regions changes, and codes
 * of regions that are gone stay in use. Codes that pilot regions gave out before the standard, with other check
 * characters, are not right by it.
 */
export const CreditCode = Schema.String.pipe(
  Schema.filter((text) => problemOf(text) === undefined),
  Schema.brand("CreditCode"),
  Schema.annotations({ identifier: "a unified social credit code" })
)
export type CreditCode = typeof CreditCode.Type

const make = Schema.decodeSync(CreditCode)

/** Reads a code; white space around it and small letters are forgiven. */
export const parse = (text: string): Either.Either<CreditCode, InvalidCreditCode> => {
  const code = text.trim().toUpperCase()
  const problem = problemOf(code)
  return problem === undefined ? Either.right(make(code)) : Either.left(new InvalidCreditCode({ problem }))
}

const problemOf = (code: string): Problem | undefined => {
  if (code.length !== 18) return "length"
  for (const character of code) if (!alphabet.includes(character)) return "character"
  if (categories[code[0]!]?.includes(code[1]!) !== true) return "authority"
  if (!/^\d{6}$/.test(code.slice(2, 8))) return "region"
  return code[17] === checkCharacter(code) ? undefined : "checkCharacter"
}

/** Of the first 17 characters: what makes their sum, weighted with the powers of 3, a multiple of 31. */
const checkCharacter = (code: string): string => {
  let sum = 0
  let weight = 1
  for (let i = 0; i < 17; i++) {
    sum += alphabet.indexOf(code[i]!) * weight
    weight = (weight * 3) % 31
  }
  return alphabet[(31 - (sum % 31)) % 31]!
}
