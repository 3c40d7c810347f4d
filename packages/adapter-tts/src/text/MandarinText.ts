/**
 * Rules: a Mandarin text as it is read aloud. Numbers, amounts, dates, times, telephone numbers, codes and signs become
 * words, punctuation becomes pauses. Everything is said once: what has no reading is 某 if it is a letter or numeral,
 * else a pause. Words that an engine misreads are `Lexicon.ts`'s business.
 */
import * as Characters from "./Characters.ts"
import * as Numeral from "./Numeral.ts"
import { readSign, signs } from "./MandarinSigns.ts"
import * as Spelling from "./Spelling.ts"
import { type Part, phrase, rest } from "./Utterance.ts"

/** What is said for a text. */
export const read = (text: string, pace: Spelling.Pace): ReadonlyArray<Part> => {
  const plain = Characters.clean(text)
  const parts: Array<Part> = []
  let at = 0
  while (at < plain.length) {
    const { length, said } = next(plain, at, pace)
    if (typeof said === "string") parts.push(phrase(said))
    else parts.push(...said)
    at += length
  }
  return parts
}

type Said = string | ReadonlyArray<Part>

/** The first reading whose pattern begins here and that has something to say. */
const next = (text: string, at: number, pace: Spelling.Pace): { readonly length: number; readonly said: Said } => {
  for (const { pattern, say } of readings) {
    pattern.lastIndex = at
    const found = pattern.exec(text)
    if (found === null) continue
    const said = say(found, pace)
    if (said !== undefined) return { length: found[0].length, said }
  }
  // The last reading takes any character.
  return { length: 1, said: "" }
}

interface Reading {
  readonly pattern: RegExp
  /** `undefined`: it only looked like it. */
  readonly say: (found: RegExpExecArray, pace: Spelling.Pace) => Said | undefined
}

const reading = (pattern: RegExp, say: Reading["say"]): Reading => ({
  pattern: new RegExp(pattern.source, "suy"),
  say
})

/** A number with or without thousands marks and decimals. */
const number = String.raw`(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?`

/** What is counted: before it 2 is 两. */
const measure = [
  "个位名次条张件只台辆份封笔本套款项种批组家间户人天周秒点块元米克吨升倍瓶杯盒箱袋双对场门口遍趟回步页成万亿千百节首部支枚粒片颗处段轮",
  "年(?!级)",
  "单(?!元)",
  "(?:星期|小时|分钟|公里|千米|公斤|千克|毫升|厘米|毫米|平方|立方)"
]
  .map((words, at) => (at === 0 ? `[${words}]` : words))
  .join("|")

const plainNumber = (written: string): string => written.replaceAll(",", "")

const decimal = (written: string): string => Numeral.decimal(plainNumber(written))

const units: Readonly<Record<string, string>> = {
  "km/h": "公里每小时",
  "m/s": "米每秒",
  kWh: "千瓦时",
  kW: "千瓦",
  mAh: "毫安时",
  kg: "公斤",
  mg: "毫克",
  km: "公里",
  cm: "厘米",
  mm: "毫米",
  ml: "毫升",
  mL: "毫升",
  ms: "毫秒",
  min: "分钟",
  g: "克",
  m: "米",
  h: "小时",
  s: "秒",
  t: "吨",
  L: "升",
  W: "瓦",
  V: "伏"
}

const currencies: Readonly<Record<string, string>> = { $: "美元", "€": "欧元", "£": "英镑" }

