import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import * as Minutes from "../../src/money/Minutes.ts"
import type { CallEvent } from "../../src/dispatch/CallChannel.ts"
import * as SendSteps from "../../src/dispatch/SendSteps.ts"
import * as Kinds from "../../src/storage/Kind.ts"
import * as Detail from "../../src/sending/Detail.ts"
import * as Receipt from "../../src/sending/Receipt.ts"
import * as Send from "../../src/sending/Send.ts"
import * as SendStep from "../../src/sending/SendStep.ts"

const at = 1_000_000
const accepted: Send.Accepted = { ...Send.initial.accepted, at, applicationId: "app", longestCallMillis: 300_000 }

/** A send with the keys that were pressed, which are kept beside its state. */
type Lived = Send.State & { readonly keys: ReadonlyArray<Send.KeyPress> }

const fresh: Lived = { ...Send.evolve(Send.initial, { _tag: "SendAccepted", accepted }), keys: [] }

/** Takes a report as the service does: what ends the send is billed and numbered. */
const take = (lived: Lived, report: Send.Report, now: number): Lived => {
  const { keys, ...state } = lived
  const step = SendStep.step({ now }, state, report, keys)
  const pressed = step._tag === "Moved" && step.press !== undefined ? [...keys, step.press] : keys
  return { ...evolved(state, step), keys: pressed }
}

const evolved = (state: Send.State, step: SendStep.Step): Send.State => {
  switch (step._tag) {
    case "Nothing":
      return state
    case "Moved":
      return Send.evolve(state, step.event)
    case "Completed": {
      const corrected =
        step.correction === undefined ? state : Send.evolve(state, { _tag: "Corrected", correction: step.correction })
      const { at, minutes } = step
      return Send.evolve(corrected, {
        _tag: "SendCompleted",
        at,
        billedMinutes: minutes,
        overrunMinutes: Minutes.zero,
        paid: [],
        receipt: 1
      })
    }
    case "Failed":
      return Send.evolve(state, { _tag: "SendFailed", at: step.at, reason: step.reason, receipt: 1 })
  }
}

const takeAll = (reports: ReadonlyArray<Send.Report>, now = at + 10_000_000) =>
  reports.reduce((state, report) => take(state, report, now), fresh)

const dial = (route: string, after = 1): Send.Report => ({ _tag: "DialStarted", route, at: at + after })
const routeFailed = (route: string, after = 2): Send.Report => ({
  _tag: "RouteFailed",
  route,
  at: at + after,
  detail: "503"
})
const ringing = (after: number): Send.Report => ({ _tag: "Ringing", at: at + after })
const answered = (after: number): Send.Report => ({ _tag: "Answered", at: at + after })
const hungUp = (after: number): Send.Report => ({ _tag: "HungUp", at: at + after })
const failed = (after: number, failure: Send.FailureReason): Send.Report => ({
  _tag: "Failed",
  at: at + after,
  failure
})

