/**
 * Rules: how long a text can take to be spoken, at most, and so how many minutes its call can cost (BAL-4). Generous on
 * purpose: a hold that is too long costs nobody anything, one that is too short may end in an overrun.
 */
import * as Minutes from "../money/Minutes.ts"
import type { SpokenSegment } from "../template/Rendering.ts"

/**
 * Milliseconds that one character takes at most, at an engine's normal speed. Mandarin engines take 200 to 400 ms a
 * syllable.
 *
 * **Details** `digit`: within a text it is read with its place value, 1234 as seven syllables, so nearly two each.
 * `letter`: spelled at worst, as 「W」 in three syllables. `mark`: a silence. `sign`: a word, as 「%」 (百分之) in three
 * syllables. `spelled`: one character and the gap after it.
 */
export const millisPer = { syllable: 400, digit: 800, letter: 700, mark: 600, sign: 1_500, spelled: 1_000 } as const

/** The upper bound of the speech of one play, in milliseconds. */
export const boundMillis = (segments: ReadonlyArray<SpokenSegment>, ratePercent: number): number => {
  let spoken = 0
  let silent = 0
  for (const segment of segments) {
    if (segment._tag === "Pause") silent += segment.millis
    else if (segment._tag === "Spell") spoken += segment.text.length * millisPer.spelled
    else spoken += textMillis(segment.text)
  }
  return Math.ceil((spoken * 100) / ratePercent) + silent
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

const textMillis = (text: string): number => {
  let millis = 0
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    // Nearly all of it is Han.
    if (unit >= 0x3400 && unit <= 0x9fff) millis += millisPer.syllable
    else if (unit >= 0x30 && unit <= 0x39) millis += millisPer.digit
    else if ((unit | 0x20) >= 0x61 && (unit | 0x20) <= 0x7a) millis += millisPer.letter
    else if (marks.has(unit)) millis += millisPer.mark
    else millis += millisPer.sign
  }
  return millis
}

const marks: ReadonlySet<number> = new Set(
  Array.from(" \t　,.;:!?'\"()[]-，。；：！？、‘’“”（）【】《》〈〉…—·", (mark) => mark.charCodeAt(0))
)
