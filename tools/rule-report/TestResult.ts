/** Rules: what is known of a test after a run. */

export interface TestResult {
  /** From the root of the workspace. */
  readonly file: string
  /** Titles from the outermost `describe` to the test's own, which is without the `[reason]` of a skipped one. */
  readonly titles: ReadonlyArray<string>
  readonly state: "passed" | "failed" | "skipped"
  /** Why it was skipped: what the test noted, or the `[reason]` at the end of its title. */
  readonly note: string
}

export interface TestRun {
  readonly tests: ReadonlyArray<TestResult>
  /** What went wrong outside any test: a file that cannot be loaded, a rejection that nobody handled. */
  readonly errors: ReadonlyArray<string>
}
