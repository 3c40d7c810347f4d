/**
 * Rules: the number of a resident's identity card (公民身份号码), by GB 11643-1999 (QUA-4). Whether the number is
 * somebody's, and whose, is for reviewers to find out.
 */
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as ShanghaiDay from "../time/ShanghaiDay.ts"

/** Where a number is wrong; the first of these that applies. */
export const Problem = Schema.Literal("length", "character", "region", "birthDate", "checkCharacter")
export type Problem = typeof Problem.Type

/** The text is no resident ID number. */
export class InvalidResidentId extends Schema.TaggedError<InvalidResidentId>()("InvalidResidentId", {
  problem: Problem
}) {
  static readonly rule = "QUA-4" as const
  static readonly transient = false
}

/** The first two digits of GB/T 2260: provinces and their like; 83 is on the permits of Taiwan residents. */
const provinces = new Set(
  "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83".split(" ")
)

/** Nobody alive was born before; the standard's own example is from 1880. */
const firstYear = 1800

/**
 * A number that is right, its X a capital. It is personal data wherever it goes.
 *
 * **Details** Of the region the province is checked, no more: counties come and go, and a number stays for life.
 */
export const ResidentId = Schema.String.pipe(
  Schema.filter((text) => problemOf(text, undefined) === undefined),
  Schema.brand("ResidentId"),
  Schema.annotations({ identifier: "a resident ID number" })
)
export type ResidentId = typeof ResidentId.Type

const make = Schema.decodeSync(ResidentId)

/** Reads a number; white space around it and a small x are forgiven. Whose birth is yet to come has none. */
export const parse = (text: string, env: { readonly now: number }): Either.Either<ResidentId, InvalidResidentId> => {
  const id = text.trim().replace(/x$/, "X")
  const problem = problemOf(id, ShanghaiDay.ofInstant(env.now))
  return problem === undefined ? Either.right(make(id)) : Either.left(new InvalidResidentId({ problem }))
}

/** The number as its owner may be shown it: all but the first and the last character hidden. */
export const mask = (id: string): string => `${id.slice(0, 1)}${"*".repeat(16)}${id.slice(-1)}`

const problemOf = (id: string, today: ShanghaiDay.ShanghaiDay | undefined): Problem | undefined => {
  if (id.length !== 18) return "length"
  if (!/^\d{17}[\dX]$/.test(id)) return "character"
  if (!provinces.has(id.slice(0, 2))) return "region"
  const year = Number(id.slice(6, 10))
  const birth = ShanghaiDay.fromDate({ year, month: Number(id.slice(10, 12)), dayOfMonth: Number(id.slice(12, 14)) })
  if (Option.isNone(birth) || year < firstYear || (today !== undefined && birth.value > today)) return "birthDate"
  return id[17] === checkCharacter(id) ? undefined : "checkCharacter"
}

/** Of the first 17 digits, weighted with the powers of 2 that grow to the left, by ISO 7064 MOD 11-2. */
const checkCharacter = (id: string): string => {
  let sum = 0
  let weight = 2
  for (let i = 16; i >= 0; i--) {
    sum += Number(id[i]) * weight
    weight = (weight * 2) % 11
  }
  return "10X98765432"[sum % 11]!
}
