/**
 * Rules: how long a text can take to be spoken, at most, and so how many minutes its call can cost (BAL-4). Generous on
 * purpose: a hold that is too long costs nobody anything, one that is too short may end in an overrun.
 */
import * as Minutes from "../money/Minutes.ts"
import type { SpokenSegment } from "../template/Rendering.ts"

/**
 * Milliseconds that one character takes at most, at an engine's normal speed. Mandarin engines take 200 to 400 ms a
 * syllable; the slowest syllables of the slowest engine known, said alone, 594.
 *
 * **Details** `digit`: within a text it is read with its place value, 1234 as seven syllables, so nearly two each.
 * `letter`: by itself, as 「W」 in three syllables. `mark`: a silence. `sign`: a word, as 「%」 (百分之) in three syllables.
 * `change`: 大写 or 小写, which tell the letters of a code apart where it has both.
 */
export const millisPer = { syllable: 600, digit: 800, letter: 700, mark: 600, sign: 1_500, change: 700 } as const

/**
 * The longest silences of what is spelled: after each character, between groups, and before and after the whole. A
 * deployment whose engine makes longer ones says so in its policy (`speechPausePercent`).
 */
export const spellingPauses = { gapMillis: 250, groupGapMillis: 600, aroundMillis: 700 } as const

/** How fast an engine speaks and pauses, in per cent of what is normal. */
export interface Pace {
  readonly speechRatePercent: number
  readonly speechPausePercent: number
}

/** The upper bound of the speech of one play, in milliseconds. */
export const boundMillis = (
  segments: ReadonlyArray<SpokenSegment>,
  { speechPausePercent, speechRatePercent }: Pace
): number => {
  const slower = 100 / speechRatePercent
  const longer = speechPausePercent / 100
  let millis = 0
  for (const segment of segments) {
    if (segment._tag === "Pause") millis += segment.millis
    else if (segment._tag === "Spell") millis += spelledMillis(plain(segment.text), slower, longer)
    else millis += textMillis(plain(segment.text), slower, longer)
  }
  return Math.ceil(millis)
}

/** What of a policy a hold depends on. */
export interface HoldPolicy {
  readonly pauseBetweenPlaysMillis: number
  readonly holdMarginMillis: number
  readonly longestCallMillis: number
}

/** The most minutes that a call can cost: its speech, so often, with pauses and margin, cut off at the longest call. */
export const holdMinutes = (policy: HoldPolicy, speechMillis: number, plays: number): Minutes.Minutes => {
  const { holdMarginMillis, longestCallMillis, pauseBetweenPlaysMillis } = policy
  const millis = speechMillis * plays + pauseBetweenPlaysMillis * (plays - 1) + holdMarginMillis
  return Minutes.unsafeMake(Math.max(1, Math.ceil(Math.min(millis, longestCallMillis) / 60_000)))
}

/** By how much a call ends before what the hold pays for: a channel takes a moment to hang up. */
export const hangUpMillis = 1_000

/** The longest play that fits, once, into a call of any hold that was made for it (VOF-1). */
export const longestPlayMillis = ({ longestCallMillis }: HoldPolicy): number => longestCallMillis - hangUpMillis

const textMillis = (text: string, slower: number, longer: number): number => {
  let spoken = 0
  let codes = 0
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    // Nearly all of it is Han.
    if (isHan(unit)) spoken += millisPer.syllable
    else if (isAlphanumeric(unit)) {
      const from = i
      let words = 0
      for (; i < text.length && isAlphanumeric(text.charCodeAt(i)); i++)
        words += isDigit(text.charCodeAt(i)) ? millisPer.digit : millisPer.letter
      // Whoever reads the text may take it for a number, a word or a code.
      codes += Math.max(words * slower, spelledMillis(text.slice(from, i), slower, longer))
      i--
    } else spoken += marks.has(unit) ? millisPer.mark : millisPer.sign
  }
  return spoken * slower + codes
}

/** One character after the other, in groups of two to four. */
const spelledMillis = (text: string, slower: number, longer: number): number => {
  let spoken = 0
  let groups = 0
  let inGroup = 0
  let changes = 0
  let capital: boolean | undefined
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (!isAlphanumeric(unit)) {
      spoken += isHan(unit) ? millisPer.syllable : millisPer.sign
      groups++
      inGroup = 0
      continue
    }
    if (inGroup++ % 4 === 0) groups++
    if (isDigit(unit)) {
      spoken += millisPer.syllable
      continue
    }
    spoken += millisPer.letter
    const isCapital = unit < 0x61
    if (capital !== isCapital) changes++
    capital = isCapital
  }
  // A code of one case alone is not told apart.
  if (changes > 1) spoken += changes * millisPer.change
  const { aroundMillis, gapMillis, groupGapMillis } = spellingPauses
  const silent = aroundMillis + text.length * gapMillis + groups * (groupGapMillis - gapMillis)
  return spoken * slower + silent * longer
}

/** As whoever speaks it makes it plain: one character may become several (`㍿`, `½`). */
const plain = (text: string): string => (simple.test(text) ? text : text.normalize("NFKC"))

const simple = /^[\u0020-\u007e\u3001\u3002\u3010\u3011\u3400-\u9fff\uff01\uff0c\uff1a\uff1b\uff1f]*$/

const isHan = (unit: number): boolean => unit >= 0x3400 && unit <= 0x9fff

const isDigit = (unit: number): boolean => unit >= 0x30 && unit <= 0x39

const isAlphanumeric = (unit: number): boolean => isDigit(unit) || ((unit | 0x20) >= 0x61 && (unit | 0x20) <= 0x7a)

const marks: ReadonlySet<number> = new Set(
  Array.from(" \t　,.;:!?'\"()[]-，。；：！？、‘’“”（）【】《》〈〉…—·", (mark) => mark.charCodeAt(0))
)