/** Of several readings that begin at one place the first one counts. */
const readings: ReadonlyArray<Reading> = [
  reading(/[\u3400-\u4dbf\u4e00-\u9fff]+/, ([words]) => words),

  // Telephone numbers: groups of digits, 幺 for 1.
  reading(
    /(?<![\dA-Za-z])(?:(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}|[48]00(?:[- ]\d{4}[- ]\d{3}|[- ]\d{2}[- ]\d{5}|[- ]?\d{3}[- ]?\d{4})|\(?0(?:10|2\d|[3-9]\d{2})\)?[- ]?\d{7,8}(?:-\d{1,5})?)(?!\d)/,
    ([text], pace) => {
      const pause = rest(Math.round(pace.groupGapMillis / 2))
      const groups = Spelling.phone(text)?.map((group) => phrase(Numeral.codeDigits(group.replace("+", "加"))))
      return groups?.flatMap((group) => [pause, group]).concat(pause)
    }
  ),
  reading(
    /(?<=(?:致电|拨打|热线|电话|客服|联系|呼叫|转)[是为:：\s]{0,3})(?:1\d{2}|1\d{4}|9[56]\d{3,4})(?!\d|[.,:：]\d|[%元个])/,
    ([text]) => Numeral.codeDigits(text)
  ),
  reading(
    new RegExp(String.raw`(?<![\d.,])(?:100(?:00|10|86)|123(?:06|15|45)|95\d{3})(?!\d|[.,:：]\d|%|\s?(?:${measure}))`),
    ([text]) => Numeral.codeDigits(text)
  ),
  // 138****1234
  reading(
    /(?<![\d.])(\d+)\*+(\d*)/,
    ([, before, after]) => `${Numeral.codeDigits(before!)}星号${Numeral.codeDigits(after!)}`
  ),
  // 1.2.3 and 192.168.1.1
  reading(/\d+(?:\.\d+){2,}/, ([text]) => Numeral.codeDigits(text).replaceAll(".", "点")),

  // Dates and times of day.
  reading(/(?<![\d.])(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)日?/, ([, year, , month, day]) =>
    isIn(month!, 1, 12) && isIn(day!, 1, 31)
      ? `${Numeral.digits(year!)}年${Numeral.cardinal(month!)}月${Numeral.cardinal(day!)}日`
      : undefined
  ),
  reading(/(?<![\d.])(?:1[89]|2[01])\d{2}(?=(?:[-~～—–至到](?:1[89]|2[01])\d{2})?\s?年(?![前后级]))/, ([year]) =>
    Numeral.digits(year)
  ),
  reading(/(?<![\d.])\d{1,2}(?=[月日号])/, ([day]) => Numeral.cardinal(day)),
  reading(/(?<![\d:：.])(\d{1,2})[:：]([0-5]\d)(?:[:：]([0-5]\d))?(?!\d|[:：]\d)/, ([, hour, minute, second]) =>
    isIn(hour!, 0, 24) ? timeOfDay(hour!, minute!, second) : undefined
  ),
  reading(/(?<!\d)0(\d)(?=[分秒](?!之))/, ([, digit]) => `零${Numeral.digits(digit!)}`),

  // Codes: what follows 码 or 号, and 是, 为 or a colon. Without those, only four and more.
  reading(
    new RegExp(
      String.raw`(?<=(?:码|(?<!\d)号|口令|[Cc]ode|PIN)(?:是|为|:|：|[\s"“”「『【\[(（])+)(?=[A-Za-z\d-]*\d|[A-Z]{2,12}(?![A-Za-z]))[A-Za-z\d]+(?:-[A-Za-z\d]+)*(?![A-Za-z\d]|\.\d)(?!\s?(?:[%‰]|${measure}))`
    ),
    ([code], pace) => Spelling.spell(code, "zh-CN", pace)
  ),
  reading(
    new RegExp(
      String.raw`(?<=码|(?<!\d)号|口令)(?=[A-Za-z-]*\d)(?=[A-Za-z\d-]{4})[A-Za-z\d]+(?:-[A-Za-z\d]+)*(?![A-Za-z\d]|\.\d)(?!\s?(?:[%‰]|${measure}))`
    ),
    ([code], pace) => Spelling.spell(code, "zh-CN", pace)
  ),

  // 1-2-301, 3-502 室, and what only looks like a date.
  reading(/(?<![\d.])\d+(?:(?:-\d+){2,}|-\d{3,4}(?=室))/, ([text]) => Numeral.codeDigits(text).replaceAll("-", "杠")),

  // Money.
  reading(new RegExp(String.raw`([¥$€£])\s?(${number})\s?([万亿]?)(?:元|美元|欧元|英镑)?`), ([, sign, sum, unit]) => {
    const currency = currencies[sign!]
    if (currency === undefined && unit === "") return Numeral.amount(plainNumber(sum!))
    return `${count(sum!)}${unit}${currency ?? "元"}`
  }),
  reading(new RegExp(String.raw`(${number})\s?元`), ([, sum]) => Numeral.amount(plainNumber(sum!))),

  // Shares, degrees, units.
  reading(
    new RegExp(String.raw`(${number})\s?([%‰])`),
    ([, share, sign]) => `${sign === "%" ? "百" : "千"}分之${decimal(share!)}`
  ),
  reading(
    new RegExp(String.raw`(${number})\s?°\s?([CF](?![A-Za-z]))?`),
    ([, degrees, scale]) => `${decimal(degrees!)}${scale === "C" ? "摄氏" : scale === "F" ? "华氏" : ""}度`
  ),
  reading(
    new RegExp(String.raw`(${number})\s?(${Object.keys(units).join("|")})(?![A-Za-z\d/])`),
    ([, quantity, unit]) => `${count(quantity!)}${units[unit!]}`
  ),
  reading(
    /(?<![\d:：.])(\d{1,4})[:：](\d{1,4})(?!\d|[:：.]\d)/,
    ([, a, b]) => `${Numeral.cardinal(a!)}比${Numeral.cardinal(b!)}`
  ),
  reading(/(?<![\d/])(\d{1,2})\/(\d{1,2})(?![\d/])/, ([, part, whole]) =>
    Number(part) > 0 && Number(part) < Number(whole) && Number(whole) <= 10
      ? `${Numeral.cardinal(whole!)}分之${Numeral.cardinal(part!)}`
      : undefined
  ),

  // Words with digits in them: 5G, iPhone15, G1234, A7B9.
  reading(/(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z\d]+/, ([text]) => mixed(text)),

  // 1. at the head of a line
  reading(/(?<![\d.])(\d{1,2})\.(?=\s*[\u3400-\u4dbf\u4e00-\u9fff])/, ([, item]) => `，${Numeral.cardinal(item!)}，`),

  // Numbers. Which of them are counted, and which are labels, is seen by their neighbours.
  reading(/(?<=第|初|周|星期|礼拜)\d+(?!\d|\.\d)/, ([ordinal]) => Numeral.spoken(ordinal)),
  reading(/(?<![\d.])\d{3,}(?=室|房(?!间)|路(?!口)|号(?![楼线院]))/, ([label]) => Numeral.codeDigits(label)),
  reading(/(?<![\d.])0\d+(?!\d|\.\d)/, ([label]) => Numeral.codeDigits(label)),
  reading(new RegExp(String.raw`(${number})(?=(?:[-~～—–至到]\d+)?\s?(?:${measure}))`), ([, quantity]) =>
    count(quantity!)
  ),
  reading(/(?<![\d.,])\d{7,}(?!\d|[.,]\d)/, ([label]) => Numeral.codeDigits(label)),
  reading(new RegExp(number), ([quantity]) => decimal(quantity)),

  // Two numbers side by side would be heard as one.
  reading(/(?<=[\dA-Za-z]) +(?=\d)|(?<=\d) +(?=[A-Za-z])/, () => "、"),

  reading(/[A-Za-z]+(?:'[A-Za-z]+)*/, ([text]) => word(text)),
  reading(/の/, () => "的"),
  reading(/(?:(?![\u3400-\u4dbf\u4e00-\u9fffA-Za-z\d])[\p{L}\p{N}])+/u, () => "某"),
  reading(signs, (found) =>
    readSign(found[0], found.input.charAt(found.index - 1), found.input.charAt(found.index + found[0].length))
  ),
  reading(/./, () => "，")
]

const isIn = (written: string, from: number, to: number): boolean => Number(written) >= from && Number(written) <= to

const count = (written: string): string => (/^0*2$/.test(written) ? "两" : decimal(written))

const timeOfDay = (hour: string, minute: string, second: string | undefined): string => {
  const two = (written: string) => `${written.startsWith("0") ? "零" : ""}${Numeral.cardinal(written)}`
  const hours = `${Numeral.count(hour)}点`
  if (second === undefined) return minute === "00" ? `${hours}整` : `${hours}${two(minute)}分`
  return `${hours}${minute === "00" ? "零" : two(minute)}分${second === "00" ? "零" : two(second)}秒`
}

/** A word and a number read as such; anything more broken up character by character. */
const mixed = (text: string): string => {
  const [before, inner, after] = /^(\D*)(\d+)(\D*)$/.exec(text)?.slice(1) ?? []
  if (inner === undefined || (before !== "" && after !== "")) {
    return [...text].map((character) => Spelling.nameOf(character, "zh-CN")).join("、")
  }
  if (before === "") return `${Numeral.spoken(inner)}${word(after!)}`
  return `${word(before!)}${inner.length > 2 ? Numeral.codeDigits(inner) : Numeral.cardinal(inner)}`
}

/** Abbreviations letter by letter: VIP, and what has no vowel. */
const word = (text: string): string =>
  /^[A-Z]{2,5}$/.test(text) || (text.length > 1 && !/[aeiouy]/i.test(text)) ? [...text.toUpperCase()].join("、") : text
