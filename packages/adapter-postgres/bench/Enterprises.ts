/** Enterprises that may send, in a storage that no platform has seen yet. */
import { Accounts } from "@vsms/core/account/Accounts"
import { ReviewDesk } from "@vsms/core/qualification/ReviewDesk"
import { Templates } from "@vsms/core/template/Templates"
import * as Tenant from "@vsms/core/testing/Tenant"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/** So many of them, each with one package of `minutes`. */
export const open = (count: number, minutes: number) =>
  Effect.forEach(
    Array.from({ length: count }, (_, i) => String(i).padStart(6, "0")),
    (number) => Tenant.established({ minutes, number })
  ).pipe(Effect.provide(services))

/** No worker works for them, so nobody reviews. */
const services = Layer.provide(Layer.merge(Accounts.layer, Templates.layer), ReviewDesk.layerManual)
