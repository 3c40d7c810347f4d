/**
 * Service: what the endpoints of statistics do; exports go out as they are read.
 */
import { type PeriodInput, Statistics } from "@vsms/core/statistics/Statistics"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { StatisticsApi } from "../api/StatisticsApi.ts"
import { Answer } from "../door/Exchange.ts"
import type { Handlers } from "../door/Handler.ts"
import * as Pages from "./Pages.ts"

interface Period {
  readonly period?: "today" | "yesterday" | "last7Days" | "last30Days" | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
}

/** A named range goes before two days; one day alone is a range, too. */
const periodOf = ({ from, period, to }: Period): PeriodInput => {
  if (period !== undefined) return period
  const first = from ?? to
  return first === undefined ? "today" : { from: first, to: to ?? first }
}

export const statistics = Effect.map(Statistics, (statistics): Handlers<typeof StatisticsApi> => ({
  account: ({ accountId, urlParams }) => statistics.overview({ accountId }, periodOf(urlParams)),
  accountFailures: ({ accountId, urlParams }) => statistics.failures({ accountId }, periodOf(urlParams)),
  application: ({ accountId, path: { applicationId }, urlParams }) =>
    statistics.overview({ accountId, applicationId }, periodOf(urlParams)),
  applicationFailures: ({ accountId, path: { applicationId }, urlParams }) =>
    statistics.failures({ accountId, applicationId }, periodOf(urlParams)),
  template: ({ accountId, path: { applicationId, templateId }, urlParams }) =>
    statistics.template({ accountId, applicationId, templateId }, periodOf(urlParams)),
  exportTemplate: ({ accountId, path: { applicationId, templateId }, urlParams }) =>
    csv("template.csv", statistics.exportTemplate({ accountId, applicationId, templateId }, periodOf(urlParams))),
  records: ({ accountId, path: { applicationId }, payload: { callee, cursor, limit, state, ...period } }) =>
    statistics.records(
      { accountId, applicationId, callee, state, period: periodOf(period) },
      Pages.asked({ limit, cursor })
    ),
  exportRecords: ({ accountId, path: { applicationId }, payload: { callee, state, ...period } }) =>
    csv("records.csv", statistics.exportRecords({ accountId, applicationId, callee, state, period: periodOf(period) })),
  receipts: ({ accountId, path: { applicationId }, urlParams: { cursor, limit, ...period } }) =>
    statistics.receipts({ accountId, applicationId, period: periodOf(period) }, Pages.asked({ limit, cursor }))
}))

/**
 * A table as it is read. Its header and its first page are waited for, so that what is wrong by then is refused properly;
 * if something breaks later, the connection breaks off, so that nobody takes a part for the whole.
 */
const csv = <E>(name: string, table: Stream.Stream<string, E>): Effect.Effect<Answer, E> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const pull = yield* Scope.extend(Stream.toPull(Stream.map(table, (piece) => encoder.encode(piece))), scope)
      const next: Effect.Effect<Chunk.Chunk<Uint8Array>, E> = restore(pull).pipe(
        Effect.catchAll((end) =>
          Option.isNone(end) ? Effect.succeed(Chunk.empty<Uint8Array>()) : Effect.fail(end.value)
        )
      )
      const first = yield* Effect.zipWith(next, next, (header, page) => Chunk.appendAll(header, page)).pipe(
        Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause)))
      )
      const rest = Stream.repeatEffectChunkOption(Effect.mapError(pull, Option.map(brokenOff)))
      const body = Stream.concat(Stream.fromChunk(first), rest).pipe(
        Stream.ensuring(Scope.close(scope, Exit.void)),
        Stream.orDie
      )
      const headers = {
        "content-type": "text/csv; charset=utf-8",
        "content-disposition": `attachment; filename="${name}"`
      }
      return new Answer(200, headers, body)
    })
  )

const brokenOff = (error: unknown): Cause.RuntimeException => new Cause.RuntimeException(String(error))

const encoder = new TextEncoder()
