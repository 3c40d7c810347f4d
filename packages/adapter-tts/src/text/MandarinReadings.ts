/**
 * Rules: what Mandarin makes of the pieces of a text: numbers, amounts, dates, times, telephone numbers, codes, words of
 * letters. Which piece is which, is seen by its form and by its neighbours. Signs are `MandarinSigns.ts`'s business.
 */
import * as Numeral from "./Numeral.ts"
import { readSign, signs } from "./MandarinSigns.ts"
import { number, plainNumber, type Reading, reading, type Said } from "./Reader.ts"
import * as Spelling from "./Spelling.ts"
import { type Part, phrase, rest } from "./Utterance.ts"

/** What is counted: before it 2 is 两. */
const measure = [
  "个位名次条张件只台辆份封笔本套款项种批组家间户人天周秒点块元米克斤吨升倍瓶杯盒箱袋双对场门口遍趟回步页成万亿千百节首部支枚粒片颗处段轮",
  "年(?!级)",
  "单(?!元)",
  "度(?=电)",
  "(?:星期|小时|分钟|公里|千米|公斤|千克|毫升|厘米|毫米|平方|立方)"
]
  .map((words, at) => (at === 0 ? `[${words}]` : words))
  .join("|")

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

/** Signs and codes of currencies. */
const currencies: Readonly<Record<string, string>> = {
  "¥": "元",
  RMB: "元",
  CNY: "元",
  $: "美元",
  US$: "美元",
  USD: "美元",
  "€": "欧元",
  EUR: "欧元",
  "£": "英镑",
  GBP: "英镑",
  HK$: "港元",
  HKD: "港元",
  JPY: "日元"
}

const currency = "US\\$|HK\\$|[¥$€£]|RMB|CNY|USD|EUR|GBP|HKD|JPY"

/** Other money than yuan, written out. */
const foreign = "美元|美金|欧元|英镑|港元|港币|日元|韩元|澳元|加元|卢布|泰铢"

/** Digits of a label, in groups of three and four with a short pause between them. */
const label = (digits: string, pace: Spelling.Pace): Said => grouped(Spelling.groups(digits), pace)

const grouped = (groups: ReadonlyArray<string>, pace: Spelling.Pace): ReadonlyArray<Part> => {
  const pause = rest(Math.round(pace.groupGapMillis / 2))
  return groups
    .map((group) => phrase(Numeral.codeDigits(group.replace("+", "加"))))
    .flatMap((group) => [pause, group])
    .concat(pause)
}

/** In words, wherever a date is written with a year in front. */
const date = (year: string, month: string, day: string): string | undefined =>
  isIn(month, 1, 12) && isIn(day, 1, 31)
    ? `${Numeral.digits(year)}年${Numeral.cardinal(month)}月${Numeral.cardinal(day)}日`
    : undefined

/** A quantity with its unit: also what is looked for where a value was declared a number. */
const money: ReadonlyArray<Reading> = [
  reading(
    new RegExp(String.raw`(${currency})\s?(-?)(${number})\s?([万亿]?)(?:元|${foreign})?(?![A-Za-z])`),
    (found) => {
      const [, sign, minus, sum, unit] = found
      const name = currencies[sign!]!
      const said = name === "元" && unit === "" ? Numeral.amount(plainNumber(sum!)) : `${count(sum!)}${unit}${name}`
      return `${minus === "" ? "" : "负"}${said}`
    }
  ),
  reading(new RegExp(String.raw`(${number})\s?(RMB|CNY|USD|EUR|GBP|HKD|JPY)(?![A-Za-z\d])`), ([, sum, code]) =>
    currencies[code!] === "元" ? Numeral.amount(plainNumber(sum!)) : `${count(sum!)}${currencies[code!]}`
  ),
  reading(new RegExp(String.raw`(${number})\s?元`), ([, sum]) => Numeral.amount(plainNumber(sum!)))
]

const measured: ReadonlyArray<Reading> = [
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
  )
]

const ordinal = reading(
  new RegExp(String.raw`(?<=第|初)\d+(?!\d|\.\d)|(?<=周|星期|礼拜)[1-7](?!\d|\.\d|\s?(?:${measure}))`),
  ([found]) => Numeral.spoken(found)
)

