/**
 * Rules: applications with their secrets (ACC-3, ACC-4, ACC-5), and the limits that each sets for itself (SND-8, TPL-9).
 */
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as Application from "@vsms/core/account/Application"
import * as SendLimits from "@vsms/core/sending/SendLimits"
import * as Schema from "effect/Schema"
import { tenant } from "./Access.ts"
import * as Paging from "./Paging.ts"
import * as Problems from "./Problems.ts"

const { exists: _, ...fields } = Application.State.fields

export const ApplicationView = Schema.Struct({ applicationId: Schema.String, ...fields }).annotations({
  identifier: "Application"
})

export const ApplicationUse = Schema.Struct({
  ...ApplicationView.fields,
  voiceMinutes: Schema.Number,
  domesticTexts: Schema.Number,
  internationalTexts: Schema.Number
}).annotations({ identifier: "ApplicationUse", description: "With the use of the current month in Shanghai" })

export const NewSecret = Schema.Struct({
  applicationId: Schema.String,
  secretId: Schema.String,
  appKey: Schema.Redacted(Schema.String)
}).annotations({ identifier: "NewSecret", description: "The only time that the value is handed out" })

const Description = Schema.Struct({
  name: Schema.String,
  description: Schema.optionalWith(Schema.String, { exact: true })
})

export class ApplicationsApi extends HttpApiGroup.make("applications")
  .add(
    HttpApiEndpoint.post("create", "/v1/accounts/:accountId/applications")
      .setPath(Paging.AccountPath)
      .setPayload(Description)
      .addSuccess(NewSecret, { status: 201 })
      .addError(Schema.Union(Problems.NotEnterprise, Problems.NotActivated))
      .addError(Problems.UnknownAccount)
      .annotateContext(tenant("applications:write", "Makes an application, and hands out its first secret (ACC-3)"))
  )
  .add(
    HttpApiEndpoint.get("list", "/v1/accounts/:accountId/applications")
      .setPath(Paging.AccountPath)
      .setUrlParams(Paging.PageQuery)
      .addSuccess(Paging.Page(ApplicationUse))
      .addError(Problems.UnknownAccount)
      .annotateContext(tenant("applications:read", "The applications, the oldest first, with this month's use (ACC-4)"))
  )
  .add(
    HttpApiEndpoint.get("get", "/v1/applications/:applicationId")
      .setPath(Paging.ApplicationPath)
      .addSuccess(ApplicationView)
      .addError(Problems.UnknownApplication)
      .annotateContext(
        tenant("applications:read", "One application, without the values of its secrets", { etag: true })
      )
  )
  .add(
    HttpApiEndpoint.put("rename", "/v1/applications/:applicationId")
      .setPath(Paging.ApplicationPath)
      .setPayload(Description)
      .addSuccess(ApplicationView)
      .addError(Schema.Union(Problems.UnknownApplication, Problems.ChangedMeanwhile))
      .annotateContext(tenant("applications:write", "Changes name and description", { etag: true }))
  )
  .add(
    HttpApiEndpoint.put("setStatus", "/v1/applications/:applicationId/status")
      .setPath(Paging.ApplicationPath)
      .setPayload(Schema.Struct({ status: Application.Status }))
      .addSuccess(ApplicationView)
      .addError(Schema.Union(Problems.UnknownApplication, Problems.ChangedMeanwhile))
      .annotateContext(tenant("applications:write", "Disables an application, or enables it again", { etag: true }))
  )
  .add(
    HttpApiEndpoint.post("rotateSecret", "/v1/applications/:applicationId/secrets")
      .setPath(Paging.ApplicationPath)
      .setPayload(Schema.Struct({ overlapMillis: Schema.Int.pipe(Schema.nonNegative()) }))
      .addSuccess(NewSecret, { status: 201 })
      .addError(Schema.Union(Problems.UnknownApplication, Problems.OverlapTooLong, Problems.TooManySecrets))
      .annotateContext(tenant("applications:write", "A new secret; the others work on for the overlap (ACC-5)"))
  )
  .add(
    HttpApiEndpoint.get("limits", "/v1/applications/:applicationId/limits")
      .setPath(Paging.ApplicationPath)
      .addSuccess(SendLimits.State.annotations({ identifier: "SendLimits" }))
      .addError(Problems.UnknownApplication)
      .annotateContext(tenant("applications:read", "The application's own limits; null: the default", { etag: true }))
  )
  .add(
    HttpApiEndpoint.put("setLimits", "/v1/applications/:applicationId/limits")
      .setPath(Paging.ApplicationPath)
      .setPayload(SendLimits.State)
      .addSuccess(SendLimits.State.annotations({ identifier: "SendLimits" }))
      .addError(Schema.Union(Problems.UnknownApplication, Problems.ChangedMeanwhile))
      .annotateContext(
        tenant("applications:write", "Sets all limits of the application (SND-8, TPL-9)", { etag: true })
      )
  ) {}
