/**
 * Service: what the endpoints of sends do. Those that send are called thousands of times a second: they read the request
 * by core's own hand, once, and write their answers without a schema.
 */
import { Callbacks, type DeliveryView } from "@vsms/core/callback/Callbacks"
import { SendSteps } from "@vsms/core/dispatch/SendSteps"
import { InvalidInput } from "@vsms/core/InvalidInput"
import * as Metrics from "@vsms/core/Metrics"
import type * as Acceptance from "@vsms/core/sending/Acceptance"
import type * as SendRequests from "@vsms/core/sending/SendRequest"
import { type RefusedView, Sends, type SendView } from "@vsms/core/sending/Sends"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Unavailable } from "../api/HttpRefusals.ts"
import type { Body } from "../api/Problem.ts"
import * as Problems from "../api/Problems.ts"
import { batchMax, type SendsApi } from "../api/SendsApi.ts"
import { Answer } from "../door/Exchange.ts"
import type { Handlers } from "../door/Handler.ts"
import * as ProblemAnswer from "../door/ProblemAnswer.ts"
import { Readiness } from "../door/Readiness.ts"
import * as DeliveryId from "./DeliveryId.ts"
import * as Pages from "./Pages.ts"
import * as SendEvents from "./SendEvents.ts"

type SendInput = SendRequests.Input

const json = { "content-type": "application/json" }

/** What core's parser takes: it looks at every field itself, but not at what is no object or has a field too many. */
const inputOf = (payload: unknown, at: string): SendInput | InvalidInput => {
  if (typeof payload !== "object" || payload === null || Array.isArray(payload))
    return new InvalidInput({ problems: [{ field: at, expected: "an object" }] })
  for (const name of Object.keys(payload)) {
    const field = at === "" ? name : `${at}.${name}`
    if (!fields.has(name)) return new InvalidInput({ problems: [{ field, expected: "no such field" }] })
    if (name === "code" && "params" in payload)
      return new InvalidInput({ problems: [{ field: "params", expected: "no such field beside code" }] })
    if (textFields.has(name) && "fileId" in payload)
      return new InvalidInput({ problems: [{ field, expected: "no such field beside fileId" }] })
  }
  // From here on it is an object of these fields, whose values the parser does not trust either.
  return payload as unknown as SendInput
}

const fields = new Set(["to", "plays", "display", "ext", "idempotencyKey", "templateId", "params", "code", "fileId"])
const textFields = new Set(["templateId", "params", "code"])

const accepted = ({ acceptedAt, display, ext, holdMinutes, repeated, sendId }: Acceptance.Acceptance) => ({
  sendId,
  acceptedAt,
  display,
  holdMinutes,
  ext,
  repeated
})

const viewOf = ({ personal, sendId, state }: SendView) => ({
  sendId,
  applicationId: state.accepted.applicationId,
  templateId: state.accepted.templateId,
  fileId: state.accepted.fileId,
  kind: state.accepted.kind,
  stage: state.stage,
  reason: state.reason,
  to: personal?.callee,
  text: personal?.text,
  ext: personal?.ext,
  keys: personal?.keys ?? [],
  display: state.accepted.display,
  plays: state.accepted.plays,
  acceptedAt: state.accepted.at,
  diallingAt: state.diallingAt,
  ringingAt: state.ringingAt,
  answeredAt: state.answeredAt,
  endedAt: state.endedAt,
  holdMinutes: state.accepted.hold.minutes,
  billedMinutes: state.billedMinutes
})

const refusedView = ({
  at,
  attemptId,
  callee,
  code,
  facts,
  fileId,
  gate,
  refusal,
  templateId,
  transient
}: RefusedView) => ({
  attemptId,
  at,
  to: callee,
  templateId,
  fileId,
  gate,
  refusal,
  code,
  transient,
  facts
})

const outside = (delivery: DeliveryView) => ({ ...delivery, deliveryId: DeliveryId.outside(delivery.deliveryId) })

