/**
 * Rules: figures, records, failures and exports (STA-1 to STA-8).
 */
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as Send from "@vsms/core/sending/Send"
import * as Schema from "effect/Schema"
import { tenant } from "./Access.ts"
import * as Paging from "./Paging.ts"
import * as Problems from "./Problems.ts"
import { ReceiptView } from "./SendsApi.ts"

const Day = Schema.String.pipe(
  Schema.pattern(/^\d{4}-\d{2}-\d{2}$/),
  Schema.annotations({ identifier: "a day such as 2026-11-23", description: "A day in Shanghai, such as 2026-11-23" })
)

/** Either a named range, or two days; today if nothing is given (STA-1). */
const period = {
  period: Schema.optional(Schema.Literal("today", "yesterday", "last7Days", "last30Days")),
  from: Schema.optional(Day),
  to: Schema.optional(Day)
}

export const PeriodQuery = Schema.Struct(period)

const figures = {
  sends: Schema.Number,
  answered: Schema.Number,
  failed: Schema.Number,
  minutes: Schema.Number,
  successBasisPoints: Schema.optional(Schema.Number)
}

const Overview = Schema.Struct({
  by: Schema.Literal("hour", "day"),
  buckets: Schema.Array(Schema.Struct({ startAt: Paging.Instant, ...figures })),
  total: Schema.Struct(figures)
}).annotations({ identifier: "Overview", description: "By day, or by hour where the period is one day" })

const FailureShare = Schema.Struct({
  reason: Send.FailureReason,
  meaning: Schema.Struct({ zh: Schema.String, en: Schema.String }),
  count: Schema.Number,
  shareBasisPoints: Schema.Number
}).annotations({ identifier: "FailureShare" })

const CallRecord = Schema.Struct({
  sendId: Schema.String,
  callee: Schema.optional(Schema.String),
  content: Schema.optional(Schema.String),
  startedAt: Paging.Instant,
  answeredAt: Schema.optional(Paging.Instant),
  endedAt: Schema.optional(Paging.Instant),
  state: Schema.Literal("inProgress", "answered", "failed"),
  reason: Schema.optional(Send.FailureReason),
  billedMinutes: Schema.Number
}).annotations({ identifier: "CallRecord" })

const TemplatePath = Schema.Struct({ ...Paging.ApplicationPath.fields, templateId: Paging.Id })

const RecordsBody = {
  ...period,
  callee: Schema.String,
  state: Schema.optional(Schema.Literal("inProgress", "answered", "failed"))
}

const Csv = HttpApiSchema.Text({ contentType: "text/csv; charset=utf-8" })

export class StatisticsApi extends HttpApiGroup.make("statistics")
  .add(
    HttpApiEndpoint.get("account", "/v1/accounts/:accountId/statistics/overview")
      .setPath(Paging.AccountPath)
      .setUrlParams(PeriodQuery)
      .addSuccess(Overview)
      .addError(Problems.PeriodTooLong)
      .addError(Problems.UnknownAccount)
      .annotateContext(tenant("statistics:read", "The figures of the whole account (STA-2)"))
  )
  .add(
    HttpApiEndpoint.get("accountFailures", "/v1/accounts/:accountId/statistics/failures")
      .setPath(Paging.AccountPath)
      .setUrlParams(PeriodQuery)
      .addSuccess(Schema.Array(FailureShare))
      .addError(Problems.PeriodTooLong)
      .addError(Problems.UnknownAccount)
      .annotateContext(tenant("statistics:read", "Failures of the account by reason; shares add up to 10,000 (STA-5)"))
  )
  .add(
    HttpApiEndpoint.get("application", "/v1/applications/:applicationId/statistics/overview")
      .setPath(Paging.ApplicationPath)
      .setUrlParams(PeriodQuery)
      .addSuccess(Overview)
      .addError(Problems.PeriodTooLong)
      .addError(Problems.UnknownApplication)
      .annotateContext(tenant("statistics:read", "The figures of one application (STA-2)"))
  )
  .add(
    HttpApiEndpoint.get("applicationFailures", "/v1/applications/:applicationId/statistics/failures")
      .setPath(Paging.ApplicationPath)
      .setUrlParams(PeriodQuery)
      .addSuccess(Schema.Array(FailureShare))
      .addError(Problems.PeriodTooLong)
      .addError(Problems.UnknownApplication)
      .annotateContext(tenant("statistics:read", "Failures of one application by reason (STA-5)"))
  )
  .add(
    HttpApiEndpoint.get("template", "/v1/applications/:applicationId/statistics/templates/:templateId")
      .setPath(TemplatePath)
      .setUrlParams(PeriodQuery)
      .addSuccess(Overview)
      .addError(Problems.PeriodTooLong)
      .addError(Problems.UnknownApplication)
      .annotateContext(tenant("statistics:read", "The figures of one template (STA-4)"))
  )
  .add(
    HttpApiEndpoint.get("exportTemplate", "/v1/applications/:applicationId/statistics/templates/:templateId/export")
      .setPath(TemplatePath)
      .setUrlParams(PeriodQuery)
      .addSuccess(Csv)
      .addError(Problems.PeriodTooLong)
      .addError(Problems.UnknownApplication)
      .annotateContext(tenant("statistics:read", "The same as CSV (STA-8)", { streams: true }))
  )
  .add(
    HttpApiEndpoint.post("records", "/v1/applications/:applicationId/statistics/records")
      .setPath(Paging.ApplicationPath)
      .setPayload(Schema.Struct({ ...RecordsBody, ...Paging.PageBody }))
      .addSuccess(Paging.Page(CallRecord))
      .addError(Schema.Union(Problems.PeriodTooLong, Problems.CalleeNotServed))
      .addError(Problems.UnknownApplication)
      .annotateContext(tenant("statistics:read", "The sends to one number, the newest first (STA-3)"))
  )
  .add(
    HttpApiEndpoint.post("exportRecords", "/v1/applications/:applicationId/statistics/records/export")
      .setPath(Paging.ApplicationPath)
      .setPayload(Schema.Struct(RecordsBody))
      .addSuccess(Csv)
      .addError(Schema.Union(Problems.PeriodTooLong, Problems.CalleeNotServed))
      .addError(Problems.UnknownApplication)
      .annotateContext(tenant("statistics:read", "All of them as CSV, the oldest first (STA-8)", { streams: true }))
  )
  .add(
    HttpApiEndpoint.get("receipts", "/v1/applications/:applicationId/statistics/receipts")
      .setPath(Paging.ApplicationPath)
      .setUrlParams(Schema.Struct({ ...period, ...Paging.PageQuery.fields }))
      .addSuccess(Paging.Page(ReceiptView))
      .addError(Problems.PeriodTooLong)
      .addError(Problems.UnknownApplication)
      .annotateContext(tenant("statistics:read", "The final states of the sends of a period, the oldest first (STA-6)"))
  ) {}
