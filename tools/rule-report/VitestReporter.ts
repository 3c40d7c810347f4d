/** Adapter: writes a run of vitest as a `TestRun`. Its own json reporter leaves out why a test was skipped. */
import * as fs from "node:fs"
import * as path from "node:path"
import type { SerializedError } from "vitest"
import type { Reporter, TestCase, TestModule } from "vitest/node"
import type { TestResult, TestRun } from "./TestResult.ts"

export default class VitestReporter implements Reporter {
  private readonly output: string

  constructor(options: { readonly output: string }) {
    this.output = options.output
  }

  onTestRunEnd(modules: ReadonlyArray<TestModule>, unhandled: ReadonlyArray<SerializedError>): void {
    const run: TestRun = {
      tests: modules.flatMap((module) => [...module.children.allTests()].map(toResult)),
      errors: [
        ...modules.flatMap((module) => [
          ...module.errors().map((error) => `${fileOf(module)}: ${error.message}`),
          ...[...module.children.allSuites()].flatMap((suite) =>
            suite.errors().map((error) => `${fileOf(module)}: ${suite.fullName}: ${error.message}`)
          )
        ]),
        ...unhandled.map((error) => `outside any test: ${error.message}`)
      ]
    }
    fs.mkdirSync(path.dirname(this.output), { recursive: true })
    fs.writeFileSync(this.output, JSON.stringify(run, null, 2))
  }
}

const toResult = (test: TestCase): TestResult => {
  const [, name = test.name, reason] = /^(.*) \[([^\]]*)\]$/.exec(test.name) ?? []
  const titles = [test.options.mode === "skip" ? name : test.name]
  for (let suite = test.parent; suite.type === "suite"; suite = suite.parent) titles.unshift(suite.name)
  const result = test.result()
  return {
    file: fileOf(test.module),
    titles,
    // A test that is still pending when the run ends was interrupted.
    state: result.state === "pending" ? "failed" : result.state,
    note: result.state === "skipped" ? (result.note ?? reason ?? "") : ""
  }
}

const fileOf = (module: TestModule): string => path.relative(process.cwd(), module.moduleId).replaceAll(path.sep, "/")
