/**
 * Rules: which approved template a full text is one of, and with which parameters: the older wire sends texts that were
 * put together by the caller. Whether the parameters may be sent is not decided here.
 */
import type * as TemplateText from "@vsms/core/template/TemplateText"

/** What of a template is compared. */
export interface Pattern {
  readonly parts: ReadonlyArray<TemplateText.Part>
  readonly arity: number
}

/** The parameters with which a template reads like the text; `undefined` if none do. Shorter ones are tried first. */
export const match = (pattern: Pattern, text: string): ReadonlyArray<string> | undefined => {
  const { arity, parts } = pattern
  const values: Array<string | undefined> = Array.from({ length: arity }, () => undefined)
  // A text can be cut in many ways where variables stand side by side: whoever gets there is told that none matches.
  let steps = stepsMax
  const matches = (i: number, at: number): boolean => {
    if (--steps < 0) return false
    const part = parts[i]
    if (part === undefined) return at === text.length
    if (part._tag === "Literal") return text.startsWith(part.text, at) && matches(i + 1, at + part.text.length)
    const known = values[part.n - 1]
    if (known !== undefined) return text.startsWith(known, at) && matches(i + 1, at + known.length)
    for (let end = at + 1; end <= text.length; end++) {
      values[part.n - 1] = text.slice(at, end)
      if (matches(i + 1, end)) return true
    }
    values[part.n - 1] = undefined
    return false
  }
  return matches(0, 0) ? values.map((value) => value ?? "") : undefined
}

/** The first that matches, those with the fewest variables first: what is written out goes before what is filled in. */
export const find = <P extends Pattern>(
  patterns: ReadonlyArray<P>,
  text: string
): { readonly pattern: P; readonly params: ReadonlyArray<string> } | undefined => {
  for (const pattern of [...patterns].sort((left, right) => left.arity - right.arity)) {
    const params = match(pattern, text)
    if (params !== undefined) return { pattern, params }
  }
  return undefined
}

const stepsMax = 20_000
