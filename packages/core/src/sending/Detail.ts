/**
 * Rules: what is kept of a text in which the outside says what went wrong (SND-6). Somebody may have put a telephone
 * number into it, which is personal, and would outlive its retention there.
 */

/** The text with an asterisk for each digit of a run of seven or more: dates and status codes stay, numbers do not. */
export const masked = (text: string): string => text.replace(runs, (run) => "*".repeat(run.length))

/** What is kept of the text: masked, then cut, so that no part of a number is left at the end. */
export const kept = (text: string): string => masked(text).slice(0, max)

const max = 200
const runs = /\p{Nd}{7,}/gu
