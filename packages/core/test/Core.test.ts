import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { Accounts } from "../src/account/Accounts.ts"
import { Balances } from "../src/balance/Balances.ts"
import { Packages } from "../src/balance/Packages.ts"
import { Callbacks } from "../src/callback/Callbacks.ts"
import type { CallbackRequest } from "../src/callback/CallbackTransport.ts"
import { Numbers } from "../src/number/Numbers.ts"
import { VoiceNumbers } from "../src/number/VoiceNumbers.ts"
import { Orders } from "../src/order/Orders.ts"
import { Qualifications } from "../src/qualification/Qualifications.ts"
import { Sends } from "../src/sending/Sends.ts"
import { Statistics } from "../src/statistics/Statistics.ts"
import { Templates } from "../src/template/Templates.ts"
import * as CoreMemory from "../src/testing/CoreMemory.ts"
import { png } from "./qualification/Images.ts"

/** From an empty account to minutes that can be used, as a customer does it. */
const opened = Effect.gen(function* () {
  const accounts = yield* Accounts
  const orders = yield* Orders
  const accountId = yield* accounts.open()
  yield* accounts.verify(accountId, { as: "enterprise" })
  yield* accounts.activate(accountId, { agreementAccepted: true })
  yield* (yield* Qualifications).submit(accountId, {
    companyName: "示例科技有限公司",
    creditCode: "91440300MA5EXAMPLA",
    address: "深圳",
    representativeName: "张三",
    representativeId: "11010519491231002X",
    certificateKind: "threeInOne",
    image: png()
  })
  const { applicationId } = yield* accounts.createApplication(accountId, { name: "测试语音短信" })
  const { templateId } = yield* (yield* Templates).create(accountId, applicationId, {
    name: "验证码",
    content: "您的验证码是：{1}",
    kind: "code"
  })
  yield* TestClock.adjust("1 second")
  yield* (yield* VoiceNumbers).add({ region: "深圳", numbers: ["075500000001"] })
  const rent = yield* (yield* Numbers).buy({ accountId, numbers: ["075500000001"], autoRenew: false })
  yield* orders.pay({ accountId, orderId: rent.orderId, method: "balance" })
  yield* TestClock.adjust("1 second")
  const packages = [{ kind: "fixed", minutes: 10_000, quantity: 1 }] as const
  const order = yield* (yield* Packages).buy(accountId, { packages, agreementAccepted: true })
  yield* orders.pay({ accountId, orderId: order.orderId, method: "balance" })
  yield* TestClock.adjust("5 minutes")
  return { accountId, applicationId, templateId }
})

describe("the platform in memory", () => {
  const received: Array<CallbackRequest> = []
  const receiver = (request: CallbackRequest) =>
    Effect.sync(() => {
      received.push(request)
      return { _tag: "Status", status: 204, retryAfterMillis: undefined } as const
    })

  it.scoped("ONB-1, BAL-2, STA-7: a code is accepted, spoken, answered, billed one minute, told and counted", () =>
    Effect.gen(function* () {
      const { accountId, applicationId, templateId } = yield* opened
      const callbacks = yield* Callbacks
      yield* callbacks.addEndpoint(accountId, applicationId, { url: "https://example.com/hook" })
      const sends = yield* Sends
      const { sendId } = yield* sends.acceptCode(accountId, applicationId, { to: "13800138000", code: "3842", templateId })
      expect((yield* (yield* Balances).get(accountId)).held).toBe(1)
      yield* TestClock.adjust("1 minute")

      const { personal, state } = yield* sends.get(accountId, applicationId, sendId)
      expect([state.stage, state.billedMinutes]).toEqual(["completed", 1])
      expect(personal!.text).not.toContain("3842")
      const balance = yield* (yield* Balances).get(accountId)
      expect([balance.available, balance.held, balance.spent]).toEqual([9_999, 0, 1])
      expect(yield* (yield* Balances).verify(accountId)).toMatchObject({ equal: true })

      expect(received.map(({ body }) => JSON.parse(body).data.callId)).toEqual([sendId])
      const { total } = yield* (yield* Statistics).overview({ accountId, applicationId }, "today")
      expect(total).toEqual({ sends: 1, answered: 1, failed: 0, minutes: 1, successBasisPoints: 10_000 })

      const explained = yield* callbacks.explain(accountId, applicationId, sendId)
      expect(explained).toMatchObject({ _tag: "Accepted", callbacks: [{ status: "delivered" }] })
    }).pipe(Effect.provide(CoreMemory.layer({ receiver })))
  )
})