export const sends = Effect.map(
  Effect.all({
    callbacks: Callbacks,
    readiness: Readiness,
    sends: Sends,
    /** Only where calls are placed by this process, too. */
    steps: Effect.serviceOption(SendSteps)
  }),
  ({ callbacks, readiness, sends, steps }): Handlers<typeof SendsApi> => ({
    create: ({ accountId, incoming, path, payload, requestId }) => {
      const input = inputOf(payload, "")
      if (input instanceof InvalidInput) return unread(input)
      const key = incoming.header("idempotency-key")
      if (key !== undefined && input.idempotencyKey !== undefined && input.idempotencyKey !== key) return twoKeys
      const keyed = key === undefined ? input : { ...input, idempotencyKey: key }
      return Effect.flatMap(sends.attempt(accountId, path.applicationId, keyed), (outcome) => {
        if (outcome._tag === "Accepted")
          return Effect.succeed(new Answer(202, json, JSON.stringify(accepted(outcome.acceptance))))
        const { attemptId, refusal } = outcome
        return Effect.map(Clock.currentTimeMillis, (now) =>
          ProblemAnswer.answerOf(refusal, { now, requestId, attemptId })
        )
      })
    },
    createBatch: ({ accountId, path, payload }) => {
      // Not read by its schema: whatever it is, it is looked at here.
      const batch: unknown = payload
      const list = listOf(batch)
      if (list instanceof InvalidInput) return list
      const inputs = list.map((one, i) => inputOf(one, `sends.${i}`))
      const good = inputs.filter((input): input is SendInput => !(input instanceof InvalidInput))
      return Effect.map(sends.acceptBatch(accountId, path.applicationId, good), (answered) => {
        let next = 0
        const answers = inputs.map((input): { accepted: unknown } | { problem: Body | undefined } => {
          if (input instanceof InvalidInput) {
            return { problem: Problems.InvalidInput.body(unread(input)) }
          }
          const answer = answered[next++]!
          switch (answer._tag) {
            case "Accepted":
              return { accepted: accepted(answer.acceptance) }
            case "Refused": {
              const body = ProblemAnswer.bodyOf(answer.refusal)
              return { problem: body === undefined ? undefined : { ...body, attemptId: answer.attemptId } }
            }
            case "Malformed":
              return { problem: ProblemAnswer.bodyOf(answer.refusal) }
            case "Failed":
              return { problem: Problems.Unavailable.body(new Unavailable({ retry: answer.failure.retry })) }
          }
        })
        return new Answer(200, json, JSON.stringify({ answers }))
      })
    },
    check: ({ accountId, path, payload }) => {
      const input = inputOf(payload, "")
      return input instanceof InvalidInput ? input : sends.check(accountId, path.applicationId, input)
    },
    search: ({ accountId, path, payload: { cursor, from, limit, to, until } }) =>
      Effect.map(
        sends.list(accountId, path.applicationId, { ...Pages.asked({ limit, cursor }), from, until, to }),
        (page) => Pages.mapped(page, viewOf)
      ),
    get: ({ accountId, path }) => Effect.map(sends.get(accountId, path.applicationId, path.sendId), viewOf),
    explain: ({ accountId, path }) =>
      Effect.map(callbacks.explain(accountId, path.applicationId, path.sendId), (told) => ({
        ...told,
        callbacks: told.callbacks.map(outside)
      })),
    follow: ({ accountId, path: { applicationId, sendId } }) =>
      SendEvents.answer({
        sends,
        steps: Option.getOrUndefined(steps),
        accountId,
        applicationId,
        sendId,
        isStopping: readiness.isStopping
      }),
    refused: ({ accountId, path, urlParams }) =>
      Effect.map(sends.refused(accountId, path.applicationId, Pages.asked(urlParams)), (page) =>
        Pages.mapped(page, refusedView)
      ),
    receipts: ({ accountId, path, urlParams: { after = 0, limit = 20 } }) =>
      sends.receipts(accountId, path.applicationId, { after, limit })
  })
)

/** What core does not see of the sends that are asked for, it cannot count. */
const unread = (input: InvalidInput): InvalidInput => {
  Metrics.asked(input._tag)
  return input
}

const twoKeys = new InvalidInput({
  problems: [{ field: "idempotencyKey", expected: "the same as in the header Idempotency-Key" }]
})

const notABatch = new InvalidInput({
  problems: [{ field: "sends", expected: `an array of 1 to ${batchMax} sends, and no other field` }]
})

const listOf = (batch: unknown): ReadonlyArray<unknown> | InvalidInput => {
  if (typeof batch !== "object" || batch === null || !("sends" in batch)) return notABatch
  const { sends } = batch
  const isRight = Array.isArray(sends) && sends.length >= 1 && sends.length <= batchMax
  return isRight && Object.keys(batch).length === 1 ? (sends as ReadonlyArray<unknown>) : notABatch
}
