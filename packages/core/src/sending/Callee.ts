/**
 * Rules: whom a send calls (SND-2): a mobile number of mainland China, in one canonical form however it was written.
 * Whether somebody answers there is not known here.
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"

/** Who gave the number out, by its first digits; a number that was carried to another operator keeps them. */
export const Operator = Schema.Literal("mobile", "unicom", "telecom", "broadnet", "virtual", "unknown")
export type Operator = typeof Operator.Type

/** E.164: `+86` and 11 digits. Personal data. */
export type Callee = string

/**
 * Looks up what the first digits of a number tell. A deployment with a table of prefixes passes its own in.
 *
 * **Gotchas** It gets the first seven of the eleven digits, never the whole number.
 */
export interface NumberPlan {
  readonly region: (prefix: string) => string | undefined
}

/** Not a mobile number of mainland China. It does not say which number. */
export class CalleeNotServed extends Schema.TaggedError<CalleeNotServed>()("CalleeNotServed", {
  problem: Schema.Literal("notANumber", "otherCountry", "wrongLength", "notMobile")
}) {
  static readonly rule = "SND-2" as const
  static readonly code = 1016
  static readonly transient = false
}

/**
 * The canonical form of a number, or what is wrong with it.
 *
 * **Details** Read are `13800138000`, with `+86`, `86` or `0086` before it, with spaces, hyphens, dots or parentheses
 * between the digits, and in full-width digits.
 */
export const parse = (written: string): Either.Either<Callee, CalleeNotServed> => {
  if (written.length === 14 && canonical.test(written)) return Either.right(written)
  if (written.length === 11 && national.test(written)) return Either.right(`+86${written}`)
  return slowly(written)
}

/** The 11 digits without the country. */
export const nationalNumber = (callee: Callee): string => callee.slice(3)

/**
 * The operator that the number's prefix was given to.
 *
 * **Details** Up to 189 as the carriers of libphonenumber have it (`resources/carrier/en/86.txt`), of 2019 as the ministry
 * gave them out on 24 December of that year (190, 192, 196, 197), the others as operators have announced them. 162, 165,
 * 167, 170 and 171 are resold: which operator is behind such a number, its prefix does not say.
 *
 * **Gotchas** Since 2019 a number may be carried to another operator, and keeps its prefix: who needs the operator of the
 * day has to ask a number portability database for each call. Regions are not told by prefixes of three digits: a
 * deployment that routes by them passes a `NumberPlan` with a table of seven digits in, which numbering services sell.
 */
export const operatorOf = (callee: Callee): Operator => {
  const three = callee.slice(3, 6)
  return fourDigits.get(callee.slice(3, 7)) ?? threeDigits.get(three) ?? "unknown"
}

/** The region of the number, if the plan knows it. */
export const regionOf = (plan: NumberPlan | undefined, callee: Callee): string | undefined =>
  plan?.region(callee.slice(3, 10))

/** For people who may see that somebody was called, not who: `+86138****8000`. */
export const masked = (callee: Callee): string => `${callee.slice(0, 6)}****${callee.slice(-4)}`

const canonical = /^\+861[3-9][0-9]{9}$/
const national = /^1[3-9][0-9]{9}$/
const separators = /[\s\-‐-―－.()（）]+/g
const fullWidth = /[０-９＋]/g

const slowly = (written: string): Either.Either<Callee, CalleeNotServed> => {
  if (written.length > 64) return Either.left(new CalleeNotServed({ problem: "notANumber" }))
  const text = written
    .replace(fullWidth, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0))
    .replace(separators, "")
  if (!/^\+?[0-9]+$/.test(text)) return Either.left(new CalleeNotServed({ problem: "notANumber" }))
  const international = text.startsWith("+") ? text.slice(1) : text.startsWith("00") ? text.slice(2) : undefined
  if (international !== undefined && !international.startsWith("86"))
    return Either.left(new CalleeNotServed({ problem: "otherCountry" }))
  const digits = international?.slice(2) ?? (text.length === 13 && text.startsWith("86") ? text.slice(2) : text)
  if (digits.length !== 11) return Either.left(new CalleeNotServed({ problem: "wrongLength" }))
  if (!national.test(digits)) return Either.left(new CalleeNotServed({ problem: "notMobile" }))
  return Either.right(`+86${digits}`)
}

const prefixes = (operator: Operator, list: string): ReadonlyArray<readonly [string, Operator]> =>
  list.split(" ").map((prefix) => [prefix, operator] as const)

/** Prefixes of four digits, which go before those of three. */
const fourDigits: ReadonlyMap<string, Operator> = new Map([
  ...prefixes("virtual", "1700 1701 1702 1703 1705 1706 1704 1707 1708 1709"),
  ...prefixes("telecom", "1349 1740 1741 1742 1743 1744 1745")
])

const threeDigits: ReadonlyMap<string, Operator> = new Map([
  ...prefixes(
    "mobile",
    "134 135 136 137 138 139 147 148 150 151 152 157 158 159 172 178 182 183 184 187 188 195 197 198"
  ),
  ...prefixes("unicom", "130 131 132 145 146 155 156 166 175 176 185 186 196"),
  ...prefixes("telecom", "133 149 153 173 177 180 181 189 190 191 193 199"),
  ...prefixes("broadnet", "192"),
  ...prefixes("virtual", "162 165 167 170 171")
])
