/** Rules: what may be among the dependencies of a package that is published under the MIT licence. */

export interface Dependency {
  readonly name: string
  readonly version: string
  /** SPDX expression of its package.json, empty where it has none. */
  readonly licence: string
  /** How a published package comes to it, outermost first. */
  readonly path: ReadonlyArray<string>
}

/** A licence that binds whoever ships the package. */
const binding = /^(AGPL|GPL|LGPL|SSPL|EUPL|OSL|CC-BY-(NC|SA)|BUSL|UNLICENSED|SEE LICEN[CS]E)/i

export const problems = (dependencies: ReadonlyArray<Dependency>): ReadonlyArray<string> =>
  dependencies.flatMap(({ licence, name, path, version }) => {
    const place = `${[...path, name].join(" > ")} ${version}`
    if (licence === "") return [`${place} declares no licence`]
    return binds(licence) ? [`${place} is ${licence}`] : []
  })

/** Whether an expression leaves no choice without a binding licence. `AND` is stronger than `OR`, brackets than both. */
const binds = (expression: string): boolean => {
  const tokens = /^SEE LICEN[CS]E/i.test(expression)
    ? [expression]
    : (expression.match(/[()]|[^()\s]+/g) ?? []).map((token) => (token === "/" ? "OR" : token))
  let at = 0
  const choice = (): boolean => {
    let all = both()
    while (tokens[at]?.toUpperCase() === "OR") {
      at++
      const other = both()
      all &&= other
    }
    return all
  }
  const both = (): boolean => {
    let any = one()
    while (tokens[at]?.toUpperCase() === "AND") {
      at++
      const other = one()
      any ||= other
    }
    return any
  }
  const one = (): boolean => {
    if (tokens[at] === "(") {
      at++
      const inner = choice()
      at++
      return inner
    }
    const licence = tokens[at++] ?? ""
    // An exception widens what one may do; none that counts here is wide enough.
    if (tokens[at]?.toUpperCase() === "WITH") at += 2
    return binding.test(licence)
  }
  const bound = choice()
  // What cannot be read to its end is not to be trusted.
  return bound || at < tokens.length
}

/** `license` of a package.json, in all forms that the registry has seen. */
export const licenceOf = (manifest: { readonly license?: unknown; readonly licenses?: unknown }): string => {
  const typeOf = (value: unknown): string =>
    typeof value === "string"
      ? value
      : typeof value === "object" && value !== null && "type" in value && typeof value.type === "string"
        ? value.type
        : ""
  if (manifest.license !== undefined) return typeOf(manifest.license)
  // Of several in a list, the one who ships may choose.
  return Array.isArray(manifest.licenses) ? manifest.licenses.map(typeOf).join(" OR ") : typeOf(manifest.licenses)
}
