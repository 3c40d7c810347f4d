/**
 * Rules: what operators ask of a process: whether it lives, whether it can work, who did what, and what is kept how long.
 */
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as Schema from "effect/Schema"
import { anyone, operator, tenant } from "./Access.ts"
import * as Paging from "./Paging.ts"
import * as Problems from "./Problems.ts"

export const AuditEntry = Schema.Struct({
  entryId: Schema.String,
  at: Paging.Instant,
  /** `operator`, `key` or `application`, and which one. */
  actor: Schema.String,
  actorId: Schema.String,
  operation: Schema.String.annotations({ description: "The operation of this document, such as `orders.pay`" }),
  subject: Schema.Record({ key: Schema.String, value: Schema.String }).annotations({
    description: "The ids in the path"
  }),
  status: Schema.Int,
  problem: Schema.optional(Schema.String),
  requestId: Schema.String
}).annotations({ identifier: "AuditEntry" })

const Retention = Schema.Struct({
  personalDataMillis: Schema.Number.annotations({ description: "Called number, text and ext of a send" }),
  refusedSendsMillis: Schema.Number,
  codesKept: Schema.Boolean.annotations({ description: "Whether records keep the code of a verification" }),
  auditMillis: Schema.Number
}).annotations({ identifier: "Retention" })

const State = Schema.Struct({ status: Schema.Literal("up") }).annotations({ identifier: "Health" })

export class OperationsApi extends HttpApiGroup.make("operations")
  .add(HttpApiEndpoint.get("health", "/health").addSuccess(State).annotateContext(anyone("Whether the process lives")))
  .add(
    HttpApiEndpoint.get("ready", "/ready")
      .addSuccess(State)
      .annotateContext(
        anyone("Whether it can work", {
          description: "503 while its storage does not answer, and while it is stopping."
        })
      )
  )
  .add(
    HttpApiEndpoint.get("metrics", "/metrics")
      .addSuccess(HttpApiSchema.Text({ contentType: "text/plain; version=0.0.4; charset=utf-8" }))
      .annotateContext(operator("What Prometheus collects"))
  )
  .add(
    HttpApiEndpoint.get("audit", "/v1/audit")
      .setUrlParams(Paging.PageQuery)
      .addSuccess(Paging.Page(AuditEntry))
      .annotateContext(operator("Who did what that concerns no single account, the newest first"))
  )
  .add(
    HttpApiEndpoint.get("accountAudit", "/v1/accounts/:accountId/audit")
      .setPath(Paging.AccountPath)
      .setUrlParams(Paging.PageQuery)
      .addSuccess(Paging.Page(AuditEntry))
      .addError(Problems.UnknownAccount)
      .annotateContext(tenant("keys:write", "Who did what in the account, operators included, the newest first"))
  )
  .add(
    HttpApiEndpoint.get("retention", "/v1/retention")
      .addSuccess(Retention)
      .annotateContext(tenant("account:read", "What is kept how long"))
  )
  .add(
    HttpApiEndpoint.post("erase", "/v1/retention/erasures")
      .setPayload(Schema.Struct({ limit: Schema.Int.pipe(Schema.between(1, 10_000)) }))
      .addSuccess(Schema.Struct({ erased: Schema.Number }).annotations({ identifier: "Erasure" }))
      .annotateContext(operator("Erases now what has outlived its retention; workers do so by themselves"))
  ) {}
