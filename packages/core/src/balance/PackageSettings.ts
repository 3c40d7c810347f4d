/**
 * Port: what an operator can adjust about packages. Without a setting of their own the values of the rulebook hold.
 */
import * as Context from "effect/Context"
import * as Tariff from "../money/Tariff.ts"

export class PackageSettings extends Context.Reference<PackageSettings>()("@vsms/core/balance/PackageSettings", {
  defaultValue: (): { readonly priceList: Tariff.PriceList } => ({ priceList: Tariff.standard })
}) {}
