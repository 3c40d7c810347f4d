/**
 * Rules: the laws of the port `Journal`, the one door for writes.
 *
 * **Details** Conservation alone would not do: a lost update loses a payment and its minutes together, and the sums
 * still agree. So the laws compare what is stored with what was *acknowledged*.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import type { PortFailure } from "../../PortFailure.ts"
import * as Decision from "../../storage/Decision.ts"
import { Journal } from "../../storage/Journal.ts"
import { fresh } from "../../storage/Kind.ts"
import { Records } from "../../storage/Records.ts"
import { WorkQueue } from "../../storage/WorkQueue.ts"
import { expect, expectEqual, example, forAll, type Law, race } from "../Law.ts"
import { purse, purseRef, slip, slipRef } from "../Specimen.ts"

/** Kills whatever holds the data, as a crash would, and opens it again. Provided by adapters that are `durable`. */
export class Restart extends Context.Tag("@vsms/core/testing/Restart")<Restart, Effect.Effect<void, PortFailure>>() {}

/** Pays into a purse, which then holds at most `cap`. */
const pay = (owner: string, amount: number, cap = Number.MAX_SAFE_INTEGER) =>
  Effect.flatMap(Journal, (journal) =>
    journal.transact([purseRef(owner)], ([row]) =>
      row.state.total + amount > cap
        ? Either.left("full" as const)
        : Either.right(
            Decision.make(row.state.total + amount, {
              changes: [Decision.change(row, [{ _tag: "Paid", amount, at: 1 }])]
            })
          )
    )
  )

const stored = (owner: string) => Effect.flatMap(Journal, (journal) => journal.load(purseRef(owner)))

const historyOf = (owner: string) =>
  Effect.flatMap(Journal, (journal) => journal.history(purseRef(owner), { after: 0, limit: 10_000 }))

const amounts = FastCheck.array(FastCheck.integer({ min: 1, max: 9 }), { minLength: 2, maxLength: 12 })

const untouched: Law<Journal> = example({
  rules: ["BAL-9"],
  sentence: "a thing to which nothing happened is its kind's initial state, at version 0",
  then: Effect.gen(function* () {
    const row = yield* stored("nobody")
    yield* expectEqual([row.state, row.version, row.personal], [purse.initial, 0, undefined], "an untouched thing")
    yield* expectEqual(yield* historyOf("nobody"), [], "its history")
  })
})

const refusalStoresNothing: Law<Journal | WorkQueue | Records> = forAll({
  rules: ["BAL-5"],
  sentence: "a refused decision stores nothing",
  given: amounts,
  then: (payments, name) =>
    Effect.gen(function* () {
      const cap = 10
      let total = 0
      for (const amount of payments) {
        const answer = yield* Effect.either(pay(name, amount, cap))
        const fits = total + amount <= cap
        yield* expectEqual(Either.isRight(answer), fits, "whether it was accepted")
        if (fits) total += amount
        yield* expectEqual((yield* stored(name)).state.total, total, "the total after an answer")
      }
    })
})

