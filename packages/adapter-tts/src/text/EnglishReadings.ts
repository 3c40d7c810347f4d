/**
 * Rules: what English makes of the pieces of a text: numbers, amounts, dates, times, telephone numbers, codes, words.
 * Which piece is which, is seen by its form and by its neighbours.
 */
import * as Numeral from "./EnglishNumeral.ts"
import { number, plainNumber, type Reading, reading, type Said } from "./Reader.ts"
import * as Spelling from "./Spelling.ts"
import { phrase, rest } from "./Utterance.ts"

const decimal = (written: string): string => Numeral.decimal(plainNumber(written))

/** Words of their own: nothing before or after may run into them. */
const words = (said: string): string => ` ${said} `

const months = "January February March April May June July August September October November December".split(" ")

const date = (year: string | undefined, month: string, day: string): string | undefined => {
  const name = months[Number(month) - 1]
  if (name === undefined || Number(day) < 1 || Number(day) > 31) return undefined
  return words(`${name} ${Numeral.ordinal(day)}${year === undefined ? "" : `, ${Numeral.year(year)}`}`)
}

const timeOfDay = (hour: string, minute: string, second: string | undefined): string => {
  const hours = Numeral.cardinal(hour)
  const minutes = minute.startsWith("0") ? `oh ${Numeral.cardinal(minute)}` : Numeral.cardinal(minute)
  const said = minute === "00" ? `${hours} o'clock` : `${hours} ${minutes}`
  return second === undefined || second === "00"
    ? said
    : `${said} and ${Numeral.cardinal(second)} ${Numeral.isOne(second) ? "second" : "seconds"}`
}

/** Digits in groups, with a short pause between them. */
const grouped = (groups: ReadonlyArray<string>, groupGapMillis: number): Said => {
  const pause = rest(Math.round(groupGapMillis / 2))
  return groups
    .map((group) => phrase([...group].map((character) => Spelling.nameOf(character, "en-US")).join(" ")))
    .flatMap((group) => [pause, group])
    .concat(pause)
}

/** One, and several. */
const units: Readonly<Record<string, readonly [string, string]>> = {
  "km/h": ["kilometer per hour", "kilometers per hour"],
  kWh: ["kilowatt hour", "kilowatt hours"],
  kg: ["kilogram", "kilograms"],
  km: ["kilometer", "kilometers"],
  cm: ["centimeter", "centimeters"],
  mm: ["millimeter", "millimeters"],
  ml: ["milliliter", "milliliters"],
  min: ["minute", "minutes"],
  GB: ["gigabyte", "gigabytes"],
  MB: ["megabyte", "megabytes"],
  h: ["hour", "hours"],
  g: ["gram", "grams"],
  m: ["meter", "meters"],
  L: ["liter", "liters"]
}

const currencies: Readonly<Record<string, readonly [string, string]>> = Object.fromEntries(
  [
    ["yuan", "yuan", "¥ RMB CNY yuan"],
    ["dollar", "dollars", "$ US$ USD"],
    ["euro", "euros", "€ EUR"],
    ["pound", "pounds", "£ GBP"],
    ["Hong Kong dollar", "Hong Kong dollars", "HK$ HKD"]
  ].flatMap(([one, several, written]) => written!.split(" ").map((sign) => [sign, [one!, several!] as const]))
)

const money = (sum: string, currency: string): string => {
  const [one, several] = currencies[currency]!
  const plain = plainNumber(sum)
  const [whole = "", cents] = plain.split(".")
  if (cents?.length !== 2 || !["dollar", "euro"].includes(one)) {
    // Of yuan the zeros behind the point say nothing.
    const short = plain.replace(/\.0+$/, "")
    return words(`${Numeral.decimal(short)} ${Numeral.isOne(short) ? one : several}`)
  }
  const said = /[1-9]/.test(whole) ? [`${Numeral.cardinal(whole)} ${Numeral.isOne(whole) ? one : several}`] : []
  if (cents !== "00") said.push(`${Numeral.cardinal(cents)} ${Numeral.isOne(cents) ? "cent" : "cents"}`)
  return words(said.length === 0 ? `zero ${several}` : said.join(" and "))
}

const monies: ReadonlyArray<Reading> = [
  reading(
    new RegExp(
      String.raw`(US\$|HK\$|[¥$€£]|(?:RMB|CNY|USD|EUR|GBP|HKD)(?=[\s\d]))\s?(-?)(${number})(?:\s?yuan)?(?![A-Za-z])`
    ),
    ([, currency, minus, sum]) => (minus === "" ? "" : " minus") + money(sum!, currency!)
  ),
  reading(new RegExp(String.raw`(${number})\s?(yuan|RMB|CNY|USD|EUR|GBP|HKD)(?![A-Za-z\d])`), ([, sum, currency]) =>
    money(sum!, currency!)
  )
]

