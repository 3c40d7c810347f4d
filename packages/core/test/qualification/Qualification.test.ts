import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import * as Qualification from "../../src/qualification/Qualification.ts"
import type { Verdict } from "../../src/qualification/Verdict.ts"

const at = (time: string) => Date.parse(`2026-11-23T${time}+08:00`)
const env = { now: at("10:00:00") }

const approve: Verdict = { _tag: "Approve" }
const reject = (reason: string): Verdict => ({ _tag: "Reject", reason })

const none = Qualification.initial
const pending: Qualification.State = { status: "pending", version: 3, submittedAt: 1, answerExpectedAt: 2 }
const approved: Qualification.State = { ...pending, status: "approved", decidedAt: 4 }
const rejected: Qualification.State = { ...pending, status: "rejected", decidedAt: 4, reason: "illegible" }

describe("refusals, in order of precedence", () => {
  const outdated = (judged: number, current: number) => new Qualification.OutdatedReview({ judged, current })
  const notPending = (status: Qualification.Status) => new Qualification.QualificationNotPending({ status })
  const table: ReadonlyArray<readonly [string, Either.Either<unknown, unknown>, unknown]> = [
    [
      "QUA-1: none buys no numbers",
      Qualification.mayBuyNumbers(none),
      new Qualification.NotQualified({ status: "none" })
    ],
    [
      "QUA-1: pending buys no numbers",
      Qualification.mayBuyNumbers(pending),
      new Qualification.NotQualified({ status: "pending" })
    ],
    [
      "QUA-1: rejected buys no numbers",
      Qualification.mayBuyNumbers(rejected),
      new Qualification.NotQualified({ status: "rejected" })
    ],
    [
      "QUA-1: pending is not submitted again",
      Qualification.submit(env, pending),
      new Qualification.QualificationPending({ version: 3 })
    ],
    [
      "QUA-1: approved is not submitted again",
      Qualification.submit(env, approved),
      new Qualification.AlreadyQualified()
    ],
    ["QUA-1: approved is not withdrawn", Qualification.withdraw(env, approved), notPending("approved")],
    ["QUA-1: rejected is not withdrawn", Qualification.withdraw(env, rejected), notPending("rejected")],
    ["QUA-6: an older version", Qualification.decide(env, pending, { version: 2, verdict: approve }), outdated(2, 3)],
    [
      "QUA-6: a version yet to come",
      Qualification.decide(env, pending, { version: 4, verdict: approve }),
      outdated(4, 3)
    ],
    [
      "QUA-6: an older version, before the state",
      Qualification.decide(env, approved, { version: 2, verdict: approve }),
      outdated(2, 3)
    ],
    [
      "QUA-6: nothing was submitted",
      Qualification.decide(env, none, { version: 0, verdict: approve }),
      notPending("none")
    ],
    [
      "QUA-6: approved, then rejected",
      Qualification.decide(env, approved, { version: 3, verdict: reject("no") }),
      notPending("approved")
    ],
    [
      "QUA-6: rejected, then approved",
      Qualification.decide(env, rejected, { version: 3, verdict: approve }),
      notPending("rejected")
    ],
    [
      "QUA-6: rejected, for another reason",
      Qualification.decide(env, rejected, { version: 3, verdict: reject("no") }),
      notPending("rejected")
    ]
  ]
  for (const [name, decided, refusal] of table) it(name, () => expect(decided).toEqual(Either.left(refusal)))
})

it("QUA-1, QUA-6: what is already so is decided without events", () => {
  const nothing = Either.right([])
  expect(Qualification.withdraw(env, none)).toEqual(nothing)
  expect(Qualification.decide(env, approved, { version: 3, verdict: approve })).toEqual(nothing)
  expect(Qualification.decide(env, rejected, { version: 3, verdict: reject("illegible") })).toEqual(nothing)
})

it("QUA-5: the expected answer is six review hours away, nights skipped", () => {
  const expected = (now: number) => {
    const events = Either.getOrThrow(Qualification.submit({ now }, none))
    return events.reduce(Qualification.evolve, none).answerExpectedAt
  }
  expect(expected(at("10:00:00"))).toBe(at("16:00:00"))
  expect(expected(at("20:00:00"))).toBe(Date.parse("2026-11-24T14:00:00+08:00"))
  expect(expected(at("03:00:00"))).toBe(at("15:00:00"))
  expect(expected(at("22:30:00"))).toBe(Date.parse("2026-11-24T15:00:00+08:00"))
})

type Step =
  | { readonly _tag: "submit" }
  | { readonly _tag: "withdraw" }
  | { readonly _tag: "decide"; readonly back: number; readonly verdict: Verdict }

const step: FastCheck.Arbitrary<Step> = FastCheck.oneof(
  FastCheck.constant<Step>({ _tag: "submit" }),
  FastCheck.constant<Step>({ _tag: "withdraw" }),
  FastCheck.record({
    _tag: FastCheck.constant("decide" as const),
    back: FastCheck.integer({ min: -1, max: 2 }),
    verdict: FastCheck.constantFrom(approve, reject("a"), reject("b"))
  })
)

it("QUA-1, QUA-6: the life of a qualification follows a model, written as a table of what may follow what", () => {
  const follows: { readonly [status: string]: ReadonlyArray<string> } = {
    none: ["pending"],
    pending: ["none", "approved", "rejected"],
    rejected: ["pending"],
    approved: []
  }
  FastCheck.assert(
    FastCheck.property(FastCheck.array(step, { maxLength: 30 }), (steps) => {
      let state = none
      steps.forEach((command, i) => {
        const before = state
        const now = env.now + i
        const decided =
          command._tag === "submit"
            ? Qualification.submit({ now }, state)
            : command._tag === "withdraw"
              ? Qualification.withdraw({ now }, state)
              : Qualification.decide({ now }, state, {
                  version: state.version - command.back,
                  verdict: command.verdict
                })
        const events = Either.getOrElse<
          ReadonlyArray<Qualification.Event>,
          unknown,
          ReadonlyArray<Qualification.Event>
        >(decided, () => [])
        state = events.reduce(Qualification.evolve, state)
        expect(events.length).toBeLessThanOrEqual(1)
        if (events.length === 0) return expect(state).toEqual(before)
        expect(follows[before.status]).toContain(state.status)
        // The version grows with submissions, by one, and with nothing else.
        expect(state.version).toBe(before.version + (command._tag === "submit" ? 1 : 0))
        // A verdict has an effect on the version that stands alone.
        if (command._tag === "decide") {
          expect(command.back).toBe(0)
          expect(state.status).toBe(command.verdict._tag === "Approve" ? "approved" : "rejected")
        }
        expect(Either.isRight(Qualification.mayBuyNumbers(state))).toBe(state.status === "approved")
        expect(state.reason !== undefined).toBe(state.status === "rejected")
        const stored: unknown = JSON.parse(JSON.stringify(Schema.encodeSync(Qualification.State)(state)))
        expect(Schema.decodeUnknownSync(Qualification.State)(stored)).toEqual(state)
        const event: unknown = JSON.parse(JSON.stringify(Schema.encodeSync(Qualification.Event)(events[0]!)))
        expect(Schema.decodeUnknownSync(Qualification.Event)(event)).toEqual(events[0])
      })
    })
  )
})
