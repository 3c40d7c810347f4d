/**
 * Adapter: payments that wait until an operator has seen the money: for deployments that are paid by bank transfer, or
 * have no contract with a payment provider yet. Who confirms is `DeskPayments.ts`.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Decision from "../storage/Decision.ts"
import { Journal } from "../storage/Journal.ts"
import * as DeskPayment from "./DeskPayment.ts"
import { type Attempt, PaymentGateway } from "./PaymentGateway.ts"

export const layer: Layer.Layer<PaymentGateway, never, Journal> = Layer.effect(
  PaymentGateway,
  Effect.map(Journal, (journal) => {
    const decide = (
      { accountId, orderId }: Attempt,
      decision: (env: DeskPayment.Env, state: DeskPayment.State) => ReadonlyArray<DeskPayment.Event>
    ) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        journal.transact([DeskPayment.ref(accountId, orderId)], ([row]) => {
          const events = decision({ now }, row.state)
          if (events.length === 0) return Either.right(Decision.answer(row.state))
          const change = Decision.change(row, events)
          return Either.right(Decision.make(change.state, { changes: [change] }))
        })
      )
    return PaymentGateway.of({
      charge: (attempt) =>
        Effect.map(
          decide(attempt, (env, state) => DeskPayment.ask(env, state, attempt)),
          (state) => DeskPayment.charged(state, attempt.attempt)
        ),
      ask: ({ accountId, attempt, orderId }) =>
        Effect.map(journal.load(DeskPayment.ref(accountId, orderId)), ({ state }) =>
          DeskPayment.outcomeOf(state, attempt)
        ),
      close: (attempt) => Effect.map(decide(attempt, DeskPayment.close), DeskPayment.closing)
    })
  })
)
