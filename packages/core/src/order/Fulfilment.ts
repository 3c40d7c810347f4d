/**
 * Port: hands over what an order paid for, and lets go of what an order that ended unpaid had reserved. Declared here,
 * carried out by the domains whose things are sold.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { PortFailure } from "../PortFailure.ts"

/** Names an order. */
export interface OrderName {
  readonly accountId: string
  readonly orderId: string
}

export class Fulfilment extends Context.Tag("@vsms/core/order/Fulfilment")<
  Fulfilment,
  {
    /**
     * Hands over what the order paid for, and records it as fulfilled, in one transaction: so a repeat, or a call for
     * an order that is not paid, does nothing.
     */
    readonly fulfil: (order: OrderName) => Effect.Effect<void, PortFailure>
    /** Frees what an order that ended unpaid had reserved. A repeat, or a call for any other order, does nothing. */
    readonly letGo: (order: OrderName) => Effect.Effect<void, PortFailure>
  }
>() {}