const allOrNone: Law<Journal | WorkQueue | Records> = forAll({
  rules: ["BAL-5", "SND-10"],
  sentence: "changes, work and tallies of a decision are stored together or not at all, and seen by the next read",
  given: FastCheck.array(FastCheck.boolean(), { minLength: 1, maxLength: 8 }),
  then: (accepted, name) =>
    Effect.gen(function* () {
      const journal = yield* Journal
      const records = yield* Records
      const queue = yield* WorkQueue
      let count = 0
      for (const [i, accept] of accepted.entries()) {
        const slipKey = `${name}-${i}`
        yield* Effect.either(
          journal.transact([purseRef(name), slipRef(name, slipKey)], ([purseRow, slipRow]) =>
            accept
              ? Either.right(
                  Decision.make(undefined, {
                    changes: [
                      Decision.change(purseRow, [{ _tag: "Paid", amount: 1, at: i }]),
                      Decision.change(slipRow, [{ _tag: "Written", text: "x", at: i }])
                    ],
                    work: [Decision.enqueue("alert", { owner: name, key: slipKey }, 5)],
                    tallies: [tally(name, 1)]
                  })
                )
              : Either.left("no")
          )
        )
        if (accept) count++
        const due = yield* queue.lease({ queue: "alert", now: 5, limit: 1_000, leaseMillis: 1_000 })
        for (const lease of due) yield* queue.finish(lease)
        const mine = due.filter((lease) => lease.owner === name)
        const [sum] = yield* records.sum({ owner: name, fromHour: 0, untilHour: 1, by: "total" })
        yield* expectEqual(
          [
            (yield* stored(name)).state.total,
            (yield* journal.load(slipRef(name, slipKey))).version,
            mine.map((lease) => lease.key),
            sum?.sends ?? 0
          ],
          [count, accept ? 1 : 0, accept ? [slipKey] : [], count],
          "purse, slip, work and tally"
        )
      }
    })
})

const tally = (owner: string, sends: number): Decision.Tally => ({
  owner,
  applicationId: "1400000000",
  templateId: "1",
  hour: 0,
  reason: "",
  sends,
  answered: 0,
  failed: 0,
  minutes: 0
})

const defectStoresNothing: Law<Journal> = example({
  rules: ["BAL-5"],
  sentence: "a decision that throws is a defect, stores nothing, and harms nobody else's decision",
  then: Effect.gen(function* () {
    const journal = yield* Journal
    const dying = journal.transact([purseRef("shared")], () => {
      throw new Error("a bug in a rule")
    })
    const exits = yield* Effect.all(
      [Effect.exit(pay("shared", 1)), Effect.exit(dying), Effect.exit(pay("shared", 2))],
      {
        concurrency: "unbounded"
      }
    )
    yield* expectEqual(exits.map(Exit.isSuccess), [true, false, true], "which decisions succeeded")
    yield* expect(Exit.isFailure(exits[1]) && exits[1].cause._tag === "Die", "a defect, not a failure")
    yield* expectEqual((yield* stored("shared")).state.total, 3, "the total")
  })
})

const onlyWhatIsNamed: Law<Journal> = example({
  rules: ["BAL-5"],
  sentence: "a decision may change what it named and make new things of that owner, but touch nothing else",
  then: Effect.gen(function* () {
    const journal = yield* Journal
    yield* pay("other", 1)
    yield* pay("own", 1)
    // The first change is sound: what comes of the second decides about both.
    const touch = (owner: string, key: string) =>
      journal.transact([purseRef("own", "named")], ([named]) =>
        Either.right(
          Decision.make(undefined, {
            changes: [
              Decision.change(named, [{ _tag: "Paid", amount: 1, at: 1 }]),
              Decision.change(fresh(purseRef(owner, key)), [{ _tag: "Paid", amount: 5, at: 1 }])
            ]
          })
        )
      )
    yield* touch("own", "new")
    yield* expectEqual((yield* journal.load(purseRef("own", "new"))).state.total, 5, "a new thing")
    for (const [owner, key] of [
      ["own", "new"],
      ["own", "purse"],
      ["other", "unnamed"]
    ] as const) {
      yield* expect(Exit.isFailure(yield* Effect.exit(touch(owner, key))), `no change to ${owner}/${key}`)
    }
    yield* expectEqual((yield* stored("own")).state.total, 1, "an existing thing that was not named")
    const named = yield* journal.load(purseRef("own", "named"))
    yield* expectEqual([named.state.total, named.version], [1, 1], "what a refused decision had named")
  })
})

