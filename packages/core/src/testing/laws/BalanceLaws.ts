/**
 * Rules: the laws of minutes on a storage (BAL-5, BAL-6, BAL-9): what the pure rules promise must survive the port
 * `Journal`.
 *
 * **Details** Conservation alone would not do: a lost update loses a hold and its minutes together, and the sums still
 * agree. So the laws compare the stored balance with the calls that were *acknowledged*, and with its ledger.
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import * as Balance from "../../balance/Balance.ts"
import * as Ledger from "../../balance/Ledger.ts"
import type { Hold } from "../../balance/Lot.ts"
import * as Minutes from "../../money/Minutes.ts"
import type { PortFailure } from "../../PortFailure.ts"
import * as Decision from "../../storage/Decision.ts"
import { Journal } from "../../storage/Journal.ts"
import { expect, expectEqual, forAll, type Law, race } from "../Law.ts"

/** Calls; one of 0 minutes is not answered, and its hold is let go. */
const calls = FastCheck.array(
  FastCheck.record({
    holdMinutes: FastCheck.integer({ min: 1, max: 5 }),
    minutes: FastCheck.integer({ min: 0, max: 7 })
  }),
  { minLength: 1, maxLength: 10 }
)

const sizes = FastCheck.array(FastCheck.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 })

const given = FastCheck.record({ sizes, calls })

const transact = <A, R>(
  owner: string,
  decide: (
    state: Balance.State
  ) => Either.Either<{ readonly answer: A; readonly events: ReadonlyArray<Balance.Event> }, R>
): Effect.Effect<A, R | PortFailure, Journal> =>
  Effect.flatMap(Journal, (journal) =>
    journal.transact([Balance.ref(owner)], ([row]) =>
      Either.map(decide(row.state), ({ answer, events }) =>
        Decision.make(answer, { changes: Balance.after(row, events).changes })
      )
    )
  )

/** Buys packages that are effective at once, and expire after all calls, the last one first. */
const grant = (owner: string, sizes: ReadonlyArray<number>) =>
  transact(owner, (state) => {
    const packages = sizes.map((minutes, i) => ({
      packageId: `package-${i}`,
      kind: "custom" as const,
      minutes: Minutes.make(minutes),
      purchasedAt: 1,
      effectiveAt: 1,
      expiresAt: 1_000_000 - i
    }))
    const events = Balance.grant({ now: 1 }, state, { orderId: "order", packages })
    return Either.right({ answer: undefined, events })
  })

const hold = (owner: string, sendId: string, minutes: number, now: number) =>
  transact(owner, (state) =>
    Either.map(Balance.hold({ now }, state, { sendId, minutes: Minutes.make(minutes) }), ({ events, hold }) => ({
      answer: hold,
      events
    }))
  )

/** Ends a hold; answers the minutes that were paid. */
const end = (owner: string, sendId: string, hold: Hold, minutes: number, now: number) =>
  transact(owner, (state) => {
    if (minutes === 0) return Either.right({ answer: 0, events: Balance.release({ now }, state, { sendId, hold }) })
    const settled = Balance.settle({ now }, state, { sendId, hold, minutes: Minutes.make(minutes) })
    return Either.right({ answer: minutes - settled.overrun, events: settled.events })
  })

const encode = Schema.encodeSync(Balance.State)

/** Fails unless the stored balance is the one that its ledger makes. */
const expectAudited = (owner: string) =>
  Effect.gen(function* () {
    const journal = yield* Journal
    const { state } = yield* journal.load(Balance.ref(owner))
    const entries = yield* journal.history(Balance.ref(owner), { after: 0, limit: 10_000 })
    const audit = Ledger.newAudit()
    let rebuilt = Balance.initial
    for (const entry of entries) {
      yield* expectEqual(Ledger.check(audit, entry)?.problem, undefined, `entry ${entry.sequence} of the ledger`)
      rebuilt = Balance.evolve(rebuilt, entry.event)
    }
    yield* expectEqual(encode(rebuilt), encode(state), "the balance that the ledger makes")
    yield* expect(Balance.conserves(state), "a balance that conserves its minutes")
    return state
  })

