/** Rules: reads the rulebook's tables, and writes them as the module `RuleId` of core. */

export interface Rule {
  readonly id: string
  /** The row's text without markup. */
  readonly sentence: string
}

/** Every row of the rulebook that begins with a rule id, in the order of the page. */
export const parse = (markdown: string): ReadonlyArray<Rule> => {
  const rules = [...markdown.matchAll(/^\| ([A-Z]{3}-\d+) \| (.+?) \|/gm)].map((row) => ({
    id: row[1]!,
    sentence: row[2]!.replaceAll(/\*+([^*]+)\*+/g, "$1")
  }))
  const ids = rules.map((rule) => rule.id)
  const twice = ids.filter((id, at) => ids.indexOf(id) !== at)
  if (twice.length > 0) throw new Error(`the rulebook has ${twice.join(", ")} twice`)
  if (ids.length === 0) throw new Error("the rulebook has no rules")
  return rules
}

export const moduleText = (rules: ReadonlyArray<Rule>): string =>
  [
    "/**",
    " * Rules: the rulebook's ids with their sentences. Generated from docs/rulebook.md by `npm run codegen`: not edited",
    " * by hand, and nothing is decided here.",
    " */",
    "",
    "/** An id of the rulebook: a typo does not compile. */",
    "export type RuleId =",
    ...rules.map((rule) => `  | ${JSON.stringify(rule.id)}`),
    "",
    "/** Every rule, in the order of the rulebook. */",
    "export const rules: ReadonlyArray<{ readonly id: RuleId; readonly sentence: string }> = [",
    rules.map((rule) => `  { id: ${JSON.stringify(rule.id)}, sentence: ${JSON.stringify(rule.sentence)} }`).join(",\n"),
    "]",
    ""
  ].join("\n")
