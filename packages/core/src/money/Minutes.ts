/**
 * Rules: a whole, non-negative number of prepaid minutes. How a call's seconds become minutes is not decided here.
 */
import * as Brand from "effect/Brand"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

export type Minutes = number & Brand.Brand<"Minutes">

/** Minutes as they are stored and sent: a whole, non-negative number. */
export const Minutes = Schema.Int.pipe(
  Schema.between(0, Number.MAX_SAFE_INTEGER),
  Schema.brand("Minutes"),
  Schema.annotations({ identifier: "Minutes", description: "A whole number of minutes" })
)

/** Brands without looking. The caller has proven that the number is a safe integer of at least 0. */
export const unsafeMake = Brand.nominal<Minutes>()

/**
 * Minutes from a number. Throws on what is negative, a fraction or beyond exact integers: a defect of the caller, as
 * input is parsed with the schema.
 */
export const make = (minutes: number): Minutes => {
  if (!isMinutes(minutes)) throw new RangeError(`${minutes} is no whole number of minutes`)
  return unsafeMake(minutes)
}

export const zero: Minutes = unsafeMake(0)

/** The sum. Throws past exact integers. */
export const add = (left: Minutes, right: Minutes): Minutes => make(left + right)

/** The sum over all of them; zero for none. */
export const sum = (parts: Iterable<Minutes>): Minutes => {
  let total = zero
  for (const part of parts) total = add(total, part)
  return total
}

/** The minutes taken `count` times; `count` is whole and not negative. Throws otherwise, and past exact integers. */
export const times = (minutes: Minutes, count: number): Minutes => make(minutes * make(count))

/** What is left of `minutes` without `part`; none where `part` is more than there is. */
export const subtract = (minutes: Minutes, part: Minutes): Option.Option<Minutes> =>
  part > minutes ? Option.none() : Option.some(make(minutes - part))

/** By how much `minutes` is more than `limit`; zero where it is not. */
export const excess = (minutes: Minutes, limit: Minutes): Minutes => make(Math.max(0, minutes - limit))

/** The smaller of two. */
export const min = (left: Minutes, right: Minutes): Minutes => (left <= right ? left : right)

/** For people: `10,000`. */
export const format = (minutes: Minutes): string => String(minutes).replace(/\B(?=(\d{3})+$)/g, ",")

/** Reads `10000` and `10,000`; none for signs, spaces, fractions and misplaced commas. */
export const parse = (text: string): Option.Option<Minutes> => {
  const minutes = written.test(text) ? Number(text.replaceAll(",", "")) : Number.NaN
  return isMinutes(minutes) ? Option.some(unsafeMake(minutes)) : Option.none()
}

const isMinutes = (minutes: number): boolean => Number.isSafeInteger(minutes) && minutes >= 0

const written = /^(?:\d+|\d{1,3}(?:,\d{3})+)$/
