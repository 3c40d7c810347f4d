/**
 * Rules: signs and punctuation in a Mandarin text. Most are pauses; some are said, depending on what stands beside them.
 */

/** One sign, or several of one kind. */
export const signs = /\.{2,}|\*+|[-–—−]+|[~～]+|[^\p{L}\p{N}]/u

/** What is said for a sign, given the characters before and after it (empty at the ends of the text). */
export const readSign = (sign: string, before: string, after: string): string => {
  const mark = marks[sign]
  if (mark !== undefined) return mark
  if (/^[-–—~～−]/.test(sign)) return readDash(sign, before, after)
  const alphanumeric = /[A-Za-z\d]/.test(before) && /[A-Za-z\d]/.test(after)
  const numeric = /\d/.test(before) || /\d/.test(after)
  if (sign === ".")
    return alphanumeric ? "点" : after === "" || /[\s\u3400-\u4dbf\u4e00-\u9fff]/.test(after) ? "。" : "，"
  if (sign in between) return alphanumeric ? between[sign]! : "，"
  if (sign in besideNumbers) return numeric ? besideNumbers[sign]! : "，"
  if (/^\*+$/.test(sign)) return numeric || alphanumeric ? "星号" : "，"
  return "，"
}

/** A range (3-5 天), a minus (-3 度), a hyphen, else a pause. */
const readDash = (sign: string, before: string, after: string): string => {
  if (sign.length > 1 && sign !== "--") return "，"
  const digitAfter = /[\d¥]/.test(after)
  if (/[~～]/.test(sign)) return before !== "" && (digitAfter || after === "-") ? "到" : "，"
  if (digitAfter && /[\d%‰°元日月号点时]/.test(before)) return "到"
  if (digitAfter && /[-−]/.test(sign) && !/[A-Za-z]/.test(before)) return "负"
  return /[A-Za-z\d]/.test(before) && /[A-Za-z\d]/.test(after) ? "杠" : "，"
}

const each = (signs: string, said: string): ReadonlyArray<readonly [string, string]> =>
  [...signs].map((sign) => [sign, said])

/** Always the same. A space parts words of Latin letters and is not heard elsewhere. */
const marks: Readonly<Record<string, string>> = Object.fromEntries([
  ...each(",，:：()（）[]【】{}〔〕〖〗|…", "，"),
  ...each(" \"“”‘’'「」『』《》〈〉·•・", " "),
  ...each("；;", "；"),
  ...each("！!", "！"),
  ...each("？?", "？"),
  ...each("。\n", "。"),
  ["、", "、"],
  ["..", "，"],
  ["...", "，"],
  ["+", "加"],
  ["=", "等于"],
  ["&", "和"],
  ["@", "艾特"],
  ["×", "乘"],
  ["÷", "除以"],
  ["±", "正负"],
  ["≤", "小于等于"],
  ["≥", "大于等于"],
  ["≈", "约等于"],
  ["→", "到"],
  ["%", "百分号"],
  ["‰", "千分号"],
  ["°", "度"],
  ["¥", "元"],
  ["$", "美元"],
  ["€", "欧元"],
  ["£", "英镑"]
])

/** Said between letters or digits. */
const between: Readonly<Record<string, string>> = { "/": "斜杠", "\\": "反斜杠", _: "下划线" }

/** Said beside a digit. */
const besideNumbers: Readonly<Record<string, string>> = { "#": "井号", "<": "小于", ">": "大于" }
