/**
 * Times rival ways of doing the same thing, in turn within one run, so that a machine that slows down slows all of them.
 *
 * **Details** What is compared is the processor time of this process, with that of its garbage collector and compiler:
 * on a machine whose cores are shared, a clock on the wall measures the neighbours. It is printed all the same.
 */

export interface Contestant {
  readonly name: string
  /** How often it does its work per round, if not as often as the contest says: for one that is much slower. */
  readonly times?: number
  /** Makes ready what the next round works on; not timed. */
  readonly prepare?: (times: number) => void | Promise<void>
  /** Does the work `times` times. */
  readonly run: (times: number) => void | Promise<void>
  /** Checks what the round has left behind, and takes it down; not timed. Throws if something is wrong. */
  readonly check?: (times: number) => void | Promise<void>
}

export interface Contest {
  readonly title: string
  readonly unit: "ns" | "µs"
  /** How often a contestant does its work per round. */
  readonly times: number
  readonly rounds: number
  readonly contestants: ReadonlyArray<Contestant>
  /** They do different things: one table, but nothing to compare. */
  readonly unrelated?: true
  /** Checked before anything is timed: the contestants do the same, or what they should. Throws if they do not. */
  readonly sameResults: () => void | Promise<void>
}

export interface Figure {
  readonly name: string
  /** Processor time per operation, round by round, in the contest's unit. */
  readonly rounds: ReadonlyArray<number>
  readonly median: number
  readonly min: number
  readonly max: number
  /** The median by the clock on the wall. */
  readonly wall: number
  /** Operations per second of processor time. */
  readonly perSecond: number
}

/** Runs the rounds, prints a table, and answers each contestant's time per operation. */
export const contest = async (options: Contest): Promise<ReadonlyArray<Figure>> => {
  const { contestants, rounds, times, title, unit } = options
  await options.sameResults()
  const perMilli = unit === "ns" ? 1e6 : 1e3
  const measured = contestants.map(() => ({ cpu: new Array<number>(), wall: new Array<number>() }))
  for (const contestant of contestants) await once(contestant, Math.max(1, (contestant.times ?? times) >> 1))
  for (let round = 0; round < rounds; round++) {
    for (const [i, contestant] of contestants.entries()) {
      const count = contestant.times ?? times
      const { cpu, wall } = await once(contestant, count)
      measured[i]!.cpu.push((cpu * perMilli) / count)
      measured[i]!.wall.push((wall * perMilli) / count)
    }
  }
  const figures = contestants.map(({ name }, i): Figure => {
    const { cpu, wall } = measured[i]!
    const { max, median, min } = spread(cpu)
    return { name, rounds: cpu, median, min, max, wall: spread(wall).median, perSecond: (perMilli * 1e3) / median }
  })
  print(title, unit, figures, options.unrelated !== true)
  return figures
}

/** Milliseconds of one round. */
const once = async (
  contestant: Contestant,
  times: number
): Promise<{ readonly cpu: number; readonly wall: number }> => {
  await contestant.prepare?.(times)
  const cpuFrom = process.cpuUsage()
  const wallFrom = performance.now()
  await contestant.run(times)
  const wall = performance.now() - wallFrom
  const { system, user } = process.cpuUsage(cpuFrom)
  await contestant.check?.(times)
  return { cpu: (system + user) / 1e3, wall }
}

export const spread = (
  values: ReadonlyArray<number>
): { readonly median: number; readonly min: number; readonly max: number } => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
  return { median, min: sorted[0]!, max: sorted.at(-1)! }
}

/** How many times the time of `base` another one takes: the median over the rounds, each compared with its own. */
export const ratio = (figure: Figure, base: Figure): number =>
  spread(figure.rounds.map((time, round) => time / base.rounds[round]!)).median

const print = (title: string, unit: string, figures: ReadonlyArray<Figure>, compared: boolean): void => {
  console.log(`\n${title}`)
  console.log(
    `  ${"".padEnd(54)} ${"processor".padStart(12)} ${"[least … most]".padEnd(20)} ${"per second".padStart(12)}`
  )
  for (const figure of figures) {
    const { max, median, min, name, perSecond, wall } = figure
    const each = `${number(median)} ${unit}`.padStart(12)
    const range = `[${number(min)} … ${number(max)}]`.padEnd(20)
    const times = compared ? `×${ratio(figure, figures[0]!).toFixed(2)}`.padStart(9) : ""
    const line = `  ${name.padEnd(54)} ${each} ${range} ${number(perSecond).padStart(12)}${times}`
    console.log(`${line}   wall ${number(wall)} ${unit}`)
  }
}

export const number = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString("en-US") : value.toPrecision(3)

/** Says whether a goal was met, and by how much it was missed. */
export const goal = (sentence: string, reached: number, wanted: number, better: "more" | "less"): void => {
  const met = better === "more" ? reached >= wanted : reached <= wanted
  const share = better === "more" ? reached / wanted : wanted / reached
  console.log(
    `  goal ${met ? "met" : "MISSED"}: ${sentence}: ${number(reached)} of ${number(wanted)} (×${share.toFixed(2)})`
  )
}

/** Something to know about the figures above it. */
export const note = (sentence: string): void => console.log(`  ${sentence}`)

/** Two results that have to be equal, as JSON. */
export const mustEqual = (what: string, left: unknown, right: unknown): void => {
  const [one, other] = [JSON.stringify(left), JSON.stringify(right)]
  if (one !== other) throw new Error(`${what}: ${one.slice(0, 2_000)} is not ${other.slice(0, 2_000)}`)
}
