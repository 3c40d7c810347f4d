import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Balance from "../../src/balance/Balance.ts"
import type * as Acceptance from "../../src/sending/Acceptance.ts"
import * as FrequencyLimit from "../../src/sending/FrequencyLimit.ts"
import * as Send from "../../src/sending/Send.ts"
import type { Row } from "../../src/storage/Kind.ts"
import * as Law from "../../src/testing/Law.ts"
import { accountId, applicationId, makeWorld, type World } from "./SendWorld.ts"

const race = <A>(
  given: FastCheck.Arbitrary<A>,
  then: (input: A) => { readonly world: World; readonly run: Effect.Effect<void, unknown> }
) =>
  FastCheck.assert(
    FastCheck.asyncProperty(
      given,
      FastCheck.scheduler(),
      FastCheck.integer({ min: 12, max: 48 }),
      (input, order, slice) => {
        const { run, world } = then(input)
        return Law.interleaved(world.timed(run), order, slice)
      }
    ),
    { numRuns: 25 }
  )

const writings = ["13800138000", "+8613800138000", "86 138 0013 8000", "１３８００１３８０００"]

const all = <A, E>(effects: ReadonlyArray<Effect.Effect<A, E>>) =>
  Effect.all(
    effects.map((effect) => Effect.either(effect)),
    { concurrency: "unbounded" }
  )

describe("Sends in a race", () => {
  it("SND-8: however sends to one number race, and however it is written, no more are accepted than the limits allow", () =>
    race(
      FastCheck.record({
        max: FastCheck.integer({ min: 1, max: 3 }),
        numbers: FastCheck.array(FastCheck.constantFrom(...writings), { minLength: 2, maxLength: 8 })
      }),
      ({ max, numbers }) => {
        const limits: FrequencyLimit.Limits = [{ _tag: "NaturalDay", max }]
        const world = makeWorld({ policy: { frequency: { code: limits, notice: limits } } })
        const run = Effect.gen(function* () {
          const answers = yield* all(
            numbers.map((to) => world.sends.acceptCode(accountId, applicationId, { to, code: "4321" }))
          )
          const accepted = answers.filter(Either.isRight).length
          expect(accepted).toBe(Math.min(max, numbers.length))
          expect(world.balance().held).toBe(accepted)
          const row = world.load(FrequencyLimit.ref(accountId, applicationId, "+8613800138000"))
          expect(row.state.code).toHaveLength(accepted)
        })
        return { world, run }
      }
    ))

  it("SND-7: however requests under one key race, one send comes of them, and all get its answer", () =>
    race(FastCheck.array(FastCheck.constantFrom("same", "other"), { minLength: 2, maxLength: 8 }), (bodies) => {
      const world = makeWorld()
      const run = Effect.gen(function* () {
        const answers = yield* all(
          bodies.map((body) =>
            world.sends.acceptCode(accountId, applicationId, {
              to: "13800138000",
              code: body === "same" ? "1111" : "2222",
              idempotencyKey: "key"
            })
          )
        )
        const accepted = answers.filter(Either.isRight).map(({ right }) => right)
        expect(new Set(accepted.map(({ sendId }) => sendId)).size).toBe(1)
        expect(accepted.filter(({ repeated }) => !repeated)).toHaveLength(1)
        const refused = answers.filter(Either.isLeft).map(({ left }) => left._tag)
        expect(refused.every((tag) => tag === "IdempotencyConflict")).toBe(true)
        const winners = new Set(bodies.filter((_, i) => Either.isRight(answers[i]!)))
        expect(winners.size).toBe(1)
        expect(world.balance().held).toBe(1)
      })
      return { world, run }
    }))

  it("BAL-5: however sends race for the last minutes, no more are accepted than there are", () =>
    race(FastCheck.integer({ min: 0, max: 5 }), (minutes) => {
      const world = makeWorld({ minutes })
      const run = Effect.gen(function* () {
        const answers = yield* all(
          Array.from({ length: 6 }, (_, i) =>
            world.sends.acceptCode(accountId, applicationId, { to: `1380013800${i}`, code: "4321" })
          )
        )
        expect(answers.filter(Either.isRight)).toHaveLength(minutes)
        expect(world.balance()).toMatchObject({ available: 0, held: minutes })
      })
      return { world, run }
    }))

  it("SND-6, BAL-5: however the reports of one call race, it ends once and is billed once", () =>
    race(
      FastCheck.array(FastCheck.constantFrom("HungUp" as const, "Failed" as const, "Answered" as const), {
        minLength: 2,
        maxLength: 8
      }),
      (tags) => {
        const world = makeWorld()
        const { sendId } = Either.getOrThrow(world.code())
        const ref = Send.ref(accountId, sendId)
        world.pass(200_000)
        const run = Effect.gen(function* () {
          yield* world.sends.record(ref, { _tag: "DialStarted", route: "a", at: world.time.now - 100_000 })
          const recorded = yield* Effect.all(
            tags.map((_tag, i) => {
              const at = world.time.now - 90_000 + i
              return world.sends.record(ref, _tag === "Failed" ? { _tag, at, failure: "busy" } : { _tag, at })
            }),
            { concurrency: "unbounded" }
          )
          const ends = tags.some((tag) => tag !== "Answered") ? 1 : 0
          expect(recorded.filter(({ ended }) => ended)).toHaveLength(ends)
          const { state } = world.load(ref)
          expect(world.balance()).toMatchObject({ spent: state.billedMinutes, held: 1 - ends })
          expect(world.run(world.sends.receipts(accountId, applicationId)).items).toHaveLength(ends)
        })
        return { world, run }
      }
    ))
})

