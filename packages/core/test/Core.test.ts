import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import { Alerts } from "../src/alert/Alerts.ts"
import { ReceivedAlerts } from "../src/alert/MemoryAlertTransport.ts"
import { Balances } from "../src/balance/Balances.ts"
import * as Core from "../src/Core.ts"
import { Callbacks } from "../src/callback/Callbacks.ts"
import type { CallbackRequest } from "../src/callback/CallbackTransport.ts"
import { Numbers } from "../src/number/Numbers.ts"
import { VoiceNumbers } from "../src/number/VoiceNumbers.ts"
import { Payers } from "../src/order/SandboxGateway.ts"
import { Sends } from "../src/sending/Sends.ts"
import { Statistics } from "../src/statistics/Statistics.ts"
import * as CoreMemory from "../src/testing/CoreMemory.ts"
import * as Tenant from "../src/testing/Tenant.ts"

describe("the platform in memory", () => {
  const received: Array<CallbackRequest> = []
  const receiver = (request: CallbackRequest) =>
    Effect.sync(() => {
      received.push(request)
      return { _tag: "Status", status: 204, retryAfterMillis: undefined } as const
    })

  it.scoped("ONB-1, BAL-2, STA-7: a code is accepted, spoken, answered, billed one minute, told and counted", () =>
    Effect.gen(function* () {
      const { accountId, applicationId, templateId } = yield* Tenant.open()
      const callbacks = yield* Callbacks
      yield* callbacks.addEndpoint(accountId, applicationId, { url: "https://example.com/hook" })
      const sends = yield* Sends
      const { sendId } = yield* sends.acceptCode(accountId, applicationId, {
        to: "13800138000",
        code: "3842",
        templateId
      })
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

  const platform = CoreMemory.layer()
  for (const build of ["first", "second"])
    it.scoped(`SND-5: the ${build} build of one platform is a new one, whose phones know of no call`, () =>
      Effect.gen(function* () {
        const { accountId, applicationId } = yield* Tenant.open()
        const sends = yield* Sends
        const { sendId } = yield* sends.acceptCode(accountId, applicationId, { to: "13800138000", code: "3842" })
        yield* TestClock.adjust("1 second")
        expect((yield* sends.get(accountId, applicationId, sendId)).state.stage).toBe("ringing")
      }).pipe(Effect.ensuring(TestClock.adjust("1 hour")), Effect.provide(platform))
    )

  it.scoped("NUM-5, NUM-6, SND-3: a number that nobody pays for is told of, gone, and for sale after 90 days", () => {
    /** Workers are there for this only: months would be long with them. */
    const atWork = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
      Effect.scoped(Effect.zipRight(Layer.build(Core.layerWorkers()), effect))
    return Effect.gen(function* () {
      const { accountId, applicationId, number } = yield* atWork(Tenant.open())
      const numbers = yield* Numbers
      const sends = yield* Sends
      const send = (to: string) => sends.acceptCode(accountId, applicationId, { to, code: "3842" })
      yield* (yield* Alerts).addContact(accountId, applicationId, { name: "王小明", mobile: "13800138000" })
      yield* numbers.setAutoRenewal({ accountId, number, on: true })
      yield* (yield* Payers).otherwise(() => ({ payer: "insufficientFunds" }))
      const [held] = yield* numbers.list(accountId)
      const { expiresAt } = held!

      yield* TestClock.setTime(expiresAt - Duration.toMillis("10 minutes"))
      yield* atWork(TestClock.setTime(expiresAt - 1))
      expect((yield* send("13800138001")).display).toBe(number)
      const told = yield* yield* ReceivedAlerts
      expect(told.map(({ address, facts }) => [address, facts._tag])).toEqual([["13800138000", "RenewalFailed"]])

      // The call, too, comes to its end.
      yield* atWork(TestClock.adjust("1 minute"))
      expect(yield* numbers.list(accountId)).toEqual([])
      expect(yield* Effect.flip(send("13800138002"))).toMatchObject({ _tag: "NoNumberToShow" })

      const region = "广东省深圳市"
      const voiceNumbers = yield* VoiceNumbers
      const forSale = Effect.map(voiceNumbers.search({ region, limit: 10 }), ({ items }) => items.length)
      yield* TestClock.setTime(expiresAt + Duration.toMillis("90 days") - 1)
      expect(yield* forSale).toBe(0)
      yield* TestClock.adjust("1 milli")
      expect(yield* forSale).toBe(1)
    }).pipe(Effect.provide(Layer.provideMerge(Core.layerServices(), CoreMemory.layerPorts())))
  })

  it.scoped("ONB-1: an established tenant sends at once, where nobody is at work yet", () =>
    Effect.gen(function* () {
      const { accountId, applicationId, number } = yield* Tenant.established({ minutes: 200_000 })
      const sends = yield* Sends
      const accepted = yield* sends.acceptCode(accountId, applicationId, { to: "13800138000", code: "3842" })
      expect(accepted.display).toBe(number)
      const balance = yield* (yield* Balances).get(accountId)
      expect([balance.available, balance.held]).toEqual([199_999, 1])
      expect(yield* (yield* Balances).verify(accountId)).toMatchObject({ equal: true })
    }).pipe(Effect.provide(Layer.provideMerge(Core.layerServices(), CoreMemory.layerPorts())))
  )
})
