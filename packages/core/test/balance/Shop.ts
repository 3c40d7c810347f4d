/** An enterprise with a number, that buys packages and makes calls, over the memory store. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Account from "../../src/account/Account.ts"
import * as Balance from "../../src/balance/Balance.ts"
import { Balances } from "../../src/balance/Balances.ts"
import { Packages } from "../../src/balance/Packages.ts"
import { IdGenerator } from "../../src/IdGenerator.ts"
import type { Hold } from "../../src/balance/Lot.ts"
import * as LowBalanceWatch from "../../src/alert/LowBalanceWatch.ts"
import * as LowBalance from "../../src/alert/LowBalance.ts"
import * as Minutes from "../../src/money/Minutes.ts"
import * as Holdings from "../../src/number/Holdings.ts"
import * as Order from "../../src/order/Order.ts"
import * as Decision from "../../src/storage/Decision.ts"
import { Journal } from "../../src/storage/Journal.ts"
import * as MemoryStore from "../../src/storage/MemoryStore.ts"

export const accountId = "account"
export const day = 86_400_000
export const minute = 60_000

export const layer = Layer.mergeAll(Packages.layer, Balances.layer).pipe(
  Layer.provideMerge(LowBalanceWatch.layer),
  Layer.provideMerge(Layer.merge(MemoryStore.layer, IdGenerator.layerSeeded(7)))
)

/** An activated enterprise that holds a number for a long time. */
export const enterprise = Effect.gen(function* () {
  const journal = yield* Journal
  const at = yield* Clock.currentTimeMillis
  yield* journal.transact([Account.ref(accountId), Holdings.ref(accountId)], ([account, holdings]) =>
    Either.right(
      Decision.make(undefined, {
        changes: [
          Decision.change(account, [
            { _tag: "AccountOpened", at },
            { _tag: "AccountVerified", as: "enterprise", at },
            { _tag: "ServiceActivated", at }
          ]),
          Decision.change(holdings, [
            { _tag: "NumbersReserved", orderId: "n", numbers: [{ number: "075512345678", region: "广东深圳" }], at },
            { _tag: "NumbersRented", orderId: "n", autoRenew: true, since: at, expiresAt: at + 4_000 * day }
          ])
        ]
      })
    )
  )
})

/** Records the payment of an order, without handing over what it paid for. */
export const pay = (orderId: string) =>
  Effect.gen(function* () {
    const journal = yield* Journal
    const now = yield* Clock.currentTimeMillis
    yield* journal.transact([Order.ref(accountId, orderId)], ([row]) =>
      Either.map(Order.pay({ now }, row.state, { paymentId: `p-${orderId}`, method: "wechat" }), (events) =>
        Decision.make(undefined, Order.record(row, events))
      )
    )
  })

/** Buys packages of so many minutes each, pays for them, and has them handed over. */
export const bought = (...sizes: ReadonlyArray<number>) =>
  Effect.gen(function* () {
    const packages = yield* Packages
    const [first, ...others] = sizes.map((minutes) => ({ kind: "custom" as const, minutes, quantity: 1 }))
    const { orderId } = yield* packages.buy(accountId, { packages: [first!, ...others], agreementAccepted: true })
    yield* pay(orderId)
    yield* packages.fulfil({ accountId, orderId })
    return orderId
  })

/** Decides on the balance as a send does. */
const decide = <A, R>(
  decision: (
    env: { readonly now: number },
    state: Balance.State
  ) => Either.Either<{ readonly answer: A; readonly events: ReadonlyArray<Balance.Event> }, R>
) =>
  Effect.gen(function* () {
    const journal = yield* Journal
    const now = yield* Clock.currentTimeMillis
    return yield* journal.transact([Balance.ref(accountId), LowBalance.ref(accountId)], ([row, low]) =>
      Either.map(decision({ now }, row.state), ({ answer, events }) => {
        const { changes, state } = Balance.after(row, events)
        const seen = LowBalance.observe({ now }, low, state.available, "usage")
        return Decision.make(answer, { changes: [...changes, ...seen.changes], work: seen.work })
      })
    )
  })

export const hold = (sendId: string, minutes: number) =>
  decide((env, state) =>
    Either.map(Balance.hold(env, state, { sendId, minutes: Minutes.make(minutes) }), ({ events, hold }) => ({
      answer: hold,
      events
    }))
  )

export const settle = (sendId: string, hold: Hold, minutes: number) =>
  decide((env, state) => {
    const settled = Balance.settle(env, state, { sendId, hold, minutes: Minutes.make(minutes) })
    return Either.right({ answer: settled.overrun, events: settled.events })
  })

/** A call that costs so many minutes. */
export const call = (sendId: string, minutes: number) =>
  Effect.flatMap(hold(sendId, minutes + 1), (made) => settle(sendId, made, minutes))
