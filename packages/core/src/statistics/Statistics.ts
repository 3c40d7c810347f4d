/**
 * Service: answers what was sent, answered, failed and billed (STA-1 to STA-8). Figures come from tallies that are kept
 * together with each step of a send; records come from the sends themselves.
 */
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { type InvalidInput, parser } from "../InvalidInput.ts"
import type { PortFailure } from "../PortFailure.ts"
import * as Callee from "../sending/Callee.ts"
import * as Receipt from "../sending/Receipt.ts"
import * as Send from "../sending/Send.ts"
import type { Row } from "../storage/Kind.ts"
import { type Cursor, type Page, Records } from "../storage/Records.ts"
import * as DayRange from "../time/DayRange.ts"
import * as CallRecord from "./CallRecord.ts"
import * as Csv from "./Csv.ts"
import * as FailureShares from "./FailureShares.ts"
import * as Overview from "./Overview.ts"
import * as Period from "./Period.ts"

/** Whose figures: all of an account, or those of one of its applications. */
export interface Of {
  readonly accountId: string
  readonly applicationId?: string | undefined
}

/** A range: `today`, `yesterday`, `last7Days`, `last30Days`, or two days such as `2026-11-23`. */
export type PeriodInput = typeof Period.Period.Encoded

export interface RecordsQuery {
  readonly accountId: string
  readonly applicationId: string
  /** The called number, in any spelling that a send may have. */
  readonly callee: string
  readonly period: PeriodInput
  readonly state?: CallRecord.RecordState | undefined
}

export interface PageOf {
  readonly limit?: number | undefined
  readonly after?: Cursor | undefined
}

type Refused = InvalidInput | Period.PeriodTooLong

export class Statistics extends Context.Tag("@vsms/core/statistics/Statistics")<
  Statistics,
  {
    /** 数据总览 (STA-2): by day, or by hour if the period is one day. */
    readonly overview: (of: Of, period: PeriodInput) => Effect.Effect<Overview.Overview, Refused | PortFailure>
    /** 模板查询 (STA-4): the figures of one template. */
    readonly template: (
      of: Of & { readonly templateId: string },
      period: PeriodInput
    ) => Effect.Effect<Overview.Overview, Refused | PortFailure>
    /** The same as CSV, in pieces. */
    readonly exportTemplate: (
      of: Of & { readonly templateId: string },
      period: PeriodInput
    ) => Stream.Stream<string, Refused | PortFailure>
    /** 失败分析 (STA-5): reasons with counts and shares that add up to 100 %. */
    readonly failures: (
      of: Of,
      period: PeriodInput
    ) => Effect.Effect<ReadonlyArray<FailureShares.FailureShare>, Refused | PortFailure>
    /** 语音记录 (STA-3): the sends to one number, the newest first. */
    readonly records: (
      query: RecordsQuery,
      page?: PageOf
    ) => Effect.Effect<Page<CallRecord.CallRecord>, Refused | Callee.CalleeNotServed | PortFailure>
    /** All of them as CSV, in pieces, the oldest first; memory does not grow with their number. */
    readonly exportRecords: (
      query: RecordsQuery
    ) => Stream.Stream<string, Refused | Callee.CalleeNotServed | PortFailure>
    /** 回执 (STA-6): the final states of the sends accepted in a range, the oldest first. */
    readonly receipts: (
      query: { readonly accountId: string; readonly applicationId: string; readonly period: PeriodInput },
      page?: PageOf
    ) => Effect.Effect<Page<Receipt.Receipt>, Refused | PortFailure>
  }
>() {
  static readonly layer: Layer.Layer<Statistics, never, Records> = Layer.effect(
    Statistics,
    Effect.map(Records, (records) => make(records))
  )
}

