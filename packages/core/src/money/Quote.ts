/**
 * Rules: what a buyer is told before buying (PKG-4): the price of what was chosen and the cheapest way to get at least
 * as much, where more costs less, and what a history of use would have cost. A quote binds nobody; orders are made
 * elsewhere.
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as Basket from "./Basket.ts"
import * as Cny from "./Cny.ts"
import * as Minutes from "./Minutes.ts"
import * as Tariff from "./Tariff.ts"

/** The chosen basket beside the cheapest one with at least its minutes (PKG-4). */
export const Quote = Schema.Struct({
  chosen: Basket.Basket,
  /** Equal to `chosen` where no other basket costs less, or gives more minutes at the least price. */
  cheapest: Basket.Basket,
  /** What the cheapest one saves: the difference of what is paid. */
  saving: Cny.Cny,
  /** The minutes that the cheapest one has beyond the chosen ones. */
  extraMinutes: Minutes.Minutes
})
export type Quote = typeof Quote.Type

/** Quotes an order, or says what about it is not sold, in the order of `Basket.make` (PKG-3, PKG-4). */
export const quote = (
  list: Tariff.PriceList,
  requested: ReadonlyArray<Basket.RequestedPackages>
): Either.Either<Quote, Tariff.TariffRefusal> =>
  Either.map(Basket.make(list, requested), (chosen) => {
    // The chosen basket is itself one order, so its minutes are never beyond one.
    const cheapest = Either.getOrElse(Basket.cheapest(list, chosen.minutes), () => chosen)
    const saving = Cny.excess(chosen.payable, cheapest.payable)
    const extraMinutes = Minutes.excess(cheapest.minutes, chosen.minutes)
    return { chosen, cheapest: saving > 0 || extraMinutes > 0 ? cheapest : chosen, saving, extraMinutes }
  })

/** Custom sizes for which one larger package costs less to pay (PKG-4). Both ends belong to the range. */
export const Cliff = Schema.Struct({
  minutesFrom: Minutes.Minutes,
  minutesTo: Minutes.Minutes,
  /** The cheapest larger package; of equally cheap ones the largest. */
  instead: Schema.Struct({ kind: Basket.PackageKind, minutes: Minutes.Minutes, payable: Cny.Cny }),
  /** The most that a size of the range costs beyond `instead`. */
  overpayMax: Cny.Cny
})
export type Cliff = typeof Cliff.Type

/**
 * The ranges of custom sizes where buying more is cheaper, in ascending order (PKG-4).
 *
 * **Details** Compared is what is paid. Larger packages are the fixed ones and the smallest of each tier: any other
 * size costs more than one of these or falls in the same tier as the size itself. Mixed baskets are `Basket.cheapest`'s
 * business.
 */
export const cliffs = (list: Tariff.PriceList): ReadonlyArray<Cliff> => {
  const offers = offersOf(list)
  const bounds = [...new Set(offers.map(({ minutes }) => minutes))].filter(
    (minutes) => minutes > list.customMinutesMin && minutes <= list.customMinutesMax
  )
  const found: Array<Cliff> = []
  for (const [index, from] of [list.customMinutesMin, ...bounds].entries()) {
    const to = Minutes.make((bounds[index] ?? list.customMinutesMax + 1) - 1)
    const instead = cheapestOffer(offers.filter(({ minutes }) => minutes > to))
    if (instead === undefined) break
    const { pricePerMinute } = Tariff.tierOf(list, from)
    const payable = (minutes: number) => Tariff.toPay(Cny.times(pricePerMinute, minutes))
    // The first size that rounds to more: its list price is at least half a fen above.
    const dearer = Math.ceil((instead.payable + 5) / pricePerMinute)
    const minutesFrom = Minutes.make(Math.max(from, dearer))
    if (minutesFrom > to) continue
    const overpayMax = Cny.excess(payable(to), instead.payable)
    const last = found.at(-1)
    if (last !== undefined && last.minutesTo + 1 === minutesFrom && last.instead.minutes === instead.minutes) {
      const most = overpayMax > last.overpayMax ? overpayMax : last.overpayMax
      found[found.length - 1] = { minutesFrom: last.minutesFrom, minutesTo: to, instead, overpayMax: most }
    } else found.push({ minutesFrom, minutesTo: to, instead, overpayMax })
  }
  return found
}

type Offer = Cliff["instead"]