const counted = reading(new RegExp(String.raw`(${number})(?=(?:[-~～—–至到]\d+)?\s?(?:${measure}))`), ([, quantity]) =>
  count(quantity!)
)

const bare = reading(new RegExp(number), ([quantity]) => decimal(quantity))

/** Of a declared number. */
export const quantities: ReadonlyArray<Reading> = [ordinal, ...money, ...measured, counted, bare]

/** Of a declared amount: yuan, unless another currency stands behind it. */
export const amounts: ReadonlyArray<Reading> = [
  reading(new RegExp(String.raw`(${number})\s?([万亿])元?`), ([, sum, unit]) => `${count(sum!)}${unit}元`),
  ...money,
  reading(new RegExp(String.raw`(${number})(?=\s?(?:块|角|分|${foreign}))`), ([, sum]) => count(sum!)),
  reading(new RegExp(number), ([sum]) => Numeral.amount(plainNumber(sum)))
]

/** Of several readings that begin at one place the first one counts. */
export const readings: ReadonlyArray<Reading> = [
  reading(/[\u3400-\u4dbf\u4e00-\u9fff]+/, ([words]) => words),

  // Telephone numbers: groups of digits, 幺 for 1.
  reading(
    /(?<![\dA-Za-z])(?:(?:(?:\+|00)?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}|[48]00(?:[- ]\d{4}[- ]\d{3}|[- ]\d{2}[- ]\d{5}|[- ]?\d{3}[- ]?\d{4})|[(（]?0(?:10|2\d|[3-9]\d{2})[)）]?[- ]?\d{7,8}(?:-\d{1,5})?)(?!\d)/,
    ([text], pace) => {
      const groups = Spelling.phone(text)
      return groups === undefined ? undefined : grouped(groups, pace)
    }
  ),
  reading(
    /(?<=(?:致电|拨打|热线|电话|客服|联系|呼叫|转)[是为:：\s]{0,3})(?:1\d{2}|1\d{4}|9[56]\d{3,4})(?!\d|[.,:：]\d|[%元个])/,
    ([text]) => Numeral.codeDigits(text)
  ),
  reading(/(?<![\d.,])1(?:10|12|14|19|20|22)(?=报警|急救|火警|热线|查询|电话|客服)/, ([text]) =>
    Numeral.codeDigits(text)
  ),
  reading(
    new RegExp(String.raw`(?<![\d.,])(?:100(?:00|10|86)|123(?:06|15|45)|95\d{3})(?!\d|[.,:：]\d|%|\s?(?:${measure}))`),
    ([text]) => Numeral.codeDigits(text)
  ),
  // 138****1234
  reading(
    /(?<![\d.])(\d+)\*{2,}(\d*)/,
    ([, before, after]) => `${Numeral.codeDigits(before!)}星号${Numeral.codeDigits(after!)}`
  ),
  // 6222 0212 3456 7890 123
  reading(/(?<![\d.])\d{4}(?: \d{4}){2,}(?: \d{1,4})?(?![\d.])/, ([text], pace) => grouped(text.split(" "), pace)),

  // Dates and times of day.
  reading(/(?<![\d.])(\d{4})([-/])(\d{1,2})\2(\d{1,2})(?!\d)日?/, ([, year, , month, day]) =>
    date(year!, month!, day!)
  ),
  reading(/(?<![\d.])((?:19|20)\d{2})\.(\d{1,2})\.(\d{1,2})(?!\d|\.\d)/, ([, year, month, day]) =>
    date(year!, month!, day!)
  ),
  reading(/(?<=\d)T(?=\d{2}:\d{2})/, () => ""),
  // 1.2.3 and 192.168.1.1
  reading(/\d+(?:\.\d+){2,}/, ([text]) => Numeral.codeDigits(text).replaceAll(".", "点")),
  reading(/(?<![\d.])(?:1[89]|2[01])\d{2}(?=(?:[-~～—–至到](?:1[89]|2[01])\d{2})?\s?年(?![前后级])|[级届])/, ([year]) =>
    Numeral.digits(year)
  ),
  reading(/(?<![\d.])[5-9]0(?=后)/, ([decade]) => Numeral.digits(decade)),
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
  // The last four of a card or a certificate.
  reading(/(?<=[后末尾][二三四五六2-6]位(?:是|为|:|：|\s){0,2})[A-Za-z\d]{2,8}(?![A-Za-z\d.%])/, ([code], pace) =>
    Spelling.spell(code, "zh-CN", pace)
  ),

  // 1-2-301, 3-502 室, and what only looks like a date.
  reading(/(?<![\d.])\d+(?:(?:-\d+){2,}|-\d{3,4}(?=室))/, ([text]) => Numeral.codeDigits(text).replaceAll("-", "杠")),

  ...money,
  ...measured,
  reading(
    /(?<![\d:：.])(\d{1,4})[:：](\d{1,4})(?!\d|[:：.]\d)/,
    ([, a, b]) => `${Numeral.cardinal(a!)}比${Numeral.cardinal(b!)}`
  ),
  reading(/(?<![\d/第])(\d{1,2})\/(\d{1,2})(?![\d/])/, ([, part, whole]) =>
    Number(part) > 0 && Number(part) < Number(whole) && Number(whole) <= 10
      ? `${Numeral.cardinal(whole!)}分之${Numeral.cardinal(part!)}`
      : undefined
  ),
  // 7x24, 3*4
  reading(/(?<![A-Za-z\d.*])(\d+)[xX*](?=\d+(?![A-Za-z\d*]))/, ([, factor]) => `${Numeral.spoken(factor!)}乘`),
  // 100元/月
  reading(/(?<=[\d元角分次个件位人台])\/(?=[年月天日周次个件位人台小分秒])/, () => "每"),

  // B2-035, Wi-Fi
  reading(/(?<=[A-Za-z]\d*)-(?=\d)/, () => "杠"),
  reading(/(?<=[A-Za-z])-(?=[A-Za-z]*[a-z])/, () => " "),

  // Words with digits in them: 5G, iPhone15, G1234, A7B9.
  reading(/[Nn][Oo]\.?\s?(\d{1,3})(?!\d)/, ([, ordinal]) => `第${Numeral.spoken(ordinal!)}`),
  reading(/(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z\d]+/, ([text]) => mixed(text)),
  reading(/(?<=[A-Za-z]_)\d+/, ([text]) => Numeral.codeDigits(text)),

  // 1. at the head of a line
  reading(/(?<![\d.])(\d{1,2})\.(?=\s*[\u3400-\u4dbf\u4e00-\u9fff])/, ([, item]) => `，${Numeral.cardinal(item!)}，`),

  // Numbers. Which of them are counted, and which are labels, is seen by their neighbours.
  ordinal,
  reading(/(?<![\d.])\d{3,}(?=室|房(?!间)|路(?!口)|[国省县]道|号(?![楼线院]))/, ([label]) => Numeral.codeDigits(label)),
  reading(/(?<![\d.])\d{2}(?=折)/, ([discount]) => Numeral.digits(discount)),
  reading(/(?<![\d.])0\d+(?!\d|\.\d)/, ([label]) => Numeral.codeDigits(label)),
  counted,
  reading(/(?<![\d.,])(?!\d+0000(?!\d))\d{7,}(?!\d|[.,]\d)/, ([digits], pace) => label(digits, pace)),
  reading(/(?<=^|[\s(（:：-])\.(\d+)(?![\d.])/, ([, fraction]) => Numeral.decimal(`0.${fraction}`)),
  bare,

  // Two numbers side by side would be heard as one.
  reading(/(?<=[\dA-Za-z]) +(?=\d)|(?<=\d) +(?=[A-Za-z])/, () => "、"),

  reading(/https?:\/\//, () => "，"),
  reading(/[A-Za-z]+(?:'[A-Za-z]+)*/, ([text]) => word(text)),
  // Keys of a telephone.
  reading(/#号?(?=键)/, () => "井号"),
  reading(/\*号?(?=键)/, () => "星号"),
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
