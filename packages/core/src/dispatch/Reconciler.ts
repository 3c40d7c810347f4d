/**
 * Service: works through the queue `reconcile`, so that every accepted send reaches one final state however silent its
 * channel is (SND-10). A send lies there from its acceptance, due when it must be over, and sooner when somebody lost
 * sight of its call.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Send from "../sending/Send.ts"
import { Sends } from "../sending/Sends.ts"
import * as Decision from "../storage/Decision.ts"
import { Journal } from "../storage/Journal.ts"
import type { Ref } from "../storage/Kind.ts"
import * as Worker from "../storage/Worker.ts"
import type { WorkQueue } from "../storage/WorkQueue.ts"
import * as CallId from "./CallId.ts"
import * as Calls from "./Calls.ts"
import * as DispatchPolicy from "./DispatchPolicy.ts"
import * as Reconciliation from "./Reconciliation.ts"
import { Routes } from "./Routes.ts"
import { SendSteps } from "./SendSteps.ts"

/** Asks the reconciler to look after a send at once. Does nothing for one that has ended. */
export const handOver = (journal: typeof Journal.Service, ref: Ref<typeof Send.kind>, now: number) =>
  journal.transact([ref], ([{ state }]) =>
    Either.right(
      state.stage === "none" || Send.isFinal(state)
        ? Decision.answer(undefined)
        : Decision.make(undefined, { work: [Decision.enqueue("reconcile", ref, now)] })
    )
  )

/** The worker of the queue. It asks the channels of the routes as they are configured here and now. */
export const layerWith = (
  policy: DispatchPolicy.DispatchPolicy
): Layer.Layer<never, never, Journal | Routes | SendSteps | Sends | WorkQueue> => Layer.scopedDiscard(make(policy))

/** With the standard policy. */
export const layer: ReturnType<typeof layerWith> = Layer.suspend(() => layerWith(DispatchPolicy.standard))

const make = (policy: DispatchPolicy.DispatchPolicy) =>
  Effect.gen(function* () {
    const journal = yield* Journal
    const routes = yield* Routes
    const sends = yield* Sends
    const steps = yield* SendSteps

    const ask = (sendId: string, state: Send.State) =>
      Effect.suspend(() => {
        const attempt = Reconciliation.toAsk(state)
        const found = attempt === undefined ? undefined : routes.find(({ route }) => route.id === attempt.route)
        if (found === undefined) return Effect.succeed(undefined)
        return found.channel.ask(CallId.of(sendId, state.attempts.length)).pipe(
          Effect.timeout(Duration.millis(policy.channelMillis)),
          Effect.catchAll((failure) => Effect.as(Effect.logDebug(failure.message), undefined))
        )
      })

    /** Asks for it to be dialled, and to be looked after again, in one step; `false`: that is no longer what it needs. */
    const redial = (ref: Ref<typeof Send.kind>, now: number) =>
      journal.transact([ref], ([{ state }]) => {
        if (Reconciliation.decide(now, state, undefined)._tag !== "Dial") return Either.right(Decision.answer(false))
        const again = Decision.enqueue("reconcile", ref, state.accepted.deadlineAt)
        return Either.right(Decision.make(true, { work: [Decision.enqueue("dial", ref, now), again] }))
      })

    const reconcile = Effect.fnUntraced(function* (ref: Ref<typeof Send.kind>, attempt: number) {
      for (;;) {
        const { state } = yield* sends.load(ref)
        const answer = yield* ask(ref.key, state)
        const now = yield* Clock.currentTimeMillis
        const verdict = Reconciliation.decide(now, state, answer)
        switch (verdict._tag) {
          case "Nothing":
            return undefined
          case "Dial":
            // The work was enqueued anew, which makes this lease void.
            if (yield* redial(ref, now)) return undefined
            break
          case "AskAgain": {
            const pause = DispatchPolicy.pauseMillis(policy.askMillis, policy.askMillisMax, attempt)
            return Math.min(verdict.until, now + pause)
          }
          case "Record":
            for (const report of verdict.reports) yield* Calls.record({ sends, steps }, ref, report)
        }
      }
    })

    /** A storage or a channel that never answers must not keep the lease of a send for ever. */
    const inTime = (ref: Ref<typeof Send.kind>, attempt: number) =>
      Effect.flatMap(
        Effect.timeoutOption(Effect.disconnect(reconcile(ref, attempt)), Duration.millis(handlingMillis)),
        (outcome) => (outcome._tag === "Some" ? Effect.succeed(outcome.value) : Clock.currentTimeMillis)
      )

    yield* Worker.run({
      queue: "reconcile",
      ...Worker.defaults,
      sendId: ({ key }) => key,
      handle: ({ attempt, key, owner }) => inTime(Send.ref(owner, key), attempt)
    })
  })

/** Much longer than any storage and channel that are alive take. */
const handlingMillis = 120_000
