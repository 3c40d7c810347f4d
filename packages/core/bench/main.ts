/**
 * Runs the benchmarks: `npm run bench`, or `npm run bench -- lives memory` for some of them. They are compiled first,
 * as what is published is: a runner that translates TypeScript while it loads wraps every function for its name's sake.
 */
import { spawnSync } from "node:child_process"
import fs from "node:fs"
import path from "node:path"

const here = import.meta.dirname
const out = path.join(here, "../node_modules/.cache/bench")

const node = (...args: ReadonlyArray<string>): void => {
  const { status } = spawnSync(process.execPath, args, { stdio: "inherit" })
  if (status !== 0) process.exit(status ?? 1)
}

fs.rmSync(out, { recursive: true, force: true })
const compiler = path.join(here, "../../../node_modules/typescript/bin/tsc")
node(compiler, "--project", path.join(here, "tsconfig.json"))
node(path.join(out, "bench/Benchmarks.js"), ...process.argv.slice(2))
