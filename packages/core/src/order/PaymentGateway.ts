/**
 * Port: where money is taken. An order may be tried several times; at most one of its attempts is ever paid, and after
 * it was closed none is. What an order is, and when it is paid or closed, is not decided here.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { Cny } from "../money/Cny.ts"
import type { PortFailure } from "../PortFailure.ts"
import type { DeclineReason, PaymentMethod } from "./Order.ts"

/** One attempt to pay one order. The order's id and the attempt's number together name it. */
export interface Attempt {
  readonly orderId: string
  /** Counted from 1. A new number is used only after the attempt before it was declined. */
  readonly attempt: number
  readonly accountId: string
  readonly method: PaymentMethod
  /** In whole fen; the same in all attempts of an order. */
  readonly amount: Cny
}

/** The money was taken. */
export interface Paid {
  readonly _tag: "Paid"
  readonly paymentId: string
}

/** The attempt is over, and never takes any money. `closed`: the order was closed before. */
export interface Declined {
  readonly _tag: "Declined"
  readonly reason: DeclineReason
}

/** It depends on the payer, or on a bank. `payUrl` is what the payer has to open, where there is something to open. */
export interface Pending {
  readonly _tag: "Pending"
  readonly payUrl?: string
}

/** The gateway has never heard of the attempt. It may still, if the request is on its way. */
export interface Unknown {
  readonly _tag: "Unknown"
}

/** The order was not paid, and cannot be any more. */
export interface Closed {
  readonly _tag: "Closed"
}

export class PaymentGateway extends Context.Tag("@vsms/core/order/PaymentGateway")<
  PaymentGateway,
  {
    /**
     * Asks for the money. A repeat of an attempt takes nothing more and answers what has become of it. A `PortFailure`
     * leaves open whether the request arrived.
     */
    readonly charge: (attempt: Attempt) => Effect.Effect<Paid | Declined | Pending, PortFailure>
    /** What has become of an attempt. Takes no money. */
    readonly ask: (attempt: Attempt) => Effect.Effect<Paid | Declined | Pending | Unknown, PortFailure>
    /**
     * Closes the order for good, unless it is paid: nothing that is on its way, no repeat and no later attempt takes
     * money after the answer `Closed`. Closes what it never heard of, too; repeated, it answers the same.
     */
    readonly close: (attempt: Attempt) => Effect.Effect<Closed | Paid, PortFailure>
  }
>() {}
