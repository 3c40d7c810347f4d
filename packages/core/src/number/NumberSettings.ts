/**
 * Port: what an operator can adjust about numbers. Without a setting of their own the values of the rulebook hold.
 */
import * as Context from "effect/Context"
import * as Tariff from "../money/Tariff.ts"
import type { PaymentMethod } from "../order/Order.ts"

export class NumberSettings extends Context.Reference<NumberSettings>()("@vsms/core/number/NumberSettings", {
  defaultValue: (): {
    readonly priceList: Tariff.PriceList
    /** How long nobody can have a released number, from its expiry on (NUM-5). */
    readonly quarantineMillis: number
    /** How auto-renewal pays: a method that needs no payer at the counter. */
    readonly renewalMethod: PaymentMethod
  } => ({
    priceList: Tariff.standard,
    quarantineMillis: 90 * 24 * 60 * 60_000,
    renewalMethod: "balance"
  })
}) {}
