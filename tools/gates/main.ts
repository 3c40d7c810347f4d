/**
 * Runs the gates of the workspace in order; `npm test`. Its last line is the tally.
 *
 * `--quick`: those that take seconds, without tests. `--rules`: the tests and the rulebook against them.
 * `--long`: with many more generated cases.
 */
import { inspect } from "node:util"
import * as packaging from "../packaging/PackageGates.ts"
import { add, type Gate, type Outcome, type Tally, tallyLine } from "./Gate.ts"
import * as sources from "./SourceGates.ts"
import { hearing, rules, tests } from "./TestGates.ts"

const flag = (name: string): boolean => process.argv.includes(name)

const quick = [sources.types, sources.lint, sources.format, sources.codegen, sources.schema, sources.architecture]

const gates: ReadonlyArray<Gate> = flag("--quick")
  ? quick
  : flag("--rules")
    ? [tests(false), rules(true)]
    : [
        ...quick,
        tests(flag("--long")),
        hearing(flag("--long")),
        sources.documentation,
        rules(false),
        packaging.exportMaps,
        packaging.licences,
        packaging.deduplicated
      ]

/** A gate that breaks has not been passed. */
const broken = (error: unknown): Outcome => ({ state: "failed", report: inspect(error) })

let tally: Tally = { passed: 0, failed: 0, skipped: 0 }

for (const gate of gates) {
  console.log(`\n${gate.name} ...`)
  const started = performance.now()
  const { report, state, tests: counted } = await gate.run().catch(broken)
  if (report !== "" && state !== "passed") console.log(report)
  console.log(`${gate.name} ${state} (${((performance.now() - started) / 1000).toFixed(1)} s)`)
  const own = { passed: 0, failed: 0, skipped: 0, [state]: 1 }
  tally = add(tally, counted === undefined ? own : add(own, counted))
}

console.log(`\n${tallyLine(tally)}`)
process.exitCode = tally.failed > 0 ? 1 : 0
