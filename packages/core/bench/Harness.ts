/**
 * Times rival ways of doing the same thing, in turn within one run, so that a machine that slows down slows all of them.
 */

export interface Contestant {
  readonly name: string
  /** Does the work `times` times. */
  readonly run: (times: number) => void | Promise<void>
}

export interface Contest {
  readonly title: string
  readonly unit: "ns" | "µs"
  /** How often a contestant does its work per round. */
  readonly times: number
  readonly rounds: number
  readonly contestants: ReadonlyArray<Contestant>
  /** Checked before anything is timed: the contestants do the same. Throws if they do not. */
  readonly sameResults: () => void | Promise<void>
}

export interface Figure {
  readonly name: string
  readonly median: number
  readonly min: number
  readonly max: number
}

/** Runs the rounds, prints a table, and answers each contestant's time per operation. */
export const contest = async (options: Contest): Promise<ReadonlyArray<Figure>> => {
  await options.sameResults()
  const scale = options.unit === "ns" ? 1e6 : 1e3
  const times = options.contestants.map((): Array<number> => [])
  for (const { run } of options.contestants) await run(Math.max(1, options.times >> 2))
  for (let round = 0; round < options.rounds; round++) {
    for (const [i, { run }] of options.contestants.entries()) {
      const start = performance.now()
      await run(options.times)
      times[i]!.push(((performance.now() - start) * scale) / options.times)
    }
  }
  const figures = options.contestants.map(({ name }, i) => ({ name, ...spread(times[i]!) }))
  print(options.title, options.unit, figures)
  return figures
}

export const spread = (values: ReadonlyArray<number>): { readonly median: number; readonly min: number; readonly max: number } => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
  return { median, min: sorted[0]!, max: sorted.at(-1)! }
}

const print = (title: string, unit: string, figures: ReadonlyArray<Figure>): void => {
  console.log(`\n${title}`)
  const base = figures[0]!.median
  const perSecond = unit === "ns" ? 1e9 : 1e6
  for (const { max, median, min, name } of figures) {
    const each = `${number(median)} ${unit}`.padStart(12)
    const range = `[${number(min)} … ${number(max)}]`.padEnd(20)
    console.log(
      `  ${name.padEnd(58)} ${each} ${range} ${number(perSecond / median).padStart(12)}/s   ×${(median / base).toFixed(2)}`
    )
  }
}

export const number = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString("en-US") : value.toPrecision(3)

/** Says whether a goal was met, and by how much it was missed. */
export const goal = (sentence: string, reached: number, wanted: number, better: "more" | "less"): void => {
  const met = better === "more" ? reached >= wanted : reached <= wanted
  const ratio = better === "more" ? reached / wanted : wanted / reached
  console.log(`  goal ${met ? "met" : "MISSED"}: ${sentence}: ${number(reached)} of ${number(wanted)} (×${ratio.toFixed(2)})`)
}