describe("Send", () => {
  it("BAL-2: each started minute counts whole, and an answered call costs at least one", () => {
    const minutes = [0, 1, 59_999, 60_000, 60_001, 120_000, 120_001].map((millis) =>
      SendStep.minutesOf(at, at + millis)
    )
    expect(minutes).toEqual([1, 1, 1, 1, 2, 2, 3])
    expect(SendStep.minutesOf(at, at - 5)).toBe(1)
  })

  it("SND-6: a whole life, each step with its time", () => {
    const state = takeAll([
      dial("a"),
      ringing(10),
      answered(20),
      { _tag: "KeyPressed", at: at + 30, key: "1" },
      hungUp(60_021)
    ])
    expect(state).toMatchObject({
      stage: "completed",
      diallingAt: at + 1,
      ringingAt: at + 10,
      answeredAt: at + 20,
      endedAt: at + 60_021,
      billedMinutes: 2,
      keysPressed: 1,
      keys: [{ at: at + 30, key: "1" }],
      corrections: []
    })
    expect(Send.talkMillis(state)).toBe(60_001)
  })

  const stories: ReadonlyArray<readonly [string, ReadonlyArray<Send.Report>, Partial<Send.State>]> = [
    [
      "SND-6: nobody answers: failed, and free",
      [dial("a"), ringing(5), failed(60, "noAnswer")],
      { stage: "failed", reason: "noAnswer", billedMinutes: Minutes.zero }
    ],
    [
      "SND-9: a route fails and the next one takes over, within the send",
      [dial("a"), routeFailed("a"), dial("b", 3)],
      {
        stage: "dialling",
        diallingAt: at + 1,
        attempts: [
          { route: "a", at: at + 1, failedAt: at + 2, detail: "503" },
          { route: "b", at: at + 3, failedAt: undefined, detail: undefined }
        ]
      }
    ],
    [
      "SND-10: while an attempt is open nobody dials again",
      [dial("a"), dial("a"), dial("b")],
      { stage: "dialling", attempts: [{ route: "a", at: at + 1, failedAt: undefined, detail: undefined }] }
    ],
    [
      "SND-10: nobody dials what rings",
      [dial("a"), ringing(3), routeFailed("a"), dial("b")],
      { stage: "ringing", attempts: [{ route: "a", at: at + 1, failedAt: undefined, detail: undefined }] }
    ],
    [
      "SND-10: nobody dials what has ended",
      [failed(1, "tooLate"), dial("a")],
      { stage: "failed", attempts: [], corrections: [] }
    ],
    [
      "SND-6: an answer before the ringing",
      [dial("a"), answered(5), ringing(4)],
      { stage: "answered", ringingAt: at + 4, answeredAt: at + 5 }
    ],
    ["SND-6: the first answer counts", [dial("a"), answered(5), answered(9)], { answeredAt: at + 5 }],
    [
      "BAL-2: a hang-up without an answer costs one minute",
      [dial("a"), hungUp(500_000)],
      { stage: "completed", answeredAt: undefined, billedMinutes: Minutes.make(1) }
    ],
    [
      "BAL-2: a failure after the answer ends an answered call",
      [dial("a"), answered(5), failed(60_006, "congestion")],
      { stage: "completed", billedMinutes: Minutes.make(2), reason: undefined, endedAt: at + 60_006 }
    ],
    [
      "BAL-2: an end that nobody saw costs one minute, and is not later than the longest call",
      [dial("a"), answered(5), failed(900_000, "fateUnknown")],
      { stage: "completed", billedMinutes: Minutes.make(1), endedAt: at + 300_005 }
    ],
    [
      "SND-6: a hang-up before the answer's time",
      [dial("a"), answered(5), hungUp(4)],
      { endedAt: at + 5, billedMinutes: Minutes.make(1) }
    ],
    [
      "SND-6: a late answer does not revive a failed call",
      [dial("a"), failed(60, "noAnswer"), answered(50)],
      { stage: "failed", answeredAt: undefined }
    ],
    [
      "SND-6: a late failure does not fail an answered call",
      [dial("a"), answered(5), hungUp(9), failed(9, "busy")],
      { stage: "completed", reason: undefined }
    ],
    [
      "SND-6: times are not before the acceptance",
      [
        { _tag: "DialStarted", route: "a", at: 3 },
        { _tag: "Ringing", at: 5 }
      ],
      { diallingAt: at, ringingAt: at }
    ]
  ]

  it.each(stories)("%s", (_, reports, expected) => {
    expect(takeAll(reports)).toMatchObject(expected)
  })

  it("SND-6: times are not in the future", () => {
    expect(take(take(fresh, answered(5), at + 10), hungUp(900_000_000), at + 61_000)).toMatchObject({
      endedAt: at + 61_000,
      billedMinutes: 2
    })
  })

  it("SND-6: what came too late is kept as a correction, once, with the time of hearing", () => {
    const state = takeAll(
      [dial("a"), failed(60, "noAnswer"), answered(50), answered(50), hungUp(55), failed(60, "noAnswer")],
      at + 99
    )
    expect(state.corrections).toEqual([
      { report: "Answered", at: at + 50, heardAt: at + 99, detail: undefined },
      { report: "HungUp", at: at + 55, heardAt: at + 99, detail: undefined }
    ])
  })

  it("SND-6: nothing is reported of what was never accepted", () => {
    expect(SendStep.step({ now: at }, Send.initial, hungUp(1))).toEqual({ _tag: "Nothing" })
    expect(SendStep.step({ now: at }, Send.initial, dial("a"))).toEqual({ _tag: "Nothing" })
  })

  it("SND-6: a channel gone mad does not fill the record", () => {
    const keys = Array.from({ length: 500 }, (_, i): Send.Report => ({ _tag: "KeyPressed", at: at + i, key: "1" }))
    const mad = takeAll([dial("a"), answered(1), ...keys])
    expect([mad.keysPressed, mad.keys.length]).toEqual([64, 64])
    const late = Array.from({ length: 500 }, (_, i) => hungUp(10 + i))
    expect(takeAll([dial("a"), answered(1), hungUp(2), ...late]).corrections).toHaveLength(16)
    const detail = "x".repeat(5_000)
    const long = takeAll([dial("a"), { _tag: "RouteFailed", route: "a", at, detail }])
    expect(long.attempts[0]!.detail).toHaveLength(200)
  })

  it("SND-6: a key is pressed once however often it is reported; which one it was is in no event and no state", () => {
    const pressed: Send.Report = { _tag: "KeyPressed", at: at + 5, key: "7391" }
    const { keys, ...state } = takeAll([dial("a"), answered(1), pressed, pressed, hungUp(9), pressed])
    expect(keys).toEqual([{ at: at + 5, key: "7391" }])
    expect(state).toMatchObject({ keysPressed: 1, corrections: [] })
    const { keys: late, ...other } = takeAll([dial("a"), answered(1), hungUp(4), pressed])
    expect(late).toEqual([])
    expect(other.corrections).toMatchObject([{ report: "KeyPressed", at: at + 5, detail: undefined }])
    expect(JSON.stringify([state, other])).not.toContain("7391")
    const step = SendStep.step({ now: at + 9 }, fresh, pressed)
    expect(step._tag === "Moved" && JSON.stringify(step.event)).not.toContain("7391")
  })

  it("SND-6: what a channel says of its failure is kept without the numbers in it", () => {
    const detail = "486 from sip:+8613800138000@10.0.0.1:5060, code 4321"
    const shown = "486 from sip:+*************@10.0.0.1:5060, code 4321"
    const failing = (route: string, text: string): Send.Report => ({
      _tag: "RouteFailed",
      route,
      at: at + 2,
      detail: text
    })
    expect(takeAll([dial("a"), failing("a", detail)]).attempts[0]!.detail).toBe(shown)
    expect(takeAll([dial("a"), ringing(1), failing("a", detail)]).corrections[0]!.detail).toBe(shown)
    // Nor is it told otherwise to those who listen.
    const failed = failing("a", detail)
    const told = SendSteps.ofReport({ owner: "acc", key: "id" }, failed, takeAll([dial("a"), failed]))
    expect(told).toMatchObject({ step: "routeFailed", reason: shown })
    // Where the text is cut, no part of a number stays.
    const cut = takeAll([dial("a"), failing("a", `${"x".repeat(194)}13800138000`)])
    expect(cut.attempts[0]!.detail).toBe(`${"x".repeat(194)}******`)
  })

  it("SND-6: seven digits in a row are masked, six are not, in any script", () => {
    expect(Detail.masked("123456 1234567 a12345678b")).toBe("123456 ******* a********b")
    expect(Detail.masked("１３８００１３８０００")).toBe("***********")
    FastCheck.assert(
      FastCheck.property(
        FastCheck.string({ unit: FastCheck.constantFrom("1", "9", "-", "x"), maxLength: 40 }),
        (text) => {
          const masked = Detail.masked(text)
          expect(masked).toHaveLength(text.length)
          expect(masked).not.toMatch(/[0-9]{7}/)
          expect(Detail.masked(masked)).toBe(masked)
          if (!/[0-9]{7}/.test(text)) expect(masked).toBe(text)
        }
      )
    )
  })

  it("CBK-1: a receipt tells what the rule asks for, once the send has ended", () => {
    const row = ({ keys, ...state }: Lived) => ({
      ...Kinds.fresh(Send.ref("acc", "id")),
      state,
      personal: { callee: "+8613800138000", text: "您好", segments: [], ext: "ex\u00e9", keys }
    })
    expect(Receipt.of(row(takeAll([dial("a"), answered(1)])))).toBeUndefined()
    const key = { _tag: "KeyPressed", at: at + 3, key: "2" } as const
    expect(Receipt.of(row(takeAll([dial("a"), ringing(1), answered(2), key, hungUp(4)])))).toMatchObject({
      sendId: "id",
      accountId: "acc",
      applicationId: "app",
      callee: "+8613800138000",
      result: "answered",
      acceptedAt: at,
      diallingAt: at + 1,
      ringingAt: at + 1,
      answeredAt: at + 2,
      endedAt: at + 4,
      billedMinutes: 1,
      keys: [{ at: at + 3, key: "2" }],
      ext: "ex\u00e9"
    })
    expect(Receipt.of(row(takeAll([dial("a"), failed(2, "busy")])))).toMatchObject({ result: "failed", reason: "busy" })
  })

  // -------------------------------------------------------------------------------------------------------------------

  const time = FastCheck.integer({ min: -100, max: 400_000 }).map((after) => at + after)
  const route = FastCheck.constantFrom("a", "b")
  const report: FastCheck.Arbitrary<Send.Report> = FastCheck.oneof(
    FastCheck.record({ _tag: FastCheck.constant("DialStarted" as const), route, at: time }),
    FastCheck.record({
      _tag: FastCheck.constant("RouteFailed" as const),
      route,
      at: time,
      detail: FastCheck.constant("503")
    }),
    FastCheck.record({
      _tag: FastCheck.constantFrom("Ringing" as const, "Answered" as const, "HungUp" as const),
      at: time
    }),
    FastCheck.record({
      _tag: FastCheck.constant("KeyPressed" as const),
      at: time,
      key: FastCheck.constantFrom("1", "#")
    }),
    FastCheck.record({
      _tag: FastCheck.constant("Failed" as const),
      at: time,
      failure: FastCheck.constantFrom(...Send.FailureReason.literals)
    })
  )

  const rank: Record<Send.Stage, number> = {
    none: 0,
    accepted: 1,
    dialling: 2,
    ringing: 3,
    answered: 4,
    completed: 5,
    failed: 5
  }

  it("SND-6, BAL-2: in any order and multiplicity, the first terminal report ends the send, and what it costs is final", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.array(report, { maxLength: 25 }), (reports) => {
        let state = fresh
        let end: Send.State | undefined
        const now = at + 1_000_000
        for (const one of reports) {
          const before = state
          state = take(state, one, now)
          expect(rank[state.stage]).toBeGreaterThanOrEqual(rank[before.stage])
          if (end !== undefined) expect({ ...state, corrections: [] }).toEqual({ ...end, corrections: [] })
          if (end === undefined && Send.isFinal(state)) {
            end = state
            // f(first terminal): what it costs depends on it and on the answer heard before it, on nothing else.
            const heard = before.answeredAt
            const measured =
              one._tag === "HungUp" || (one._tag === "Failed" && !["fateUnknown", "tooLate"].includes(one.failure))
            expect(["HungUp", "Failed"]).toContain(one._tag)
            if (one._tag === "Failed" && heard === undefined)
              expect(state).toMatchObject({ stage: "failed", billedMinutes: 0, reason: one.failure })
            else {
              const talked = Math.max(0, Math.max(one.at, at) - (heard ?? Number.POSITIVE_INFINITY))
              const minutes = measured && heard !== undefined ? Math.max(1, Math.ceil(talked / 60_000)) : 1
              expect(state).toMatchObject({ stage: "completed", billedMinutes: minutes })
            }
          }
          // Taking the same report again is nothing new.
          expect(take(state, one, now)).toEqual(state)
        }
        expect(Send.isFinal(state)).toBe(reports.some((one) => one._tag === "HungUp" || one._tag === "Failed"))
      })
    )
  })

  it("SND-10: at most one attempt is open, and only the last one", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.array(report, { maxLength: 25 }), (reports) => {
        const { attempts } = takeAll(reports)
        expect(attempts.slice(0, -1).every(({ failedAt }) => failedAt !== undefined)).toBe(true)
      })
    )
  })

  it("SND-6: a state survives being stored", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.array(report, { maxLength: 15 }), (reports) => {
        const { keys: _, ...state } = takeAll(reports)
        const stored = JSON.stringify(Schema.encodeSync(Send.kind.state)(state))
        expect(Schema.decodeUnknownSync(Send.kind.state)(JSON.parse(stored))).toEqual(state)
      })
    )
  })

  it("SND-9: whatever a channel reports is a report", () => {
    const event: CallEvent = { _tag: "Failed", at, failure: "suspended" }
    const asReport: Send.Report = event
    expect(take(fresh, asReport, at).reason).toBe("suspended")
  })
})
