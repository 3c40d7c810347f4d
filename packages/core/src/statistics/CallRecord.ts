/**
 * Rules: one line of the records of a number (语音记录, STA-3), and of a template's figures (模板查询, STA-4), as people
 * read them and as they are exported.
 */
import * as Send from "../sending/Send.ts"
import type { Row } from "../storage/Kind.ts"
import * as ShanghaiDay from "../time/ShanghaiDay.ts"
import * as Csv from "./Csv.ts"
import { meanings } from "./FailureShares.ts"
import type { Bucket } from "./Overview.ts"

/** The states that records can be filtered by: what a person asks for. */
export type RecordState = "inProgress" | "answered" | "failed"

/** Instants are epoch milliseconds. */
export interface CallRecord {
  readonly sendId: string
  /** E.164; `undefined` once its retention time has ended. */
  readonly callee: string | undefined
  readonly content: string | undefined
  readonly startedAt: number
  readonly answeredAt: number | undefined
  readonly endedAt: number | undefined
  readonly state: RecordState
  readonly reason: Send.FailureReason | undefined
  readonly billedMinutes: number
}

export const of = ({ personal, ref, state }: Row<typeof Send.kind>): CallRecord => ({
  sendId: ref.key,
  callee: personal?.callee,
  content: personal?.text,
  startedAt: state.accepted.at,
  answeredAt: state.answeredAt,
  endedAt: state.endedAt,
  state: stateOf(state),
  reason: state.reason,
  billedMinutes: state.billedMinutes
})

export const stateOf = (state: Send.State): RecordState =>
  state.stage === "completed" ? "answered" : state.stage === "failed" ? "failed" : "inProgress"

const states: { readonly [S in RecordState]: string } = { inProgress: "进行中", answered: "成功", failed: "失败" }

export const header = Csv.line([
  "手机号",
  "发送内容",
  "发起时间",
  "接听时间",
  "结束时间",
  "结果",
  "备注",
  "计费分钟数",
  "发送编号"
])

export const csv = (record: CallRecord): string =>
  Csv.line([
    record.callee,
    record.content,
    timeText(record.startedAt),
    timeText(record.answeredAt),
    timeText(record.endedAt),
    states[record.state],
    record.reason === undefined ? "" : meanings[record.reason].zh,
    record.billedMinutes,
    record.sendId
  ])

export const figuresHeader = Csv.line(["统计时间", "发送量", "失败量", "成功量", "通话分钟数", "发送成功率"])

export const figuresCsv = (bucket: Bucket, by: "hour" | "day"): string =>
  Csv.line([
    by === "hour" ? timeText(bucket.startAt) : ShanghaiDay.format(ShanghaiDay.ofInstant(bucket.startAt)),
    bucket.sends,
    bucket.failed,
    bucket.answered,
    bucket.minutes,
    percent(bucket.successBasisPoints)
  ])

/** `12.34%`, and nothing where there is no rate. */
export const percent = (basisPoints: number | undefined): string =>
  basisPoints === undefined ? "" : `${Math.floor(basisPoints / 100)}.${String(basisPoints % 100).padStart(2, "0")}%`

/** `2026-11-23 09:05:00`, as a clock in Shanghai shows it. */
export const timeText = (at: number | undefined): string => {
  if (at === undefined) return ""
  const seconds = Math.floor(ShanghaiDay.millisOfDay(at) / 1_000)
  const two = (value: number) => String(value).padStart(2, "0")
  const clock = `${two(Math.floor(seconds / 3_600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
  return `${ShanghaiDay.format(ShanghaiDay.ofInstant(at))} ${clock}`
}
