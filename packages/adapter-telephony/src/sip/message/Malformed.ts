/**
 * Rules: why something that came over the wire is not understood. It names the place and never repeats what was
 * there: messages carry telephone numbers.
 */
import * as Either from "effect/Either"

export type Problem =
  | "missing"
  /** There is more than one where only one may be. */
  | "doubled"
  | "syntax"
  /** A number beyond what the protocol allows. */
  | "range"
  /** Another version of the protocol. */
  | "version"
  /** Less arrived than was announced. */
  | "truncated"
  | "tooLong"
  /** Two places contradict each other. */
  | "mismatch"

/** A plain value rather than an error: it is made for whatever strangers send, and must cost nothing. */
export interface Malformed {
  readonly _tag: "Malformed"
  /** The header's name, or `startLine`, `headers`, `body`, `uri`. */
  readonly field: string
  readonly problem: Problem
}

export const malformed = (field: string, problem: Problem): Either.Either<never, Malformed> =>
  Either.left({ _tag: "Malformed", field, problem })