/** One package of each size that can be cheaper than a smaller one; fixed ones before equal custom ones. */
const offersOf = (list: Tariff.PriceList): ReadonlyArray<Offer> =>
  [
    ...list.fixed.map(({ minutes, price }) => ({ kind: "fixed" as const, minutes, payable: Tariff.toPay(price) })),
    ...list.tiers.map(({ minutesFrom: minutes, pricePerMinute }) => ({
      kind: "custom" as const,
      minutes,
      payable: Tariff.toPay(Cny.times(pricePerMinute, minutes))
    }))
  ].sort((left, right) => left.minutes - right.minutes)

const cheapestOffer = (offers: ReadonlyArray<Offer>): Offer | undefined =>
  offers.reduce<Offer | undefined>((best, offer) => {
    if (best === undefined || offer.payable < best.payable) return offer
    return offer.payable === best.payable && offer.minutes > best.minutes ? offer : best
  }, undefined)

/** What a history of use costs if it is bought in one way. */
export interface Plan {
  /** Every order that is not empty, each the cheapest for what was missing then. */
  readonly orders: ReadonlyArray<Basket.Basket>
  readonly payable: Cny.Cny
  /** Minutes bought and not used, whether they are left at the end or ran out before. */
  readonly unusedMinutes: Minutes.Minutes
}

export interface Comparison {
  readonly list: Tariff.PriceList
  /** At the beginning of each month, whatever that month needs and is not left from before. */
  readonly monthly: Plan
  /** At the beginning, and every 24 months, all that the next 24 months need. */
  readonly ahead: Plan
}

/**
 * What-if: what the minutes used in consecutive months cost under each price list, bought month by month and bought
 * ahead (PKG-4).
 *
 * **Details** Packages last 24 months (PKG-7) and the one that runs out first is drawn on first (BAL-3).
 */
export const compare = (options: {
  readonly minutesPerMonth: ReadonlyArray<Minutes.Minutes>
  readonly lists: ReadonlyArray<Tariff.PriceList>
}): Either.Either<ReadonlyArray<Comparison>, Basket.MinutesBeyondOneOrder> =>
  Either.all(
    options.lists.map((list) =>
      Either.all({
        list: Either.right(list),
        monthly: planMonthly(list, options.minutesPerMonth),
        ahead: planAhead(list, options.minutesPerMonth)
      })
    )
  )

const validMonths = 24

type PlanResult = Either.Either<Plan, Basket.MinutesBeyondOneOrder>

const planMonthly = (list: Tariff.PriceList, minutesPerMonth: ReadonlyArray<Minutes.Minutes>): PlanResult =>
  Either.gen(function* () {
    const orders: Array<Basket.Basket> = []
    let left: Array<{ readonly minutes: Minutes.Minutes; readonly expiresInMonth: number }> = []
    for (const [month, used] of minutesPerMonth.entries()) {
      left = left.filter(({ expiresInMonth }) => expiresInMonth > month)
      const missing = Minutes.excess(used, Minutes.sum(left.map(({ minutes }) => minutes)))
      const order = yield* Basket.cheapest(list, missing)
      orders.push(order)
      left.push({ minutes: order.minutes, expiresInMonth: month + validMonths })
      let toDraw = used
      left = left.map((lot) => {
        const drawn = Minutes.min(toDraw, lot.minutes)
        toDraw = Minutes.excess(toDraw, drawn)
        return { ...lot, minutes: Minutes.excess(lot.minutes, drawn) }
      })
    }
    return planOf(orders, minutesPerMonth)
  })

const planAhead = (list: Tariff.PriceList, minutesPerMonth: ReadonlyArray<Minutes.Minutes>): PlanResult => {
  const needs: Array<Minutes.Minutes> = []
  for (let month = 0; month < minutesPerMonth.length; month += validMonths) {
    needs.push(Minutes.sum(minutesPerMonth.slice(month, month + validMonths)))
  }
  return Either.map(Either.all(needs.map((need) => Basket.cheapest(list, need))), (orders) =>
    planOf(orders, minutesPerMonth)
  )
}

const planOf = (orders: ReadonlyArray<Basket.Basket>, used: ReadonlyArray<Minutes.Minutes>): Plan => ({
  orders: orders.filter(({ packageCount }) => packageCount > 0),
  payable: Cny.sum(orders.map(({ payable }) => payable)),
  unusedMinutes: Minutes.excess(Minutes.sum(orders.map(({ minutes }) => minutes)), Minutes.sum(used))
})