const measured: ReadonlyArray<Reading> = [
  reading(new RegExp(String.raw`(${number})\s?(%|percent)`), ([, share]) => words(`${decimal(share!)} percent`)),
  reading(new RegExp(String.raw`(${number})\s?°\s?([CF](?![A-Za-z]))?`), ([, degrees, scale]) =>
    words(
      `${decimal(degrees!)} ${Numeral.isOne(degrees!) ? "degree" : "degrees"}${scale === "C" ? " Celsius" : scale === "F" ? " Fahrenheit" : ""}`
    )
  ),
  reading(
    new RegExp(String.raw`(${number})\s?(${Object.keys(units).join("|")})(?![A-Za-z\d/])`),
    ([, quantity, unit]) => words(`${decimal(quantity!)} ${units[unit!]![Numeral.isOne(quantity!) ? 0 : 1]}`)
  )
]

const bare = reading(new RegExp(number), ([quantity]) => words(decimal(quantity)))

/** Of a declared number. */
export const quantities: ReadonlyArray<Reading> = [...monies, ...measured, bare]

/** Of a declared amount: yuan, unless another currency stands behind it. */
export const amounts: ReadonlyArray<Reading> = [
  ...monies,
  reading(new RegExp(String.raw`(${number})(?=\s?(?:dollars?|euros?|pounds?|cents?|million|billion))`), ([sum]) =>
    words(decimal(sum))
  ),
  reading(new RegExp(number), ([sum]) => money(sum, "¥"))
]

