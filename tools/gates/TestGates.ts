/** Service: the tests of the workspace in one run, and the rules that they prove. */
import * as fs from "node:fs"
import * as path from "node:path"
import { parse } from "../codegen/Rulebook.ts"
import { markdown, problems, report, text } from "../rule-report/RuleReport.ts"
import type { TestResult, TestRun } from "../rule-report/TestResult.ts"
import { local, program, root } from "./Command.ts"
import { type Gate, outcome } from "./Gate.ts"

const output = path.join(root, ".tmp/tests.json")

/** Every test of every package. `long` looks at more generated cases. */
export const tests = (long: boolean): Gate => ({
  name: "tests",
  run: async () => {
    fs.rmSync(output, { force: true })
    const { state } = await local("vitest", ["run", "--config", "vitest.report.config.ts"], {
      live: true,
      ...(long ? { env: { NIGHTLY: "1" } } : {})
    })
    if (!fs.existsSync(output)) return outcome(["vitest ended without a result"])
    const run = readRun()
    const count = (state: TestResult["state"]) => run.tests.filter((test) => test.state === state).length
    const skipped = run.tests.filter((test) => test.state === "skipped")
    for (const test of skipped) {
      console.log(
        `skipped  ${test.file}: ${test.titles.join(" > ")} (${test.note === "" ? "no reason given" : test.note})`
      )
    }
    return {
      state,
      report: run.errors.join("\n"),
      tests: { passed: count("passed"), failed: count("failed"), skipped: skipped.length }
    }
  }
})

/**
 * Codes spoken, brought to the telephone and put before a speech recogniser, with controls that nobody can understand.
 * Skipped where Debian's recogniser is not; the long tests and those of `CI` install it.
 */
export const hearing = (long: boolean): Gate => ({
  name: "hearing",
  run: async () => {
    const mayInstall = long || process.env["CI"] !== undefined
    const { report, state } = await program("tools/hearing/hear.ts", [
      "--codes",
      long ? "40" : "6",
      ...(mayInstall ? ["--install"] : [])
    ])
    if (report.includes("nobody listens")) return { state: "skipped", report }
    console.log(report)
    return { state, report: "" }
  }
})

/**
 * The rulebook against the tests of the last run. It writes `docs/rules.md`; where nobody would commit that (`CI`),
 * a page that is out of date fails.
 */
export const rules = (show: boolean): Gate => ({
  name: "rules",
  run: async () => {
    if (!fs.existsSync(output)) return outcome(["there is no result of a test run"])
    const run = readRun()
    const rows = report(parse(fs.readFileSync(path.join(root, "docs/rulebook.md"), "utf8")), run.tests)
    if (show) console.log(text(rows))
    const found = [...problems(rows, run.tests)]
    const page = path.join(root, "docs/rules.md")
    if (!fs.existsSync(page) || fs.readFileSync(page, "utf8") !== markdown(rows)) {
      if (process.env["CI"] === undefined) fs.writeFileSync(page, markdown(rows))
      else found.push("docs/rules.md is out of date: run `npm run rules` and commit it")
    }
    return outcome(found)
  }
})

const readRun = (): TestRun => JSON.parse(fs.readFileSync(output, "utf8")) as TestRun