const make = (records: typeof Records.Service): typeof Statistics.Service => {
  const rangeOf = (period: PeriodInput) =>
    Effect.gen(function* () {
      const parsed = yield* parsePeriod(period)
      return yield* Period.resolve({ now: yield* Clock.currentTimeMillis }, parsed)
    })

  const overviewOf = (of: Of & { readonly templateId?: string }, period: PeriodInput) =>
    Effect.gen(function* () {
      const range = yield* rangeOf(period)
      const { accountId: owner, applicationId, templateId } = of
      const by = Overview.cut(range)
      const sums = yield* records.sum({ owner, applicationId, templateId, ...Overview.hours(range), by })
      return Overview.layOut(range, sums)
    })

  const overview = Effect.fn("Statistics.overview")(function* (of: Of, period: PeriodInput) {
    yield* Effect.annotateCurrentSpan({ ...of })
    return yield* overviewOf(of, period)
  })

  const template = Effect.fn("Statistics.template")(function* (
    of: Of & { readonly templateId: string },
    period: PeriodInput
  ) {
    yield* Effect.annotateCurrentSpan({ ...of })
    return yield* overviewOf(of, period)
  })

  const exportTemplate = (of: Of & { readonly templateId: string }, period: PeriodInput) =>
    Stream.unwrap(
      Effect.map(template(of, period), ({ buckets, by }) =>
        Stream.make(
          Csv.byteOrderMark + CallRecord.figuresHeader,
          buckets.map((bucket) => CallRecord.figuresCsv(bucket, by)).join("")
        )
      )
    )

  const failures = Effect.fn("Statistics.failures")(function* (of: Of, period: PeriodInput) {
    yield* Effect.annotateCurrentSpan({ ...of })
    const range = yield* rangeOf(period)
    const { accountId: owner, applicationId } = of
    const sums = yield* records.sum({ owner, applicationId, ...Overview.hours(range), by: "reason" })
    const counts = sums.flatMap(({ failed, group }) => (isReason(group) ? [[group, failed] as const] : []))
    return FailureShares.shares(new Map(counts))
  })

  /**
   * Pages through an index of sends, past those that are not wanted, until the page is full or nothing is left. An
   * application's sends are all its account's: whoever names another's application finds nothing.
   */
  const pageOf = <A>(
    accountId: string,
    query: Omit<Parameters<typeof records.list<typeof Send.kind>>[0], "kind">,
    choose: (row: Row<typeof Send.kind>) => A | undefined
  ): Effect.Effect<Page<A>, PortFailure> =>
    Effect.gen(function* () {
      const items: Array<A> = []
      let after = query.after
      for (;;) {
        const page = yield* records.list({ ...query, kind: Send.kind, after, limit: query.limit - items.length })
        if (page.items.some(({ ref }) => ref.owner !== accountId)) return { items: [], next: undefined }
        for (const row of page.items) {
          const chosen = choose(row)
          if (chosen !== undefined) items.push(chosen)
        }
        if (page.next === undefined || items.length === query.limit) return { items, next: page.next }
        after = page.next
      }
    })

  /** Everything about a query that is settled once, before its first page: an export may run past midnight. */
  const settled = (query: RecordsQuery) =>
    Effect.gen(function* () {
      const { applicationId, state } = yield* parseQuery({ applicationId: query.applicationId, state: query.state })
      const partition = `${applicationId}/${yield* Callee.parse(query.callee)}`
      const range = yield* rangeOf(query.period)
      const { accountId } = query
      return { accountId, partition, from: DayRange.startAt(range), until: DayRange.endAt(range), state }
    })

  const recordsPage = (
    { accountId, from, partition, state, until }: Effect.Effect.Success<ReturnType<typeof settled>>,
    page: { readonly after: Cursor | undefined; readonly limit: number; readonly descending: boolean }
  ) =>
    pageOf(accountId, { index: "byCallee", partition, from, until, ...page }, (row) =>
      state === undefined || CallRecord.stateOf(row.state) === state ? CallRecord.of(row) : undefined
    )

  const recordsOf = Effect.fn("Statistics.records")(function* (query: RecordsQuery, page?: PageOf) {
    const { accountId, applicationId } = query
    yield* Effect.annotateCurrentSpan({ accountId, applicationId })
    const { after, limit = 20 } = yield* parsePage(page ?? {})
    return yield* recordsPage(yield* settled(query), { after, limit, descending: true })
  })

  const exportRecords = (query: RecordsQuery) =>
    Stream.unwrap(
      Effect.map(settled(query), (found) =>
        Stream.concat(
          Stream.make(Csv.byteOrderMark + CallRecord.header),
          Stream.paginateChunkEffect(undefined as Cursor | undefined, (after) =>
            Effect.map(recordsPage(found, { after, limit: exportPage, descending: false }), ({ items, next }) => [
              Chunk.of(items.map(CallRecord.csv).join("")),
              next === undefined ? Option.none() : Option.some(next)
            ])
          )
        )
      )
    )

  const receipts = Effect.fn("Statistics.receipts")(function* (
    query: { readonly accountId: string; readonly applicationId: string; readonly period: PeriodInput },
    page?: PageOf
  ) {
    const { accountId, applicationId } = query
    yield* Effect.annotateCurrentSpan({ accountId, applicationId })
    const { after, limit = 20 } = yield* parsePage(page ?? {})
    const range = yield* rangeOf(query.period)
    const [from, until] = [DayRange.startAt(range), DayRange.endAt(range)]
    return yield* pageOf(
      query.accountId,
      { index: "byApplication", partition: applicationId, from, until, after, limit },
      Receipt.of
    )
  })

  return { overview, template, exportTemplate, failures, records: recordsOf, exportRecords, receipts }
}

/** How many records an export holds at once. */
const exportPage = 500

const isReason = Schema.is(Send.FailureReason)

const parsePeriod = parser(Period.Period)

const parseQuery = parser(
  Schema.Struct({
    applicationId: Schema.NonEmptyString,
    state: Schema.optional(Schema.Literal("inProgress", "answered", "failed"))
  })
)

const parsePage = parser(
  Schema.Struct({
    limit: Schema.optional(Schema.Int.pipe(Schema.between(1, 1_000))),
    after: Schema.optional(Schema.Struct({ at: Schema.Number, key: Schema.String }))
  })
)
