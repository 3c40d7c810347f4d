/**
 * Service: what the endpoints for operators do: health, readiness, metrics, audit and retention.
 */
import { PortFailure } from "@vsms/core/PortFailure"
import { Sends } from "@vsms/core/sending/Sends"
import { Journal } from "@vsms/core/storage/Journal"
import { Records } from "@vsms/core/storage/Records"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { OperationsApi } from "../api/OperationsApi.ts"
import * as ApiKey from "../auth/ApiKey.ts"
import * as AuditEntry from "../auth/AuditEntry.ts"
import { AuditLog } from "../auth/AuditLog.ts"
import { Answer } from "../door/Exchange.ts"
import type { Handlers } from "../door/Handler.ts"
import { Readiness } from "../door/Readiness.ts"
import { Traffic } from "../door/Traffic.ts"
import * as Pages from "./Pages.ts"

const up = { status: "up" } as const

/** A storage that takes longer is as good as none. */
const patience = Duration.seconds(2)

const noStorage = new PortFailure({ port: "Journal", operation: "load", retry: "later", cause: "no answer in time" })
const stopping = new PortFailure({ port: "Door", operation: "ready", retry: "later", cause: "stopping" })

export const operations = Effect.map(
  Effect.all({
    audit: AuditLog,
    journal: Journal,
    readiness: Readiness,
    records: Records,
    sends: Sends,
    traffic: Traffic
  }),
  ({ audit, journal, readiness, records, sends, traffic }): Handlers<typeof OperationsApi> => ({
    health: () => Effect.succeed(up),
    ready: () =>
      Effect.suspend(() =>
        readiness.isStopping()
          ? stopping
          : journal
              .load(ApiKey.ref("readiness"))
              .pipe(Effect.timeoutFail({ duration: patience, onTimeout: () => noStorage }), Effect.as(up))
      ),
    metrics: () =>
      Effect.sync(
        () => new Answer(200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }, traffic.text())
      ),
    audit: ({ urlParams }) => audit.list(AuditEntry.platform, Pages.asked(urlParams)),
    accountAudit: ({ accountId, urlParams }) => audit.list(accountId, Pages.asked(urlParams)),
    retention: () =>
      Effect.succeed({
        personalDataMillis: sends.policy.personalMillis,
        refusedSendsMillis: sends.policy.refusalsMillis,
        codesKept: sends.policy.keepCodes,
        auditMillis: AuditEntry.keptMillis
      }),
    erase: ({ payload }) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        Effect.map(records.purge({ now, limit: payload.limit }), (erased) => ({ erased }))
      )
  })
)
