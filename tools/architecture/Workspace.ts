/** Rules: the workspace as the architecture checks see it. Texts in, violations out: nothing is read from a disk here. */

export interface SourceFile {
  /** From the root of the workspace, with forward slashes. */
  readonly path: string
  readonly text: string
}

export interface Manifest {
  readonly name: string
  readonly exports?: Readonly<Record<string, unknown>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>
}

export interface Package {
  /** `packages/core` */
  readonly folder: string
  readonly manifest: Manifest
}

export interface Workspace {
  readonly files: ReadonlyArray<SourceFile>
  readonly packages: ReadonlyArray<Package>
}

export interface Violation {
  readonly path: string
  readonly line: number
  readonly message: string
}

export type Check = (workspace: Workspace) => ReadonlyArray<Violation>

export interface Import {
  readonly specifier: string
  /** For a relative specifier, the path it leads to; else the specifier. */
  readonly target: string
  readonly line: number
}

/**
 * The text with comments and templates blanked out, so that documentation and fixtures are not taken for imports.
 * Offsets and lines stay.
 *
 * **Gotchas** A regular expression with a quote in it is taken for a string up to the end of its line, one with a
 * backtick for a template: such a file may show fewer imports than it has.
 */
const importsOnly = (text: string): string =>
  blank(text, (found) => found.startsWith("//") || found.startsWith("/*") || found.startsWith("`"))

/** The text with comments and quoted strings blanked out. Templates stay: they contain code. */
export const codeOnly = (text: string): string => blank(text, (found) => !found.startsWith("`"))

const token = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\[\s\S]|[^`\\])*`/g

const blank = (text: string, unwanted: (token: string) => boolean): string =>
  text.replaceAll(token, (found) => (unwanted(found) ? found.replaceAll(/[^\n]/g, " ") : found))

export const lineAt = (text: string, offset: number): number => text.slice(0, offset).split("\n").length

/** Every static, re-exporting, type-only and dynamic import of a file. */
export const importsOf = (file: SourceFile): ReadonlyArray<Import> =>
  [
    ...importsOnly(file.text).matchAll(
      /\b(?:import|export)\b[^"'`;()]*?\bfrom\s*"([^"]+)"|\bimport\s*"([^"]+)"|\bimport\s*\(\s*"([^"]+)"/g
    )
  ].map((found) => {
    const specifier = found[1] ?? found[2] ?? found[3]!
    return { specifier, target: resolve(file.path, specifier), line: lineAt(file.text, found.index + found[0].length) }
  })

/** `./../money/Cny.ts` seen from `packages/core/src/balance/Balance.ts` is `packages/core/src/money/Cny.ts`. */
export const resolve = (from: string, specifier: string): string => {
  if (!specifier.startsWith(".")) return specifier
  const parts = from.split("/").slice(0, -1)
  for (const part of specifier.split("/")) {
    if (part === "..") parts.pop()
    else if (part !== ".") parts.push(part)
  }
  return parts.join("/")
}

/** `effect` of `effect/Schema`, `@vsms/core` of `@vsms/core/testing`. */
export const packageOf = (specifier: string): string =>
  specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/")

/** `core` and `balance/Balance.ts` of `packages/core/src/balance/Balance.ts`. */
export const sourceOf = (path: string): { readonly pkg: string; readonly inner: string } | undefined => {
  const found = /^packages\/([^/]+)\/src\/(.+)$/.exec(path)
  return found === null ? undefined : { pkg: found[1]!, inner: found[2]! }
}

/** The published sources of the workspace, with what `sourceOf` says of them. */
export const sources = (workspace: Workspace) =>
  workspace.files.flatMap((file) => {
    const source = sourceOf(file.path)
    return source === undefined ? [] : [{ file, ...source }]
  })

export const kinds = ["Rules", "Port", "Service", "Adapter"] as const
export type Kind = (typeof kinds)[number]

/** The first word of the file's first doc comment, where the file begins with one. */
export const kindOf = (file: SourceFile): Kind | undefined => {
  const word = /^\/\*\*[\s*]*(\w+):/.exec(file.text)?.[1]
  return kinds.find((kind) => kind === word)
}
