/**
 * Runs the benchmarks: `npm run bench`, or `npm run bench -- lives speech` for some of them. They are compiled first,
 * as what is published is: a runner that translates TypeScript while it loads wraps every function for its name's sake.
 *
 * A suite is a file `packages/<package>/bench/<Name>.bench.ts` that exports `run`; it is called by its name, and by that
 * of its `group`, if it exports one. Suites of core are compiled with core's sources, those of other packages with
 * theirs and with core as it is published.
 */
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"

const root = path.resolve(import.meta.dirname, "../..")

interface Suite {
  readonly folder: string
  readonly file: string
  readonly names: ReadonlyArray<string>
}

const suites: ReadonlyArray<Suite> = fs
  .readdirSync(path.join(root, "packages"))
  .map((name) => path.join(root, "packages", name))
  // Core comes first, as it always did.
  .sort((a, b) => Number(b.endsWith("core")) - Number(a.endsWith("core")))
  .flatMap((folder) => {
    const bench = path.join(folder, "bench")
    if (!fs.existsSync(bench)) return []
    return fs
      .readdirSync(bench)
      .filter((file) => file.endsWith(".bench.ts"))
      .map((file) => {
        const group = /^export const group = "([a-z-]+)"/m.exec(fs.readFileSync(path.join(bench, file), "utf8"))?.[1]
        return {
          folder,
          file,
          names: [file.replace(".bench.ts", "").toLowerCase(), ...(group === undefined ? [] : [group])]
        }
      })
  })

const node = (...args: ReadonlyArray<string>): void => {
  const { status } = spawnSync(process.execPath, args, { stdio: "inherit", cwd: root })
  if (status !== 0) process.exit(status ?? 1)
}

const compiler = path.join(root, "node_modules/typescript/bin/tsc")

const outOf = (folder: string): string => path.join(folder, "node_modules/.cache/bench")

const asked = process.argv.slice(2)
const known = new Set(suites.flatMap(({ names }) => names))
const unknown = asked.find((name) => !known.has(name))
if (unknown !== undefined) {
  console.error(`no suite is called ${unknown}; there are: ${[...known].join(", ")}`)
  process.exit(1)
}
const chosen = suites.filter(({ names }) => asked.length === 0 || names.some((name) => asked.includes(name)))
const folders = [...new Set(chosen.map(({ folder }) => folder))]

if (folders.some((folder) => !folder.endsWith("core"))) {
  node(compiler, "-b", "--singleThreaded", path.join(root, "packages/core/tsconfig.src.json"))
}
for (const folder of folders) {
  fs.rmSync(outOf(folder), { recursive: true, force: true })
  node(compiler, "--project", path.join(folder, "bench/tsconfig.json"))
}
node(
  path.join(import.meta.dirname, "run.mjs"),
  ...chosen.map(({ file, folder }) => path.join(outOf(folder), "bench", file.replace(/\.ts$/, ".js")))
)
