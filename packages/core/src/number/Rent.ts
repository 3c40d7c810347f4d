/**
 * Rules: buying numbers: who may, the order that is made for them, the hand-over once it is paid, and what becomes of
 * them when it is not (NUM-1, NUM-2, NUM-3). Later terms are `Renewal`'s business.
 */
import * as Either from "effect/Either"
import * as Account from "../account/Account.ts"
import * as Cny from "../money/Cny.ts"
import * as Tariff from "../money/Tariff.ts"
import * as Order from "../order/Order.ts"
import * as Qualification from "../qualification/Qualification.ts"
import * as Decision from "../storage/Decision.ts"
import type { Row } from "../storage/Kind.ts"
import * as Holdings from "./Holdings.ts"
import * as Renewal from "./Renewal.ts"
import * as VoiceNumber from "./VoiceNumber.ts"

/** What these decisions know of the world. */
export interface Env {
  /** Epoch milliseconds. */
  readonly now: number
  /** The list price of one number for one term. */
  readonly rent: Cny.Cny
}

/** Why numbers are not sold, in order of precedence. */
export type Refusal =
  | Account.NotEnterprise
  | Account.NotActivated
  | Qualification.NotQualified
  | Holdings.TooManyNumbers
  | VoiceNumber.NumberNotAvailable

const nothing: Order.Parts = { changes: [], work: [] }

/** What `count` numbers cost for one term, as it is paid. */
export const price = (rent: Cny.Cny, count: number): Cny.Cny => Tariff.toPay(Cny.times(rent, count))

/**
 * Makes an order for numbers, and reserves all of them for it, or none (NUM-3).
 *
 * **Details** `order` is the row of an order that nobody has made yet; `numbers` are different ones, in the order in
 * which they were asked for: the first that cannot be had is named in the refusal.
 */
export const buy = (
  env: Env,
  rows: {
    readonly account: Account.State
    readonly qualification: Qualification.State
    readonly holdings: Row<typeof Holdings.kind>
    readonly order: Row<typeof Order.kind>
    readonly numbers: ReadonlyArray<Row<typeof VoiceNumber.kind>>
  },
  command: { readonly autoRenew: boolean }
): Either.Either<Order.Parts & { readonly order: Order.State }, Refusal> =>
  Either.gen(function* () {
    const { holdings, order } = rows
    const { key: orderId, owner: accountId } = order.ref
    const wanted = rows.numbers.map(({ ref, state }) => ({ number: ref.key, region: state.region }))
    yield* Account.mayUseVoice(rows.account)
    yield* Qualification.mayBuyNumbers(rows.qualification)
    const reserved = yield* Holdings.reserve(env, holdings.state, { orderId, numbers: wanted })
    const numberChanges: Array<Decision.Change> = []
    for (const row of rows.numbers) {
      const events = yield* VoiceNumber.reserve(env, row.state, { number: row.ref.key, accountId, orderId })
      numberChanges.push(Decision.change(row, events))
    }
    const [number, ...others] = wanted.map(({ number }) => number)
    if (number === undefined) throw new Error("an order for numbers names at least one")
    const item = { _tag: "NumberRent", numbers: [number, ...others], autoRenew: command.autoRenew } as const
    const amount = price(env.rent, wanted.length)
    const created = yield* Order.create(env, order.state, { accountId, item, amount })
    const made = Order.record(order, created)
    return {
      order: created.reduce(Order.evolve, order.state),
      changes: [...made.changes, Decision.change(holdings, reserved), ...numberChanges],
      work: made.work
    }
  })

/** Hands over the numbers of a paid order: their first term runs from the payment (NUM-2). Once; otherwise nothing. */
export const handOver = (
  env: { readonly now: number },
  rows: {
    readonly order: Row<typeof Order.kind>
    readonly holdings: Row<typeof Holdings.kind>
    readonly numbers: ReadonlyArray<Row<typeof VoiceNumber.kind>>
  }
): Order.Parts => {
  const { holdings, numbers, order } = rows
  const { accountId, item, paidAt, status } = order.state
  if (status !== "paid" || item?._tag !== "NumberRent" || paidAt === undefined) return nothing
  const orderId = order.ref.key
  const fulfilled = Order.record(order, Either.getOrThrow(Order.fulfil(env, order.state)))
  const rented = Decision.change(
    holdings,
    Holdings.rent(holdings.state, { orderId, autoRenew: item.autoRenew, paidAt })
  )
  const work = item.numbers.flatMap((number) => {
    const held = Holdings.find(rented.state, number)
    return held === undefined ? [] : Renewal.termWork(accountId, held)
  })
  return {
    changes: [
      ...fulfilled.changes,
      rented,
      ...numbers.map((row) => Decision.change(row, VoiceNumber.rent(env, row.state, { accountId, orderId })))
    ],
    work: [...fulfilled.work, ...work]
  }
}

/** Frees the numbers that an order had reserved which ended unpaid. */
export const letGo = (
  env: { readonly now: number },
  rows: {
    readonly order: Row<typeof Order.kind>
    readonly holdings: Row<typeof Holdings.kind>
    readonly numbers: ReadonlyArray<Row<typeof VoiceNumber.kind>>
  }
): Order.Parts => {
  const { holdings, numbers, order } = rows
  if (!Order.isOver(order.state)) return nothing
  const orderId = order.ref.key
  const events = Holdings.letGo(env, holdings.state, { orderId })
  if (events.length === 0) return nothing
  return {
    changes: [
      Decision.change(holdings, events),
      ...numbers.map((row) => Decision.change(row, VoiceNumber.letGo(env, row.state, { orderId })))
    ],
    work: []
  }
}