// ---------------------------------------------------------------------------------------------------------------------

type Move =
  | { readonly _tag: "Send"; readonly callee: number; readonly key: number | undefined }
  | { readonly _tag: "Report"; readonly of: number; readonly report: Send.Report["_tag"]; readonly ago: number }
  | { readonly _tag: "Pass"; readonly millis: number }
  | { readonly _tag: "Pull" }

const move: FastCheck.Arbitrary<Move> = FastCheck.oneof(
  {
    weight: 3,
    arbitrary: FastCheck.record({
      _tag: FastCheck.constant("Send" as const),
      callee: FastCheck.nat(3),
      key: FastCheck.option(FastCheck.nat(3), { nil: undefined })
    })
  },
  {
    weight: 6,
    arbitrary: FastCheck.record({
      _tag: FastCheck.constant("Report" as const),
      of: FastCheck.nat(20),
      report: FastCheck.constantFrom(
        "DialStarted" as const,
        "RouteFailed" as const,
        "Ringing" as const,
        "Answered" as const,
        "KeyPressed" as const,
        "HungUp" as const,
        "Failed" as const
      ),
      ago: FastCheck.integer({ min: 0, max: 120_000 })
    })
  },
  {
    weight: 2,
    arbitrary: FastCheck.record({
      _tag: FastCheck.constant("Pass" as const),
      millis: FastCheck.integer({ min: 1, max: 300_000 })
    })
  },
  { weight: 1, arbitrary: FastCheck.constant({ _tag: "Pull" } as const) }
)

describe("Sends over a long time", () => {
  it("BAL-5, BAL-6, SND-6, SND-10, CBK-1: whatever happens, minutes add up, nothing is lost, and no receipt is missed", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.array(move, { maxLength: 60 }),
        FastCheck.integer({ min: 0, max: 12 }),
        (moves, minutes) => {
          const world = makeWorld({ minutes })
          const sent: Array<string> = []
          const pulled: Array<string> = []
          let cursor = 0
          const pull = () => {
            const { items, next } = world.run(
              world.sends.receipts(accountId, applicationId, { after: cursor, limit: 2 })
            )
            pulled.push(...items.map(({ sendId }) => sendId))
            cursor = next
            return items.length
          }
          const rows = (): ReadonlyArray<Row<typeof Send.kind>> => sent.map((id) => world.load(Send.ref(accountId, id)))
          for (const one of moves) {
            if (one._tag === "Pass") world.pass(one.millis)
            else if (one._tag === "Pull") pull()
            else if (one._tag === "Send") {
              const more = one.key === undefined ? {} : { idempotencyKey: `${one.key}` }
              const answer: Either.Either<Acceptance.Acceptance, unknown> = world.notice(
                `1380013800${one.callee}`,
                more
              )
              if (Either.isRight(answer) && !answer.right.repeated) sent.push(answer.right.sendId)
            } else if (sent.length > 0) {
              const at = world.time.now - one.ago
              const report: Send.Report =
                one.report === "DialStarted"
                  ? { _tag: one.report, route: "a", at }
                  : one.report === "RouteFailed"
                    ? { _tag: one.report, route: "a", at, detail: "503" }
                    : one.report === "Failed"
                      ? { _tag: one.report, at, failure: "busy" }
                      : one.report === "KeyPressed"
                        ? { _tag: one.report, at, key: "1" }
                        : { _tag: one.report, at }
              world.run(world.sends.record(Send.ref(accountId, sent[one.of % sent.length]!), report))
            }
            const balance = world.balance()
            expect(Balance.conserves(balance)).toBe(true)
            const all = rows().map(({ state }) => state)
            const open = all.filter((state) => !Send.isFinal(state))
            expect(balance.held).toBe(open.reduce((sum, { accepted }) => sum + accepted.hold.minutes, 0))
            expect(balance.spent).toBe(all.reduce((sum, state) => sum + state.billedMinutes - state.overrunMinutes, 0))
            for (const { billedMinutes, overrunMinutes, paid } of all)
              expect(paid.reduce((sum, part) => sum + part.minutes, 0)).toBe(billedMinutes - overrunMinutes)
          }
          // Whatever has not ended is asked after at its deadline, and what has ended is called back.
          const leased = (queue: "reconcile" | "callback") =>
            world
              .run(world.queue.lease({ queue, now: Number.MAX_SAFE_INTEGER, limit: 1_000, leaseMillis: 1 }))
              .map(({ key }) => key)
              .sort()
          const ended = rows().filter(({ state }) => Send.isFinal(state))
          const waiting = rows().filter(({ state }) => !Send.isFinal(state))
          expect(leased("reconcile")).toEqual(waiting.map(({ ref }) => ref.key).sort())
          expect(leased("callback")).toEqual(ended.map(({ ref }) => ref.key).sort())
          while (pull() > 0) continue
          const inOrder = ended.toSorted((a, b) => a.state.receipt - b.state.receipt).map(({ ref }) => ref.key)
          expect(pulled).toEqual(inOrder)
          // The figures equal a recount of the records (STA-7).
          const [sum] = world.run(world.records.sum({ owner: accountId, fromHour: 0, untilHour: 1e9, by: "total" }))
          const states = rows().map(({ state }) => state)
          if (sum !== undefined)
            expect(sum).toEqual({
              group: "",
              sends: states.length,
              answered: states.filter(({ stage }) => stage === "completed").length,
              failed: states.filter(({ stage }) => stage === "failed").length,
              minutes: states.reduce((all, { billedMinutes }) => all + billedMinutes, 0)
            })
        }
      )
    )
  })
})
