/**
 * Rules: numbers as Mandarin says them. Which digits of a text are a number, and which a code, is not decided here.
 */

/** Digits one by one: 二零二六. */
export const digits = (text: string): string => text.replaceAll(/\d/g, (digit) => names.charAt(Number(digit)))

/** Digits of a code or a telephone number: 1 is 幺, which nobody takes for 七. */
export const codeDigits = (text: string): string => digits(text).replaceAll("一", "幺")

/** A whole number of up to 16 digits, 一万零二; digit by digit beyond, where nobody counts along. */
export const cardinal = (integer: string): string => {
  const number = integer.replace(/^0+(?=\d)/, "")
  if (number.length > 16) return digits(number)
  return (upTo16(number) || "零").replace(/^一十/, "十")
}

/** A number as people say it rather than write it: 两千, 两万, 两亿, not 二千. */
export const spoken = (integer: string): string =>
  cardinal(integer)
    .replaceAll(/二(?=千)/g, "两")
    .replace(/^二(?=[万亿])/, "两")
    .replace(/(?<=亿零?)二(?=万)/, "两")

/** A number of things: 两个, not 二个. */
export const count = (integer: string): string => (/^0*2$/.test(integer) ? "两" : spoken(integer))

/** `12.50` is 十二点五零. */
export const decimal = (number: string): string => {
  const [integer = "", fraction] = number.split(".")
  return fraction === undefined ? spoken(integer) : `${spoken(integer)}点${digits(fraction)}`
}

/** Yuan with up to two decimals as 元, 角 and 分; with more, 一点二三四元. */
export const amount = (yuan: string): string => {
  const [integer = "", fraction = ""] = yuan.split(".")
  if (fraction.length > 2) return `${decimal(yuan)}元`
  const whole = /[1-9]/.test(integer)
  const jiao = fraction.charAt(0) || "0"
  const fen = fraction.charAt(1) || "0"
  const said = [
    whole ? `${count(integer)}元` : "",
    jiao === "0" ? "" : `${count(jiao)}角`,
    fen === "0" ? "" : `${whole && jiao === "0" ? "零" : ""}${count(fen)}分`
  ].join("")
  return said === "" ? "零元" : said
}

const names = "零一二三四五六七八九"

const upTo16 = (number: string): string => high(number, 8, "亿", upTo8)

const upTo8 = (number: string): string => high(number, 4, "万", upTo4)

/** The part above the last `width` digits, its unit, and the rest with a 零 where a place between them is empty. */
const high = (number: string, width: number, unit: string, read: (part: string) => string): string => {
  const above = read(number.slice(0, -width))
  const below = read(number.slice(-width))
  if (above === "") return below
  return `${above}${unit}${below !== "" && number.at(-width) === "0" ? "零" : ""}${below}`
}

const upTo4 = (number: string): string => {
  let said = ""
  let gap = ""
  for (let at = 0; at < number.length; at++) {
    const digit = number.charAt(at)
    if (digit === "0") {
      gap = said === "" ? "" : "零"
    } else {
      said += gap + digits(digit) + ["", "十", "百", "千"][number.length - 1 - at]!
      gap = ""
    }
  }
  return said
}
