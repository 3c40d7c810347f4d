import { describe, expect, it } from "vitest"
import { idsOf, markdown, problems, report } from "./RuleReport.ts"
import type { TestResult } from "./TestResult.ts"

const rules = [
  { id: "BAL-3", sentence: "Minutes are taken from the package that expires first." },
  { id: "BAL-4", sentence: "Minutes are put on hold." },
  { id: "CON-1", sentence: "Activate the service." },
  { id: "ONB-2", sentence: "Access by console, by HTTP API and by SDK." }
]

const result = (
  title: string,
  state: TestResult["state"] = "passed",
  file = "packages/core/test/x/X.test.ts"
): TestResult => ({
  file,
  titles: ["X", ...title.split(" > ")],
  state,
  note: ""
})

const proven = [result("BAL-3, BAL-4: holds draw on the package that expires first")]

describe("the ids that a name begins with", () => {
  it.each([
    ["BAL-3: a sentence", ["BAL-3"]],
    ["BAL-3, BAL-4: a sentence", ["BAL-3", "BAL-4"]],
    ["law BAL-3, BAL-4: a sentence", ["BAL-3", "BAL-4"]],
    ["a sentence about BAL-3: no proof", []],
    ["BAL-3 without a colon", []]
  ])("of «%s»", (title, ids) => {
    expect(idsOf(title)).toEqual(ids)
  })
})

it("a describe may carry the ids of all its tests", () => {
  const rows = report(rules, [result("BAL-3: draws > of two packages"), ...proven])
  expect(rows[0]?.proofs[0]?.names).toEqual([
    "BAL-3, BAL-4: holds draw on the package that expires first",
    "of two packages"
  ])
})

describe("what keeps the report from passing", () => {
  const problemsOf = (tests: ReadonlyArray<TestResult>) => problems(report(rules, tests), tests)

  it("nothing, when each rule is proven; the console comes later", () => {
    expect(problemsOf(proven)).toEqual([])
  })

  it("a rule without a proof", () => {
    expect(problemsOf([result("BAL-3: a sentence")])).toEqual(["BAL-4: no proof"])
  })

  it("a rule whose only test was skipped", () => {
    expect(problemsOf([...proven.slice(1), result("BAL-3, BAL-4: a sentence", "skipped")])).toEqual([
      "BAL-3: no proof",
      "BAL-4: no proof"
    ])
  })

  it("a rule with one failed test among others", () => {
    expect(problemsOf([...proven, result("BAL-4: a sentence", "failed")])).toEqual(["BAL-4: failed"])
  })

  it("an id that no rule has", () => {
    expect(problemsOf([...proven, result("BAL-99: a sentence")])).toEqual([
      "BAL-99 is no rule: packages/core/test/x/X.test.ts: BAL-99: a sentence"
    ])
  })
})

it("the page does not depend on the order of the tests, nor on how often a law ran", () => {
  const tests = [
    ...proven,
    result("memory > law BAL-3: a law", "passed", "packages/core/test/a/A.test.ts"),
    result("other > law BAL-3: a law", "passed", "packages/core/test/a/A.test.ts")
  ]
  expect(markdown(report(rules, tests.toReversed()))).toBe(markdown(report(rules, tests)))
  expect(markdown(report(rules, tests))).toContain("[A.test.ts](../packages/core/test/a/A.test.ts) (1)")
})
