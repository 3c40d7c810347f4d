/**
 * Service: hands over what orders for numbers paid for, and frees what they had reserved when they ended unpaid: the
 * part of `Fulfilment` that is about numbers.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import type { OrderName } from "../order/Fulfilment.ts"
import * as Order from "../order/Order.ts"
import type { PortFailure } from "../PortFailure.ts"
import * as Decision from "../storage/Decision.ts"
import { Journal } from "../storage/Journal.ts"
import * as Holdings from "./Holdings.ts"
import * as Renewal from "./Renewal.ts"
import * as Rent from "./Rent.ts"
import * as VoiceNumber from "./VoiceNumber.ts"

export class Rents extends Context.Tag("@vsms/core/number/Rents")<
  Rents,
  {
    /** Hands over the numbers, or the term, of a paid order: once. Of other orders it hands over nothing. */
    readonly fulfil: (order: OrderName) => Effect.Effect<void, PortFailure>
    /** Frees the numbers of an order that ended unpaid. A renewal has reserved nothing. */
    readonly letGo: (order: OrderName) => Effect.Effect<void, PortFailure>
  }
>() {
  static readonly layer: Layer.Layer<Rents, never, Journal> = Layer.effect(
    Rents,
    Effect.suspend(() => make)
  )
}

const make = Effect.gen(function* () {
  const journal = yield* Journal

  /** Decides on an order for numbers, the account's numbers and those of the inventory that it names. */
  const decide = (
    { accountId, orderId }: OrderName,
    decision: (env: { readonly now: number }, rows: Parameters<typeof Rent.handOver>[1]) => Order.Parts
  ) =>
    Effect.gen(function* () {
      const { state } = yield* journal.load(Order.ref(accountId, orderId))
      const { item } = state
      if (item === undefined || item._tag === "MinutePackages") return
      const numbers = item._tag === "NumberRent" ? item.numbers.map(VoiceNumber.ref) : []
      const now = yield* Clock.currentTimeMillis
      const refs = [Order.ref(accountId, orderId), Holdings.ref(accountId), ...numbers] as const
      yield* journal.transact(refs, ([order, holdings, ...rows]) =>
        Either.right(Decision.make(undefined, decision({ now }, { order, holdings, numbers: rows })))
      )
    })

  const fulfil = Effect.fn("Rents.fulfil")(function* (order: OrderName) {
    yield* Effect.annotateCurrentSpan({ ...order })
    yield* decide(order, (env, rows) =>
      rows.order.state.item?._tag === "NumberRenewal" ? Renewal.handOver(env, rows) : Rent.handOver(env, rows)
    )
  })

  const letGo = Effect.fn("Rents.letGo")(function* (order: OrderName) {
    yield* Effect.annotateCurrentSpan({ ...order })
    yield* decide(order, Rent.letGo)
  })

  return Rents.of({ fulfil, letGo })
})
