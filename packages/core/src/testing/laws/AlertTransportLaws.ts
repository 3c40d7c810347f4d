/**
 * Rules: the laws of the port `AlertTransport`. Whoever puts an adapter to them says what contacts received, as
 * `ReceivedAlerts`.
 */
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import { messageOf } from "../../alert/AlertMessage.ts"
import { type AlertDelivery, AlertTransport } from "../../alert/AlertTransport.ts"
import { ReceivedAlerts } from "../../alert/MemoryAlertTransport.ts"
import { expectEqual, forAll, type Law, race } from "../Law.ts"

const facts = { _tag: "LowBalance", available: 4_999, threshold: 5_000 } as const

const deliveryOf = (name: string, which: number): AlertDelivery => ({
  deliveryId: `${name}/alert/contact-${which}/email`,
  accountId: name,
  alertId: "alert",
  channel: "email",
  address: `contact-${which}@example.com`,
  name: `Contact ${which}`,
  message: messageOf(facts, ""),
  facts,
  firedAt: 1
})

const tries = FastCheck.array(FastCheck.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 12 })

/** What this account's contacts received, as the ids of its deliveries. */
const receivedBy = (name: string) =>
  Effect.map(Effect.flatten(ReceivedAlerts), (all) =>
    all.filter(({ accountId }) => accountId === name).map(({ deliveryId }) => deliveryId)
  )

const expected = (name: string, given: ReadonlyArray<number>): ReadonlyArray<string> =>
  [...new Set(given)].map((which) => deliveryOf(name, which).deliveryId).sort()

const once: Law<AlertTransport | ReceivedAlerts> = forAll({
  rules: ["ALR-5"],
  sentence: "whatever is delivered reaches its contact, and a repeat of a delivery reaches nobody again",
  given: tries,
  then: (given, name) =>
    Effect.gen(function* () {
      const transport = yield* AlertTransport
      for (const which of given) yield* transport.deliver(deliveryOf(name, which))
      yield* expectEqual((yield* receivedBy(name)).toSorted(), expected(name, given), "what was received")
    })
})

const onceInARace: Law<AlertTransport | ReceivedAlerts> = race({
  rules: ["ALR-5"],
  sentence: "two workers that deliver the same thing at once reach the contact once",
  given: tries,
  then: (given, name) =>
    Effect.gen(function* () {
      const transport = yield* AlertTransport
      const deliverAll = Effect.forEach([...given, ...given], (which) => transport.deliver(deliveryOf(name, which)), {
        concurrency: "unbounded",
        discard: true
      })
      yield* deliverAll
      yield* expectEqual((yield* receivedBy(name)).toSorted(), expected(name, given), "what was received")
    })
})

export const laws: ReadonlyArray<Law<AlertTransport | ReceivedAlerts>> = [once, onceInARace]
