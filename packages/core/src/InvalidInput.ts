/**
 * Rules: the refusal of input that no rule could even look at: a missing field, a wrong type, a text out of bounds.
 */
import * as Either from "effect/Either"
import type * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"

/**
 * The input does not have the form that is asked for.
 *
 * **Gotchas** Each problem names a field and what was expected there, never the value: it may be a phone number.
 */
export class InvalidInput extends Schema.TaggedError<InvalidInput>()("InvalidInput", {
  problems: Schema.Array(Schema.Struct({ field: Schema.String, expected: Schema.String }))
}) {
  static readonly rule = "input" as const
  static readonly code = 1004
  static readonly transient = false

  override get message(): string {
    return this.problems.map(({ expected, field }) => `${field}: expected ${expected}`).join("; ")
  }
}

/** A parser that refuses instead of throwing, and names every field that is wrong. Build it once, not per input. */
export const parser = <A, I>(schema: Schema.Schema<A, I>): ((input: unknown) => Either.Either<A, InvalidInput>) => {
  const decode = Schema.decodeUnknownEither(schema, { errors: "all" })
  return (input) =>
    Either.mapLeft(decode(input), (error) => new InvalidInput({ problems: problemsOf(error.issue, "") }))
}

type Problem = { readonly field: string; readonly expected: string }

const problemsOf = (issue: ParseResult.ParseIssue, field: string): ReadonlyArray<Problem> => {
  switch (issue._tag) {
    case "Pointer":
      return problemsOf(issue.issue, join(field, issue.path))
    case "Composite":
      return (isMany(issue.issues) ? issue.issues : [issue.issues]).flatMap((inner) => problemsOf(inner, field))
    case "Refinement":
      return issue.kind === "From" ? problemsOf(issue.issue, field) : [{ field, expected: String(issue.ast) }]
    case "Transformation":
      return issue.kind === "Transformation" ? [{ field, expected: String(issue.ast) }] : problemsOf(issue.issue, field)
    case "Missing":
      return [{ field, expected: issue.message ?? "a value" }]
    case "Unexpected":
      return [{ field, expected: "no such field" }]
    case "Type":
    case "Forbidden":
      return [{ field, expected: String(issue.ast) }]
  }
}

const isMany = <A>(value: A | ReadonlyArray<A>): value is ReadonlyArray<A> => Array.isArray(value)

const join = (field: string, path: ParseResult.Path): string =>
  [...(field === "" ? [] : [field]), ...(isMany(path) ? path : [path]).map(String)].join(".")
