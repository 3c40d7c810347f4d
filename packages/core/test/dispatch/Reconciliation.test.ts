import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import * as Attempt from "../../src/dispatch/Attempt.ts"
import * as Reconciliation from "../../src/dispatch/Reconciliation.ts"
import * as Minutes from "../../src/money/Minutes.ts"
import * as Send from "../../src/sending/Send.ts"
import * as SendStep from "../../src/sending/SendStep.ts"

const { decide, toAsk } = Reconciliation

const accepted: Send.Accepted = {
  ...Send.initial.accepted,
  at: 0,
  plays: 2,
  ringTimeoutMillis: 60_000,
  longestCallMillis: 300_000,
  dialUntilAt: 120_000,
  deadlineAt: 540_000,
  hold: { minutes: Minutes.make(2), parts: [] }
}

const attempt: Send.Attempt = { route: "first", at: 100_000, failedAt: undefined, detail: undefined }
const state = (parts: Partial<Send.State>): Send.State => ({ ...Send.initial, stage: "accepted", accepted, ...parts })
const dialling = state({ stage: "dialling", attempts: [attempt] })
const answered = state({ stage: "answered", attempts: [attempt], answeredAt: 110_000 })
const between = state({ stage: "dialling", attempts: [{ ...attempt, failedAt: 101_000, detail: "refused" }] })
const giveUpAt = 100_000 + 420_000

const nothing = { _tag: "Nothing" }
const record = (...reports: ReadonlyArray<Send.Report>) => ({ _tag: "Record", reports })
const askAgain = { _tag: "AskAgain", until: giveUpAt }
const unknownFate = (at: number) => record({ _tag: "Failed", at, failure: "fateUnknown" })

const verdicts: ReadonlyArray<
  readonly [name: string, now: number, state: Send.State, answer: Reconciliation.Answer, verdict: object]
> = [
  ["a send that nobody knows", 0, Send.initial, undefined, nothing],
  ["a completed one, whatever the channel says", 0, state({ stage: "completed" }), { _tag: "InProgress" }, nothing],
  ["a failed one", 0, state({ stage: "failed", attempts: [attempt] }), { _tag: "NeverPlaced" }, nothing],
  ["accepted and in time is dialled", 119_999, state({}), undefined, { _tag: "Dial" }],
  ["between two routes and in time is dialled", 119_999, between, undefined, { _tag: "Dial" }],
  [
    "accepted and too late ends",
    120_000,
    state({}),
    undefined,
    record({ _tag: "Failed", at: 120_000, failure: "tooLate" })
  ],
  [
    "between two routes and too late ends as the channel's failure",
    120_000,
    between,
    undefined,
    record({ _tag: "Failed", at: 120_000, failure: "channelFailure" })
  ],
  [
    "never placed lets the next route have it",
    130_000,
    dialling,
    { _tag: "NeverPlaced" },
    record({ _tag: "RouteFailed", route: "first", at: 130_000, detail: "never placed" })
  ],
  ["never placed, though it was answered, is not believed", 130_000, answered, { _tag: "NeverPlaced" }, askAgain],
  [
    "completed ends it with the channel's times",
    200_000,
    dialling,
    { _tag: "Completed", answeredAt: 110_000, hungUpAt: 150_000 },
    record({ _tag: "Answered", at: 110_000 }, { _tag: "HungUp", at: 150_000 })
  ],
  [
    "failed ends it",
    200_000,
    dialling,
    { _tag: "Failed", at: 150_000, failure: "busy" },
    record({ _tag: "Failed", at: 150_000, failure: "busy" })
  ],
  [
    "failed by the channel's own doing ends it too: the phone may have rung",
    110_000,
    dialling,
    { _tag: "Failed", at: 105_000, failure: "congestion" },
    record({ _tag: "Failed", at: 105_000, failure: "congestion" })
  ],
  ["in progress is asked again", 200_000, answered, { _tag: "InProgress" }, askAgain],
  ["unknown is asked again", giveUpAt - 1, dialling, { _tag: "Unknown" }, askAgain],
  ["no answer is asked again", giveUpAt - 1, dialling, undefined, askAgain],
  ["unknown for too long ends", giveUpAt, dialling, { _tag: "Unknown" }, unknownFate(giveUpAt)],
  ["no answer for too long ends", giveUpAt, dialling, undefined, unknownFate(giveUpAt)],
  ["in progress for too long ends", giveUpAt + 5, dialling, { _tag: "InProgress" }, unknownFate(giveUpAt + 5)],
  ["answered, and then nothing: ends with its answer", giveUpAt, answered, undefined, unknownFate(110_000)]
]

