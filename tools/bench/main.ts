/**
 * Runs the benchmarks: `npm run bench`, or `npm run bench -- lives speech` for some of them. They are compiled first,
 * as what is published is: a runner that translates TypeScript while it loads wraps every function for its name's sake.
 *
 * A suite is a file `bench/<Name>.bench.ts` of a package or an example that exports `run`; it is called by its name, and
 * by that of its `group`, if it exports one. Suites of core are compiled with core's sources, those of other packages
 * with theirs and with core as it is published, and those of examples with all packages as they are published.
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

const suites: ReadonlyArray<Suite> = ["packages", "examples"]
  .flatMap((group) => fs.readdirSync(path.join(root, group)).map((name) => path.join(root, group, name)))
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

const isExample = (folder: string): boolean => path.dirname(folder) === path.join(root, "examples")

/** Suites of examples bring things of several packages, so that what is compiled lies as in the workspace. */
const compiledOf = ({ file, folder }: Suite): string =>
  path.join(outOf(folder), isExample(folder) ? path.relative(root, folder) : "", "bench", file.replace(/\.ts$/, ".js"))

const asked = process.argv.slice(2)
const known = new Set(suites.flatMap(({ names }) => names))
const unknown = asked.find((name) => !known.has(name))
if (unknown !== undefined) {
  console.error(`no suite is called ${unknown}; there are: ${[...known].join(", ")}`)
  process.exit(1)
}
const chosen = suites.filter(({ names }) => asked.length === 0 || names.some((name) => asked.includes(name)))
const folders = [...new Set(chosen.map(({ folder }) => folder))]

const published = folders.some(isExample)
  ? fs.readdirSync(path.join(root, "packages"))
  : folders.some((folder) => !folder.endsWith("core"))
    ? ["core"]
    : []
for (const name of published)
  node(compiler, "-b", "--singleThreaded", path.join(root, "packages", name, "tsconfig.src.json"))
for (const folder of folders) {
  fs.rmSync(outOf(folder), { recursive: true, force: true })
  node(compiler, "--project", path.join(folder, "bench/tsconfig.json"))
}
node(path.join(import.meta.dirname, "run.mjs"), ...chosen.map(compiledOf))
