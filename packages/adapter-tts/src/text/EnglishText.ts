/**
 * Rules: an English text as it is read aloud. Numbers, amounts, dates, times, telephone numbers, codes and signs become
 * words, punctuation becomes pauses; a word of another script is 「blank」.
 */
import { amounts, quantities, readings } from "./EnglishReadings.ts"
import * as Reader from "./Reader.ts"

/** What is said for the pieces of a text, read as one. */
export const read = Reader.read({ readings, quantities, amounts, minus: " minus", plus: " plus" })
