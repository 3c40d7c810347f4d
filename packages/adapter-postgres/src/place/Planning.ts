/**
 * Rules: what every session is told about planning. The store finds rows by their keys and lists them along an index, and
 * nothing else is ever right for it, whatever the server believes of its tables.
 *
 * **Details** A session keeps the plans of the store's statements. One that was made while a table was empty looks
 * through the whole table, which costs nothing then; it is not made anew until somebody counts the table, and meanwhile
 * each statement reads all that was added. And where the number of rows in an array is not known, a join by hashing the
 * whole work queue looks cheaper than a few looks into its index. Both were seen, and are tested.
 */

const settings: Readonly<Record<string, string>> = {
  enable_seqscan: "off",
  enable_hashjoin: "off",
  enable_mergejoin: "off",
  // There is one right plan for each statement, whatever its values; to make it anew for each takes longer than to run it.
  plan_cache_mode: "force_generic_plan",
  // Older servers add a fortune to the cost of what is switched off, and would compile a plan that looks so expensive.
  jit: "off"
}

/** For a server, before anything that its operator has chosen, which holds. */
export const options = (chosen: string | null): string =>
  [
    ...Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`),
    ...(chosen === null ? [] : [chosen])
  ].join(" ")

/** The same as statements. */
export const statements: ReadonlyArray<string> = Object.entries(settings).map(
  ([name, value]) => `SET ${name} = ${value}`
)
