/**
 * Rules: a Mandarin text as it is read aloud. Numbers, amounts, dates, times, telephone numbers, codes and signs become
 * words, punctuation becomes pauses. Everything is said once: what has no reading is 某 if it is a letter or numeral,
 * else a pause. Words that an engine misreads are `Lexicon.ts`'s business.
 */
import { amounts, quantities, readings } from "./MandarinReadings.ts"
import * as Reader from "./Reader.ts"

/** What is said for the pieces of a text, read as one. */
export const read = Reader.read({ readings, quantities, amounts, minus: "负", plus: "正" })
