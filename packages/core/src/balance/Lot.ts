/**
 * Rules: one package of minutes as the balance keeps it, and the order in which packages are drawn (BAL-3). Which lots
 * a draw takes from, and when, is not decided here.
 */
import * as Schema from "effect/Schema"
import * as Basket from "../money/Basket.ts"
import * as Minutes from "../money/Minutes.ts"

/** What names a lot and places it in the order of drawing. */
export interface LotKey {
  readonly packageId: string
  readonly purchasedAt: number
  readonly expiresAt: number
}

const key = {
  packageId: Schema.String,
  purchasedAt: Schema.Int,
  expiresAt: Schema.Int
}

/**
 * A package of minutes.
 *
 * **Details** Every minute of it is in one of four places: `free`, on hold (`held`), `spent` by calls, or written off
 * at the expiry (`expired`). It is effective from `effectiveAt` (PKG-7), and until, not at, `expiresAt`.
 */
export const Lot = Schema.Struct({
  ...key,
  orderId: Schema.String,
  kind: Basket.PackageKind,
  effectiveAt: Schema.Int,
  minutes: Minutes.Minutes,
  free: Minutes.Minutes,
  held: Minutes.Minutes,
  spent: Minutes.Minutes,
  expired: Minutes.Minutes
})
export type Lot = typeof Lot.Type

/** Minutes of one lot. Carries the lot's place in the order, so that it is found again without a search by id. */
export const Part = Schema.Struct({ ...key, minutes: Minutes.Minutes })
export type Part = typeof Part.Type

/** What a send has on hold: parts of lots in the order of drawing, and their sum. */
export const Hold = Schema.Struct({ minutes: Minutes.Minutes, parts: Schema.Array(Part) })
export type Hold = typeof Hold.Type

/** What became of one held part: `held` = `spent` + `returned` + `expired`. */
export const Share = Schema.Struct({
  ...key,
  held: Minutes.Minutes,
  spent: Minutes.Minutes,
  returned: Minutes.Minutes,
  expired: Minutes.Minutes
})
export type Share = typeof Share.Type

/** The order of drawing: what expires first, then what was bought first, then the id (BAL-3). */
export const byDraw = (left: LotKey, right: LotKey): number => {
  if (left.expiresAt !== right.expiresAt) return left.expiresAt - right.expiresAt
  if (left.purchasedAt !== right.purchasedAt) return left.purchasedAt - right.purchasedAt
  return left.packageId < right.packageId ? -1 : left.packageId > right.packageId ? 1 : 0
}

/** The order in which packages become effective; among equals, the order of drawing. */
export const byEffect = (left: Lot, right: Lot): number => left.effectiveAt - right.effectiveAt || byDraw(left, right)

/** The lot with its minutes in other places. */
export const move = (lot: Lot, free: number, held: number, spent: number, expired: number): Lot => ({
  packageId: lot.packageId,
  purchasedAt: lot.purchasedAt,
  expiresAt: lot.expiresAt,
  orderId: lot.orderId,
  kind: lot.kind,
  effectiveAt: lot.effectiveAt,
  minutes: lot.minutes,
  free: Minutes.unsafeMake(free),
  held: Minutes.unsafeMake(held),
  spent: Minutes.unsafeMake(spent),
  expired: Minutes.unsafeMake(expired)
})

/** BAL-5, BAL-6: no place holds less than nothing, and together they hold what was bought. */
export const conserves = (lot: Lot): boolean =>
  isCount(lot.free) &&
  isCount(lot.held) &&
  isCount(lot.spent) &&
  isCount(lot.expired) &&
  lot.minutes === lot.free + lot.held + lot.spent + lot.expired

const isCount = (minutes: number): boolean => Number.isSafeInteger(minutes) && minutes >= 0
