/** Rules: months in Shanghai, and which ids were made in them: ids begin with the time of their making. */

/** Whole months since 1970-01 in Shanghai. */
export type Month = number

const shanghaiOffsetMillis = 8 * 3_600_000

export const ofInstant = (at: number): Month => {
  const local = new Date(at + shanghaiOffsetMillis)
  return (local.getUTCFullYear() - 1970) * 12 + local.getUTCMonth()
}

/** The first instant of a month; epoch milliseconds. */
export const begin = (month: Month): number =>
  Date.UTC(1970 + Math.floor(month / 12), ((month % 12) + 12) % 12) - shanghaiOffsetMillis

/** `2026_11`, the end of a partition's name. */
export const label = (month: Month): string =>
  `${1970 + Math.floor(month / 12)}_${String((month % 12) + 1).padStart(2, "0")}`

/** Of a name that `label` has made; `undefined` for another one. */
export const ofLabel = (text: string): Month | undefined => {
  const month = (Number(text.slice(0, 4)) - 1970) * 12 + Number(text.slice(5)) - 1
  return label(month) === text ? month : undefined
}

/** The text that ids made at this instant begin with, and that sorts before all of them. */
export const firstId = (at: number): string => at.toString(16).padStart(12, "0")
