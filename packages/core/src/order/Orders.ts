/**
 * Service: orders are paid, confirmed, cancelled and looked at. An order is made by the domain whose things it buys,
 * with `Order.create`, in the transaction that reserves them; and handed over through `Fulfilment`.
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
import type { Row } from "../storage/Kind.ts"
import { type Cursor, type Page, Records } from "../storage/Records.ts"
import type { Outcome } from "../storage/Worker.ts"
import * as Worker from "../storage/Worker.ts"
import type { Lease } from "../storage/WorkQueue.ts"
import { Fulfilment, type OrderName } from "./Fulfilment.ts"
import * as Order from "./Order.ts"
import { type Attempt, type Declined, type Paid, PaymentGateway, type Pending } from "./PaymentGateway.ts"

/** An order as it is shown. */
export interface OrderView extends Order.State {
  readonly orderId: string
}

/** An order after an attempt to pay it. `payUrl` is what the payer has to open, if the payment waits for that. */
export interface PayAnswer {
  readonly order: OrderView
  readonly payUrl?: string
}

const Name = { accountId: Schema.NonEmptyString, orderId: Schema.NonEmptyString }

export const PayInput = Schema.Struct({ ...Name, method: Order.OfferedMethod })
export const ConfirmInput = Schema.Struct({ ...Name, paymentId: Schema.NonEmptyString, amount: Cny.Cny })
export const ListInput = Schema.Struct({
  accountId: Schema.NonEmptyString,
  limit: Schema.Int.pipe(Schema.between(1, 100))
})

export class Orders extends Context.Tag("@vsms/core/order/Orders")<
  Orders,
  {
    /**
     * Pays an order, once, however often it is called (PKG-10). An order that is still `paying` afterwards waits for
     * the payer, or for an answer of the gateway that did not come; its outcome is asked for until it is known.
     */
    readonly pay: (
      input: typeof PayInput.Encoded
    ) => Effect.Effect<
      PayAnswer,
      | InvalidInput.InvalidInput
      | Order.VoucherNotAccepted
      | Order.UnknownOrder
      | Order.OrderNotOpen
      | Order.PaymentUnderWay
      | PortFailure
    >
    /** Records a payment that an operator vouches for, such as a bank transfer. */
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
    /**
     * The gateway has sent word of an order. Its word is not taken for it: the gateway is asked, and what it answers
     * is recorded.
     */
    readonly notified: (name: OrderName) => Effect.Effect<OrderView, Order.UnknownOrder | PortFailure>
    /** Cancels an order that is not paid; what is paid is never reversed (PKG-9). */
    readonly cancel: (
      name: OrderName
    ) => Effect.Effect<
      OrderView,
      Order.UnknownOrder | Order.OrderNotOpen | Order.PaidNotReversible | Order.PaymentUnderWay | PortFailure
    >
    /**
     * Ends an unpaid order whose time is over, having closed it at the gateway. One that is paid after all, or has time
     * left, stays. Answers how the order stands.
     */
    readonly expire: (name: OrderName) => Effect.Effect<OrderView, PortFailure>
    readonly get: (name: OrderName) => Effect.Effect<OrderView, Order.UnknownOrder | PortFailure>
    /** The account's orders, the newest first. */
    readonly list: (
      input: typeof ListInput.Encoded & { readonly after?: Cursor | undefined }
    ) => Effect.Effect<Page<OrderView>, InvalidInput.InvalidInput | PortFailure>
    /** The handlers of the queues that orders need. */
    readonly handlers: {
      /** Asks for the outcome of an attempt until it is known. */
      readonly payment: (lease: Lease) => Effect.Effect<Outcome, PortFailure>
      readonly orderExpiry: (lease: Lease) => Effect.Effect<Outcome, PortFailure>
      /** Hands over what was paid for; lets go of what was not. */
      readonly fulfilment: (lease: Lease) => Effect.Effect<Outcome, PortFailure>
    }
  }
>() {
  static readonly layer: Layer.Layer<Orders, never, Journal | Records | PaymentGateway | Fulfilment> = Layer.effect(
    Orders,
    Effect.suspend(() => make)
  )
}

const parsePay = InvalidInput.parser(PayInput)
const parseConfirm = InvalidInput.parser(ConfirmInput)
const parseList = InvalidInput.parser(ListInput)

