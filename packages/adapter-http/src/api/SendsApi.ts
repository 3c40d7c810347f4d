/**
 * Rules: sends, one and many, what becomes of them and why (SND-1 to SND-11), and their receipts (STA-6). No called
 * number stands in a URL: URLs are logged everywhere.
 */
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import { Part } from "@vsms/core/balance/Lot"
import * as Delivery from "@vsms/core/callback/Delivery"
import * as Gate from "@vsms/core/sending/Gate"
import * as Send from "@vsms/core/sending/Send"
import { SpokenSegment } from "@vsms/core/template/Rendering"
import * as Template from "@vsms/core/template/Template"
import * as Schema from "effect/Schema"
import { tenant } from "./Access.ts"
import * as Paging from "./Paging.ts"
import * as Problems from "./Problems.ts"

const optional = <A, I>(schema: Schema.Schema<A, I>) => Schema.optional(schema)

const Common = {
  to: Schema.String.annotations({
    description: "The number to call, in any common writing",
    examples: ["13800138000"]
  }),
  plays: optional(Schema.Int.annotations({ description: "How often the text is played, 1 to 3" })),
  display: optional(Schema.String.annotations({ description: "Which of the enterprise's numbers the callee sees" })),
  ext: optional(
    Schema.String.annotations({ description: "Given back in the receipt, up to 2,048 characters (SND-11)" })
  ),
  idempotencyKey: optional(
    Schema.String.annotations({ description: "As the header `Idempotency-Key`, for the sends of a batch (SND-7)" })
  )
}

export const TemplateSend = Schema.Struct({
  ...Common,
  templateId: Schema.String,
  params: optional(Schema.Array(Schema.String))
}).annotations({
  identifier: "TemplateSend",
  examples: [{ to: "13800138000", templateId: "1234567", params: ["4821"] }]
})

export const CodeSend = Schema.Struct({
  ...Common,
  code: Schema.String.annotations({ description: "2 to 12 digits, or digits and letters" }),
  templateId: optional(Schema.String)
}).annotations({
  identifier: "CodeSend",
  description: "A verification code, spoken with the application's default template unless another is named (SND-1)",
  examples: [{ to: "13800138000", code: "4821" }]
})

export const FileSend = Schema.Struct({
  ...Common,
  fileId: Schema.String.annotations({ description: "An approved voice file of the application (VOF-4)" })
}).annotations({
  identifier: "FileSend",
  description: "A notification that plays a file of sound instead of speaking a text",
  examples: [{ to: "13800138000", fileId: "da39a3ee5e6b4b0d3255bfef95601890afd80709.mp3" }]
})

/** What is written to have something sent. */
export const SendRequest = Schema.Union(CodeSend, TemplateSend, FileSend)

export const Accepted = Schema.Struct({
  sendId: Schema.String,
  acceptedAt: Paging.Instant,
  display: Schema.String,
  holdMinutes: Schema.Number,
  ext: optional(Schema.String),
  repeated: Schema.Boolean
}).annotations({
  identifier: "AcceptedSend",
  description: "`holdMinutes`: the most that the call can cost. `repeated`: answered before under the same key (SND-7)",
  examples: [
    {
      sendId: "0198a6f2c4d1a1b2c3d4e5f60718293a",
      acceptedAt: 1763895600000,
      display: "075500000001",
      holdMinutes: 1,
      repeated: false
    }
  ]
})

const BatchProblem = Schema.Struct({
  type: Schema.String,
  title: Schema.String,
  status: Schema.Number,
  rule: Schema.String,
  code: optional(Schema.Number),
  transient: Schema.Boolean,
  facts: Schema.Record({ key: Schema.String, value: Schema.Unknown }),
  attemptId: optional(Schema.String)
}).annotations({ identifier: "BatchProblem" })

/** One answer of a batch: what a single send would have been answered. */
export const BatchAnswer = Schema.Union(
  Schema.Struct({ accepted: Accepted }),
  Schema.Struct({ problem: BatchProblem })
).annotations({ identifier: "BatchAnswer" })

/** How many sends a batch may have. */
export const batchMax = 200

const Batch = Schema.Struct({ sends: Schema.Array(SendRequest).pipe(Schema.minItems(1), Schema.maxItems(batchMax)) })

const Key = Schema.Struct({ at: Paging.Instant, key: Schema.String })

const templateId = Schema.String.annotations({ description: "Empty where a file is played" })
const fileId = optional(Schema.String.annotations({ description: "The voice file that is played instead of a text" }))

