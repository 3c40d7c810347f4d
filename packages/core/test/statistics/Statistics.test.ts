import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as Minutes from "../../src/money/Minutes.ts"
import * as Send from "../../src/sending/Send.ts"
import { Statistics } from "../../src/statistics/Statistics.ts"
import * as Decision from "../../src/storage/Decision.ts"
import { Journal } from "../../src/storage/Journal.ts"
import * as MemoryStore from "../../src/storage/MemoryStore.ts"

const account = "acme"
const app = "1400000001"
const day = 86_400_000

/** 2026-11-23 00:00 in Shanghai. */
const midnight = Date.UTC(2026, 10, 22, 16)

interface Made {
  readonly id: string
  readonly at: number
  readonly callee?: string
  readonly text?: string
  readonly template?: string
  /** Minutes of an answered call, a reason, or nothing while it goes on. */
  readonly end?: number | Send.FailureReason
}

/** Stores a send as `Sends` does, with its tallies. */
const put = ({ at, callee = "+8613800138000", end, id, template = "7", text = "您好" }: Made) =>
  Effect.flatMap(Journal, (journal) =>
    journal.transact([Send.ref(account, id)], ([row]) => {
      const accepted = { ...Send.initial.accepted, applicationId: app, templateId: template, at }
      const events: Array<Send.Event> = [{ _tag: "SendAccepted", accepted }]
      const tally = {
        owner: account,
        applicationId: app,
        templateId: template,
        hour: Math.floor(at / 3_600_000),
        reason: ""
      }
      const tallies: Array<Decision.Tally> = [{ ...tally, sends: 1, answered: 0, failed: 0, minutes: 0 }]
      if (typeof end === "number") {
        const billedMinutes = Minutes.unsafeMake(end)
        events.push({ _tag: "Answered", at: at + 5_000 })
        events.push({
          _tag: "SendCompleted",
          at: at + 20_000,
          billedMinutes,
          overrunMinutes: Minutes.zero,
          paid: [],
          receipt: 1
        })
        tallies.push({ ...tally, sends: 0, answered: 1, failed: 0, minutes: end })
      } else if (end !== undefined) {
        events.push({ _tag: "SendFailed", at: at + 9_000, reason: end, receipt: 1 })
        tallies.push({ ...tally, reason: end, sends: 0, answered: 0, failed: 1, minutes: 0 })
      }
      const personal = { callee, text, segments: [] }
      return Either.right(Decision.make(undefined, { changes: [Decision.change(row, events, { personal })], tallies }))
    })
  )

const sample: ReadonlyArray<Made> = [
  { id: "a", at: midnight - 1, end: 1 },
  { id: "b", at: midnight, end: 2, text: '=您好，"张三"' },
  { id: "c", at: midnight + 3_600_000, end: "busy" },
  { id: "d", at: midnight + 7_200_000, end: "noAnswer", template: "8" },
  { id: "e", at: midnight + 7_200_001, end: "noAnswer", callee: "+8613900139000" },
  { id: "f", at: midnight + 7_200_002 },
  { id: "g", at: midnight + day, end: 3 }
]

/** Stores the sample; it is noon of its second day. */
const begin = Effect.gen(function* () {
  yield* TestClock.setTime(midnight + day / 2)
  yield* Effect.forEach(sample, put)
  return yield* Statistics
})

const world = Layer.provideMerge(Statistics.layer, MemoryStore.layer)
const number = { accountId: account, applicationId: app, callee: "138 0013 8000" }

