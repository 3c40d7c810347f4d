/**
 * Adapter: alerts that reach nobody but a list in this process's memory: for tests and trials.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type AlertDelivery, AlertTransport } from "./AlertTransport.ts"

/** What contacts have received, the first first. */
export class ReceivedAlerts extends Context.Tag("@vsms/core/alert/ReceivedAlerts")<
  ReceivedAlerts,
  Effect.Effect<ReadonlyArray<AlertDelivery>>
>() {}

/** A transport that keeps what it delivers. Each build of the layer is a new, empty one. */
export const layer: Layer.Layer<AlertTransport | ReceivedAlerts> = Layer.effectContext(
  Effect.sync(() => {
    const received = new Map<string, AlertDelivery>()
    return Context.empty().pipe(
      Context.add(AlertTransport, {
        deliver: (delivery) =>
          Effect.sync(() => {
            if (!received.has(delivery.deliveryId)) received.set(delivery.deliveryId, delivery)
          })
      }),
      Context.add(
        ReceivedAlerts,
        Effect.sync(() => Array.from(received.values()))
      )
    )
  })
)
