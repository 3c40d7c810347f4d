/** Rules: the architecture of the workspace, one check a rule. `docs/adr` says why; each check has a failing fixture. */
import {
  type Check,
  codeOnly,
  importsOf,
  type Kind,
  kindOf,
  lineAt,
  packageOf,
  resolve,
  sourceOf,
  sources,
  type Violation
} from "./Workspace.ts"

/** Each domain of core imports only those before it. */
export const domainOrder = [
  "storage",
  "money",
  "time",
  "account",
  "qualification",
  "order",
  "number",
  "balance",
  "template",
  "voicefile",
  "alert",
  "sending",
  "dispatch",
  "callback",
  "statistics"
]

/** Core needs `effect` and nothing else. A test runner may be an optional peer, for `testing/vitest.ts` alone. */
const coreHasOneDependency: Check = ({ packages }) =>
  packages
    .filter(({ folder }) => folder === "packages/core")
    .flatMap(({ folder, manifest }) => {
      const optional = Object.entries(manifest.peerDependenciesMeta ?? {})
        .filter(([name, meta]) => meta.optional === true && runners.includes(name))
        .map(([name]) => name)
      const needed = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }).filter(
        (name) => !optional.includes(name)
      )
      return needed.join() === "effect"
        ? []
        : [at(`${folder}/package.json`, `core depends on effect alone, not on: ${needed.join(", ") || "nothing"}`)]
    })

const runners = ["vitest", "@effect/vitest"]

/** The PostgreSQL that tests bring along: tests and benchmarks of examples need one, too, and no package publishes it. */
const testServer = "packages/adapter-postgres/test/server/"

/** What installs programs of Debian's for tests, whosoever they are. */
const debian = "tools/debian/"

/** examples -> adapter-* -> core -> effect; adapters never import adapters. */
const layersPointInwards: Check = ({ files }) =>
  files.flatMap((file) => {
    const home = /^(packages|examples)\/([^/]+)\//.exec(file.path)
    if (home === null) return []
    return importsOf(file).flatMap(({ line, specifier, target }) => {
      const violation = (message: string) => [{ path: file.path, line, message: `${specifier}: ${message}` }]
      if (specifier.startsWith(".")) {
        const isForTests = target.startsWith(debian) || (home[1] === "examples" && target.startsWith(testServer))
        return target.startsWith(home[0]) || (isForTests && !file.path.includes("/src/"))
          ? []
          : violation("leaves the package; import it by its name")
      }
      const name = packageOf(specifier)
      if (home[1] === "examples" || !name.startsWith("@vsms/") || name === `@vsms/${home[2]}`) return []
      if (home[2] === "core") return violation("core imports no other package of ours")
      return name === "@vsms/core" ? [] : violation("adapters import core, never another adapter")
    })
  })

/** A published source imports what its package.json names as a dependency or a peer. */
const importsAreDeclared: Check = (workspace) =>
  sources(workspace).flatMap(({ file, inner, pkg }) => {
    const manifest = workspace.packages.find(({ folder }) => folder === `packages/${pkg}`)?.manifest
    const declared = Object.keys({ ...manifest?.dependencies, ...manifest?.peerDependencies })
    return importsOf(file)
      .filter(({ specifier }) => !specifier.startsWith(".") && !specifier.startsWith("node:"))
      .filter(({ specifier }) => packageOf(specifier) !== manifest?.name)
      .filter(({ specifier }) => inner !== "testing/vitest.ts" || !runners.includes(packageOf(specifier)))
      .filter(({ specifier }) => !declared.includes(packageOf(specifier)))
      .map(({ line, specifier }) => ({ path: file.path, line, message: `${specifier} is not in package.json` }))
  })

/** Core runs wherever JavaScript does. */
const coreIsPortable: Check = (workspace) =>
  sources(workspace)
    .filter(({ pkg }) => pkg === "core")
    .flatMap(({ file }) =>
      importsOf(file)
        .filter(({ specifier }) => specifier.startsWith("node:"))
        .map(({ line, specifier }) => ({ path: file.path, line, message: `${specifier}: make it a port` }))
    )

/** The domains of core point from right to left only, and every folder of core is one of them. */
const domainsInOrder: Check = (workspace) =>
  sources(workspace)
    .filter(({ inner, pkg }) => pkg === "core" && inner.includes("/") && !inner.startsWith("testing/"))
    .flatMap(({ file, inner }) => {
      const own = domainOrder.indexOf(domainOf(inner))
      if (own < 0) return [at(file.path, `${domainOf(inner)} is not a domain: see domainOrder in tools/architecture`)]
      return importsOf(file).flatMap(({ line, specifier, target }) => {
        const imported = sourceOf(target)?.inner
        if (imported === undefined) return []
        if (imported === "Core.ts" || imported === "index.ts") {
          return [{ path: file.path, line, message: `${specifier}: only hosts compose the whole of core` }]
        }
        if (!imported.includes("/") || imported.startsWith("testing/")) return []
        return domainOrder.indexOf(domainOf(imported)) <= own
          ? []
          : [{ path: file.path, line, message: `${specifier}: ${domainOf(imported)} comes after ${domainOf(inner)}` }]
      })
    })

