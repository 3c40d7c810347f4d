/**
 * Rules: the laws of the port `PaymentGateway`: whatever is repeated, lost on the way or closed, an order's money is
 * taken once or not at all, and the gateway tells which.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Cny from "../../money/Cny.ts"
import type { DeclineReason } from "../../order/Order.ts"
import { type Attempt, PaymentGateway } from "../../order/PaymentGateway.ts"
import type { PortFailure } from "../../PortFailure.ts"
import { example, expect, expectEqual, forAll, type Law, race } from "../Law.ts"

/**
 * The people behind the gateway, whom a test can tell what to do: most providers have such a sandbox. `payer` is what
 * becomes of the next charge of the order that arrives.
 */
export class Payer extends Context.Tag("@vsms/core/testing/laws/PaymentGatewayLaws/Payer")<
  Payer,
  {
    readonly intends: (orderId: string, payer: "pays" | "waits" | DeclineReason) => Effect.Effect<void>
    /** Loses the next charge of the order, or only its answer. Needs the ability `lossy`. */
    readonly loses: (orderId: string, what: "request" | "answer") => Effect.Effect<void>
    /** Pays what waits. `false`: nothing does, or it was closed. */
    readonly pays: (orderId: string) => Effect.Effect<boolean>
    /** The amounts that were taken for the order. */
    readonly taken: (orderId: string) => Effect.Effect<ReadonlyArray<number>>
  }
>() {}

type Ports = PaymentGateway | Payer

const attemptOf = (orderId: string, attempt = 1): Attempt => ({
  orderId,
  attempt,
  accountId: "acme",
  method: "wechat",
  amount: Cny.yuan(50)
})

const expectTaken = (orderId: string, times: number) =>
  Effect.gen(function* () {
    const payer = yield* Payer
    yield* expectEqual(
      yield* payer.taken(orderId),
      Array.from({ length: times }, () => 50_000),
      "the money taken"
    )
  })

const declineReasons: ReadonlyArray<DeclineReason> = ["insufficientFunds", "payerRefused", "limitExceeded", "other"]

/** What a race about one order is made of. */
const move = FastCheck.constantFrom("charge" as const, "ask" as const, "close" as const, "payer" as const)

