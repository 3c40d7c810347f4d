/**
 * Rules: a Mandarin text as it is read aloud. Numbers, amounts, dates, times, telephone numbers, codes and signs become
 * words, punctuation becomes pauses. Everything is said once: what has no reading is 某 if it is a letter or numeral,
 * else a pause. Words that an engine misreads are `Lexicon.ts`'s business.
 */
import * as Characters from "./Characters.ts"
import { amounts, quantities, type Reading, readings, type Said } from "./MandarinReadings.ts"
import type * as Spelling from "./Spelling.ts"
import { type Part, phrase } from "./Utterance.ts"

/** A piece of a text; with a kind, the value of a variable that was declared so. */
export interface Piece {
  readonly text: string
  readonly kind?: "number" | "amount" | undefined
}

/** What is said for the pieces of a text, read as one. */
export const read = (pieces: ReadonlyArray<Piece>, pace: Spelling.Pace): ReadonlyArray<Part> => {
  const { plain, values } = locate(pieces)
  const parts: Array<Part> = []
  let at = 0
  while (at < plain.length) {
    const value = values.find(({ end }) => end > at)
    const { length, said } = value?.start === at ? readValue(plain, value) : next(plain, at, pace, value)
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
const next = (text: string, at: number, pace: Spelling.Pace, value: Value | undefined): Reached => {
  for (const { pattern, say } of readings) {
    const found = matchAt(pattern, text, at)
    if (found === null) continue
    if (value !== undefined && at + found[0].length > value.start && !isCurrencyOf(found[0], at, value)) continue
    const said = say(found, pace)
    if (said !== undefined) return { length: found[0].length, said }
  }
  // The last reading takes any character.
  return { length: 1, said: "" }
}

/** Where a declared value stands in the plain text. */
interface Value {
  readonly kind: "number" | "amount"
  readonly start: number
  readonly end: number
}

/** A number with its unit, if it has one, and an amount with its currency. */
const readValue = (text: string, { end, kind, start }: Value): Reached => {
  const sign = signsBefore[text.charAt(start)] ?? ""
  const from = start + (sign === "" ? 0 : 1)
  for (const { pattern, say } of kind === "number" ? quantities : amounts) {
    const found = matchAt(pattern, text, from)
    if (found === null || from + found[0].length < end) continue
    const said = say(found, noPace)
    if (typeof said === "string") return { length: from + found[0].length - start, said: sign + said }
  }
  return { length: end - start, said: "" }
}

const signsBefore: Readonly<Record<string, string>> = { "-": "负", "+": "正" }

/** Nothing of a quantity is spelled. */
const noPace: Spelling.Pace = { gapMillis: 0, groupGapMillis: 0, beforeMillis: 0, afterMillis: 0 }

/** A sign of currency takes along the value behind it. */
const isCurrencyOf = (found: string, at: number, value: Value): boolean =>
  /^(?:[¥$€£]|[A-Z]{2,3})/.test(found) && at + found.length >= value.end

const matchAt = (pattern: Reading["pattern"], text: string, at: number): RegExpExecArray | null => {
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
      const isAlone = !/[A-Za-z\d]$|\d[.,]$/.test(before)
      const follows = plain.slice(end, end + 2)
      if (plain.slice(start, end) === text && isAlone && !/^(?:\d|[.,]\d)/.test(follows))
        values.push({ kind, start, end })
    }
    before += text
  }
  return { plain, values }
}