const make = Effect.gen(function* () {
  const journal = yield* Journal
  const records = yield* Records
  const gateway = yield* PaymentGateway
  const fulfilment = yield* Fulfilment

  const load = (name: OrderName) => journal.load(Order.ref(name.accountId, name.orderId))

  /** Decides on one order, stores it, and answers how it stands then. */
  const decide = <R>(
    name: OrderName,
    decision: (env: Order.Env, row: Row<typeof Order.kind>) => Either.Either<ReadonlyArray<Order.Event>, R>
  ): Effect.Effect<OrderView, R | PortFailure> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      journal.transact([Order.ref(name.accountId, name.orderId)], ([row]) =>
        Either.map(decision({ now }, row), (events) =>
          Decision.make(view(name.orderId, events.reduce(Order.evolve, row.state)), Order.record(row, events))
        )
      )
    )

  /** Hands over at once what was just paid for. If that fails, the queue does it. */
  const handOver = (name: OrderName, order: OrderView) =>
    order.status !== "paid"
      ? Effect.succeed(order)
      : fulfilment.fulfil(name).pipe(
          Effect.zipRight(load(name)),
          Effect.map(({ state }) => view(name.orderId, state)),
          Effect.catchAll(() => Effect.succeed(order))
        )

  /** Records a payment. That the order has ended unpaid is a broken promise of the gateway: a defect. */
  const recordPaid = (name: OrderName, attempt: Attempt, { paymentId }: Paid) =>
    decide(name, (env, row) => Order.pay(env, row.state, { paymentId, method: attempt.method })).pipe(
      Effect.catchIf((error) => error._tag !== "PortFailure", Effect.die),
      Effect.flatMap((order) => handOver(name, order))
    )

  const recordOutcome = (name: OrderName, attempt: Attempt, outcome: Paid | Declined | Pending) => {
    switch (outcome._tag) {
      case "Paid":
        return recordPaid(name, attempt, outcome)
      case "Declined": {
        const declined = { attempt: attempt.attempt, reason: outcome.reason }
        return decide(name, (env, row) => Order.decline(env, row.state, declined))
      }
      case "Pending":
        return Effect.map(load(name), ({ state }) => view(name.orderId, state))
    }
  }

  const pay = Effect.fn("Orders.pay")(function* (input: typeof PayInput.Encoded) {
    const { method, ...name } = yield* parsePay(input)
    yield* Effect.annotateCurrentSpan(name)
    const order = yield* decide(name, (env, row) => Order.startPayment(env, row.state, { method }))
    const attempt = attemptOf(order)
    if (attempt === undefined) return { order: yield* handOver(name, order) }
    const outcome = yield* Effect.either(gateway.charge(attempt))
    // Without an answer nobody knows whether it was paid: it is `paying`, and the queue asks.
    if (Either.isLeft(outcome)) return { order }
    const answer = { order: yield* recordOutcome(name, attempt, outcome.right) }
    return outcome.right._tag === "Pending" && outcome.right.payUrl !== undefined
      ? { ...answer, payUrl: outcome.right.payUrl }
      : answer
  })

  const confirm = Effect.fn("Orders.confirm")(function* (input: typeof ConfirmInput.Encoded) {
    const { amount, paymentId, ...name } = yield* parseConfirm(input)
    yield* Effect.annotateCurrentSpan(name)
    const order = yield* decide(name, (env, row) => Order.confirm(env, row.state, { paymentId, amount }))
    return yield* handOver(name, order)
  })

  /** Asks what has become of the attempt under way. `undefined`: none is, or its outcome is now recorded. */
  const askAgain = (name: OrderName) =>
    Effect.gen(function* () {
      const { state } = yield* load(name)
      const attempt = attemptOf(view(name.orderId, state))
      if (attempt === undefined) return undefined
      const known = yield* gateway.ask(attempt)
      // The request got lost on its way, and the payer wants the order paid: it is sent again, under the same name.
      const outcome = known._tag === "Unknown" ? yield* gateway.charge(attempt) : known
      if (outcome._tag === "Pending") return outcome
      yield* recordOutcome(name, attempt, outcome)
      return undefined
    })

  const get = Effect.fn("Orders.get")(function* (name: OrderName) {
    yield* Effect.annotateCurrentSpan({ ...name })
    const { state } = yield* load(name)
    if (state.status === "none") return yield* new Order.UnknownOrder()
    return view(name.orderId, state)
  })

  const notified = Effect.fn("Orders.notified")(function* (name: OrderName) {
    yield* Effect.annotateCurrentSpan({ ...name })
    yield* askAgain(name)
    return yield* get(name)
  })

  /**
   * Ends an order by `decision`, once the gateway has closed it. An attempt that was started in between is closed, too;
   * an order that turns out to be paid is paid, and `decision` sees it so.
   */
  const end = <R>(
    name: OrderName,
    decision: (
      env: Order.Env,
      state: Order.State,
      command: { readonly closedAttempts: number }
    ) => Either.Either<ReadonlyArray<Order.Event>, R>
  ): Effect.Effect<OrderView, R | PortFailure> =>
    Effect.gen(function* () {
      const { state } = yield* load(name)
      const closedAttempts = Order.isOpen(state) ? state.attempts : 0
      const attempt = lastAttemptOf(view(name.orderId, state))
      if (Order.isOpen(state) && attempt !== undefined) {
        const answer = yield* gateway.close(attempt)
        if (answer._tag === "Paid") yield* recordPaid(name, attempt, answer)
      }
      return yield* decide(name, (env, row) => decision(env, row.state, { closedAttempts }))
    })

  const retrying = <A, R>(ending: Effect.Effect<A, R | Order.PaymentUnderWay>) =>
    Effect.retry(ending, { times: 3, while: (error) => error instanceof Order.PaymentUnderWay })

  const cancel = Effect.fn("Orders.cancel")(function* (name: OrderName) {
    yield* Effect.annotateCurrentSpan({ ...name })
    const order = yield* retrying(end(name, Order.cancel))
    yield* Effect.ignore(fulfilment.letGo(name))
    return order
  })

  const expire = Effect.fn("Orders.expire")(function* (name: OrderName) {
    yield* Effect.annotateCurrentSpan({ ...name })
    const now = yield* Clock.currentTimeMillis
    const { state } = yield* load(name)
    if (!Order.isOpen(state) || now < state.expiresAt) return view(name.orderId, state)
    // Past its time no further attempt can be started: whatever was under way is closed the second time at the latest.
    return yield* Effect.catchTag(retrying(end(name, Order.expire)), "PaymentUnderWay", Effect.die)
  })

  const list = Effect.fn("Orders.list")(function* (
    input: typeof ListInput.Encoded & { readonly after?: Cursor | undefined }
  ) {
    const { accountId, limit } = yield* parseList({ accountId: input.accountId, limit: input.limit })
    yield* Effect.annotateCurrentSpan({ accountId })
    const { items, next } = yield* records.list({
      kind: Order.kind,
      index: "byAccount",
      partition: accountId,
      after: input.after,
      limit,
      descending: true
    })
    return { items: items.map((row) => view(row.ref.key, row.state)), next }
  })

  const handlers: (typeof Orders.Service)["handlers"] = {
    payment: (lease) =>
      Effect.gen(function* () {
        const name = nameOf(lease)
        const now = yield* Clock.currentTimeMillis
        const { state } = yield* load(name)
        // When its time is over, `orderExpiry` closes it, and learns its outcome that way.
        if (now >= state.expiresAt) return undefined
        const waiting = yield* askAgain(name)
        return waiting === undefined ? undefined : now + Worker.pauseMillis(lease.attempt + 4)
      }),
    orderExpiry: (lease) =>
      Effect.map(expire(nameOf(lease)), (order) => (Order.isOpen(order) ? order.expiresAt : undefined)),
    fulfilment: (lease) =>
      Effect.gen(function* () {
        const name = nameOf(lease)
        const { state } = yield* load(name)
        if (state.status === "paid") yield* fulfilment.fulfil(name)
        else if (Order.isOver(state)) yield* fulfilment.letGo(name)
        return undefined
      })
  }

  return Orders.of({ pay, confirm, notified, cancel, expire, get, list, handlers })
})

const view = (orderId: string, state: Order.State): OrderView => ({ ...state, orderId })

const nameOf = (lease: Lease): OrderName => ({ accountId: lease.owner, orderId: lease.key })

/** The order's last attempt, whatever became of it. */
const lastAttemptOf = ({ accountId, amount, attempts, method, orderId }: OrderView): Attempt | undefined =>
  attempts === 0 || method === undefined ? undefined : { orderId, attempt: attempts, accountId, method, amount }

/** The attempt that is under way. */
const attemptOf = (order: OrderView): Attempt | undefined =>
  order.status === "paying" ? lastAttemptOf(order) : undefined
