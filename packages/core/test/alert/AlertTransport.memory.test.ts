import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { describe, expect, it } from "vitest"
import { type AlertDelivery, AlertTransport } from "../../src/alert/AlertTransport.ts"
import * as MemoryAlertTransport from "../../src/alert/MemoryAlertTransport.ts"
import * as AlertTransportLaws from "../../src/testing/laws/AlertTransportLaws.ts"
import { suite } from "../../src/testing/Law.ts"

suite({ describe, it }, "alert transport in memory", AlertTransportLaws.laws, MemoryAlertTransport.layer)

/** A transport over a list, with this way of adding to it. */
const broken = (deliver: (received: Array<AlertDelivery>, delivery: AlertDelivery) => Effect.Effect<void>) =>
  Layer.effectContext(
    Effect.sync(() => {
      const received: Array<AlertDelivery> = []
      return Context.empty().pipe(
        Context.add(AlertTransport, { deliver: (delivery) => deliver(received, delivery) }),
        Context.add(
          MemoryAlertTransport.ReceivedAlerts,
          Effect.sync(() => received)
        )
      )
    })
  )

const has = (received: ReadonlyArray<AlertDelivery>, { deliveryId }: AlertDelivery) =>
  received.some((delivery) => delivery.deliveryId === deliveryId)

const [once, onceInARace] = AlertTransportLaws.laws

describe("transports that are broken on purpose", () => {
  const repeating = broken((received, delivery) => Effect.sync(() => void received.push(delivery)))
  const forgetful = broken((received, delivery) =>
    Effect.sync(() => {
      if (received.every(({ accountId }) => accountId !== delivery.accountId)) received.push(delivery)
    })
  )
  const racy = broken((received, delivery) =>
    has(received, delivery)
      ? Effect.void
      : Effect.zipRight(
          Effect.yieldNow(),
          Effect.sync(() => void received.push(delivery))
        )
  )

  it.each([
    ["repeats itself", repeating, once],
    ["tells an account's first contact alone", forgetful, once],
    ["looks first and sends later", racy, onceInARace]
  ])("ALR-5: a transport that %s is caught", async (_, layer, law) => {
    await expect(law!.run(layer, { seed: 7 })).rejects.toThrow("what was received")
  })
})
