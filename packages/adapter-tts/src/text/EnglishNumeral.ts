/**
 * Rules: numbers as English says them. Which digits of a text are a number, and which a code, is not decided here.
 */

/** Digits one by one: two zero two six. */
export const digits = (text: string): string => [...text].map((digit) => small[Number(digit)]!).join(" ")

/** A whole number of up to 15 digits, one thousand two; digit by digit beyond, where nobody counts along. */
export const cardinal = (integer: string): string => {
  const number = integer.replace(/^0+(?=\d)/, "")
  if (number.length > 15) return digits(number)
  const said: Array<string> = []
  for (let end = number.length, unit = 0; end > 0; end -= 3, unit++) {
    const group = upTo3(Number(number.slice(Math.max(0, end - 3), end)))
    if (group !== "") said.unshift(unit === 0 ? group : `${group} ${thousands[unit]}`)
  }
  return said.join(" ") || "zero"
}

/** `12.50` is twelve point five zero. */
export const decimal = (number: string): string => {
  const [integer = "", fraction] = number.split(".")
  return fraction === undefined ? cardinal(integer) : `${cardinal(integer)} point ${digits(fraction)}`
}

/** 1st, twenty third, one hundredth. */
export const ordinal = (integer: string): string =>
  cardinal(integer).replace(
    /[a-z]+$/,
    (last) => ordinals[last] ?? (last.endsWith("y") ? last.slice(0, -1) + "ieth" : `${last}th`)
  )

/** A year of four digits: twenty twenty six, two thousand five, nineteen hundred. */
export const year = (written: string): string => {
  const [century, rest] = [written.slice(0, 2), written.slice(2)]
  if (written.charAt(1) === "0" && written.charAt(2) === "0") return cardinal(written)
  if (rest === "00") return `${cardinal(century)} hundred`
  return `${cardinal(century)} ${rest.startsWith("0") ? `oh ${cardinal(rest)}` : cardinal(rest)}`
}

/** Of things that are counted: one minute, two minutes. */
export const isOne = (number: string): boolean => /^0*1$/.test(number)

const upTo3 = (number: number): string => {
  const hundreds = Math.floor(number / 100)
  const rest = number % 100
  const ten = Math.floor(rest / 10)
  const below =
    rest < 20 ? (rest === 0 ? [] : [small[rest]!]) : [tens[ten]!, ...(rest % 10 === 0 ? [] : [small[rest % 10]!])]
  return [...(hundreds === 0 ? [] : [`${small[hundreds]} hundred`]), ...below].join(" ")
}

const small =
  "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split(
    " "
  )

const tens = "zero ten twenty thirty forty fifty sixty seventy eighty ninety".split(" ")

const thousands = ["", "thousand", "million", "billion", "trillion"]

const ordinals: Readonly<Record<string, string>> = {
  one: "first",
  two: "second",
  three: "third",
  five: "fifth",
  eight: "eighth",
  nine: "ninth",
  twelve: "twelfth"
}
