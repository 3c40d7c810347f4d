/** Rules: a gate is one thing that must hold before a change goes in. Tests are counted besides, one by one. */

export interface Outcome {
  readonly state: "passed" | "failed" | "skipped"
  /** What to read if it failed (may be empty if it was shown already), or why it was skipped. */
  readonly report: string
  /** Tests that were counted one by one. */
  readonly tests?: Tally
}

export interface Tally {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

export interface Gate {
  readonly name: string
  readonly run: () => Promise<Outcome>
}

/** The last line of a run. */
export const tallyLine = ({ failed, passed, skipped }: Tally): string =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`

export const add = (a: Tally, b: Tally): Tally => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
  skipped: a.skipped + b.skipped
})

/** Passes where there is nothing to report. */
export const outcome = (problems: ReadonlyArray<string>): Outcome => ({
  state: problems.length === 0 ? "passed" : "failed",
  report: problems.join("\n")
})
