/**
 * Adapter: payment gateways that are wrong on purpose, each in one way that real ones have been. They show that the laws
 * bite: a law that no broken gateway breaks proves nothing.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { PaymentGateway } from "../../order/PaymentGateway.ts"
import * as SandboxGateway from "../../order/SandboxGateway.ts"
import { Payer } from "../laws/PaymentGatewayLaws.ts"

/** A gateway that is wrong, and the sentence of the law that must catch it. */
export interface BrokenGateway {
  readonly name: string
  readonly caughtBy: string
  readonly layer: Layer.Layer<PaymentGateway | Payer>
}

type Gateway = typeof PaymentGateway.Service

/** The sandbox's people, as the laws know them. */
export const payerOf = (payers: typeof SandboxGateway.Payers.Service): typeof Payer.Service => ({
  intends: (orderId, payer) => payers.script(orderId, [{ payer }]),
  loses: (orderId, what) =>
    payers.script(orderId, [{ payer: "pays", answer: what === "request" ? "undelivered" : "lost" }]),
  pays: payers.pays,
  taken: (orderId) =>
    Effect.map(payers.payments, (payments) =>
      payments.filter(({ attempt }) => attempt.orderId === orderId).map(({ attempt }) => attempt.amount)
    )
})

const broken = (
  name: string,
  caughtBy: string,
  spoil: (sound: Gateway, payers: typeof SandboxGateway.Payers.Service) => Partial<Gateway>
): BrokenGateway => ({
  name,
  caughtBy,
  layer: Layer.effectContext(
    Effect.sync(() => {
      const { gateway, payers } = SandboxGateway.make()
      return Context.empty().pipe(
        Context.add(PaymentGateway, { ...gateway, ...spoil(gateway, payers) }),
        Context.add(Payer, {
          ...payerOf(payers),
          taken: (orderId) =>
            Effect.map(payers.payments, (payments) =>
              payments
                .filter(({ attempt }) => attempt.orderId === orderId || attempt.orderId.startsWith(`${orderId}#`))
                .map(({ attempt }) => attempt.amount)
            )
        })
      )
    })
  )
})

/** A charge under a name that the gateway has not seen: as if it did not recognise the repeat. */
const fresh = (sound: Gateway): Gateway["charge"] => {
  let sequence = 100
  return (attempt) => sound.charge({ ...attempt, attempt: sequence++ })
}

export const brokenGateways: ReadonlyArray<BrokenGateway> = [
  broken(
    "takes the money again when a charge is repeated",
    "a charge that is repeated takes the money once, and answers with the same payment",
    (sound) => {
      let sequence = 0
      return {
        charge: (attempt) =>
          Effect.as(sound.charge({ ...attempt, orderId: `${attempt.orderId}#${sequence++}` }), {
            _tag: "Paid",
            paymentId: "the same"
          } as const)
      }
    }
  ),
  broken(
    "tries a declined attempt again when it is repeated",
    "an attempt that was declined stays so, takes nothing, and leaves room for another one",
    (sound) => ({ charge: fresh(sound) })
  ),
  broken(
    "forgets what became of an attempt that waited",
    "an attempt that waits is paid when its payer pays, and every later answer names that payment",
    () => ({ ask: () => Effect.succeed({ _tag: "Pending" }) })
  ),
  broken(
    "takes the money of an attempt that it is asked about",
    "of an attempt that never arrived the gateway knows nothing, and asking takes no money",
    (sound) => ({ ask: sound.charge })
  ),
  broken(
    "closes only what it has heard of",
    "once closed, an order is never paid: by no repeat, no later attempt and no payer who was waited for",
    (sound) => ({
      close: (attempt) =>
        Effect.flatMap(sound.ask(attempt), (known) =>
          known._tag === "Unknown" ? Effect.succeed({ _tag: "Closed" } as const) : sound.close(attempt)
        )
    })
  ),
  broken(
    "closes what is paid",
    "an order that is paid is not closed: the answer is its payment, and no money goes back",
    (sound) => ({ close: (attempt) => Effect.as(sound.close(attempt), { _tag: "Closed" } as const) })
  ),
  broken(
    "looks first whether an order is paid, and closes it a moment later",
    "however charges, questions, a payer and a closing race, all agree in the end: paid once, or never",
    (sound) => ({
      close: (attempt) =>
        Effect.gen(function* () {
          const known = yield* sound.ask(attempt)
          if (known._tag === "Paid") return known
          yield* Effect.yieldNow()
          yield* sound.close(attempt)
          return { _tag: "Closed" } as const
        })
    })
  ),
  broken(
    "has never heard of an attempt whose answer was lost",
    "after an answer that was lost, the gateway tells whether the money was taken, and a repeat takes no more",
    (sound) => {
      const answered = new Set<string>()
      return {
        charge: (attempt) =>
          Effect.tap(sound.charge(attempt), () => Effect.sync(() => void answered.add(attempt.orderId))),
        ask: (attempt) =>
          answered.has(attempt.orderId) ? sound.ask(attempt) : Effect.succeed({ _tag: "Unknown" } as const)
      }
    }
  )
]
