/**
 * Rules: how a text is read, in any language: from left to right by the first of its readings that begins at a place.
 * What the readings are, is the language's business.
 */
import * as Characters from "./Characters.ts"
import type * as Spelling from "./Spelling.ts"
import { type Part, phrase } from "./Utterance.ts"

/** A piece of a text; with a kind, the value of a variable that was declared so. */
export interface Piece {
  readonly text: string
  readonly kind?: "number" | "amount" | undefined
}

/** Words as they stand, or parts with pauses between them. */
export type Said = string | ReadonlyArray<Part>

export interface Reading {
  readonly pattern: RegExp
  /** `undefined`: it only looked like it. */
  readonly say: (found: RegExpExecArray, pace: Spelling.Pace) => Said | undefined
}

export const reading = (pattern: RegExp, say: Reading["say"]): Reading => ({
  pattern: new RegExp(pattern.source, pattern.ignoreCase ? "isuy" : "suy"),
  say
})

/** A number with or without thousands marks and decimals, as a pattern. */
export const number = String.raw`(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?`

/** The digits of a number, without thousands marks. */
export const plainNumber = (written: string): string => written.replaceAll(",", "")

/** Of several readings that begin at one place the first one counts. */
export interface Language {
  /** The last of them takes any character. */
  readonly readings: ReadonlyArray<Reading>
  /** Of declared numbers, each with its unit. */
  readonly quantities: ReadonlyArray<Reading>
  /** Of declared amounts, each with its currency. */
  readonly amounts: ReadonlyArray<Reading>
  readonly minus: string
  readonly plus: string
}

/** What is said for the pieces of a text, read as one. */
export const read =
  (language: Language) =>
  (pieces: ReadonlyArray<Piece>, pace: Spelling.Pace): ReadonlyArray<Part> => {
    const { plain, values } = locate(pieces)
    const parts: Array<Part> = []
    let at = 0
    while (at < plain.length) {
      const value = values.find(({ end }) => end > at)
      const { length, said } =
        value?.start === at ? readValue(language, plain, value) : next(language, plain, at, pace, value)
      if (typeof said === "string") parts.push(phrase(said))
      else parts.push(...said)
      at += length
    }
    return parts
  }

interface Reached {
  readonly length: number
  readonly said: Said
}

/** The first reading whose pattern begins here, that has something to say and stops before the next value. */
const next = (
  { readings }: Language,
  text: string,
  at: number,
  pace: Spelling.Pace,
  value: Value | undefined
): Reached => {
  for (const { pattern, say } of readings) {
    const found = matchAt(pattern, text, at)
    if (found === null) continue
    if (value !== undefined && at + found[0].length > value.start && !isCurrencyOf(found[0], at, value)) continue
    const said = say(found, pace)
    if (said !== undefined) return { length: found[0].length, said }
  }
  return { length: 1, said: "" }
}

/** Where a declared value stands in the plain text. */
interface Value {
  readonly kind: "number" | "amount"
  readonly start: number
  readonly end: number
}

const readValue = (language: Language, text: string, { end, kind, start }: Value): Reached => {
  const first = text.charAt(start)
  const sign = first === "-" ? language.minus : first === "+" ? language.plus : ""
  const from = start + (sign === "" ? 0 : 1)
  for (const { pattern, say } of kind === "number" ? language.quantities : language.amounts) {
    const found = matchAt(pattern, text, from)
    if (found === null || from + found[0].length < end) continue
    const said = say(found, noPace)
    if (typeof said === "string") return { length: from + found[0].length - start, said: sign + said }
  }
  return { length: end - start, said: "" }
}

/** Nothing of a quantity is spelled. */
const noPace: Spelling.Pace = { gapMillis: 0, groupGapMillis: 0, beforeMillis: 0, afterMillis: 0 }

/** A sign of currency takes along the value behind it. */
const isCurrencyOf = (found: string, at: number, value: Value): boolean =>
  /^(?:[¥$€£]|[A-Z]{2,3})/.test(found) && at + found.length >= value.end

const matchAt = (pattern: RegExp, text: string, at: number): RegExpExecArray | null => {
  pattern.lastIndex = at
  return pattern.exec(text)
}

/** The plain text, and where the values stand in it. What is no number, or touches other digits, is text. */
const locate = (pieces: ReadonlyArray<Piece>): { readonly plain: string; readonly values: ReadonlyArray<Value> } => {
  const plain = Characters.clean(pieces.map(({ text }) => text).join(""))
  const values: Array<Value> = []
  let before = ""
  for (const { kind, text } of pieces) {
    if (kind !== undefined && /^[-+]?\d+(?:\.\d+)?$/.test(text)) {
      const start = Characters.clean(before).length
      const end = start + text.length
      const isAlone = !/[A-Za-z\d]$|\d[.,]$/.test(before) && !/^(?:\d|[.,]\d)/.test(plain.slice(end, end + 2))
      if (isAlone && plain.slice(start, end) === text) values.push({ kind, start, end })
    }
    before += text
  }
  return { plain, values }
}
