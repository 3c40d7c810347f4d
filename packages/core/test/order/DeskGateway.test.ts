import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import { describe, expect, it } from "vitest"
import * as Cny from "../../src/money/Cny.ts"
import * as DeskPayment from "../../src/order/DeskPayment.ts"
import { AmountDiffers, PaidBefore } from "../../src/order/Order.ts"
import * as MemoryStore from "../../src/storage/MemoryStore.ts"
import * as AttentiveDesk from "../../src/testing/AttentiveDesk.ts"
import { suite } from "../../src/testing/Law.ts"
import { laws } from "../../src/testing/laws/PaymentGatewayLaws.ts"

suite({ describe, it }, "DeskGateway", laws, Layer.provide(AttentiveDesk.layer, MemoryStore.layer), { abilities: [] })

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