/** A send as its application sees it. Personal data is missing once its retention time has ended. */
export const SendView = Schema.Struct({
  sendId: Schema.String,
  applicationId: Schema.String,
  templateId,
  fileId,
  kind: Template.TemplateKind,
  stage: Send.Stage,
  reason: optional(Send.FailureReason),
  to: optional(Schema.String),
  text: optional(Schema.String),
  ext: optional(Schema.String),
  keys: Schema.Array(Key),
  display: Schema.String,
  plays: Schema.Int,
  acceptedAt: Paging.Instant,
  diallingAt: optional(Paging.Instant),
  ringingAt: optional(Paging.Instant),
  answeredAt: optional(Paging.Instant),
  endedAt: optional(Paging.Instant),
  holdMinutes: Schema.Number,
  billedMinutes: Schema.Number
}).annotations({ identifier: "Send" })

export const ReceiptView = Schema.Struct({
  number: Schema.Number,
  sendId: Schema.String,
  accountId: Schema.String,
  applicationId: Schema.String,
  templateId,
  fileId,
  kind: Template.TemplateKind,
  result: Schema.Literal("answered", "failed"),
  reason: optional(Send.FailureReason),
  callee: optional(Schema.String),
  display: Schema.String,
  acceptedAt: Paging.Instant,
  diallingAt: optional(Paging.Instant),
  ringingAt: optional(Paging.Instant),
  answeredAt: optional(Paging.Instant),
  endedAt: Paging.Instant,
  billedMinutes: Schema.Number,
  keys: Schema.Array(Key),
  ext: optional(Schema.String)
}).annotations({ identifier: "Receipt" })

const Verdict = Schema.Struct({
  gate: Gate.GateId,
  rule: Schema.String,
  verdict: Schema.Literal("passed", "failed", "notReached"),
  facts: Gate.Facts
}).annotations({ identifier: "GateVerdict" })

const Check = Schema.Struct({
  allowed: Schema.Boolean,
  gates: Schema.Array(Verdict),
  text: optional(Schema.String),
  segments: Schema.Array(SpokenSegment),
  holdMinutes: optional(Schema.Number)
}).annotations({ identifier: "SendCheck" })

export const DeliveryView = Schema.Struct({
  deliveryId: Schema.String,
  ...Delivery.State.fields
}).annotations({ identifier: "CallbackDelivery" })

const Explanation = Schema.Union(
  Schema.TaggedStruct("Accepted", {
    sendId: Schema.String,
    stage: Send.Stage,
    reason: optional(Send.FailureReason),
    gates: Schema.Array(Verdict),
    steps: Schema.Array(Schema.Struct({ stage: Send.Stage, at: Paging.Instant })),
    routes: Schema.Array(Send.Attempt),
    payment: Schema.Struct({
      held: Schema.Array(Part),
      billedMinutes: Schema.Number,
      paid: Schema.Array(Part),
      overrunMinutes: Schema.Number
    }),
    corrections: Schema.Array(Send.Correction),
    callbacks: Schema.Array(DeliveryView)
  }),
  Schema.TaggedStruct("Refused", {
    attemptId: Schema.String,
    at: Paging.Instant,
    refusal: Schema.String,
    code: optional(Schema.Number),
    transient: Schema.Boolean,
    gates: Schema.Array(Verdict),
    callbacks: Schema.Array(DeliveryView)
  })
).annotations({ identifier: "Explanation" })

const RefusedView = Schema.Struct({
  attemptId: Schema.String,
  at: Paging.Instant,
  to: optional(Schema.String),
  templateId,
  fileId,
  gate: Gate.GateId,
  refusal: Schema.String,
  code: optional(Schema.Number),
  transient: Schema.Boolean,
  facts: Gate.Facts
}).annotations({ identifier: "RefusedSend" })

const SendPath = Schema.Struct({ ...Paging.ApplicationPath.fields, sendId: Paging.Id })

export const IdempotencyHeader = Schema.Struct({
  "idempotency-key": optional(
    Schema.String.annotations({
      description: "1 to 128 characters. Repeated under it, a request is answered as before"
    })
  )
})

