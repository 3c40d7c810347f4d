/**
 * Rules: the hours in which people review (QUA-5): every day from 09:00 to 21:00, Asia/Shanghai. Who reviews, and what
 * happens when an answer is late, is not decided here.
 */
import * as ShanghaiDay from "./ShanghaiDay.ts"

/** The hour of the day at which reviews begin. */
export const opensAtHour = 9

/** The hour of the day at which reviews end. */
export const closesAtHour = 21

/** Review time until the expected answer: half of the day's window of twelve hours. */
export const answerWithinMillis = 6 * 3_600_000

/** Whether reviews happen at an instant: from 09:00:00.000 on, and no longer at 21:00:00.000. */
export const isOpen = (at: number): boolean => {
  const hour = ShanghaiDay.hourOf(at)
  return hour >= opensAtHour && hour < closesAtHour
}

/**
 * When a submission can expect its answer: six review hours later, nights skipped (QUA-5).
 *
 * **Details** At night (from 21:00 on, until 09:00) the count begins at the next 09:00. An answer whose last review
 * hour ends with the window is expected at 21:00 sharp, not on the next morning: submitted at 15:00:00.000, it is due
 * at 21:00 that day; submitted a millisecond later, a millisecond after 09:00 on the next.
 */
export const answerExpectedAt = (submittedAt: number): number => {
  const day = ShanghaiDay.ofInstant(submittedAt)
  const closesAt = ShanghaiDay.hourAt(day, closesAtHour)
  const opensNextAt = ShanghaiDay.hourAt(ShanghaiDay.addDays(day, 1), opensAtHour)
  const countsFrom = submittedAt >= closesAt ? opensNextAt : Math.max(submittedAt, ShanghaiDay.hourAt(day, opensAtHour))
  const expectedAt = countsFrom + answerWithinMillis
  return countsFrom < closesAt && expectedAt > closesAt ? opensNextAt + (expectedAt - closesAt) : expectedAt
}
