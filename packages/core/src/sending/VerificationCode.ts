/**
 * Rules: what a verification code is (SND-1): 2 to 12 digits, or digits and letters; and that a verification template
 * is given one. Who made it up, and whether it is right, is not known here.
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type * as Template from "../template/Template.ts"

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

/**
 * What is wrong with the parameters of a verification template; `undefined` if nothing is. At least one of them is a
 * code, and the others that have no declared kind look like one: a single digit will do, as in `{2}分钟`.
 *
 * **Details** Otherwise what is no code could be sent under the limits and with the template of codes, or a code
 * unmasked in what nobody takes for one. What is declared of another kind is that kind's business.
 */
export const refusalOf = (
  { variables }: Pick<Template.State, "variables">,
  params: ReadonlyArray<string>
): BadVerificationCode | undefined => {
  let codes = 0
  let longest = 0
  for (let i = 0; i < params.length; i++) {
    if ((variables[i] ?? "code") !== "code") continue
    const value = params[i]!
    if (!codeLike.test(value)) return new BadVerificationCode({ length: value.length })
    if (value.length >= codeMin) codes++
    longest = Math.max(longest, value.length)
  }
  return codes > 0 ? undefined : new BadVerificationCode({ length: longest })
}

const codeMin = 2
const codeLike = /^[0-9A-Za-z]{1,12}$/
const pattern = /^[0-9A-Za-z]{2,12}$/
