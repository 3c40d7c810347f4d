/**
 * Rules: where an application is told how its sends ended (CBK-1, CBK-2, CBK-3), what went out, and sending it again.
 */
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as Schema from "effect/Schema"
import { tenant } from "./Access.ts"
import * as Paging from "./Paging.ts"
import * as Problems from "./Problems.ts"
import { DeliveryView } from "./SendsApi.ts"

const EndpointView = Schema.Struct({
  endpointId: Schema.String,
  url: Schema.String.annotations({ description: "Without its query, which may hold a token" }),
  format: Schema.String,
  enabled: Schema.Boolean,
  createdAt: Paging.Instant
}).annotations({ identifier: "CallbackEndpoint" })

const NewEndpoint = Schema.Struct({
  endpointId: Schema.String,
  secret: Schema.Redacted(Schema.String)
}).annotations({
  identifier: "NewCallbackEndpoint",
  description: "The only time that the secret is handed out, as Standard Webhooks libraries take it"
})

const EndpointPath = Schema.Struct({ ...Paging.ApplicationPath.fields, endpointId: Paging.Id })

const BadUrl = Schema.Union(Problems.UnusableUrl, Problems.PrivateTarget, Problems.UnknownFormat)

export class CallbacksApi extends HttpApiGroup.make("callbacks")
  .add(
    HttpApiEndpoint.get("endpoints", "/v1/applications/:applicationId/callback-endpoints")
      .setPath(Paging.ApplicationPath)
      .addSuccess(Schema.Array(EndpointView))
      .addError(Problems.UnknownApplication)
      .annotateContext(tenant("callbacks:read", "Where the application is told of its sends", { etag: true }))
  )
  .add(
    HttpApiEndpoint.post("addEndpoint", "/v1/applications/:applicationId/callback-endpoints")
      .setPath(Paging.ApplicationPath)
      .setPayload(Schema.Struct({ url: Schema.String, format: Schema.optionalWith(Schema.String, { exact: true }) }))
      .addSuccess(NewEndpoint, { status: 201 })
      .addError(Schema.Union(Problems.UnknownApplication, Problems.TooManyEndpoints, BadUrl))
      .annotateContext(tenant("callbacks:write", "Registers a URL (CBK-1, CBK-3)"))
  )
  .add(
    HttpApiEndpoint.patch("changeEndpoint", "/v1/applications/:applicationId/callback-endpoints/:endpointId")
      .setPath(EndpointPath)
      .setPayload(
        Schema.Struct({
          url: Schema.optionalWith(Schema.String, { exact: true }),
          format: Schema.optionalWith(Schema.String, { exact: true }),
          enabled: Schema.optionalWith(Schema.Boolean, { exact: true })
        })
      )
      .addSuccess(HttpApiSchema.NoContent)
      .addError(Schema.Union(Problems.UnknownApplication, Problems.UnknownEndpoint, BadUrl, Problems.ChangedMeanwhile))
      .annotateContext(
        tenant("callbacks:write", "Changes an endpoint's URL, format, or whether it is told", { etag: true })
      )
  )
  .add(
    HttpApiEndpoint.del("removeEndpoint", "/v1/applications/:applicationId/callback-endpoints/:endpointId")
      .setPath(EndpointPath)
      .addSuccess(HttpApiSchema.NoContent)
      .addError(Schema.Union(Problems.UnknownApplication, Problems.ChangedMeanwhile))
      .annotateContext(tenant("callbacks:write", "Removes an endpoint for good; again: no change", { etag: true }))
  )
  .add(
    HttpApiEndpoint.post("rotateSecret", "/v1/applications/:applicationId/callback-endpoints/:endpointId/secrets")
      .setPath(EndpointPath)
      .setPayload(Schema.Struct({ overlapMillis: Schema.Int.pipe(Schema.nonNegative()) }))
      .addSuccess(NewEndpoint, { status: 201 })
      .addError(
        Schema.Union(
          Problems.UnknownApplication,
          Problems.UnknownEndpoint,
          Problems.OverlapTooLong,
          Problems.TooManySecrets
        )
      )
      .annotateContext(tenant("callbacks:write", "A new secret; the old ones sign along for the overlap (CBK-2)"))
  )
  .add(
    HttpApiEndpoint.get("deliveries", "/v1/applications/:applicationId/callbacks")
      .setPath(Paging.ApplicationPath)
      .setUrlParams(Paging.PageQuery)
      .addSuccess(Paging.Page(DeliveryView))
      .addError(Problems.UnknownApplication)
      .annotateContext(tenant("callbacks:read", "What went out, with its tries, the newest first"))
  )
  .add(
    HttpApiEndpoint.get("ofSend", "/v1/applications/:applicationId/sends/:sendId/callbacks")
      .setPath(Schema.Struct({ ...Paging.ApplicationPath.fields, sendId: Paging.Id }))
      .addSuccess(Schema.Array(DeliveryView))
      .addError(Problems.UnknownSend)
      .addError(Problems.UnknownApplication)
      .annotateContext(tenant("callbacks:read", "What went out for one send"))
  )
  .add(
    HttpApiEndpoint.post("replay", "/v1/applications/:applicationId/callbacks/:deliveryId/replay")
      .setPath(Schema.Struct({ ...Paging.ApplicationPath.fields, deliveryId: Paging.Id }))
      .addSuccess(HttpApiSchema.Accepted)
      .addError(Problems.UnknownDelivery)
      .addError(Problems.UnknownApplication)
      .annotateContext(tenant("callbacks:write", "Delivers once more, whatever became of it before (CBK-2)"))
  ) {}
