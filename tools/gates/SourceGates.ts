/** Service: the gates that look at sources without running them, and the examples of the documentation. */
import { checks } from "../architecture/Checks.ts"
import { readWorkspace } from "../architecture/Disk.ts"
import { local, program, root } from "./Command.ts"
import { type Gate, outcome } from "./Gate.ts"

/** One checker is faster than several here: each would work out Effect's types again. It also builds `dist`. */
export const types: Gate = {
  name: "types",
  run: async () => {
    const version = await local("tsc", ["--version"])
    // Without the patch the compiler is silent about Effects that nobody runs.
    if (!version.report.includes("effect-tsgo")) {
      return outcome(["the compiler has no Effect diagnostics: run `node scripts/pnpm.mjs install`"])
    }
    return local("tsc", ["-b", "--singleThreaded"])
  }
}

export const lint: Gate = { name: "lint", run: () => local("oxlint", ["--deny-warnings"]) }

export const format: Gate = { name: "format", run: () => local("oxfmt", ["--check"]) }

export const codegen: Gate = { name: "codegen", run: () => program("tools/codegen/main.ts", ["--check"]) }

/** `schema.sql` of adapter-postgres is what its migrations make. */
export const schema: Gate = {
  name: "schema",
  run: () => program("packages/adapter-postgres/scripts/schema.ts", ["--check"])
}

export const architecture: Gate = {
  name: "architecture",
  run: async () => {
    const workspace = readWorkspace(root)
    const violations = Object.values(checks).flatMap((check) => check(workspace))
    return outcome(violations.map(({ line, message, path }) => `${path}:${line}: ${message}`))
  }
}

export const documentation: Gate = { name: "documentation", run: () => program("tools/docs-test/main.ts") }
