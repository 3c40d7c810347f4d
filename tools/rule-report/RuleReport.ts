/**
 * Rules: which test proves which rule of the rulebook. A test proves the rules that its name begins with (`"BAL-3,
 * BAL-4: minutes come from ..."`, `"law BAL-5: ..."`); a `describe` may begin with them for all its tests.
 */
import type { Rule } from "../codegen/Rulebook.ts"
import type { TestResult } from "./TestResult.ts"

export interface RuleRow {
  readonly rule: Rule
  /** Not to be proven yet: the console, and the ways to reach the platform, come with a later issue. */
  readonly later: boolean
  readonly state: "passed" | "failed" | "no proof"
  readonly proofs: ReadonlyArray<Proof>
}

export interface Proof {
  readonly file: string
  /** The names of the tests, each once: a law that many adapters pass is one proof. */
  readonly names: ReadonlyArray<string>
}

/** The rule ids at the beginning of a title. */
export const idsOf = (title: string): ReadonlyArray<string> =>
  /^(?:law )?([A-Z]{3}-\d+(?:, [A-Z]{3}-\d+)*): /.exec(title)?.[1]?.split(", ") ?? []

export const report = (rules: ReadonlyArray<Rule>, tests: ReadonlyArray<TestResult>): ReadonlyArray<RuleRow> =>
  rules.map((rule) => {
    const own = tests.filter(
      (test) => test.state !== "skipped" && test.titles.some((title) => idsOf(title).includes(rule.id))
    )
    const states = new Set(own.map((test) => test.state))
    return {
      rule,
      later: rule.id.startsWith("CON-") || rule.id === "ONB-2",
      state: states.has("failed") ? "failed" : states.has("passed") ? "passed" : "no proof",
      proofs: proofsOf(own)
    }
  })

const proofsOf = (tests: ReadonlyArray<TestResult>): ReadonlyArray<Proof> =>
  [...new Set(tests.map((test) => test.file))].sort().map((file) => ({
    file,
    names: [...new Set(tests.filter((test) => test.file === file).map((test) => test.titles.at(-1)!))].sort()
  }))

/** What keeps the report from passing: rules without proof or with a failed one, and ids that no rule has. */
export const problems = (rows: ReadonlyArray<RuleRow>, tests: ReadonlyArray<TestResult>): ReadonlyArray<string> => {
  const known = new Set(rows.map((row) => row.rule.id))
  const unknown = tests.flatMap((test) =>
    test.titles
      .flatMap(idsOf)
      .flatMap((id) => (known.has(id) ? [] : [`${id} is no rule: ${test.file}: ${test.titles.at(-1)}`]))
  )
  return [
    ...rows.filter((row) => !row.later && row.state !== "passed").map((row) => `${row.rule.id}: ${row.state}`),
    ...new Set(unknown)
  ]
}

const stateOf = (row: RuleRow): string => (row.later && row.state === "no proof" ? "later: console issue" : row.state)

/** The table for a terminal. */
export const text = (rows: ReadonlyArray<RuleRow>): string =>
  rows
    .map((row) => {
      const files = row.proofs.map((proof) => `${proof.file.split("/").at(-1)} (${proof.names.length})`)
      return [
        row.rule.id.padEnd(7),
        stateOf(row).padEnd(9),
        shorten(row.rule.sentence, 72).padEnd(72),
        files.join(", ")
      ]
        .join("  ")
        .trimEnd()
    })
    .join("\n")

/** The page `docs/rules.md`: the same for the same tests, whenever and wherever it is made. */
export const markdown = (rows: ReadonlyArray<RuleRow>): string =>
  [
    "# What proves each rule",
    "",
    "Written by `npm run rules` from a run of all tests; not edited by hand. The sentences in full are in",
    "[the rulebook](rulebook.md). A test proves the rules that its name begins with.",
    "",
    "| rule | says | state | proof |",
    "| --- | --- | --- | --- |",
    ...rows.map((row) => {
      const proof = row.proofs.map(({ file, names }) => `${link(file)} (${names.length})`).join(", ")
      return `| ${row.rule.id} | ${cell(shorten(row.rule.sentence, 100))} | ${stateOf(row)} | ${proof} |`
    }),
    ...rows
      .filter((row) => row.proofs.length > 0)
      .flatMap((row) => [
        "",
        `## ${row.rule.id}`,
        "",
        cell(row.rule.sentence),
        ...row.proofs.flatMap(({ file, names }) => ["", link(file), "", ...names.map((name) => `- ${cell(name)}`)])
      ]),
    ""
  ].join("\n")

const link = (file: string): string => `[${file.split("/").at(-1)}](../${file})`

/** Text that Markdown shows as it is. */
const cell = (sentence: string): string => sentence.replaceAll(/[\\|<>*_`[\]]/g, String.raw`\$&`)

const shorten = (sentence: string, length: number): string => {
  const characters = [...sentence]
  return characters.length <= length
    ? sentence
    : `${characters
        .slice(0, length - 1)
        .join("")
        .trimEnd()}…`
}
