/** What the suites of this package print: a median, and how far the rounds lay apart. */

export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

export const spread = (values: ReadonlyArray<number>): Spread => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
  return { median, min: sorted[0]!, max: sorted.at(-1)! }
}

export const number = (value: number): string =>
  Math.abs(value) >= 100 ? Math.round(value).toLocaleString("en-US") : value.toPrecision(3)

export const shown = ({ max, median, min }: Spread): string =>
  `${number(median).padStart(8)} ${`[${number(min)} … ${number(max)}]`.padEnd(20)}`

export const title = (text: string): void => console.log(`\n${text}`)

export const line = (name: string, ...cells: ReadonlyArray<string>): void =>
  console.log(`  ${name.padEnd(44)} ${cells.join("  ")}`)
