/**
 * Service: what the endpoints of the inventory, of numbers, orders, invoices, packages and quotes do.
 */
import { Packages } from "@vsms/core/balance/Packages"
import { PackageSettings } from "@vsms/core/balance/PackageSettings"
import * as Basket from "@vsms/core/money/Basket"
import { Numbers } from "@vsms/core/number/Numbers"
import { VoiceNumbers } from "@vsms/core/number/VoiceNumbers"
import { DeskPayments } from "@vsms/core/order/DeskPayments"
import { Invoices } from "@vsms/core/order/Invoices"
import { Orders } from "@vsms/core/order/Orders"
import * as Effect from "effect/Effect"
import type { InventoryApi, NumbersApi, OrdersApi, PackagesApi } from "../api/OrdersApi.ts"
import type { Handlers } from "../door/Handler.ts"
import * as Pages from "./Pages.ts"

export const inventory = Effect.map(VoiceNumbers, (inventory): Handlers<typeof InventoryApi> => ({
  regions: ({ urlParams }) => inventory.regions(Pages.asked(urlParams)),
  search: ({ urlParams }) => inventory.search({ region: urlParams.region, ...Pages.asked(urlParams) }),
  add: ({ payload }) => inventory.add(payload),
  look: ({ path }) => inventory.look({ number: path.number }),
  remove: ({ path }) => inventory.remove({ number: path.number })
}))

export const numbers = Effect.map(Numbers, (numbers): Handlers<typeof NumbersApi> => ({
  list: ({ accountId }) => numbers.list(accountId),
  setAutoRenewal: ({ accountId, path, payload }) =>
    numbers.setAutoRenewal({ accountId, number: path.number, on: payload.on })
}))

export const orders = Effect.map(
  Effect.all({ desk: DeskPayments, invoices: Invoices, numbers: Numbers, orders: Orders, packages: Packages }),
  ({ desk, invoices, numbers, orders, packages }): Handlers<typeof OrdersApi> => ({
    numbers: ({ accountId, payload }) => numbers.buy({ accountId, ...payload }),
    renewal: ({ accountId, payload }) => numbers.renew({ accountId, ...payload }),
    packages: ({ accountId, payload }) => packages.buy(accountId, payload),
    list: ({ accountId, urlParams }) => orders.list({ accountId, ...Pages.asked(urlParams) }),
    get: ({ accountId, path: { orderId } }) => orders.get({ accountId, orderId }),
    pay: ({ accountId, path: { orderId }, payload }) => orders.pay({ accountId, orderId, ...payload }),
    cancel: ({ accountId, path: { orderId } }) => orders.cancel({ accountId, orderId }),
    confirm: ({ accountId, path: { orderId }, payload }) => desk.confirm({ accountId, orderId, ...payload }),
    decline: ({ accountId, path: { orderId }, payload }) => desk.decline({ accountId, orderId, ...payload }),
    waiting: ({ urlParams }) => desk.waiting(Pages.asked(urlParams)),
    notify: ({ accountId, path: { orderId } }) => orders.notified({ accountId, orderId }),
    invoice: ({ accountId, payload }) => invoices.request({ accountId, ...payload }),
    invoices: ({ accountId, urlParams }) => invoices.list({ accountId, ...Pages.asked(urlParams) })
  })
)

export const packages = Effect.map(
  Effect.all({ packages: Packages, settings: PackageSettings }),
  ({ packages, settings }): Handlers<typeof PackagesApi> => ({
    list: ({ accountId, urlParams }) => packages.list(accountId, Pages.asked(urlParams)),
    prices: () => Effect.succeed(settings.priceList),
    quote: ({ payload }) => packages.quote(payload),
    cheapest: ({ urlParams }) => Effect.suspend(() => Basket.cheapest(settings.priceList, urlParams.minutes)),
    cliffs: () => Effect.succeed(packages.cliffs),
    compare: ({ payload }) => packages.compare(payload)
  })
)
