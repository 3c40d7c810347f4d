/**
 * Port: carries an alert to one contact: by text message, e-mail or webhook.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { PortFailure } from "../PortFailure.ts"
import type { Channel, Facts } from "./Alert.ts"
import type { AlertMessage } from "./AlertMessage.ts"

/** One alert for one contact in one way. Name and address are personal data: they do not belong in logs or failures. */
export interface AlertDelivery {
  /** The same for every try of this delivery, and for no other. */
  readonly deliveryId: string
  readonly accountId: string
  readonly alertId: string
  readonly channel: Channel
  /** A mobile number of mainland China, an e-mail address, or a URL. */
  readonly address: string
  readonly name: string
  readonly message: AlertMessage
  /** What the message says, for machines. */
  readonly facts: Facts
  readonly firedAt: number
}

export class AlertTransport extends Context.Tag("@vsms/core/alert/AlertTransport")<
  AlertTransport,
  {
    /**
     * Takes the alert over. A repeat of a `deliveryId` reaches the contact no second time, as far as the way allows:
     * tries repeat after a crash. Fails with `retry: "never"` where no repeat can help, such as an address that does not
     * exist. Webhooks go to no place where the deployment lets no callback go (CBK-3).
     */
    readonly deliver: (delivery: AlertDelivery) => Effect.Effect<void, PortFailure>
  }
>() {}
