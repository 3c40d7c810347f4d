/**
 * Rules: the characters of a text, made few. Full-width and other compatible forms become the plain ones, what nobody
 * can see or say goes. What the rest is read as is not decided here.
 */

/** A text without control and format characters, in plain digits and letters; line ends are `\n`. */
export const clean = (text: string): string =>
  text
    .replaceAll(/\r\n?|[\u2028\u2029\u0085]/g, "\n")
    .replaceAll(/[㎡㎥]/g, (sign) => (sign === "㎡" ? "平方米" : "立方米"))
    .replaceAll(
      /(?<=\d|\d )(k?)m([²³])/g,
      (_, kilo, power) => `${power === "²" ? "平方" : "立方"}${kilo ? "公里" : "米"}`
    )
    .replaceAll(/[Ⅰ-Ⅻⅰ-ⅻ]/g, (roman) => String(((roman.charCodeAt(0) - 0x2160) % 16) + 1))
    // The marks of Chinese would become those of English, and 1，000 a thousand.
    .replaceAll(/[^，。、：；！？（）【】…—～]+/gu, (run) => run.normalize("NFKC"))
    .replaceAll("\u2044", "/")
    .replaceAll(/\t|\p{Zs}/gu, " ")
    .replaceAll(/[^\P{C}\n]/gu, "")
    .replaceAll(/[^\P{Script=Latin}A-Za-z]/gu, plainLetter)
    .replaceAll(/\p{M}/gu, "")
    .replaceAll(/(\p{Script=Han})々/gu, "$1$1")
    .replaceAll("〇", "零")

/** `é` is read as `e`; a letter without a plain form as it stands. */
const plainLetter = (letter: string): string => special[letter] ?? letter.normalize("NFD").replaceAll(/\p{M}/gu, "")

const special: Readonly<Record<string, string>> = {
  ß: "ss",
  æ: "ae",
  Æ: "AE",
  œ: "oe",
  Œ: "OE",
  ø: "o",
  Ø: "O",
  ł: "l",
  Ł: "L",
  đ: "d",
  Đ: "D",
  ð: "d",
  þ: "th",
  ı: "i"
}
