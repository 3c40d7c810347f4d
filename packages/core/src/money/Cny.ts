/**
 * Rules: an amount of money in Chinese yuan, exact to a thousandth (PKG-3). Amounts are never negative and never a
 * fraction; what is rounded to fen, and when, is `Tariff.toPay` and not decided here.
 */
import * as Brand from "effect/Brand"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"

/** Thousandths of a yuan: `1_050_000` is ¥1,050.00. */
export type Cny = number & Brand.Brand<"Cny">

/** An amount as it is stored and sent: a whole, non-negative number of thousandths of a yuan. */
export const Cny = Schema.Int.pipe(
  Schema.between(0, Number.MAX_SAFE_INTEGER),
  Schema.brand("Cny"),
  Schema.annotations({ identifier: "Cny", description: "An amount in thousandths of a yuan (CNY)" })
)

/** Brands without looking. The caller has proven that the number is a safe integer of at least 0. */
export const unsafeMake = Brand.nominal<Cny>()

/**
 * An amount from thousandths of a yuan. Throws on what is negative, a fraction or beyond exact integers: such an
 * amount is a defect of the caller, as input is parsed with the schema.
 */
export const make = (thousandths: number): Cny => {
  if (!isAmount(thousandths)) throw new RangeError(`${thousandths} is no amount in thousandths of a yuan`)
  return unsafeMake(thousandths)
}

export const zero: Cny = unsafeMake(0)

/** A whole number of yuan: `yuan(1050)` is ¥1,050.00. */
export const yuan = (wholeYuan: number): Cny => make(wholeYuan * thousand)

/** The sum. Throws past exact integers. */
export const add = (left: Cny, right: Cny): Cny => make(left + right)

/** The sum over all of them; zero for none. */
export const sum = (amounts: Iterable<Cny>): Cny => {
  let total = zero
  for (const amount of amounts) total = add(total, amount)
  return total
}

/** The amount taken `count` times; `count` is whole and not negative. Throws otherwise, and past exact integers. */
export const times = (amount: Cny, count: number): Cny => make(amount * make(count))

/** What is left of `amount` without `part`; none where `part` is more than there is. */
export const subtract = (amount: Cny, part: Cny): Option.Option<Cny> =>
  part > amount ? Option.none() : Option.some(make(amount - part))

/** By how much `amount` is more than `limit`; zero where it is not. */
export const excess = (amount: Cny, limit: Cny): Cny => make(Math.max(0, amount - limit))

/** For people: `1,050.00`, with a third decimal only where the amount has one (`1,050.105`). */
export const format = (amount: Cny): string =>
  decimal(amount).replace(/^\d+/, (whole) => whole.replace(/\B(?=(\d{3})+$)/g, ","))

/** For machines: `1050.00`, or `1050.105`; exact, without grouping. */
export const decimal = (amount: Cny): string => {
  const thousandths = amount % thousand
  const fraction = String(thousandths).padStart(3, "0")
  return `${(amount - thousandths) / thousand}.${fraction.endsWith("0") ? fraction.slice(0, 2) : fraction}`
}

/** Reads `1,050.00`, `1050`, `0.105`; none for signs, spaces, misplaced commas and more than three decimals. */
export const parse = (text: string): Option.Option<Cny> => {
  const match = written.exec(text)
  if (match === null) return Option.none()
  const [, whole = "", fraction = ""] = match
  const thousandths = Number(whole.replaceAll(",", "")) * thousand + Number(fraction.padEnd(3, "0"))
  return isAmount(thousandths) ? Option.some(unsafeMake(thousandths)) : Option.none()
}

/** The decimal text of an amount (`"1050.00"`), for wires that carry money as text. */
export const FromText = Schema.transformOrFail(Schema.String, Cny, {
  strict: true,
  decode: (text, _options, ast) =>
    Option.match(parse(text), {
      onNone: () => ParseResult.fail(new ParseResult.Type(ast, text, "expected an amount such as 1050.00")),
      onSome: ParseResult.succeed
    }),
  encode: (amount) => ParseResult.succeed(decimal(unsafeMake(amount)))
})

const isAmount = (thousandths: number): boolean => Number.isSafeInteger(thousandths) && thousandths >= 0

const thousand = 1000
const written = /^(\d+|\d{1,3}(?:,\d{3})+)(?:\.(\d{1,3}))?$/