export const laws: ReadonlyArray<Law<Ports>> = [
  forAll({
    rules: ["PKG-10"],
    sentence: "a charge that is repeated takes the money once, and answers with the same payment",
    given: FastCheck.integer({ min: 1, max: 5 }),
    then: (repeats, orderId) =>
      Effect.gen(function* () {
        const gateway = yield* PaymentGateway
        const answers = yield* Effect.replicateEffect(
          Effect.suspend(() => gateway.charge(attemptOf(orderId))),
          repeats
        )
        const [first] = answers
        yield* expect(first?._tag === "Paid", "a payer who pays has paid")
        for (const answer of answers) yield* expectEqual(answer, first, "the answer to a repeat")
        yield* expectTaken(orderId, 1)
      })
  }),

  forAll({
    rules: ["PKG-10"],
    sentence: "an attempt that was declined stays so, takes nothing, and leaves room for another one",
    given: FastCheck.constantFrom(...declineReasons),
    then: (reason, orderId) =>
      Effect.gen(function* () {
        const gateway = yield* PaymentGateway
        const payer = yield* Payer
        yield* payer.intends(orderId, reason)
        const declined = { _tag: "Declined", reason }
        yield* expectEqual(yield* gateway.charge(attemptOf(orderId)), declined, "the answer")
        yield* payer.intends(orderId, "pays")
        yield* expectEqual(yield* gateway.charge(attemptOf(orderId)), declined, "the answer to a repeat")
        yield* expectEqual(yield* gateway.ask(attemptOf(orderId)), declined, "the answer to a question")
        yield* expectTaken(orderId, 0)
        const next = yield* gateway.charge(attemptOf(orderId, 2))
        yield* expect(next._tag === "Paid", "the next attempt can be paid")
        yield* expectTaken(orderId, 1)
      })
  }),

  forAll({
    rules: ["PKG-10"],
    sentence: "an attempt that waits is paid when its payer pays, and every later answer names that payment",
    given: FastCheck.boolean(),
    then: (repeated, orderId) =>
      Effect.gen(function* () {
        const gateway = yield* PaymentGateway
        const payer = yield* Payer
        yield* payer.intends(orderId, "waits")
        yield* expectEqual((yield* gateway.charge(attemptOf(orderId)))._tag, "Pending", "the answer")
        if (repeated) yield* expectEqual((yield* gateway.charge(attemptOf(orderId)))._tag, "Pending", "to a repeat")
        yield* expectEqual((yield* gateway.ask(attemptOf(orderId)))._tag, "Pending", "the answer before")
        yield* expectTaken(orderId, 0)
        yield* expect(yield* payer.pays(orderId), "what waits can be paid")
        const paid = yield* gateway.ask(attemptOf(orderId))
        yield* expectEqual(paid._tag, "Paid", "the answer after")
        yield* expectEqual(yield* gateway.charge(attemptOf(orderId)), paid, "the answer to a repeated charge")
        yield* expectEqual(yield* gateway.close(attemptOf(orderId)), paid, "the answer to closing")
        yield* expectTaken(orderId, 1)
      })
  }),

  example({
    rules: ["PKG-10"],
    sentence: "of an attempt that never arrived the gateway knows nothing, and asking takes no money",
    then: Effect.gen(function* () {
      const gateway = yield* PaymentGateway
      yield* expectEqual(yield* gateway.ask(attemptOf("never")), { _tag: "Unknown" }, "the answer")
      yield* expectTaken("never", 0)
    })
  }),

  forAll({
    rules: ["PKG-10"],
    sentence: "once closed, an order is never paid: by no repeat, no later attempt and no payer who was waited for",
    given: FastCheck.constantFrom("never charged", "waiting", "declined"),
    then: (before, orderId) =>
      Effect.gen(function* () {
        const gateway = yield* PaymentGateway
        const payer = yield* Payer
        if (before !== "never charged") {
          yield* payer.intends(orderId, before === "waiting" ? "waits" : "other")
          yield* gateway.charge(attemptOf(orderId))
        }
        const closed = { _tag: "Closed" }
        yield* expectEqual(yield* gateway.close(attemptOf(orderId)), closed, "the answer")
        yield* expectEqual(yield* gateway.close(attemptOf(orderId)), closed, "the answer to a repeat")
        yield* expect(!(yield* payer.pays(orderId)), "a payer comes too late")
        for (const attempt of [1, 2, 3]) {
          const late = yield* gateway.charge(attemptOf(orderId, attempt))
          yield* expectEqual(late._tag, "Declined", `attempt ${attempt}, after closing`)
        }
        yield* expectTaken(orderId, 0)
      })
  }),

  forAll({
    rules: ["PKG-9", "PKG-10"],
    sentence: "an order that is paid is not closed: the answer is its payment, and no money goes back",
    given: FastCheck.integer({ min: 1, max: 3 }),
    then: (repeats, orderId) =>
      Effect.gen(function* () {
        const gateway = yield* PaymentGateway
        const paid = yield* gateway.charge(attemptOf(orderId))
        for (let i = 0; i < repeats; i++) {
          yield* expectEqual(yield* gateway.close(attemptOf(orderId)), paid, "the answer to closing")
        }
        yield* expectTaken(orderId, 1)
      })
  }),

  race({
    rules: ["PKG-10"],
    sentence: "however charges, questions, a payer and a closing race, all agree in the end: paid once, or never",
    given: FastCheck.record({
      intention: FastCheck.constantFrom("pays" as const, "waits" as const),
      moves: FastCheck.array(move, { minLength: 2, maxLength: 6 })
    }),
    then: ({ intention, moves }, orderId) =>
      Effect.gen(function* () {
        const gateway = yield* PaymentGateway
        const payer = yield* Payer
        const attempt = attemptOf(orderId)
        yield* payer.intends(orderId, intention)
        const answers = yield* Effect.forEach(
          moves,
          (move): Effect.Effect<{ readonly _tag: string } | undefined, PortFailure> => {
            switch (move) {
              case "charge":
                return gateway.charge(attempt)
              case "ask":
                return gateway.ask(attempt)
              case "close":
                return gateway.close(attempt)
              case "payer":
                return Effect.as(payer.pays(orderId), undefined)
            }
          },
          { concurrency: "unbounded" }
        )
        const end = yield* gateway.close(attempt)
        yield* expectTaken(orderId, end._tag === "Paid" ? 1 : 0)
        for (const answer of answers) {
          if (answer?._tag === "Paid") yield* expectEqual(answer, end, "a payment that was told of")
          if (answer?._tag === "Closed") yield* expectEqual(end._tag, "Closed", "what was closed")
        }
      })
  }),

  forAll({
    rules: ["PKG-10"],
    sentence:
      "after an answer that was lost, the gateway tells whether the money was taken, and a repeat takes no more",
    needs: "lossy",
    given: FastCheck.constantFrom("request" as const, "answer" as const),
    then: (what, orderId) =>
      Effect.gen(function* () {
        const gateway = yield* PaymentGateway
        const payer = yield* Payer
        yield* payer.loses(orderId, what)
        yield* expect(Either.isLeft(yield* Effect.either(gateway.charge(attemptOf(orderId)))), "the charge fails")
        const known = yield* gateway.ask(attemptOf(orderId))
        yield* expectEqual(known._tag, what === "answer" ? "Paid" : "Unknown", "the answer")
        yield* expectTaken(orderId, what === "answer" ? 1 : 0)
        yield* expectEqual((yield* gateway.charge(attemptOf(orderId)))._tag, "Paid", "the answer to a repeat")
        yield* expectTaken(orderId, 1)
      })
  })
]
