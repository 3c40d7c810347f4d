/**
 * Service: keeps numbers whose holders want to keep them, and releases the others at their expiry: the workers of the
 * queues `renewal` and `lapse` (NUM-4, NUM-5, NUM-6).
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Order from "../order/Order.ts"
import { Orders } from "../order/Orders.ts"
import type { PortFailure } from "../PortFailure.ts"
import * as Decision from "../storage/Decision.ts"
import { Journal } from "../storage/Journal.ts"
import type { Outcome } from "../storage/Worker.ts"
import type { Lease } from "../storage/WorkQueue.ts"
import * as Holdings from "./Holdings.ts"
import { orderTerm } from "./Numbers.ts"
import { NumberSettings } from "./NumberSettings.ts"
import * as Renewal from "./Renewal.ts"
import { RenewalNotices } from "./RenewalNotices.ts"
import * as VoiceNumber from "./VoiceNumber.ts"

export class Renewals extends Context.Tag("@vsms/core/number/Renewals")<
  Renewals,
  {
    /** The handlers of the queues, whose work is keyed by account and number. */
    readonly handlers: {
      /** Renews a number in its last day, counts declined tries, and tells of them. */
      readonly renewal: (lease: Lease) => Effect.Effect<Outcome, PortFailure>
      /** Ends a number's term: with a paid next term, or with its release. */
      readonly lapse: (lease: Lease) => Effect.Effect<Outcome, PortFailure>
    }
  }
>() {
  static readonly layer: Layer.Layer<Renewals, never, Journal | Orders | RenewalNotices> = Layer.effect(
    Renewals,
    Effect.suspend(() => make)
  )
}

interface HeldName {
  readonly accountId: string
  readonly number: string
}

const make = Effect.gen(function* () {
  const journal = yield* Journal
  const orders = yield* Orders
  const notices = yield* RenewalNotices
  const { priceList, quarantineMillis, renewalMethod: method } = yield* NumberSettings
  const rent = priceList.numberRent

  /** The number, and the order that was last made for its next term. */
  const load = ({ accountId, number }: HeldName) =>
    Effect.gen(function* () {
      const { state } = yield* journal.load(Holdings.ref(accountId))
      const held = Holdings.find(state, number)
      const orderId = held === undefined ? undefined : Renewal.currentOrderId(held)
      if (orderId === undefined) return { held, order: undefined }
      return { held, order: (yield* journal.load(Order.ref(accountId, orderId))).state }
    })

  const decide = (
    { accountId }: HeldName,
    decision: (env: Holdings.Env, state: Holdings.State) => ReadonlyArray<Holdings.Event>
  ) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      journal.transact([Holdings.ref(accountId)], ([row]) => {
        const events = decision({ now }, row.state)
        const changes = events.length === 0 ? [] : [Decision.change(row, events)]
        return Either.right(Decision.make(undefined, { changes }))
      })
    )

  /** Tells the alert contacts of a failure that they have not heard of. Comes last: it must not hold up a renewal. */
  const tell = (name: HeldName) =>
    Effect.gen(function* () {
      const { held } = yield* load(name)
      const notice = held === undefined ? undefined : Renewal.untold(held)
      if (held === undefined || notice === undefined) return
      const { accountId, number } = name
      const { at: failedAt, day, reason } = notice
      const noticeId = `${accountId}/${number}/${day}`
      yield* notices.tell({ noticeId, accountId, number, reason, failedAt, expiresAt: held.expiresAt })
      yield* decide(name, (env, state) => Renewal.told(env, state, { number, day }))
    })

  const renew = (name: HeldName): Effect.Effect<Outcome, PortFailure> =>
    Effect.gen(function* () {
      const { accountId, number } = name
      for (;;) {
        const { held, order } = yield* load(name)
        const now = yield* Clock.currentTimeMillis
        const step = Renewal.step({ now, method }, held, order)
        switch (step._tag) {
          case "Rest":
            return undefined
          case "Wait":
            return step.until
          case "CountFailure": {
            const { _tag, ...failure } = step
            yield* decide(name, (env, state) => Renewal.countFailure(env, state, { number, ...failure }))
            break
          }
          case "End":
            yield* orders.expire({ accountId, orderId: step.orderId })
            break
          case "Order": {
            const ordered = yield* Effect.either(orderTerm(journal, { accountId, number, rent }))
            if (Either.isRight(ordered)) break
            if (ordered.left._tag === "PortFailure") return yield* ordered.left
            return undefined
          }
          case "Try": {
            const paid = yield* Effect.either(orders.pay({ accountId, orderId: step.orderId, method }))
            if (Either.isRight(paid)) break
            switch (paid.left._tag) {
              case "PortFailure":
                return yield* paid.left
              // The holder began to pay it, or it ended, since it was read: the next step is another one.
              case "PaymentUnderWay":
              case "OrderNotOpen":
                break
              case "InvalidInput":
              case "UnknownOrder":
              case "VoucherNotAccepted":
                return yield* Effect.die(paid.left)
            }
            break
          }
        }
      }
    })

  const lapse = (name: HeldName): Effect.Effect<Outcome, PortFailure> =>
    Effect.gen(function* () {
      const { accountId, number } = name
      const { held } = yield* load(name)
      const now = yield* Clock.currentTimeMillis
      if (held === undefined) return undefined
      if (now < held.expiresAt) return held.expiresAt
      const orderId = Renewal.currentOrderId(held)
      // A payment that is in flight has to come to an end first: paid, or closed and never paid.
      if (orderId !== undefined) yield* orders.expire({ accountId, orderId })
      const refs = [
        Holdings.ref(accountId),
        VoiceNumber.ref(number),
        ...(orderId === undefined ? [] : [Order.ref(accountId, orderId)])
      ] as const
      const ended = yield* journal.transact(refs, ([holdings, inventory, current]) => {
        const moved = Holdings.find(holdings.state, number)
        if (moved !== undefined && Renewal.currentOrderId(moved) !== orderId)
          return Either.right(Decision.answer(false))
        const lapse = Renewal.lapse({ now, quarantineMillis }, { holdings, number: inventory, current })
        switch (lapse._tag) {
          case "Nothing":
            return Either.right(Decision.answer(true))
          case "OrderOpen":
            return Either.right(Decision.answer(false))
          case "Renewed":
          case "Released":
            return Either.right(Decision.make(true, lapse.parts))
        }
      })
      return ended ? undefined : Renewal.lookAgainAt(now, held)
    })

  const handlers: (typeof Renewals.Service)["handlers"] = {
    renewal: (lease) => {
      const name = nameOf(lease)
      return Effect.zipLeft(renew(name), tell(name))
    },
    lapse: (lease) => lapse(nameOf(lease))
  }

  return Renewals.of({ handlers })
})

const nameOf = (lease: Lease): HeldName => ({ accountId: lease.owner, number: lease.key })
