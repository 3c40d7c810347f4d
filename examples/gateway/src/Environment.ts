/**
 * Reads the environment, variable by variable, and collects what is wrong with it: an operator who set three things
 * wrong is told of three. A problem names the variable, what it holds, unless that is a secret, and what it should.
 */
import * as Redacted from "effect/Redacted"

export interface Variables {
  readonly [name: string]: string | undefined
}

/** In Chinese, and in English. */
export type Words = readonly [zh: string, en: string]

export interface Problem {
  readonly variable: string
  /** `undefined`: it is a secret's, or there is none. */
  readonly given: string | undefined
  readonly expected: Words
}

/** Two lines for people. */
export const describe = ({ expected: [zh, en], given, variable }: Problem): string => {
  const quoted = given === undefined ? undefined : shortened(given)
  return quoted === undefined
    ? `✗ ${variable}：${zh}\n  ${variable}: ${en}`
    : `✗ ${variable} 当前为「${quoted}」：${zh}\n  ${variable} is "${quoted}": ${en}`
}

const longestShown = 60

/** On one line, and not a page of it. */
const shortened = (text: string): string => {
  const line = text.replaceAll(/\p{Cc}+/gu, " ")
  return line.length <= longestShown ? line : `${line.slice(0, longestShown)}…`
}

/** Reads variables; of one that is wrong the default is taken, and the problem kept. An empty one counts as not set. */
export interface Reader {
  readonly text: (name: string) => string | undefined
  readonly secret: (name: string) => Redacted.Redacted | undefined
  readonly integer: (name: string, otherwise: number, between: readonly [least: number, most: number]) => number
  readonly choice: <const C extends string>(name: string, choices: readonly [C, ...ReadonlyArray<C>]) => C
  readonly yesNo: (name: string, otherwise: boolean) => boolean
  /** Takes down what is wrong with a variable that is there; of a secret its value is not told. */
  readonly wrong: (name: string, expected: Words, kind?: "secret") => void
  readonly problems: () => ReadonlyArray<Problem>
}

const yes = ["yes", "true", "1", "on"]
const no = ["no", "false", "0", "off"]

export const reader = (variables: Variables): Reader => {
  const problems: Array<Problem> = []
  const text = (name: string): string | undefined => {
    const given = variables[name]?.trim()
    return given === "" ? undefined : given
  }
  const wrong: Reader["wrong"] = (variable, expected, kind) =>
    void problems.push({ variable, given: kind === "secret" ? undefined : text(variable), expected })
  return {
    text,
    secret: (name) => {
      const given = text(name)
      return given === undefined ? undefined : Redacted.make(given)
    },
    integer: (name, otherwise, [least, most]) => {
      const given = text(name)
      if (given === undefined) return otherwise
      const value = Number(given)
      if (/^[0-9]{1,15}$/.test(given) && value >= least && value <= most) return value
      wrong(name, [`应为 ${least} 到 ${most} 的整数`, `must be a whole number from ${least} to ${most}`])
      return otherwise
    },
    choice: (name, choices) => {
      const given = text(name)
      const [first] = choices
      if (given === undefined) return first
      const chosen = choices.find((choice) => choice === given.toLowerCase())
      if (chosen !== undefined) return chosen
      wrong(name, [`应为 ${choices.join("、")} 之一`, `must be one of ${choices.join(", ")}`])
      return first
    },
    yesNo: (name, otherwise) => {
      const given = text(name)?.toLowerCase()
      if (given === undefined) return otherwise
      if (yes.includes(given)) return true
      if (!no.includes(given)) wrong(name, ["应为 yes 或 no", "must be yes or no"])
      return yes.includes(given)
    },
    wrong,
    problems: () => problems
  }
}