const domainOf = (inner: string): string => inner.split("/")[0]!

/** Root files of core are there for every domain, so they need none; `Core.ts` puts all together. */
const rootFilesNeedNoDomain: Check = (workspace) =>
  sources(workspace)
    .filter(({ inner, pkg }) => pkg === "core" && !inner.includes("/") && inner !== "Core.ts" && inner !== "index.ts")
    .flatMap(({ file }) =>
      importsOf(file)
        .filter(({ target }) => sourceOf(target)?.inner.includes("/") === true)
        .map(({ line, specifier }) => ({
          path: file.path,
          line,
          message: `${specifier}: only Core.ts imports domains`
        }))
    )

/** `src/testing` sees everything, and nothing of `src` sees it: laws are for tests. */
const testingIsALeaf: Check = (workspace) =>
  sources(workspace)
    .filter(({ inner }) => !inner.startsWith("testing/"))
    .flatMap(({ file }) =>
      importsOf(file)
        .filter(
          ({ specifier, target }) =>
            sourceOf(target)?.inner.startsWith("testing/") === true || /^@vsms\/[^/]+\/testing(\/|$)/.test(specifier)
        )
        .map(({ line, specifier }) => ({ path: file.path, line, message: `${specifier}: testing is for tests` }))
    )

/** Every source says what it is in its first words. Generated indexes, testing and workers have no such kind. */
const headersNameTheKind: Check = (workspace) =>
  sources(workspace)
    .filter(({ inner }) => !/(^|\/)index\.ts$|^testing\/|(^|\/)worker\//.test(inner))
    .filter(({ file }) => kindOf(file) === undefined)
    .map(({ file }) =>
      at(file.path, "begin with a doc comment whose first word is Rules:, Port:, Service: or Adapter:")
    )

/** Rules are pure: they import Effect's data modules only. */
const rulesArePure: Check = (workspace) =>
  sources(workspace)
    .filter(({ file, inner }) => kindOf(file) === "Rules" && !inner.startsWith("testing/"))
    .flatMap(({ file }) =>
      importsOf(file)
        .filter(({ specifier }) => /^effect(\/(Effect|Layer|Context|Clock|Config|Random))?$/.test(specifier))
        .map(({ line, specifier }) => ({
          path: file.path,
          line,
          message: `${specifier}: Rules are pure; what they would read comes in as an argument`
        }))
    )

/** Rules <- Ports <- Services and Adapters. */
const kindsPointInwards: Check = (workspace) => {
  const kindAt = new Map(workspace.files.map((file) => [file.path, kindOf(file)]))
  return sources(workspace)
    .filter(({ inner, pkg }) => pkg === "core" && !inner.startsWith("testing/"))
    .flatMap(({ file }) => {
      const allowed = mayImport[kindOf(file) ?? "Service"]
      return importsOf(file).flatMap(({ line, specifier, target }) => {
        const kind = kindAt.get(target)
        return kind === undefined || allowed.includes(kind)
          ? []
          : [{ path: file.path, line, message: `${specifier}: a ${kindOf(file)} file does not import a ${kind} file` }]
      })
    })
}

const mayImport: Readonly<Record<Kind, ReadonlyArray<Kind>>> = {
  Rules: ["Rules"],
  Port: ["Rules", "Port"],
  Service: ["Rules", "Port", "Service", "Adapter"],
  Adapter: ["Rules", "Port", "Service", "Adapter"]
}

/** What the library never does, and what it does instead. */
const noBannedWords: Check = (workspace) =>
  sources(workspace).flatMap(({ file, inner }) => {
    const code = codeOnly(file.text)
    // A worker is a process of its own: it begins where Effect does not reach.
    const worker = `/${inner}`.includes("/worker/")
    return banned
      .filter((ban) => !(worker && ban.workers))
      .flatMap((ban) =>
        [...code.matchAll(ban.pattern)].map((found) => ({
          path: file.path,
          line: lineAt(code, found.index),
          message: `${ban.word}: use ${ban.instead}`
        }))
      )
  })

export const banned = [
  { word: "Date.now", pattern: /\bDate\.now\b/g, instead: "Clock.currentTimeMillis", workers: false },
  { word: "new Date()", pattern: /\bnew Date\(\s*\)/g, instead: "Clock.currentTimeMillis", workers: false },
  { word: "Math.random", pattern: /\bMath\.random\b/g, instead: "Random, or the IdGenerator port", workers: false },
  { word: "process.env", pattern: /\bprocess\.env\b/g, instead: "Config, read by the host", workers: false },
  { word: "console", pattern: /\bconsole\./g, instead: "Effect.log", workers: false },
  { word: "async", pattern: /(?<![.\w])async\s/g, instead: "Effect.gen and Effect.tryPromise", workers: true },
  { word: "try", pattern: /(?<![.\w])try\s*\{/g, instead: "Effect.try, or an Either", workers: true }
]

/** Two tags of one key are one service to Effect. */
const tagKeysAreUnique: Check = (workspace) => {
  const seen = new Map<string, string>()
  return sources(workspace).flatMap(({ file }) =>
    [
      ...file.text.matchAll(
        /\b(?:Context\.(?:Tag|GenericTag|Reference)|Effect\.(?:Tag|Service))\b(?:<[^(]*>)?\(\s*(?:\)\(\s*)?"([^"]+)"/g
      )
    ].flatMap((found) => {
      const key = found[1]!
      const first = seen.get(key)
      seen.set(key, first ?? file.path)
      return first === undefined
        ? []
        : [{ path: file.path, line: lineAt(file.text, found.index), message: `the tag key ${key} is that of ${first}` }]
    })
  )
}

/**
 * Every source is reached from an index, or from an entry that package.json exports by name. A worker is reached
 * where somebody names its file in a string.
 */
const noDeadFiles: Check = (workspace) => {
  const all = new Map(sources(workspace).map(({ file }) => [file.path, file]))
  const reached = new Set<string>()
  const visit = (path: string): void => {
    const file = all.get(path)
    if (file === undefined || reached.has(path)) return
    reached.add(path)
    for (const { target } of importsOf(file)) visit(target)
    for (const found of file.text.matchAll(/["'`]([^"'`\s]*\bworker\/[\w-]+\.[jt]s)["'`]/g)) {
      visit(resolve(path, found[1]!))
    }
  }
  for (const { folder, manifest } of workspace.packages) {
    visit(`${folder}/src/index.ts`)
    visit(`${folder}/src/testing/index.ts`)
    visit(`${folder}/src/testing/vitest.ts`)
    for (const [entry, target] of Object.entries(manifest.exports ?? {})) {
      const source = sourceCondition(target)
      if (!entry.includes("*") && source !== undefined) visit(`${folder}/${source}`)
    }
  }
  return [...all.keys()].filter((path) => !reached.has(path)).map((path) => at(path, "nothing imports this file"))
}

const sourceCondition = (target: unknown): string | undefined =>
  typeof target === "object" && target !== null && "@vsms/source" in target
    ? String(target["@vsms/source"]).replace(/^\.\//, "")
    : undefined

/** Files are named by their noun; folders by their domain or vendor. A drawer for everything has no noun. */
const namesAreNouns: Check = (workspace) =>
  sources(workspace).flatMap(({ file, inner }) => {
    const parts = inner.replace(/\.[jt]s$/, "").split("/")
    const name = parts.at(-1)!
    const drawer = parts.find((part) => drawers.has(part.toLowerCase()))
    if (drawer !== undefined) return [at(file.path, `${drawer}: name it by what is in it`)]
    if (name === "index" || inner === "testing/vitest.ts") return []
    return /^[A-Z][A-Za-z0-9]*$/.test(name) ? [] : [at(file.path, "name it by its noun, in PascalCase")]
  })

const drawers = new Set(["util", "utils", "common", "shared", "helper", "helpers", "types", "constants", "misc"])

/** A second fast-check would be configured by nobody: effect brings its own. */
const oneFastCheck: Check = ({ files, packages }) => [
  ...files.flatMap((file) =>
    importsOf(file)
      .filter(({ specifier }) => packageOf(specifier) === "fast-check")
      .map(({ line }) => ({ path: file.path, line, message: "fast-check: import it from effect/FastCheck" }))
  ),
  ...packages
    .filter(
      ({ manifest }) =>
        "fast-check" in { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.peerDependencies }
    )
    .map(({ folder }) => at(`${folder}/package.json`, "fast-check: effect brings its own copy"))
]

const at = (path: string, message: string): Violation => ({ path, line: 1, message })

export const checks = {
  coreHasOneDependency,
  layersPointInwards,
  importsAreDeclared,
  coreIsPortable,
  domainsInOrder,
  rootFilesNeedNoDomain,
  testingIsALeaf,
  headersNameTheKind,
  rulesArePure,
  kindsPointInwards,
  noBannedWords,
  tagKeysAreUnique,
  noDeadFiles,
  namesAreNouns,
  oneFastCheck
}
