/**
 * Rules: the terms of a number after its first, and its end (NUM-4, NUM-5, NUM-6, NUM-7). A next term is an order like
 * any other; it is made, tried and handed over here, and at the expiry there is either a paid one or a release.
 */
import * as Either from "effect/Either"
import * as Account from "../account/Account.ts"
import type * as Cny from "../money/Cny.ts"
import * as Tariff from "../money/Tariff.ts"
import * as Order from "../order/Order.ts"
import * as Decision from "../storage/Decision.ts"
import type { Row } from "../storage/Kind.ts"
import * as ShanghaiDay from "../time/ShanghaiDay.ts"
import * as Term from "../time/Term.ts"
import * as Holdings from "./Holdings.ts"
import * as VoiceNumber from "./VoiceNumber.ts"

/** How long before the expiry a renewal is first tried (NUM-6). */
export const leadMillis = 24 * 60 * 60_000

/** The pause after the first declined try; each further one is twice as long, up to the longest. */
export const firstPauseMillis = 15 * 60_000
export const longestPauseMillis = 6 * 60 * 60_000

/** How long before the expiry the last try is made. */
export const lastTryMillis = 5 * 60_000

/** What these decisions know of the world. */
export interface Env {
  /** Epoch milliseconds. */
  readonly now: number
  /** The list price of one number for one term. */
  readonly rent: Cny.Cny
}

// ---------------------------------------------------------------------------------------------------------------------
// the order for the next term
// ---------------------------------------------------------------------------------------------------------------------

/**
 * The id of the `count`th order for the term of a number that begins at `fromExpiresAt`.
 *
 * **Details** Of these orders one is open at a time, and a paid one ends the series: so a term is charged once (NUM-6).
 */
export const orderId = (number: string, fromExpiresAt: number, count: number): string =>
  `${number}-${fromExpiresAt}-${count}`

/** The order for a held number's next term that was made last; `undefined` if none was. */
export const currentOrderId = ({ expiresAt, number, renewal }: Holdings.HeldNumber): string | undefined =>
  renewal.orders === 0 ? undefined : orderId(number, expiresAt, renewal.orders)

/** The order that comes after it. */
export const nextOrderId = ({ expiresAt, number, renewal }: Holdings.HeldNumber): string =>
  orderId(number, expiresAt, renewal.orders + 1)

/** The rows of the orders that a decision about a number's next term needs; others, if the number has moved on. */
export interface OrderRows {
  readonly current: Row<typeof Order.kind> | undefined
  readonly next: Row<typeof Order.kind>
}

/** Whether these are the orders that the number's next term depends on now. */
export const areOrdersOf = (held: Holdings.HeldNumber, { current, next }: OrderRows): boolean =>
  current?.ref.key === currentOrderId(held) && next.ref.key === nextOrderId(held)

/**
 * The order for the next term: the one that is open or being handed over, else a new one. It can be paid until the
 * number's expiry at the latest.
 */
export const order = (
  env: Env,
  rows: OrderRows & { readonly account: Account.State; readonly holdings: Row<typeof Holdings.kind> },
  command: { readonly number: string }
): Either.Either<
  Order.Parts & { readonly order: Row<typeof Order.kind> },
  Account.NotEnterprise | Account.NotActivated | Holdings.NumberNotHeld
> =>
  Either.gen(function* () {
    const { current, holdings, next } = rows
    const { number } = command
    yield* Account.mayUseVoice(rows.account)
    const held = Holdings.findUsable(holdings.state, number, env.now)
    if (held === undefined) return yield* Either.left(new Holdings.NumberNotHeld({ number }))
    if (current !== undefined && !Order.isOver(current.state)) return { order: current, changes: [], work: [] }
    const events = yield* Order.create(env, next.state, {
      accountId: next.ref.owner,
      item: { _tag: "NumberRenewal", number, fromExpiresAt: held.expiresAt },
      amount: Tariff.toPay(env.rent),
      payBefore: held.expiresAt
    })
    const made = Order.record(next, events)
    const ordered = { _tag: "RenewalOrdered", number, orderId: next.ref.key, at: env.now } as const
    return {
      order: { ...next, state: events.reduce(Order.evolve, next.state) },
      changes: [...made.changes, Decision.change(holdings, [ordered])],
      work: made.work
    }
  })

/**
 * Begins the term that a paid order bought, at the old expiry (NUM-4). Once; otherwise nothing.
 *
 * **Gotchas** The number must still be held until that expiry: `lapse` takes none away whose next term may be paid.
 */