describe("Reconciliation", () => {
  it.each(verdicts)("SND-10: %s", (_, now, state, answer, verdict) => {
    expect(decide(now, state, answer)).toEqual(verdict)
  })

  it("SND-10: a channel is asked only about the try whose end is not known", () => {
    expect(toAsk(dialling)).toBe(attempt)
    expect(toAsk(answered)).toBe(attempt)
    for (const closed of [state({}), between, state({ stage: "failed", attempts: [attempt] }), Send.initial])
      expect(toAsk(closed)).toBeUndefined()
  })

  const answers = FastCheck.constantFrom<Reconciliation.Answer>(
    { _tag: "NeverPlaced" },
    { _tag: "InProgress" },
    { _tag: "Completed", answeredAt: 100_500, hungUpAt: 101_000 },
    { _tag: "Failed", at: 100_700, failure: "channelFailure" },
    { _tag: "Unknown" },
    undefined
  )

  it("SND-10: after the deadline every answer, and none, leads to an end at once", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.constantFrom(state({}), between, dialling, answered), answers, (start, answer) => {
        const now = accepted.deadlineAt + 1
        let current = start
        for (let i = 0; i < 3 && !Send.isFinal(current); i++) {
          const verdict = decide(now, current, answer)
          const reports = verdict._tag === "Record" ? verdict.reports : []
          for (const report of reports) {
            const step = SendStep.step({ now }, current, report)
            if (step._tag === "Moved") current = Send.evolve(current, step.event)
            if (step._tag === "Failed" || step._tag === "Completed") current = { ...current, stage: "failed" }
          }
        }
        expect(Send.isFinal(current)).toBe(true)
      })
    )
  })
})

describe("Attempt", () => {
  it("BAL-4: a call is never longer than the policy or the hold allows", () => {
    // A channel takes a moment to hang up: that moment is not to begin another minute.
    expect(Attempt.longestCallMillis(accepted)).toBe(119_000)
    expect(Attempt.longestCallMillis({ ...accepted, longestCallMillis: 90_000 })).toBe(90_000)
  })

  it("SND-5, BAL-4: speech is played as often as was asked for, or as often as it fits whole", () => {
    // Two minutes less a second, with a second between two plays.
    const rows = [
      [1_000, 2],
      [59_000, 2],
      [59_001, 1],
      [119_000, 1],
      [119_001, 0]
    ] as const
    for (const [speech, plays] of rows)
      expect([speech, Attempt.plays(accepted, speech, 1_000)]).toEqual([speech, plays])
  })

  it("SND-10: a call is over, then cut off, then given up, and all that before the send's deadline", () => {
    const at = accepted.dialUntilAt - 1
    expect([Attempt.overAt(accepted, at), Attempt.giveUpAt(accepted, at)]).toEqual([at + 179_000, at + 420_000])
    expect(Attempt.cutAt(accepted, at)).toBe(at + 299_500)
    expect(Attempt.giveUpAt(accepted, at)).toBeLessThan(accepted.deadlineAt)
    // Whatever the policy says, they come one after the other.
    const tight = { ...accepted, deadlineAt: accepted.dialUntilAt }
    expect(Attempt.overAt(tight, 0)).toBeLessThan(Attempt.cutAt(tight, 0))
    expect(Attempt.cutAt(tight, 0)).toBeLessThan(Attempt.giveUpAt(tight, 0))
  })

  it("SND-10: a send may be dialled while nobody's phone may be ringing for it", () => {
    expect(Attempt.mayDial(state({}))).toBe(true)
    expect(Attempt.mayDial(between)).toBe(true)
    for (const not of [Send.initial, dialling, answered, state({ stage: "completed" }), state({ stage: "failed" })])
      expect(Attempt.mayDial(not)).toBe(false)
  })
})
