import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import { describe, expect, it } from "vitest"
import * as Cny from "../../src/money/Cny.ts"
import * as DeskGateway from "../../src/order/DeskGateway.ts"
import * as DeskPayment from "../../src/order/DeskPayment.ts"
import { AmountDiffers, PaidBefore } from "../../src/order/Order.ts"
import { PaymentGateway } from "../../src/order/PaymentGateway.ts"
import * as Decision from "../../src/storage/Decision.ts"
import { Journal } from "../../src/storage/Journal.ts"
import * as MemoryStore from "../../src/storage/MemoryStore.ts"
import { suite } from "../../src/testing/Law.ts"
import { laws, Payer } from "../../src/testing/laws/PaymentGatewayLaws.ts"

type Intention = Parameters<(typeof Payer.Service)["intends"]>[1]

/** The desk, with an operator who looks at the statement as soon as somebody asks, and finds there what is intended. */
const layer = Layer.effectContext(
  Effect.gen(function* () {
    const journal = yield* Journal
    const gateway = yield* PaymentGateway
    const intentions = new Map<string, Intention>()
    const refOf = (orderId: string) => DeskPayment.ref("acme", orderId)
    const act = (
      orderId: string,
      decide: (state: DeskPayment.State) => Either.Either<ReadonlyArray<DeskPayment.Event>, unknown>
    ) =>
      journal.transact([refOf(orderId)], ([row]) =>
        Either.match(decide(row.state), {
          onLeft: () => Either.right(Decision.answer(false)),
          onRight: (events) =>
            Either.right(Decision.make(events.length > 0, { changes: [Decision.change(row, events)] }))
        })
      )
    const confirm = (orderId: string) =>
      act(orderId, (state) =>
        DeskPayment.confirm({ now: 1 }, state, { paymentId: `bank-${orderId}`, amount: Cny.yuan(50) })
      )
    const attentive = PaymentGateway.of({
      ...gateway,
      charge: (attempt) =>
        Effect.gen(function* () {
          const { orderId } = attempt
          const answer = yield* gateway.charge(attempt)
          const intention = intentions.get(orderId) ?? "pays"
          if (answer._tag !== "Pending" || intention === "waits") return answer
          if (intention === "pays") yield* confirm(orderId)
          else yield* act(orderId, (state) => DeskPayment.refuse({ now: 1 }, state, { reason: intention }))
          return yield* gateway.charge(attempt)
        })
    })
    return Context.make(PaymentGateway, attentive).pipe(
      Context.add(Payer, {
        intends: (orderId, payer) => Effect.sync(() => void intentions.set(orderId, payer)),
        loses: () => Effect.dieMessage("nothing is lost between here and the desk"),
        pays: (orderId) => Effect.orDie(confirm(orderId)),
        taken: (orderId) =>
          Effect.orDie(journal.load(refOf(orderId))).pipe(
            Effect.map(({ state }) =>
              state.attempts.flatMap(({ amount, outcome }) => (outcome._tag === "Paid" ? [amount] : []))
            )
          )
      })
    )
  })
).pipe(Layer.provide(Layer.provideMerge(DeskGateway.layer, MemoryStore.layer)))

suite({ describe, it }, "DeskGateway", laws, layer, { abilities: [] })

describe("DeskPayment", () => {
  const env = { now: 7 }
  const attempt = { orderId: "o", attempt: 1, accountId: "a", method: "transfer", amount: Cny.yuan(50) } as const
  const after = (...steps: ReadonlyArray<(state: DeskPayment.State) => ReadonlyArray<DeskPayment.Event>>) =>
    steps.reduce((state, step) => step(state).reduce(DeskPayment.evolve, state), DeskPayment.initial)
  const asked = (state: DeskPayment.State) => DeskPayment.ask(env, state, attempt)
  const paid = (state: DeskPayment.State) =>
    Either.getOrThrow(DeskPayment.confirm(env, state, { paymentId: "p", amount: attempt.amount }))
  const closed = (state: DeskPayment.State) => DeskPayment.close(env, state)

  it.each<readonly [string, DeskPayment.State, { paymentId: string; amount: Cny.Cny }, unknown]>([
    [
      "paid by another payment",
      after(asked, paid),
      { paymentId: "q", amount: Cny.yuan(1) },
      new PaidBefore({ paymentId: "p" })
    ],
    ["never asked", DeskPayment.initial, { paymentId: "p", amount: Cny.yuan(1) }, new DeskPayment.NoPaymentWaits()],
    ["closed", after(asked, closed), { paymentId: "p", amount: Cny.yuan(50) }, new DeskPayment.NoPaymentWaits()],
    [
      "of another amount",
      after(asked),
      { paymentId: "p", amount: Cny.yuan(49) },
      new AmountDiffers({ supplied: Cny.yuan(49), expected: Cny.yuan(50) })
    ]
  ])("PKG-10: a payment is not confirmed that is %s", (_, state, command, refusal) => {
    expect(DeskPayment.confirm(env, state, command)).toEqual(Either.left(refusal))
  })

  it("PKG-10: a payment is declined only while it waits", () => {
    const refuse = (state: DeskPayment.State) => DeskPayment.refuse(env, state, { reason: "other" })
    expect(refuse(after(asked, paid))).toEqual(Either.left(new PaidBefore({ paymentId: "p" })))
    expect(refuse(DeskPayment.initial)).toEqual(Either.left(new DeskPayment.NoPaymentWaits()))
    expect(refuse(after(asked, closed))).toEqual(Either.left(new DeskPayment.NoPaymentWaits()))
    expect(Either.isRight(refuse(after(asked)))).toBe(true)
  })

  it("PKG-10: the same payment again changes nothing", () => {
    expect(paid(after(asked, paid))).toEqual([])
    expect(asked(after(asked, paid))).toEqual([])
    expect(closed(after(asked, closed))).toEqual([])
  })
})
