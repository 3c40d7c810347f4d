/** Rules: what may be among the dependencies of a package that is published under the MIT licence. */

export interface Dependency {
  readonly name: string
  readonly version: string
  /** SPDX expression of its package.json, empty where it has none. */
  readonly licence: string
  /** How a published package comes to it, outermost first. */
  readonly path: ReadonlyArray<string>
}

/** A licence that binds whoever ships the package, where no other one is offered with `OR`. */
const binding = /\b(AGPL|GPL|LGPL|SSPL|EUPL|CC-BY-(NC|SA))/i

export const problems = (dependencies: ReadonlyArray<Dependency>): ReadonlyArray<string> =>
  dependencies.flatMap(({ licence, name, path, version }) => {
    const place = `${[...path, name].join(" > ")} ${version}`
    if (licence === "") return [`${place} declares no licence`]
    return licence.split(/\bOR\b/).every((choice) => binding.test(choice)) ? [`${place} is ${licence}`] : []
  })