const acknowledged: Law<Journal> = race({
  rules: ["BAL-5", "BAL-6"],
  sentence: "whatever is acknowledged is stored, once, however decisions race",
  given: amounts,
  then: (payments, name) =>
    Effect.gen(function* () {
      const answers = yield* Effect.forEach(payments, (amount) => pay(name, amount), { concurrency: "unbounded" })
      const sum = payments.reduce((a, b) => a + b, 0)
      const row = yield* stored(name)
      yield* expectEqual([row.state.total, row.state.payments], [sum, payments.length], "total and payments")
      yield* expectEqual(new Set(answers).size, payments.length, "each decision saw all before it")
      yield* expectEqual((yield* historyOf(name)).length, payments.length, "recorded events")
    })
})

const neverAboveCap: Law<Journal> = race({
  rules: ["NUM-1", "BAL-5", "TPL-7", "SND-8"],
  sentence: "a limit that a decision checks holds, however decisions race",
  given: amounts,
  then: (payments, name) =>
    Effect.gen(function* () {
      const cap = 10
      const answers = yield* Effect.forEach(payments, (amount) => Effect.either(pay(name, amount, cap)), {
        concurrency: "unbounded"
      })
      const accepted = payments.filter((_, i) => Either.isRight(answers[i]!)).reduce((a, b) => a + b, 0)
      const { total } = (yield* stored(name)).state
      yield* expect(total <= cap, `at most ${cap}, got ${total}`)
      yield* expectEqual(total, accepted, "the total against what was accepted")
    })
})

const transfers: Law<Journal> = race({
  rules: ["BAL-6", "NUM-3"],
  sentence: "a decision over things of two owners is one step, and opposite orders do not block each other",
  given: FastCheck.array(FastCheck.tuple(FastCheck.boolean(), FastCheck.integer({ min: 1, max: 5 })), {
    minLength: 2,
    maxLength: 8
  }),
  then: (moves, name) =>
    Effect.gen(function* () {
      const journal = yield* Journal
      const [left, right] = [`${name}-left`, `${name}-right`]
      const move = (from: string, to: string, amount: number) =>
        journal.transact([purseRef(from), purseRef(to)], ([a, b]) =>
          Either.right(
            Decision.make(a.state.total + b.state.total, {
              changes: [
                Decision.change(a, [{ _tag: "Paid", amount: -amount, at: 1 }]),
                Decision.change(b, [{ _tag: "Paid", amount, at: 1 }])
              ]
            })
          )
        )
      const seen = yield* Effect.forEach(
        moves,
        ([leftwards, amount]) => (leftwards ? move(right, left, amount) : move(left, right, amount)),
        { concurrency: "unbounded" }
      )
      yield* expect(
        seen.every((total) => total === 0),
        "nothing appears or vanishes between the two"
      )
      const toLeft = moves.reduce((sum, [leftwards, amount]) => sum + (leftwards ? amount : -amount), 0)
      yield* expectEqual((yield* stored(left)).state.total, toLeft, "what one side ends with")
    })
})

const rebuilt: Law<Journal> = forAll({
  rules: ["BAL-9"],
  sentence: "events are kept in order and without gaps, page by page, and rebuild the state",
  given: FastCheck.tuple(amounts, FastCheck.integer({ min: 1, max: 4 })),
  then: ([payments, limit], name) =>
    Effect.gen(function* () {
      const journal = yield* Journal
      for (const amount of payments) yield* pay(name, amount)
      let state = purse.initial
      let after = 0
      for (;;) {
        const page = yield* journal.history(purseRef(name), { after, limit })
        for (const { event, sequence } of page) {
          yield* expectEqual(sequence, after + 1, "the next sequence number")
          state = purse.evolve(state, event)
          after = sequence
        }
        if (page.length < limit) break
      }
      const row = yield* stored(name)
      yield* expectEqual(state, row.state, "the state rebuilt from events")
      yield* expectEqual([after, row.version], [payments.length, payments.length], "events and version")
    })
})