export class SendsApi extends HttpApiGroup.make("sends")
  .add(
    HttpApiEndpoint.post("create", "/v1/applications/:applicationId/sends")
      .setPath(Paging.ApplicationPath)
      .setHeaders(IdempotencyHeader)
      .setPayload(SendRequest)
      .addSuccess(Accepted, { status: 202 })
      .addError(Schema.Union(Problems.BadSend, Problems.GateShut))
      .annotateContext(
        tenant("sends:write", "Sends a voice message", {
          description:
            "Accepted, or refused by the first gate that is shut (SND-3). What becomes of it: see its receipt."
        })
      )
  )
  .add(
    HttpApiEndpoint.post("createBatch", "/v1/applications/:applicationId/sends/batch")
      .setPath(Paging.ApplicationPath)
      .setPayload(Batch)
      .addSuccess(Schema.Struct({ answers: Schema.Array(BatchAnswer) }).annotations({ identifier: "BatchAnswers" }))
      .addError(Problems.UnknownApplication)
      .annotateContext(
        tenant("sends:write", "Sends up to 200 voice messages", {
          maxBytes: 1024 * 1024,
          description: "Each is answered by itself, in their order: what is wrong with one is nothing to the others."
        })
      )
  )
  .add(
    HttpApiEndpoint.post("check", "/v1/applications/:applicationId/sends/check")
      .setPath(Paging.ApplicationPath)
      .setPayload(SendRequest)
      .addSuccess(Check)
      .addError(Schema.Union(Problems.BadSend, Problems.UnknownApplication))
      .annotateContext(tenant("sends:read", "What a send would meet now. Nothing is stored, counted or held"))
  )
  .add(
    HttpApiEndpoint.post("search", "/v1/applications/:applicationId/sends/search")
      .setPath(Paging.ApplicationPath)
      .setPayload(
        Schema.Struct({
          ...Paging.PageBody,
          from: optional(Paging.Instant),
          until: optional(Paging.Instant),
          to: optional(Schema.String.annotations({ description: "Only the sends to this number" }))
        })
      )
      .addSuccess(Paging.Page(SendView))
      .addError(Problems.CalleeNotServed)
      .addError(Problems.UnknownApplication)
      .annotateContext(tenant("sends:read", "The application's sends, the newest first"))
  )
  .add(
    HttpApiEndpoint.get("get", "/v1/applications/:applicationId/sends/:sendId")
      .setPath(SendPath)
      .addSuccess(SendView)
      .addError(Problems.UnknownSend)
      .addError(Problems.UnknownApplication)
      .annotateContext(tenant("sends:read", "One send, as far as it has come (SND-6)"))
  )
  .add(
    HttpApiEndpoint.get("explain", "/v1/applications/:applicationId/sends/:sendId/explanation")
      .setPath(SendPath)
      .addSuccess(Explanation)
      .addError(Problems.UnknownSend)
      .addError(Problems.UnknownApplication)
      .annotateContext(
        tenant("sends:read", "Why it was accepted or refused, what became of it, who paid, what went out", {
          description: "Takes the id of a send, or the `attemptId` of a refusal."
        })
      )
  )
  .add(
    HttpApiEndpoint.get("follow", "/v1/applications/:applicationId/sends/:sendId/events")
      .setPath(SendPath)
      .addSuccess(HttpApiSchema.Text({ contentType: "text/event-stream" }))
      .addError(Problems.UnknownSend)
      .addError(Problems.UnknownApplication)
      .annotateContext(
        tenant("sends:read", "The steps of a send while it happens, as server-sent events", {
          streams: true,
          description:
            "Events `stage` (from the record) and `step` (live), each with a JSON object; the last one has a final stage."
        })
      )
  )
  .add(
    HttpApiEndpoint.get("refused", "/v1/applications/:applicationId/refused-sends")
      .setPath(Paging.ApplicationPath)
      .setUrlParams(Paging.PageQuery)
      .addSuccess(Paging.Page(RefusedView))
      .addError(Problems.UnknownApplication)
      .annotateContext(tenant("sends:read", "The attempts that were refused lately, the newest first"))
  )
  .add(
    HttpApiEndpoint.get("receipts", "/v1/applications/:applicationId/receipts")
      .setPath(Paging.ApplicationPath)
      .setUrlParams(Paging.AfterQuery(100))
      .addSuccess(
        Schema.Struct({ items: Schema.Array(ReceiptView), next: Schema.Number }).annotations({
          identifier: "ReceiptPage"
        })
      )
      .addError(Problems.UnknownApplication)
      .annotateContext(
        tenant("sends:read", "Receipts in order; whoever asks again `after` the last `next` misses none (CBK-1, STA-6)")
      )
  ) {}
