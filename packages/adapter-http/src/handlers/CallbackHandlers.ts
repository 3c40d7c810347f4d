/**
 * Service: what the endpoints of callbacks do.
 */
import { Callbacks, type DeliveryView } from "@vsms/core/callback/Callbacks"
import * as Delivery from "@vsms/core/callback/Delivery"
import * as Endpoint from "@vsms/core/callback/Endpoint"
import { Sends } from "@vsms/core/sending/Sends"
import { Journal } from "@vsms/core/storage/Journal"
import * as Effect from "effect/Effect"
import type { CallbacksApi } from "../api/CallbacksApi.ts"
import type { Handlers } from "../door/Handler.ts"
import * as DeliveryId from "./DeliveryId.ts"
import { editing } from "./Editing.ts"
import * as Pages from "./Pages.ts"

const outside = (delivery: DeliveryView) => ({ ...delivery, deliveryId: DeliveryId.outside(delivery.deliveryId) })

export const callbacks = Effect.map(
  Effect.all({ callbacks: Callbacks, edits: editing, journal: Journal, sends: Sends }),
  ({ callbacks, edits, journal, sends }): Handlers<typeof CallbacksApi> => ({
    endpoints: ({ accountId, path: { applicationId } }) =>
      edits.versioned(Endpoint.ref(accountId, applicationId), callbacks.endpoints(accountId, applicationId)),
    addEndpoint: ({ accountId, path, payload }) => callbacks.addEndpoint(accountId, path.applicationId, payload),
    changeEndpoint: ({ accountId, ifMatch, path: { applicationId, endpointId }, payload }) =>
      edits.guarded(
        Endpoint.ref(accountId, applicationId),
        ifMatch,
        callbacks.changeEndpoint(accountId, applicationId, endpointId, payload)
      ),
    removeEndpoint: ({ accountId, ifMatch, path: { applicationId, endpointId } }) =>
      edits.guarded(
        Endpoint.ref(accountId, applicationId),
        ifMatch,
        callbacks.removeEndpoint(accountId, applicationId, endpointId)
      ),
    rotateSecret: ({ accountId, path, payload }) =>
      callbacks.rotateSecret(accountId, path.applicationId, path.endpointId, payload),
    deliveries: ({ accountId, path, urlParams }) =>
      Effect.map(callbacks.deliveries(accountId, path.applicationId, Pages.asked(urlParams)), (page) =>
        Pages.mapped(page, outside)
      ),
    ofSend: ({ accountId, path }) =>
      Effect.zipRight(
        sends.get(accountId, path.applicationId, path.sendId),
        Effect.map(callbacks.ofSend(accountId, path.sendId), (deliveries) => deliveries.map(outside))
      ),
    replay: ({ accountId, path }) => {
      const deliveryId = DeliveryId.inside(path.deliveryId)
      // The service knows deliveries by their account; the path says of which application this one is.
      return Effect.flatMap(
        journal.load(Delivery.ref(accountId, deliveryId)),
        ({ state }): ReturnType<typeof callbacks.replay> =>
          state.applicationId === path.applicationId
            ? callbacks.replay(accountId, deliveryId)
            : new Delivery.UnknownDelivery()
      )
    }
  })
)
