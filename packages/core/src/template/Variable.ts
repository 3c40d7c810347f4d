/**
 * Rules: what a variable of a template may stand for, and how it is spoken (TPL-9). Length and number of the values
 * are `Rendering.ts`'s business.
 */
import * as Schema from "effect/Schema"

/**
 * What a value is.
 *
 * **Details** `code`: ASCII letters and digits, spoken one by one. `number`: digits with up to four decimals.
 * `amount`: yuan with up to two decimals. `date`: `2026-11-23`, `2026年11月23日`, `11月23日`, a day that the calendar
 * has. `time`: `9:30`, `21:05:00`. `phone`: a mainland mobile, landline or service number, spoken one by one. `plate`:
 * a vehicle's number plate, spoken one by one. `text`: anything.
 */
export const VariableKind = Schema.Literal("code", "number", "amount", "date", "time", "phone", "plate", "text")
export type VariableKind = typeof VariableKind.Type

/** The kinds that were declared, by position: the first is that of `{1}`. `null`: none was declared. */
export const VariableKinds = Schema.Array(Schema.NullOr(VariableKind))
export type VariableKinds = typeof VariableKinds.Type

/** Whether a value is one of its kind. */
export const fits = (kind: VariableKind, value: string): boolean => {
  if (kind === "text") return true
  if (kind === "date") return isDate(value)
  return patterns[kind].test(value)
}

/** Whether values of this kind are spoken character by character. */
export const isSpelled = (kind: VariableKind): boolean => kind === "code" || kind === "phone" || kind === "plate"

/**
 * The kind of a value for which none was declared: digits are a code, as a number said as one word is not understood;
 * and in a verification template everything is one (SND-1), so that records show none of it. Anything else is text.
 */
export const guess = (verification: boolean, value: string): VariableKind =>
  verification || digits.test(value) ? "code" : "text"

const digits = /^[0-9]+$/

const patterns = {
  code: /^[0-9A-Za-z]+$/,
  number: /^[-+]?[0-9]+(?:\.[0-9]{1,4})?$/,
  amount: /^[0-9]+(?:\.[0-9]{1,2})?$/,
  time: /^(?:[01]?[0-9]|2[0-3])[:：][0-5][0-9](?:[:：][0-5][0-9])?$/,
  phone:
    /^(?:(?:\+?86)?1[3-9][0-9]{9}|0[1-9][0-9]{1,2}-?[0-9]{7,8}|[48]00-?[0-9]{3}-?[0-9]{4}|1[0-9]{2,4}|9[56][0-9]{3,6})$/,
  plate:
    /^[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领][A-HJ-NP-Z][ ·]?[A-HJ-NP-Z0-9]{4,5}[A-HJ-NP-Z0-9挂学警港澳领]$/
} as const

const dates =
  /^(?:(?<y1>[0-9]{4})[-/](?<m1>[0-9]{1,2})[-/](?<d1>[0-9]{1,2})|(?:(?<y2>[0-9]{4})年)?(?<m2>[0-9]{1,2})月(?<d2>[0-9]{1,2})[日号])$/
const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

const isDate = (value: string): boolean => {
  const { d1, d2, m1, m2, y1, y2 } = dates.exec(value)?.groups ?? {}
  const month = Number(m1 ?? m2)
  const day = Number(d1 ?? d2)
  // Without a year, 29 February is a day.
  const year = Number(y1 ?? y2 ?? 2000)
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  const days = month === 2 && leap ? 29 : (monthDays[month - 1] ?? 0)
  return day >= 1 && day <= days
}
