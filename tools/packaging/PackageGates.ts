/** Service: the gates that look at the packages as they would be published. */
import * as fs from "node:fs"
import * as path from "node:path"
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core"
import { publint } from "publint"
import { formatMessage } from "publint/utils"
import { filesIn, readWorkspace } from "../architecture/Disk.ts"
import type { Manifest } from "../architecture/Workspace.ts"
import { pnpm, root } from "../gates/Command.ts"
import { type Gate, outcome } from "../gates/Gate.ts"
import { type Dependency, licenceOf, problems } from "./Licences.ts"

const published = () => readWorkspace(root).packages.filter(({ folder }) => folder.startsWith("packages/"))

/** Packs each package and looks at the tarball: what the exports say is there, and types belong to it. */
export const exportMaps: Gate = {
  name: "package exports",
  run: async () => {
    const found: Array<string> = []
    const tarballs = path.join(root, ".tmp/tarballs")
    fs.rmSync(tarballs, { recursive: true, force: true })
    for (const { folder, manifest } of published()) {
      const packed = await pnpm(["--dir", folder, "pack", "--pack-destination", tarballs])
      if (packed.state !== "passed") return packed
      const file = fs.readdirSync(tarballs).find((name) => name.startsWith(tarballName(manifest.name)))!
      const bytes = new Uint8Array(fs.readFileSync(path.join(tarballs, file)))
      const { messages, pkg } = await publint({ pack: { tarball: bytes.slice().buffer }, level: "warning" })
      found.push(...messages.map((message) => `${manifest.name}: ${formatMessage(message, pkg, { color: false })}`))
      const analysis = await checkPackage(createPackageFromTarballData(bytes))
      const wrong = analysis.types === false ? [{ kind: "NoTypes" }] : analysis.problems
      found.push(...wrong.filter(concernsUs).map((problem) => `${manifest.name}: ${JSON.stringify(problem)}`))
    }
    return outcome(found)
  }
}

/** `vsms-core-` of `@vsms/core`. */
const tarballName = (name: string): string => `${name.replace("@", "").replace("/", "-")}-`

/** The packages are ES modules for resolvers that read `exports`; they promise nothing to others. */
const concernsUs = (problem: { readonly kind: string; readonly resolutionKind?: string }): boolean =>
  problem.kind !== "CJSResolvesToESM" && problem.resolutionKind !== "node10"

/** What an installation of a published package brings along: no licence that binds those who ship it. */
export const licences: Gate = {
  name: "licences",
  run: async () =>
    outcome([
      ...problems(
        published().flatMap(({ folder, manifest }) => dependenciesOf(path.join(root, folder), [manifest.name]))
      ),
      // What is compiled elsewhere has a licence that no package.json of ours tells.
      ...published().flatMap(({ folder }) =>
        [".wasm", ".node", ".so", ".dll", ".dylib"]
          .flatMap((ending) => ["src", "dist"].flatMap((part) => filesIn(path.join(root, folder), part, ending)))
          .map((file) => `${folder}/${file}: compiled code is brought by a package of its own`)
      )
    ])
}

interface Installed extends Manifest {
  readonly version: string
  readonly license?: unknown
  readonly licenses?: unknown
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

/**
 * Dependencies, optional ones where they are installed, and required peers; theirs too. Optional peers are the host's
 * own choice.
 */
const dependenciesOf = (
  folder: string,
  route: ReadonlyArray<string>,
  seen = new Set<string>()
): ReadonlyArray<Dependency> => {
  const manifest = readManifest(folder)
  const required = Object.keys(manifest.peerDependencies ?? {}).filter(
    (name) => manifest.peerDependenciesMeta?.[name]?.optional !== true
  )
  // Those for other machines are not installed here; each is the same program, and under the same licence.
  const optional = Object.keys(manifest.optionalDependencies ?? {}).filter((name) => isInstalled(folder, name))
  return [...Object.keys(manifest.dependencies ?? {}), ...required, ...optional].flatMap((name) => {
    const found = locate(folder, name)
    if (seen.has(found)) return []
    seen.add(found)
    const installed = readManifest(found)
    return [
      { name, version: installed.version, licence: licenceOf(installed), path: route },
      ...dependenciesOf(found, [...route, name], seen)
    ]
  })
}

const readManifest = (folder: string): Installed =>
  JSON.parse(fs.readFileSync(path.join(folder, "package.json"), "utf8")) as Installed

const isInstalled = (folder: string, name: string): boolean => {
  const parent = path.dirname(folder)
  return fs.existsSync(path.join(folder, "node_modules", name)) || (parent !== folder && isInstalled(parent, name))
}

/** Where node would find a package, seen from another one. */
const locate = (from: string, name: string): string => {
  const candidate = path.join(from, "node_modules", name)
  if (fs.existsSync(candidate)) return fs.realpathSync(candidate)
  const parent = path.dirname(from)
  if (parent === from) throw new Error(`${name} is not installed`)
  return locate(parent, name)
}

/** No package is installed in two versions where one would do. */
export const deduplicated: Gate = {
  name: "deduplicated",
  run: async () => {
    const checked = await pnpm(["dedupe", "--check"])
    return checked.state === "failed" && offline.test(checked.report)
      ? { state: "skipped", report: "the registry cannot be reached" }
      : checked
  }
}

const offline =
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|META_FETCH_FAIL|error sending request/