const parts = ["half", "third", "quarter", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"]

/** Of several readings that begin at one place the first one counts. */
export const readings: ReadonlyArray<Reading> = [
  // Telephone numbers.
  reading(
    /(?<![\dA-Za-z])(?:(?:(?:\+|00)?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}|[48]00[- ]?\d{3}[- ]?\d{4}|\(?0(?:10|2\d|[3-9]\d{2})\)?[- ]?\d{7,8}|\(?\d{3}\)?[- ]\d{3}[- ]\d{4})(?!\d)/,
    ([text], pace) =>
      grouped(Spelling.phone(text) ?? text.split(/[- ()]+/).filter((group) => group !== ""), pace.groupGapMillis)
  ),
  reading(
    /(?<=\b(?:call|dial|hotline|phone) (?:us at |on )?)(?:1\d{2}|1\d{4}|9[56]\d{3})(?![\d:%]|[.,]\d)/i,
    ([text]) => words(Numeral.digits(text))
  ),
  // Codes, after `code`, `PIN` or `number`, and `is` or a colon.
  reading(
    /(?<=\b(?:code|pin|number|password)(?: is|:| is:|：)? )(?=[A-Za-z\d-]*\d)[A-Za-z\d]+(?:-[A-Za-z\d]+)*(?![A-Za-z\d%]|\.\d)/i,
    ([code], pace) => Spelling.spell(code, "en-US", pace)
  ),
  reading(/(?<=\bending(?: in)? )(?=[A-Za-z\d]*\d)[A-Za-z\d]{2,8}(?![A-Za-z\d%]|\.\d)/i, ([code], pace) =>
    Spelling.spell(code, "en-US", pace)
  ),

  // Dates and times of day.
  reading(/(?<![\d.])(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)/, ([, year, , month, day]) => date(year, month!, day!)),
  reading(/(?<![\d.])(\d{1,2})\/(\d{1,2})\/(\d{4})(?!\d)/, ([, month, day, year]) => date(year, month!, day!)),
  reading(
    /(?<=\b(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\.? )([1-9]|[12]\d|3[01])(?:st|nd|rd|th)?(?![\d:%A-Za-z]|[.,]\d)/,
    ([, day]) => words(Numeral.ordinal(day!))
  ),
  reading(
    /(?<=\b(?:in|since|until|from|of|year|before|after|through|January|February|March|April|May|June|July|August|September|October|November|December|\d{1,2}(?:st|nd|rd|th)?,) )(?:19|20)\d{2}(?![\d%:-]|[.,]\d)/,
    ([year]) => words(Numeral.year(year))
  ),
  reading(/(?<=\d)T(?=\d{2}:\d{2})/, () => " "),
  reading(
    /(?<![\d:.])(\d{1,2}):([0-5]\d)(?::([0-5]\d))?(?!\d|:\d)(?:\s?([aApP])\.?[mM](?![A-Za-z])\.?)?/,
    ([, hour, minute, second, half]) =>
      Number(hour) > 24
        ? undefined
        : words(
            half === undefined
              ? timeOfDay(hour!, minute!, second)
              : `${timeOfDay(hour!, minute!, second).replace(" o'clock", "")} ${half.toUpperCase()} M`
          )
  ),
  reading(/(?<![\d:.])(\d{1,2})\s?([ap])\.?m(?![A-Za-z])\.?/, ([, hour, half]) =>
    words(`${Numeral.cardinal(hour!)} ${half!.toUpperCase()} M`)
  ),
  reading(/(?<![\d.])(\d+)(?:st|nd|rd|th)(?![A-Za-z\d])/, ([, place]) => words(Numeral.ordinal(place!))),

  ...monies,
  ...measured,
  // 1.2.3 and 1-2-301
  reading(/\d+(?:\.\d+){2,}|(?<![\d.])\d+(?:-\d+){2,}/, ([text]) =>
    words([...text].map((character) => Spelling.nameOf(character, "en-US")).join(" "))
  ),
  reading(/(?<![\d/])([1-9])\/([2-9]|10)(?![\d/])/, ([, part, whole]) =>
    Number(part) < Number(whole)
      ? words(
          `${Numeral.cardinal(part!)} ${parts[Number(whole) - 2]}${part === "1" ? "" : "s"}`.replace("halfs", "halves")
        )
      : undefined
  ),
  // Words with digits in them: 5G, iPhone15, A7B9.
  reading(/(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z\d]+/, ([text]) => words(mixed(text))),
  // Labels.
  reading(/(?<![\d.])0\d+(?!\d|\.\d)/, ([label]) => words(Numeral.digits(label))),
  reading(/(?<![\d.,])(?!\d+0000(?!\d))\d{7,}(?!\d|[.,]\d)/, ([digits], pace) =>
    grouped(Spelling.groups(digits), pace.groupGapMillis)
  ),
  reading(/(?<=^|[\s(:-])\.(\d+)(?![\d.])/, ([, fraction]) => words(Numeral.decimal(`0.${fraction}`))),
  bare,

  reading(/https?:\/\//, () => ", "),
  reading(/[A-Za-z]+(?:'[A-Za-z]+)*/, ([text]) => (isAbbreviation(text) ? words([...text].join(" ")) : text)),
  reading(/(?:(?![A-Za-z\d])[\p{L}\p{N}])+/u, () => words("blank")),
  // A range, a minus, a hyphen.
  reading(/(?<=[\d%]\s?|\d[ap]m)[-–—~～]+(?=\s?[\d$¥€£])/, () => words("to")),
  reading(/(?<![A-Za-z\d])[-−](?=[\d¥$€£])/, () => words("minus")),
  reading(/(?<=[A-Za-z])-(?=[A-Za-z])/, () => " "),
  reading(/(?<=[A-Za-z\d])-(?=[A-Za-z\d])/, () => words("dash")),
  reading(/(?<=[A-Za-z\d])\.(?=[A-Za-z\d])/, () => words("dot")),
  reading(/(?<=[A-Za-z\d])\/(?=[A-Za-z\d])/, () => words("slash")),
  reading(/_/, () => words("underscore")),
  reading(/#(?=\d)/, () => words("number")),
  reading(/#(?= ?key)/, () => words("hash")),
  reading(/\*(?= ?key)/, () => words("star")),
  reading(/(?<=\d ?)[<>](?= ?\d)/, ([sign]) => words(sign === "<" ? "less than" : "more than")),
  reading(/[+=&@×÷±≤≥≈%‰°¥$€£]/, ([sign]) => words(signs[sign]!)),
  reading(/\.{2,}|\*+|[-–—−]+|[~～]+/, () => ", "),
  reading(/[\s"“”‘’'「」『』《》〈〉·•]+/, () => " "),
  reading(/[,;.?!]/, ([mark]) => `${mark} `),
  reading(/[。；！？]/, ([mark]) => `${marks[mark]} `),
  reading(/./, () => ", ")
]

const signs: Readonly<Record<string, string>> = {
  "+": "plus",
  "=": "equals",
  "&": "and",
  "@": "at",
  "×": "times",
  "÷": "divided by",
  "±": "plus or minus",
  "≤": "at most",
  "≥": "at least",
  "≈": "about",
  "%": "percent",
  "‰": "per mille",
  "°": "degrees",
  "¥": "yuan",
  $: "dollars",
  "€": "euros",
  "£": "pounds"
}

const marks: Readonly<Record<string, string>> = { "。": ".", "；": ";", "！": "!", "？": "?" }

/** A word and a number read as such; anything more broken up character by character. */
const mixed = (text: string): string => {
  const [before, inner, after] = /^(\D*)(\d+)(\D*)$/.exec(text)?.slice(1) ?? []
  if (inner === undefined || (before !== "" && after !== "")) {
    return [...text].map((character) => Spelling.nameOf(character, "en-US")).join(" ")
  }
  const letters = before === "" ? after! : before!
  const word = letters.length <= 2 || isAbbreviation(letters) ? [...letters.toUpperCase()].join(" ") : letters
  const digits = inner.length > 2 ? Numeral.digits(inner) : Numeral.cardinal(inner)
  return before === "" ? `${Numeral.cardinal(inner)} ${word}` : `${word} ${digits}`
}

/** Letter by letter: what has no vowel, and what people say so. */
const isAbbreviation = (text: string): boolean =>
  (text.length > 1 && /^[A-Z]+$/.test(text) && !/[AEIOUY]/.test(text)) || said.has(text)

const said: ReadonlySet<string> = new Set("AI API ATM CEO EU ID IP OTP UK URL USA USB UTC VIP".split(" "))
