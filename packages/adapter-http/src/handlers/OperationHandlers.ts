/**
 * Service: what the endpoints for operators do: health, readiness, metrics, audit and retention.
 */
import { PortFailure } from "@vsms/core/PortFailure"
import { Sends } from "@vsms/core/sending/Sends"
import { Journal } from "@vsms/core/storage/Journal"
import { queues } from "@vsms/core/storage/Decision"
import { Records } from "@vsms/core/storage/Records"
import { WorkQueue } from "@vsms/core/storage/WorkQueue"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import type { OperationsApi } from "../api/OperationsApi.ts"
import * as ApiKey from "../auth/ApiKey.ts"
import * as AuditEntry from "../auth/AuditEntry.ts"
import { AuditLog } from "../auth/AuditLog.ts"
import { Answer } from "../door/Exchange.ts"
import type { Handlers } from "../door/Handler.ts"
import * as ProcessFigures from "../door/ProcessFigures.ts"
import * as Prometheus from "../door/Prometheus.ts"
import { Readiness } from "../door/Readiness.ts"
import { Traffic } from "../door/Traffic.ts"
import * as Pages from "./Pages.ts"

const up = { status: "up" } as const

/** A storage that takes longer is as good as none. */
const patience = Duration.seconds(2)

const noStorage = new PortFailure({ port: "Journal", operation: "load", retry: "later", cause: "no answer in time" })
const stopping = new PortFailure({ port: "Door", operation: "ready", retry: "later", cause: "stopping" })

const figures = ProcessFigures.make()

/** Where counting ends: from there on a queue is long, however long it is. */
const countedMax = 10_000

/** How much work is due, and how long the oldest has waited; nothing where the storage does not say so in time. */
const waiting = (work: typeof WorkQueue.Service | undefined): Effect.Effect<ReadonlyArray<Prometheus.Family>> =>
  work === undefined
    ? Effect.succeed([])
    : Effect.flatMap(Clock.currentTimeMillis, (now) =>
        Effect.forEach(queues, (queue) =>
          Effect.zipWith(work.nextDue(queue), work.countDue({ queue, now, limit: countedMax }), (due, count) => ({
            queue,
            count,
            lag: due === undefined ? 0 : Math.max(0, now - due) / 1_000
          }))
        ).pipe(
          Effect.timeoutFail({ duration: patience, onTimeout: () => noStorage }),
          Effect.match({
            onFailure: () => [],
            onSuccess: (found): ReadonlyArray<Prometheus.Family> => [
              {
                name: "vsms_work_lag_seconds",
                help: "How long the oldest work that is due has waited.",
                type: "gauge",
                samples: found.map(({ lag, queue }) => ({ labels: { queue }, value: lag }))
              },
              {
                name: "vsms_work_due",
                help: "Work that is due and that nobody has taken yet.",
                type: "gauge",
                samples: found.map(({ count, queue }) => ({ labels: { queue }, value: count }))
              }
            ]
          })
        )
      )

export const operations = Effect.map(
  Effect.all({
    audit: AuditLog,
    journal: Journal,
    readiness: Readiness,
    records: Records,
    sends: Sends,
    traffic: Traffic,
    /** Only where the host has it in the same context. */
    work: Effect.map(Effect.serviceOption(WorkQueue), Option.getOrUndefined)
  }),
  ({ audit, journal, readiness, records, sends, traffic, work }): Handlers<typeof OperationsApi> => ({
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
      Effect.map(waiting(work), (due) => {
        const text = [
          traffic.text().trimEnd(),
          ...Prometheus.registry(Metric.unsafeSnapshot(), "vsms_"),
          ...due.flatMap(Prometheus.family),
          ...figures().flatMap(Prometheus.family),
          ""
        ].join("\n")
        return new Answer(200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }, text)
      }),
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
