/**
 * Rules: codes and telephone numbers said one character at a time, with pauses that people can write along with.
 */
import * as Characters from "./Characters.ts"
import * as Numeral from "./Numeral.ts"
import { type Part, phrase, rest } from "./Utterance.ts"

/** Silences around and within what is written down, in milliseconds. */
export interface Pace {
  /** After each character. */
  readonly gapMillis: number
  /** After each group of two to four. */
  readonly groupGapMillis: number
  /** Between the words before and the first character: time to take a pencil. */
  readonly beforeMillis: number
  /** Between the last character and the words after. */
  readonly afterMillis: number
}

export const defaultPace: Pace = { gapMillis: 250, groupGapMillis: 600, beforeMillis: 300, afterMillis: 400 }

/** Every silence so many times as long: 1.6 suits those who write slowly. */
export const slower = (pace: Pace, factor: number): Pace => ({
  gapMillis: Math.round(pace.gapMillis * factor),
  groupGapMillis: Math.round(pace.groupGapMillis * factor),
  beforeMillis: Math.round(pace.beforeMillis * factor),
  afterMillis: Math.round(pace.afterMillis * factor)
})

export type Language = "zh-CN" | "en-US"

/** Every character by itself, in groups, between rests. */
export const spell = (text: string, language: Language, pace: Pace): ReadonlyArray<Part> => {
  const said = groups(text)
  const name = namer(said.join(""), language)
  return [
    rest(pace.beforeMillis),
    ...said.flatMap((group, at) => [
      ...(at === 0 ? [] : [rest(pace.groupGapMillis)]),
      ...[...group].flatMap((character, at) => [...(at === 0 ? [] : [rest(pace.gapMillis)]), phrase(name(character))])
    ]),
    rest(pace.afterMillis)
  ]
}

/**
 * What is said in one go: `380` and `421` of `380421`, the 3, 4 and 4 digits of a mobile number, `粤B` of a number
 * plate, the parts between spaces and hyphens.
 */
export const groups = (text: string): ReadonlyArray<string> => {
  const plain = Characters.clean(text).trim()
  return (
    phone(plain) ??
    plate(plain) ??
    plain
      .split(/[\s·]+/)
      .flatMap((word) => [...word.matchAll(/([^A-Za-z0-9]*)([A-Za-z0-9]*)/g)])
      .flatMap(([, signs, letters]) => {
        const [first = "", ...more] = evenly(letters!)
        return [signs! + first, ...more]
      })
      .filter((group) => group !== "")
  )
}

/** The groups of a telephone number; `undefined` if the text is none. */
export const phone = (text: string): ReadonlyArray<string> | undefined => {
  const mobile = /^(?:((?:\+|00)?86)[- ]?)?(1[3-9]\d)[- ]?(\d{4})[- ]?(\d{4})$/.exec(text)
  if (mobile !== null) return mobile.slice(1).filter((group) => group !== undefined)
  // 400-820-8820, 400-8208-820 and 4008 208 820 as they were written, 4008208820 as most people say it.
  const service = /^([48]00)(?:[- ]?(\d{3})[- ]?(\d{4})|[- ](\d{4})[- ](\d{3})|[- ](\d{2})[- ](\d{5}))$/.exec(text)
  if (service !== null) return service.slice(1).filter((group) => group !== undefined)
  const landline = /^[(（]?(0(?:10|2\d|[3-9]\d{2}))[)）]?[- ]?(\d{3,4})[- ]?(\d{4})(?:-(\d{1,5}))?$/.exec(text)
  if (landline === null) return undefined
  const [, area, exchange, subscriber, extension] = landline
  return [area!, exchange!, subscriber!, ...(extension === undefined ? [] : [`转${extension}`])]
}

/** The province and the city of a number plate, then the rest of it; `undefined` if the text is none. */
const plate = (text: string): ReadonlyArray<string> | undefined => {
  const found = /^([\u4e00-\u9fff][A-Z])[ ·]?([A-Z0-9]{4,6})([\u4e00-\u9fff]?)$/.exec(text)
  if (found === null) return undefined
  const rest = evenly(found[2]!)
  return [found[1]!, ...rest.slice(0, -1), `${rest.at(-1)}${found[3]}`]
}

/** Groups of at most four characters, the longer ones last: 2 and 3 of five, 3 and 3 of six. */
const evenly = (word: string): ReadonlyArray<string> => {
  const count = Math.ceil(word.length / 4)
  return Array.from({ length: count }, (_, at) =>
    word.slice(Math.floor((at * word.length) / count), Math.floor(((at + 1) * word.length) / count))
  )
}

/** Says what comes of each character. Capital and small letters are told apart where a code has both, at each change. */
const namer = (text: string, language: Language): ((character: string) => string) => {
  const mixed = /[a-z]/.test(text) && /[A-Z]/.test(text)
  let capital: boolean | undefined
  return (character) => {
    const name = nameOf(character, language)
    if (!mixed || !/[A-Za-z]/.test(character) || capital === /[A-Z]/.test(character)) return name
    capital = /[A-Z]/.test(character)
    return cases[language][capital ? 0 : 1] + name
  }
}

const cases = { "zh-CN": ["大写", "小写"], "en-US": ["capital ", "small "] } as const

/** How one character is said; empty if it cannot be. */
export const nameOf = (character: string, language: Language): string => {
  if (/[A-Za-z]/.test(character)) return character.toUpperCase()
  if (language === "zh-CN") {
    if (/\d/.test(character)) return Numeral.codeDigits(character)
    return signs[character]?.[0] ?? (/[\p{L}\p{N}]/u.test(character) ? (isHan(character) ? character : "某") : "")
  }
  if (/\d/.test(character)) return englishDigits[Number(character)]!
  return signs[character]?.[1] ?? (/[\p{L}\p{N}]/u.test(character) ? "blank" : "")
}

const isHan = (character: string): boolean => /[\u3400-\u4dbf\u4e00-\u9fff]/.test(character)

const englishDigits = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]

/** Signs of codes, Mandarin and English. */
const signs: Readonly<Record<string, readonly [string, string]>> = {
  "-": ["杠", "dash"],
  "–": ["杠", "dash"],
  "—": ["杠", "dash"],
  _: ["下划线", "underscore"],
  "/": ["斜杠", "slash"],
  "\\": ["反斜杠", "backslash"],
  ".": ["点", "dot"],
  ":": ["冒号", "colon"],
  "：": ["冒号", "colon"],
  "+": ["加", "plus"],
  "=": ["等于", "equals"],
  "*": ["星号", "star"],
  "#": ["井号", "hash"],
  "@": ["艾特", "at"],
  "&": ["和", "and"],
  "%": ["百分号", "percent"]
}