const neverSoldTwice: Law<Journal> = race({
  rules: ["BAL-5", "BAL-6", "BAL-9"],
  sentence: "however calls race, what is on hold and spent is what was acknowledged, and the ledger agrees",
  given,
  then: ({ calls, sizes }, name) =>
    Effect.gen(function* () {
      yield* grant(name, sizes)
      const answers = yield* Effect.forEach(
        calls.entries(),
        ([i, { holdMinutes, minutes }]) =>
          Effect.gen(function* () {
            const sendId = `send-${i}`
            const held = yield* Effect.either(hold(name, sendId, holdMinutes, 2))
            if (Either.isLeft(held)) return { held: 0, spent: 0 }
            yield* Effect.yieldNow()
            // Every third call is still under way when all others have ended.
            if (i % 3 === 2) return { held: holdMinutes, spent: 0 }
            return { held: 0, spent: yield* end(name, sendId, held.right, minutes, 3) }
          }),
        { concurrency: "unbounded" }
      )
      const state = yield* expectAudited(name)
      const total = (key: "held" | "spent") => answers.reduce((sum, answer) => sum + answer[key], 0)
      const granted = sizes.reduce((sum, size) => sum + size, 0)
      yield* expectEqual(
        [state.granted, state.held, state.spent, state.available],
        [granted, total("held"), total("spent"), granted - total("held") - total("spent")],
        "minutes granted, on hold, spent and available"
      )
    })
})

const keptAsDecided: Law<Journal> = forAll({
  rules: ["BAL-9"],
  sentence: "a stored balance, read and decided upon again and again, is the one that was never stored",
  given: FastCheck.record({ sizes, calls, pauses: FastCheck.array(FastCheck.nat(200_000), { maxLength: 10 }) }),
  then: ({ calls, pauses, sizes }, name) =>
    Effect.gen(function* () {
      const journal = yield* Journal
      let state = Balance.initial
      const events: Array<Balance.Event> = []
      let now = 1
      const both = <A>(
        decide: (state: Balance.State) => { readonly answer: A; readonly events: ReadonlyArray<Balance.Event> }
      ) =>
        Effect.gen(function* () {
          const decided = decide(state)
          const after = Balance.after({ ...(yield* journal.load(Balance.ref(name))), state }, decided.events)
          state = after.state
          for (const { events: stored, ref } of after.changes) if (ref.kind === Balance.kind) events.push(...stored)
          yield* transact(name, (stored) => Either.right(decide(stored)))
          return decided.answer
        })
      yield* both((state) => {
        const packages = sizes.map((minutes, i) => ({
          packageId: `package-${i}`,
          kind: "custom" as const,
          minutes: Minutes.make(minutes),
          purchasedAt: i,
          effectiveAt: i * 1_000,
          expiresAt: 400_000 + ((i * 7) % 3) * 100_000
        }))
        return { answer: undefined, events: Balance.grant({ now }, state, { orderId: "order", packages }) }
      })
      for (const [i, { holdMinutes, minutes }] of calls.entries()) {
        now += pauses[i] ?? 10
        const sendId = `send-${i}`
        const made = yield* both((state) => {
          const held = Balance.hold({ now }, state, { sendId, minutes: Minutes.make(holdMinutes) })
          return Either.isRight(held)
            ? { answer: held.right.hold, events: held.right.events }
            : { answer: undefined, events: Balance.catchUp({ now }, state) }
        })
        if (made === undefined) continue
        now += pauses[i] ?? 10
        yield* both((state) => {
          const command = { sendId, hold: made, minutes: Minutes.make(minutes) }
          return { answer: undefined, events: Balance.settle({ now }, state, command).events }
        })
      }
      yield* expectEqual(encode(yield* expectAudited(name)), encode(state), "the balance")
      const history = yield* journal.history(Balance.ref(name), { after: 0, limit: 10_000 })
      yield* expectEqual(
        history.map(({ event }) => event),
        events,
        "the ledger"
      )
    })
})

export const laws: ReadonlyArray<Law<Journal>> = [neverSoldTwice, keptAsDecided]
