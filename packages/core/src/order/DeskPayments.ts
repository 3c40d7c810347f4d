/**
 * Service: the desk at which operators confirm payments, or decline them, where `DeskGateway` takes the money. Where
 * another gateway does, nothing ever waits here.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as InvalidInput from "../InvalidInput.ts"
import * as Cny from "../money/Cny.ts"
import type { PortFailure } from "../PortFailure.ts"
import * as Decision from "../storage/Decision.ts"
import { Journal } from "../storage/Journal.ts"
import { type Cursor, type Page, Records } from "../storage/Records.ts"
import * as DeskPayment from "./DeskPayment.ts"
import * as Order from "./Order.ts"
import { ConfirmInput, Orders, type OrderView } from "./Orders.ts"

/** A payment that waits for an operator. */
export interface WaitingPayment {
  readonly accountId: string
  readonly orderId: string
  readonly method: Order.PaymentMethod
  readonly amount: Cny.Cny
  /** Epoch milliseconds. */
  readonly askedAt: number
}

export const DeclineInput = Schema.Struct({
  accountId: Schema.NonEmptyString,
  orderId: Schema.NonEmptyString,
  reason: Order.DeclineReason
})
export const WaitingInput = Schema.Struct({ limit: Schema.Int.pipe(Schema.between(1, 100)) })

export class DeskPayments extends Context.Tag("@vsms/core/order/DeskPayments")<
  DeskPayments,
  {
    /** What waits, of all accounts, the longest first. */
    readonly waiting: (
      input: typeof WaitingInput.Encoded & { readonly after?: Cursor | undefined }
    ) => Effect.Effect<Page<WaitingPayment>, InvalidInput.InvalidInput | PortFailure>
    /**
     * The money for an order has come, by the bank's name for it. An order whose payer has not asked to pay it yet is
     * paid as well (`Orders.confirm`). The same payment again changes nothing.
     */
    readonly confirm: (
      input: typeof ConfirmInput.Encoded
    ) => Effect.Effect<
      OrderView,
      | InvalidInput.InvalidInput
      | Order.UnknownOrder
      | Order.OrderNotOpen
      | Order.PaymentUnderWay
      | Order.PaidBefore
      | Order.AmountDiffers
      | PortFailure
    >
    /** The money for what waits will not come: the order is open again, as long as its time is not over. */
    readonly decline: (
      input: typeof DeclineInput.Encoded
    ) => Effect.Effect<
      OrderView,
      InvalidInput.InvalidInput | Order.UnknownOrder | Order.PaidBefore | DeskPayment.NoPaymentWaits | PortFailure
    >
  }
>() {
  static readonly layer: Layer.Layer<DeskPayments, never, Journal | Records | Orders> = Layer.effect(
    DeskPayments,
    Effect.suspend(() => make)
  )
}

const parseConfirm = InvalidInput.parser(ConfirmInput)
const parseDecline = InvalidInput.parser(DeclineInput)
const parseWaiting = InvalidInput.parser(WaitingInput)

const make = Effect.gen(function* () {
  const journal = yield* Journal
  const records = yield* Records
  const orders = yield* Orders

  const decide = <R>(
    name: { readonly accountId: string; readonly orderId: string },
    decision: (env: DeskPayment.Env, state: DeskPayment.State) => Either.Either<ReadonlyArray<DeskPayment.Event>, R>
  ): Effect.Effect<void, R | PortFailure> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      journal.transact([DeskPayment.ref(name.accountId, name.orderId)], ([row]) =>
        Either.map(decision({ now }, row.state), (events) =>
          events.length === 0
            ? Decision.answer(undefined)
            : Decision.make(undefined, { changes: [Decision.change(row, events)] })
        )
      )
    )

  const confirm = Effect.fn("DeskPayments.confirm")(function* (input: typeof ConfirmInput.Encoded) {
    const { amount, paymentId, ...name } = yield* parseConfirm(input)
    yield* Effect.annotateCurrentSpan(name)
    return yield* Effect.catchTag(orders.confirm(input), "PaymentUnderWay", (underWay) =>
      decide(name, (env, state) => DeskPayment.confirm(env, state, { amount, paymentId })).pipe(
        // It is under way at another gateway, or was closed here a moment ago.
        Effect.catchTag("NoPaymentWaits", () => Effect.fail(underWay)),
        Effect.zipRight(orders.notified(name))
      )
    )
  })

  const decline = Effect.fn("DeskPayments.decline")(function* (input: typeof DeclineInput.Encoded) {
    const { reason, ...name } = yield* parseDecline(input)
    yield* Effect.annotateCurrentSpan(name)
    yield* orders.get(name)
    yield* decide(name, (env, state) => DeskPayment.refuse(env, state, { reason }))
    return yield* orders.notified(name)
  })

  const waiting = Effect.fn("DeskPayments.waiting")(function* (
    input: typeof WaitingInput.Encoded & { readonly after?: Cursor | undefined }
  ) {
    const { limit } = yield* parseWaiting({ limit: input.limit })
    const { items, next } = yield* records.list({
      kind: DeskPayment.kind,
      index: "waiting",
      partition: "",
      after: input.after,
      limit
    })
    return {
      next,
      items: items.flatMap(({ ref, state }): ReadonlyArray<WaitingPayment> => {
        const asked = DeskPayment.waiting(state)
        if (asked === undefined) return []
        const { amount, askedAt, method } = asked
        return [{ accountId: ref.owner, orderId: ref.key, method, amount, askedAt }]
      })
    }
  })

  return DeskPayments.of({ waiting, confirm, decline })
})
