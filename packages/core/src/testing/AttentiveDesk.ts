/**
 * Adapter: the desk with an operator who looks at the statement as soon as somebody asks, and finds there what is
 * intended: so the laws of payment gateways can be put to `DeskGateway` over any storage.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Cny from "../money/Cny.ts"
import * as DeskGateway from "../order/DeskGateway.ts"
import * as DeskPayment from "../order/DeskPayment.ts"
import { PaymentGateway } from "../order/PaymentGateway.ts"
import * as Decision from "../storage/Decision.ts"
import { Journal } from "../storage/Journal.ts"
import { Payer } from "./laws/PaymentGatewayLaws.ts"

type Intention = Parameters<(typeof Payer.Service)["intends"]>[1]

export const layer: Layer.Layer<PaymentGateway | Payer, never, Journal> = Layer.effectContext(
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
).pipe(Layer.provide(DeskGateway.layer))