export const handOver = (
  env: { readonly now: number },
  rows: { readonly order: Row<typeof Order.kind>; readonly holdings: Row<typeof Holdings.kind> }
): Order.Parts => {
  const { holdings, order } = rows
  const { accountId, item, status } = order.state
  if (status !== "paid" || item?._tag !== "NumberRenewal") return { changes: [], work: [] }
  const { fromExpiresAt, number } = item
  if (Holdings.find(holdings.state, number)?.expiresAt !== fromExpiresAt)
    throw new Error(`order ${order.ref.key} paid for a term that does not follow the number's last`)
  const fulfilled = Order.record(order, Either.getOrThrow(Order.fulfil(env, order.state)))
  const expiresAt = Term.plusDays30(fromExpiresAt)
  const renewed = Decision.change(holdings, [
    { _tag: "NumberRenewed", number, orderId: order.ref.key, at: env.now, expiresAt }
  ])
  const held = Holdings.find(renewed.state, number)
  return {
    changes: [...fulfilled.changes, renewed],
    work: [...fulfilled.work, ...(held === undefined ? [] : termWork(accountId, held))]
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// auto-renewal
// ---------------------------------------------------------------------------------------------------------------------

/** What auto-renewal does next for a number. */
export type Step =
  /** Nothing, until something else happens: it is off, the term is over, or the last try was made. */
  | { readonly _tag: "Rest" }
  | { readonly _tag: "Wait"; readonly until: number }
  /** A try was declined, which was not counted yet. */
  | {
      readonly _tag: "CountFailure"
      readonly orderId: string
      readonly attempt: number
      readonly reason: Order.DeclineReason
    }
  /** The order's time is over, and nobody has ended it yet. */
  | { readonly _tag: "End"; readonly orderId: string }
  /** Make an order for the next term. */
  | { readonly _tag: "Order" }
  /** Try to pay this one. */
  | { readonly _tag: "Try"; readonly orderId: string }

/**
 * When a payment is looked at again whose outcome is not known: after a tenth of the time that is left until the expiry,
 * but not sooner than in half a minute, nor later than in ten.
 */
export const lookAgainAt = (now: number, { expiresAt }: Pick<Holdings.HeldNumber, "expiresAt">): number =>
  now + Math.min(Math.max(Math.ceil((expiresAt - now) / 10), 30_000), 10 * 60_000)

/**
 * The next step of a number's auto-renewal, from the number and the order that was last made for its next term.
 *
 * **Details** `method` is how auto-renewal pays. An attempt by another one is the holder's own, and no failed try; an
 * attempt that ended without an answer, closed, is one.
 */
export const step = (
  env: { readonly now: number; readonly method: Order.PaymentMethod },
  held: Holdings.HeldNumber | undefined,
  current: Order.State | undefined
): Step => {
  const { now } = env
  if (held === undefined || !held.autoRenew || now >= held.expiresAt) return rest
  if (now < held.expiresAt - leadMillis) return { _tag: "Wait", until: held.expiresAt - leadMillis }
  const currentId = currentOrderId(held)
  if (current !== undefined && currentId !== undefined) {
    if (current.status === "paying" || Order.isPaid(current)) return { _tag: "Wait", until: lookAgainAt(now, held) }
    const { attempts, declined, method } = current
    const { lastFailure } = held.renewal
    const counted = lastFailure?.orderId === currentId && lastFailure.attempt === attempts
    if (attempts > 0 && method === env.method && !counted) {
      const reason = declined?.attempt === attempts ? declined.reason : "closed"
      return { _tag: "CountFailure", orderId: currentId, attempt: attempts, reason }
    }
  }
  const tryAt = nextTryAt(held)
  if (tryAt === undefined) return rest
  if (now < tryAt) return { _tag: "Wait", until: tryAt }
  if (current === undefined || currentId === undefined || Order.isOver(current)) return { _tag: "Order" }
  return { _tag: now < current.expiresAt ? "Try" : "End", orderId: currentId }
}

const rest: Step = { _tag: "Rest" }

/**
 * When a renewal is tried next: from 24 h before the expiry, after failures with growing pauses, and once more shortly
 * before the expiry; `undefined` after that (NUM-6).
 */
export const nextTryAt = ({ expiresAt, renewal }: Holdings.HeldNumber): number | undefined => {
  const { failures, lastFailure } = renewal
  if (lastFailure === undefined) return expiresAt - leadMillis
  const lastTryAt = expiresAt - lastTryMillis
  if (lastFailure.at >= lastTryAt) return undefined
  return Math.min(lastFailure.at + pauseMillis(failures), lastTryAt)
}

/** The pause after so many declined tries. */
export const pauseMillis = (failures: number): number =>
  Math.min(firstPauseMillis * 2 ** Math.min(failures - 1, 20), longestPauseMillis)

/** Counts a declined try, once; the first one of a Shanghai day is to be told (NUM-6). */
export const countFailure = (
  env: { readonly now: number },
  state: Holdings.State,
  command: {
    readonly number: string
    readonly orderId: string
    readonly attempt: number
    readonly reason: Order.DeclineReason
  }
): ReadonlyArray<Holdings.Event> => {
  const { attempt, number, orderId } = command
  const held = Holdings.find(state, number)
  if (held === undefined || currentOrderId(held) !== orderId) return []
  const { lastFailure } = held.renewal
  if (lastFailure?.orderId === orderId && lastFailure.attempt >= attempt) return []
  return [{ _tag: "RenewalFailed", ...command, day: ShanghaiDay.ofInstant(env.now), at: env.now }]
}

/** The notice that the alert contacts have not had yet. */
export const untold = (held: Holdings.HeldNumber): Holdings.FailureNotice | undefined =>
  held.notice?.told === false ? held.notice : undefined

/** Records that the alert contacts were told of that day's failure. */
export const told = (
  env: { readonly now: number },
  state: Holdings.State,
  command: { readonly number: string; readonly day: number }
): ReadonlyArray<Holdings.Event> => {
  const held = Holdings.find(state, command.number)
  return held !== undefined && untold(held)?.day === command.day
    ? [{ _tag: "FailureTold", number: command.number, at: env.now }]
    : []
}

/** The work that a term brings: its end, and, where it is wanted, its renewal. It takes the place of the last term's. */
export const termWork = (accountId: string, held: Holdings.HeldNumber): ReadonlyArray<Decision.WorkOrder> => [
  Decision.enqueue("lapse", { owner: accountId, key: held.number }, held.expiresAt),
  renewalWork(accountId, held)
]

/** Wakes auto-renewal when it has to try next, or takes it off the queue. */
export const renewalWork = (accountId: string, held: Holdings.HeldNumber): Decision.WorkOrder => {
  const work = { owner: accountId, key: held.number }
  return held.autoRenew
    ? Decision.enqueue("renewal", work, nextTryAt(held) ?? held.expiresAt - lastTryMillis)
    : Decision.cancel("renewal", work)
}

// ---------------------------------------------------------------------------------------------------------------------
// the end
// ---------------------------------------------------------------------------------------------------------------------

/** What becomes of a number when its term is over. */
export type Lapse =
  /** It is not held, or its term is not over. */
  | { readonly _tag: "Nothing" }
  /** An order for its next term is open: it has to end first, paid or closed. */
  | { readonly _tag: "OrderOpen" }
  /** Its next term was paid in time. */
  | { readonly _tag: "Renewed"; readonly parts: Order.Parts }
  | { readonly _tag: "Released"; readonly parts: Order.Parts }

/**
 * Ends a term: the number is released for good, and in quarantine from its expiry on (NUM-5), unless the next term is
 * paid. `current` is the order that was last made for the next term.
 */
export const lapse = (
  env: { readonly now: number; readonly quarantineMillis: number },
  rows: {
    readonly holdings: Row<typeof Holdings.kind>
    readonly number: Row<typeof VoiceNumber.kind>
    readonly current: Row<typeof Order.kind> | undefined
  }
): Lapse => {
  const { current, holdings, number: inventory } = rows
  const { key: number } = inventory.ref
  const { owner: accountId } = holdings.ref
  const held = Holdings.find(holdings.state, number)
  if (held === undefined || env.now < held.expiresAt) return { _tag: "Nothing" }
  if (current !== undefined && Order.isOpen(current.state)) return { _tag: "OrderOpen" }
  if (current?.state.status === "paid") {
    return { _tag: "Renewed", parts: handOver(env, { order: current, holdings }) }
  }
  const freeFrom = held.expiresAt + env.quarantineMillis
  const work = { owner: accountId, key: number }
  return {
    _tag: "Released",
    parts: {
      changes: [
        Decision.change(holdings, [{ _tag: "NumberReleased", number, at: env.now }]),
        Decision.change(inventory, VoiceNumber.release(env, inventory.state, { accountId, freeFrom }))
      ],
      work: [Decision.cancel("lapse", work), Decision.cancel("renewal", work)]
    }
  }
}