describe("Statistics", () => {
  it.effect("STA-2, STA-1: a day is shown by hour, from midnight to midnight in Shanghai", () =>
    Effect.gen(function* () {
      const { buckets, by, total } = yield* (yield* begin).overview({ accountId: account, applicationId: app }, "today")
      expect([by, buckets.length, buckets[0]!.startAt]).toEqual(["hour", 24, midnight])
      expect(buckets.slice(0, 3).map(({ sends }) => sends)).toEqual([1, 1, 3])
      expect(total).toEqual({ sends: 5, answered: 1, failed: 3, minutes: 2, successBasisPoints: 2_000 })
      const yesterday = yield* (yield* Statistics).overview({ accountId: account }, "yesterday")
      expect(yesterday.total.sends).toBe(1)
      const week = yield* (yield* Statistics).overview({ accountId: account }, "last7Days")
      expect([week.by, week.total.sends]).toEqual(["day", 6])
    }).pipe(Effect.provide(world))
  )

  it.effect("STA-3: the records of one number, by state and range, the newest first, page by page", () =>
    Effect.gen(function* () {
      const statistics = yield* begin
      const all = yield* statistics.records({ ...number, period: "today" })
      expect(all.items.map(({ sendId }) => sendId)).toEqual(["f", "d", "c", "b"])
      expect(all.items[3]).toEqual({
        sendId: "b",
        callee: "+8613800138000",
        content: '=您好，"张三"',
        startedAt: midnight,
        answeredAt: midnight + 5_000,
        endedAt: midnight + 20_000,
        state: "answered",
        reason: undefined,
        billedMinutes: 2
      })
      const failed = yield* statistics.records({ ...number, period: "today", state: "failed" }, { limit: 1 })
      expect(failed.items.map(({ sendId }) => sendId)).toEqual(["d"])
      const rest = yield* statistics.records(
        { ...number, period: "today", state: "failed" },
        { limit: 1, after: failed.next }
      )
      expect(rest.items.map(({ sendId }) => sendId)).toEqual(["c"])
      const open = yield* statistics.records({ ...number, period: "today", state: "inProgress" })
      expect(open.items.map(({ sendId }) => sendId)).toEqual(["f"])
    }).pipe(Effect.provide(world))
  )

  it.effect("STA-3, STA-8: records are exported as CSV, the oldest first, across pages, and no cell is a formula", () =>
    Effect.gen(function* () {
      const statistics = yield* begin
      for (let i = 0; i < 1_203; i++)
        yield* put({ id: `x${String(i).padStart(4, "0")}`, at: midnight + 8_000_000 + i, end: 1 })
      const pieces = yield* Stream.runCollect(statistics.exportRecords({ ...number, period: "today" }))
      const text = Chunk.toReadonlyArray(pieces).join("")
      expect(text.startsWith("\u{feff}手机号,发送内容,")).toBe(true)
      const lines = text.trimEnd().split("\r\n")
      expect(lines.length).toBe(1 + 4 + 1_203)
      expect(lines[1]).toBe(
        '\'+8613800138000,"\'=您好，""张三""",2026-11-23 00:00:00,2026-11-23 00:00:05,2026-11-23 00:00:20,成功,,2,b'
      )
      expect(lines[2]).toContain("失败,用户正忙,0,c")
      // No piece holds more than a page: memory does not grow with the export.
      expect(Math.max(...Chunk.toReadonlyArray(pieces).map((piece) => piece.split("\r\n").length))).toBeLessThanOrEqual(
        501
      )
    }).pipe(Effect.provide(world))
  )

  it.effect("STA-4: the figures of one template, and their export", () =>
    Effect.gen(function* () {
      const statistics = yield* begin
      const of = { accountId: account, applicationId: app, templateId: "7" }
      const { total } = yield* statistics.template(of, { from: "2026-11-22", to: "2026-11-23" })
      expect([total.sends, total.answered, total.failed, total.minutes]).toEqual([5, 2, 2, 3])
      const period = { from: "2026-11-22", to: "2026-11-23" }
      const text = (yield* Stream.runCollect(statistics.exportTemplate(of, period)))
        .pipe(Chunk.toReadonlyArray)
        .join("")
      expect(text).toBe(
        "\u{feff}统计时间,发送量,失败量,成功量,通话分钟数,发送成功率\r\n" +
          "2026-11-22,1,0,1,1,100.00%\r\n2026-11-23,4,2,1,2,25.00%\r\n"
      )
    }).pipe(Effect.provide(world))
  )

  it.effect("STA-5: failures by reason in the range, with shares", () =>
    Effect.gen(function* () {
      const failures = yield* (yield* begin).failures({ accountId: account, applicationId: app }, "today")
      expect(failures.map(({ count, reason, shareBasisPoints }) => [reason, count, shareBasisPoints])).toEqual([
        ["noAnswer", 2, 6_667],
        ["busy", 1, 3_333]
      ])
    }).pipe(Effect.provide(world))
  )

  it.effect("STA-6: the final states of a range, those in progress left out, page by page", () =>
    Effect.gen(function* () {
      const statistics = yield* begin
      const query = {
        accountId: account,
        applicationId: app,
        period: { from: "2026-11-23", to: "2026-11-24" }
      } as const
      const first = yield* statistics.receipts(query, { limit: 3 })
      expect(first.items.map(({ sendId }) => sendId)).toEqual(["b", "c", "d"])
      const second = yield* statistics.receipts(query, { limit: 3, after: first.next })
      expect(second.items.map(({ sendId }) => sendId)).toEqual(["e", "g"])
      expect(second.next).toBeUndefined()
    }).pipe(Effect.provide(world))
  )

  it.effect(
    "STA-1, STA-3: refusals: a malformed period, a range too long, a number that is none; nothing is leaked",
    () =>
      Effect.gen(function* () {
        const statistics = yield* begin
        const refused = (period: unknown, callee = number.callee) =>
          Effect.flip(statistics.records({ ...number, callee, period: period as "today" }))
        expect((yield* refused("tomorrow"))._tag).toBe("InvalidInput")
        expect((yield* refused({ from: "2026-02-30", to: "2026-03-01" }))._tag).toBe("InvalidInput")
        expect((yield* refused({ from: "2020-01-01", to: "2026-01-01" }))._tag).toBe("PeriodTooLong")
        const foreign = yield* refused("today", "+12025550123")
        expect(foreign._tag).toBe("CalleeNotServed")
        expect(JSON.stringify(foreign)).not.toContain("2025550123")
      }).pipe(Effect.provide(world))
  )
})
