/**
 * Rules: an English text as it is read aloud. Codes are spelled, punctuation becomes pauses; numbers, dates and amounts
 * are left to the engine, which knows them.
 */
import * as Characters from "./Characters.ts"
import * as Spelling from "./Spelling.ts"
import { type Part, phrase } from "./Utterance.ts"

/** What is said for a text. */
export const read = (pieces: ReadonlyArray<{ readonly text: string }>, pace: Spelling.Pace): ReadonlyArray<Part> => {
  const plain = Characters.clean(pieces.map(({ text }) => text).join(""))
  const parts: Array<Part> = []
  let at = 0
  for (const code of plain.matchAll(codes)) {
    parts.push(phrase(words(plain.slice(at, code.index))), ...Spelling.spell(code[0], "en-US", pace))
    at = code.index + code[0].length
  }
  return [...parts, phrase(words(plain.slice(at)))]
}

/** After `code`, `PIN` or `number`, and `is` or a colon; and telephone numbers. */
const codes =
  /(?<=\b(?:code|pin|number|password)(?: is|:| is:|：)? )(?=[A-Za-z\d-]*\d)[A-Za-z\d]+(?:-[A-Za-z\d]+)*(?![A-Za-z\d%]|\.\d)|(?<![\dA-Za-z])(?:\+?86[- ]?)?1[3-9]\d{9}(?!\d)/gi

const words = (text: string): string =>
  text
    .replaceAll(/[【】()（）[\]{}|…—–～，、：:\n]+|\.{2,}|(?<=\s)[-*~]+(?=\s)/g, ", ")
    .replaceAll("。", ". ")
    .replaceAll("！", "! ")
    .replaceAll("？", "? ")
    .replaceAll("；", "; ")
    .replaceAll(/["“”‘’「」『』《》〈〉·•]/g, " ")
    .replaceAll(/(?:(?![A-Za-z\d])[\p{L}\p{N}])+/gu, " unreadable ")
    .replaceAll(/[^A-Za-z\d\s',;.?!%$€£¥+=&@#/°-]+/g, ", ")
