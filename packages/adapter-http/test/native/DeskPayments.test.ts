/** Payments that an operator confirms, over the API. */
import { NativeDoor } from "@vsms/adapter-http/NativeDoor"
import { Accounts } from "@vsms/core/account/Accounts"
import * as Core from "@vsms/core/Core"
import { VoiceNumbers } from "@vsms/core/number/VoiceNumbers"
import * as DeskGateway from "@vsms/core/order/DeskGateway"
import { Qualifications } from "@vsms/core/qualification/Qualifications"
import * as CoreMemory from "@vsms/core/testing/CoreMemory"
import * as Tenant from "@vsms/core/testing/Tenant"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import * as World from "./World.ts"

const layer = NativeDoor.layer({ operatorTokens: [Redacted.make(World.operatorToken)] }).pipe(
  Layer.provideMerge(Core.layer()),
  Layer.provideMerge(NativeDoor.editGuard),
  Layer.provideMerge(Layer.provideMerge(DeskGateway.layer, CoreMemory.layerPorts()))
)

const ask = (method: string, path: string, body?: unknown) =>
  World.ask(method, path, { as: World.operator, ...(body === undefined ? {} : { body }) })

const accountId = "acme"
const at = `/v1/accounts/${accountId}/orders`

/** An order for a number, which its payer has asked to pay by bank transfer. */
const ordered = Effect.gen(function* () {
  const accounts = yield* Accounts
  yield* accounts.open({ accountId })
  yield* accounts.verify(accountId, { as: "enterprise" })
  yield* accounts.activate(accountId, { agreementAccepted: true })
  yield* (yield* Qualifications).submit(accountId, Tenant.qualification)
  yield* TestClock.adjust("1 second")
  yield* (yield* VoiceNumbers).add({ region: "广东省深圳市", numbers: ["075500000001"] })
  const order = yield* ask("POST", `${at}/numbers`, { numbers: ["075500000001"], autoRenew: false })
  const { amount, orderId } = order.json
  const paying = yield* ask("POST", `${at}/${orderId}/payment`, { method: "transfer" })
  expect(paying.json.order).toMatchObject({ status: "paying", attempts: 1 })
  return { orderId: orderId as string, amount: amount as number }
})

describe("payments that an operator confirms", () => {
  it.effect("PKG-10: a payment waits until it is confirmed, by its amount and once", () =>
    Effect.gen(function* () {
      const { amount, orderId } = yield* ordered
      const waiting = yield* ask("GET", "/v1/payments")
      expect(waiting.json.items).toEqual([
        { accountId, orderId, method: "transfer", amount, askedAt: expect.any(Number) }
      ])

      const confirm = (paymentId: string, paid: number) =>
        ask("PUT", `${at}/${orderId}/confirmation`, { paymentId, amount: paid })
      const wrong = yield* confirm("bank-1", amount - 10)
      expect([wrong.status, wrong.json.facts]).toEqual([422, { supplied: amount - 10, expected: amount }])
      expect((yield* confirm("bank-1", amount)).json).toMatchObject({ status: "fulfilled", paymentId: "bank-1" })
      expect((yield* confirm("bank-1", amount)).status).toBe(200)
      expect((yield* confirm("bank-2", amount)).status).toBe(409)
      expect((yield* ask("GET", "/v1/payments")).json.items).toEqual([])
    }).pipe(Effect.provide(layer))
  )

  it.effect("PKG-10: a payment that is declined may be tried anew, and what expired is not paid", () =>
    Effect.gen(function* () {
      const { amount, orderId } = yield* ordered
      const declined = yield* ask("PUT", `${at}/${orderId}/refusal`, { reason: "payerRefused" })
      expect(declined.json).toMatchObject({ status: "created", declined: { attempt: 1, reason: "payerRefused" } })
      const again = yield* ask("PUT", `${at}/${orderId}/refusal`, { reason: "payerRefused" })
      expect([again.status, again.json.type]).toEqual([409, expect.stringContaining("NoPaymentWaits")])
      yield* ask("POST", `${at}/${orderId}/payment`, { method: "transfer" })
      yield* TestClock.adjust("31 minutes")
      const late = yield* ask("PUT", `${at}/${orderId}/confirmation`, { paymentId: "bank-1", amount })
      expect([late.status, late.json.facts]).toEqual([409, { status: "expired" }])
      expect((yield* ask("GET", "/v1/payments")).json.items).toEqual([])
    }).pipe(Effect.provide(layer))
  )
})
