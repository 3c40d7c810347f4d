/** Programs of the tests as single files: one starts in a fifth of a second, where its sources take two. */
import * as fs from "node:fs"
import { createRequire } from "node:module"
import * as path from "node:path"
import { pathToFileURL } from "node:url"

interface Loaded {
  readonly contents: string
  readonly loader: "ts" | "js"
}

/** The part of esbuild that is needed here. It comes with the tools of the workspace and not with this package. */
interface Esbuild {
  readonly build: (options: {
    readonly [name: string]: unknown
    readonly plugins: ReadonlyArray<{
      readonly name: string
      readonly setup: (build: {
        readonly onLoad: (of: { readonly filter: RegExp }, load: (file: { readonly path: string }) => Loaded) => void
      }) => void
    }>
  }) => Promise<unknown>
}

/** From wherever this file runs: benchmarks are compiled to another folder first. */
const rootAbove = (folder: string): string =>
  fs.existsSync(path.join(folder, "pnpm-workspace.yaml")) ? folder : rootAbove(path.dirname(folder))

const root = rootAbove(import.meta.dirname)
const programs = path.join(root, "packages/adapter-postgres/test/processes/programs")

/** Not `os.tmpdir`: a worker of the test runner is often ended without a word, and nobody would clear up there. */
const folder = path.join(root, ".tmp/programs")

/** What processes left behind that have ended. */
const clear = (): void => {
  for (const name of fs.readdirSync(folder)) {
    try {
      process.kill(Number(name.split(".")[1]), 0)
    } catch {
      fs.rmSync(path.join(folder, name), { force: true })
    }
  }
}

const bundles = new Map<string, Promise<string>>()

/** The bundle of `programs/<name>.ts`, or of a program elsewhere by its whole path, made once in this process. */
export const bundle = (name: string): Promise<string> => {
  let made = bundles.get(name)
  if (made === undefined) bundles.set(name, (made = make(name)))
  return made
}

const make = async (name: string): Promise<string> => {
  fs.mkdirSync(folder, { recursive: true })
  clear()
  const outfile = path.join(folder, `${path.basename(name)}.${process.pid}.cjs`)
  const tools = createRequire(createRequire(path.join(root, "package.json")).resolve("tsx/package.json"))
  const esbuild = tools("esbuild") as Esbuild
  await esbuild.build({
    entryPoints: [path.resolve(programs, `${name}.ts`)],
    outfile,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    conditions: ["@vsms/source"],
    external: ["pg-native", "@electric-sql/pglite", "@echogarden/espeak-ng-emscripten"],
    logLevel: "error",
    keepNames: true,
    plugins: [
      {
        name: "files are found from where their sources lie",
        setup: (build) =>
          build.onLoad({ filter: /\/packages\/[^/]+\/(?:src|test)\/.*\.[jt]s$/ }, (file) => ({
            contents: fs
              .readFileSync(file.path, "utf8")
              .replaceAll("import.meta.url", JSON.stringify(pathToFileURL(file.path).href)),
            loader: file.path.endsWith(".ts") ? "ts" : "js"
          }))
      }
    ]
  })
  return outfile
}
