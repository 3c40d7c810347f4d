/**
 * Adapter: a payment gateway in this process's memory, in which no money moves. Payers pay at once unless they are told
 * to do otherwise, and answers can be lost on the way: for tests, simulations and trials.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { PortFailure } from "../PortFailure.ts"
import type { DeclineReason } from "./Order.ts"
import { type Attempt, type Declined, type Paid, PaymentGateway, type Pending } from "./PaymentGateway.ts"

/** What becomes of an attempt when it reaches the gateway, and of the gateway's answer to it. */
export interface Behaviour {
  /** `waits`: until `Payers.pays` or `Payers.refuses`. */
  readonly payer: "pays" | "waits" | DeclineReason
  /** `undelivered`: the request never arrives. `lost`: it arrives, and its answer is lost. */
  readonly answer?: "given" | "undelivered" | "lost"
}

/** Money that was taken. */
export interface Payment {
  readonly paymentId: string
  readonly attempt: Attempt
  /** Epoch milliseconds. */
  readonly at: number
}

/** The people who pay in the sandbox. */
export class Payers extends Context.Tag("@vsms/core/order/SandboxGateway/Payers")<
  Payers,
  {
    /** What each following charge of the order meets, in this order; those after them are paid at once. */
    readonly script: (orderId: string, behaviours: ReadonlyArray<Behaviour>) => Effect.Effect<void>
    /** What charges meet that have no script. */
    readonly otherwise: (behaviour: (attempt: Attempt) => Behaviour) => Effect.Effect<void>
    /** Pays the attempt that waits. `false`: none does, or the order was closed. */
    readonly pays: (orderId: string) => Effect.Effect<boolean>
    /** Declines the attempt that waits. `false`: none does. */
    readonly refuses: (orderId: string, reason: DeclineReason) => Effect.Effect<boolean>
    /** All money that was taken, the oldest first. */
    readonly payments: Effect.Effect<ReadonlyArray<Payment>>
  }
>() {}

interface Account {
  closed: boolean
  readonly attempts: Map<number, { readonly attempt: Attempt; outcome: Paid | Declined | Pending }>
}

export const make = (): { readonly gateway: typeof PaymentGateway.Service; readonly payers: typeof Payers.Service } => {
  const orders = new Map<string, Account>()
  const scripts = new Map<string, Array<Behaviour>>()
  const payments: Array<Payment> = []
  let otherwise: (attempt: Attempt) => Behaviour = () => ({ payer: "pays" })

  const orderOf = (orderId: string): Account => {
    let order = orders.get(orderId)
    if (order === undefined) orders.set(orderId, (order = { closed: false, attempts: new Map() }))
    return order
  }

  const paidOf = (order: Account): Paid | undefined => {
    for (const { outcome } of order.attempts.values()) if (outcome._tag === "Paid") return outcome
    return undefined
  }

  const take = (attempt: Attempt, at: number): Paid => {
    const paymentId = `pay-${attempt.orderId}-${attempt.attempt}`
    payments.push({ paymentId, attempt, at })
    return { _tag: "Paid", paymentId }
  }

  /** The request has arrived. */
  const receive = (attempt: Attempt, payer: Behaviour["payer"], at: number): Paid | Declined | Pending => {
    const order = orderOf(attempt.orderId)
    const before = order.attempts.get(attempt.attempt)
    if (before !== undefined) return before.outcome
    const paid = paidOf(order)
    if (paid !== undefined) return paid
    const outcome: Paid | Declined | Pending = order.closed
      ? { _tag: "Declined", reason: "closed" }
      : payer === "pays"
        ? take(attempt, at)
        : payer === "waits"
          ? { _tag: "Pending", payUrl: `sandbox:${attempt.orderId}` }
          : { _tag: "Declined", reason: payer }
    order.attempts.set(attempt.attempt, { attempt, outcome })
    return outcome
  }

  const waiting = (orderId: string) => {
    const order = orders.get(orderId)
    if (order === undefined || order.closed) return undefined
    return [...order.attempts.values()].find(({ outcome }) => outcome._tag === "Pending")
  }

  const gateway: typeof PaymentGateway.Service = {
    charge: (attempt) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const { answer, payer } = scripts.get(attempt.orderId)?.shift() ?? otherwise(attempt)
        if (answer === "undelivered") return noAnswer("charge")
        const outcome = receive(attempt, payer, now)
        return answer === "lost" ? noAnswer("charge") : Effect.succeed(outcome)
      }),
    ask: ({ attempt, orderId }) =>
      Effect.sync(() => orders.get(orderId)?.attempts.get(attempt)?.outcome ?? ({ _tag: "Unknown" } as const)),
    close: ({ orderId }) =>
      Effect.sync(() => {
        const order = orderOf(orderId)
        const paid = paidOf(order)
        if (paid !== undefined) return paid
        order.closed = true
        for (const entry of order.attempts.values()) {
          if (entry.outcome._tag === "Pending") entry.outcome = { _tag: "Declined", reason: "closed" }
        }
        return { _tag: "Closed" } as const
      })
  }

  const payers: typeof Payers.Service = {
    script: (orderId, behaviours) => Effect.sync(() => void scripts.set(orderId, [...behaviours])),
    otherwise: (behaviour) => Effect.sync(() => void (otherwise = behaviour)),
    pays: (orderId) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const entry = waiting(orderId)
        if (entry !== undefined) entry.outcome = take(entry.attempt, now)
        return entry !== undefined
      }),
    refuses: (orderId, reason) =>
      Effect.sync(() => {
        const entry = waiting(orderId)
        if (entry !== undefined) entry.outcome = { _tag: "Declined", reason }
        return entry !== undefined
      }),
    payments: Effect.sync(() => [...payments])
  }

  return { gateway, payers }
}

const noAnswer = (operation: string) =>
  Effect.fail(new PortFailure({ port: "PaymentGateway", operation, retry: "later", cause: "no answer" }))

/** A sandbox of its own for each build of the layer. */
export const layer: Layer.Layer<PaymentGateway | Payers> = Layer.effectContext(
  Effect.sync(() => {
    const { gateway, payers } = make()
    return Context.empty().pipe(Context.add(PaymentGateway, gateway), Context.add(Payers, payers))
  })
)
