/**
 * Rules: what a verification code is (SND-1): 2 to 12 digits, or digits and letters. Who made it up, and whether it is
 * right, is not known here.
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"

/** Not a verification code. It does not say which text. */
export class BadVerificationCode extends Schema.TaggedError<BadVerificationCode>()("BadVerificationCode", {
  length: Schema.Int
}) {
  static readonly rule = "SND-1" as const
  static readonly code = 1018
  static readonly transient = false
}

/** The code, or that it is none. Letters are ASCII and keep their case. */
export const parse = (code: string): Either.Either<string, BadVerificationCode> =>
  pattern.test(code) ? Either.right(code) : Either.left(new BadVerificationCode({ length: code.length }))

const pattern = /^[0-9A-Za-z]{2,12}$/