const roundTrip: Law<Journal> = forAll({
  rules: ["SND-11", "BAL-9"],
  sentence: "states, personal data and expiry come back exactly as they were stored",
  given: FastCheck.record({
    label: FastCheck.option(FastCheck.fullUnicodeString().filter((text) => !text.includes("\0"))),
    name: FastCheck.fullUnicodeString().filter((text) => !text.includes("\0")),
    amount: FastCheck.maxSafeInteger(),
    expiresAt: FastCheck.integer({ min: 1, max: 4_102_444_800_000 })
  }),
  then: ({ amount, expiresAt, label, name: holder }, name) =>
    Effect.gen(function* () {
      const journal = yield* Journal
      yield* journal.transact([purseRef(name)], ([row]) =>
        Either.right(
          Decision.make(undefined, {
            changes: [
              Decision.change(
                row,
                [
                  { _tag: "Paid", amount, at: 7 },
                  { _tag: "Labelled", label, at: 8 }
                ],
                { personal: { name: holder }, expiresAt }
              )
            ]
          })
        )
      )
      const row = yield* stored(name)
      yield* expectEqual(
        [row.state, row.personal, row.expiresAt],
        [{ total: amount, payments: 1, label, changedAt: 8 }, { name: holder }, expiresAt],
        "the row"
      )
      yield* expectEqual(
        (yield* historyOf(name)).map(({ event }) => event),
        [
          { _tag: "Paid", amount, at: 7 },
          { _tag: "Labelled", label, at: 8 }
        ],
        "its events"
      )
    })
})

const unjournaled: Law<Journal> = example({
  rules: ["BAL-9"],
  sentence: "a kind that is not journaled keeps its state and no events",
  then: Effect.gen(function* () {
    const journal = yield* Journal
    yield* journal.transact([slipRef("writer", "a")], ([row]) =>
      Either.right(
        Decision.make(undefined, { changes: [Decision.change(row, [{ _tag: "Written", text: "x", at: 1 }])] })
      )
    )
    yield* expectEqual((yield* journal.load(slipRef("writer", "a"))).state.text, "x", "the state")
    yield* expectEqual(yield* journal.history(slipRef("writer", "a"), { after: 0, limit: 9 }), [], "its history")
    yield* expectEqual(slip.journaled, false, "the specimen")
  })
})

const survives: Law<Journal | WorkQueue | Restart> = forAll({
  rules: ["SND-10", "ALR-5", "BAL-5"],
  sentence: "whatever is acknowledged survives a crash, and its work with it",
  needs: "durable",
  given: amounts,
  then: (payments, name) =>
    Effect.gen(function* () {
      const journal = yield* Journal
      const restart = yield* Restart
      const queue = yield* WorkQueue
      let total = 0
      for (const [i, amount] of payments.entries()) {
        yield* journal.transact([purseRef(name)], ([row]) =>
          Either.right(
            Decision.make(undefined, {
              changes: [Decision.change(row, [{ _tag: "Paid", amount, at: i }])],
              work: [Decision.enqueue("lapse", { owner: name, key: String(i) }, 1)]
            })
          )
        )
        total += amount
        if (i % 3 === 0) yield* restart
      }
      yield* restart
      yield* expectEqual((yield* stored(name)).state.total, total, "the total after a crash")
      yield* expectEqual((yield* historyOf(name)).length, payments.length, "the events after a crash")
      const due = yield* queue.lease({ queue: "lapse", now: 1, limit: 1_000, leaseMillis: 1 })
      for (const lease of due) yield* queue.finish(lease)
      const mine = due.filter((lease) => lease.owner === name)
      yield* expectEqual(mine.length, payments.length, "the work after a crash")
    })
})

export const laws: ReadonlyArray<Law<Journal | Records | WorkQueue | Restart>> = [
  untouched,
  refusalStoresNothing,
  allOrNone,
  defectStoresNothing,
  onlyWhatIsNamed,
  acknowledged,
  neverAboveCap,
  transfers,
  rebuilt,
  roundTrip,
  unjournaled,
  survives
]
