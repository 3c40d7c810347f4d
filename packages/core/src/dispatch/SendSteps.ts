/**
 * Service: tells whoever listens what happens to sends, while it happens, in this process. Nobody waits for a listener:
 * one that is too slow misses the oldest steps, and reads the send itself to know where it stands.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as PubSub from "effect/PubSub"
import * as Stream from "effect/Stream"
import * as Detail from "../sending/Detail.ts"
import * as Send from "../sending/Send.ts"
import type { PassedOver } from "./RouteChoice.ts"

/** `waiting`: it cannot be dialled now, and will be later. `routeFailed`: another route takes over. */
export type StepName =
  | "speaking"
  | "waiting"
  | "dialling"
  | "routeFailed"
  | "ringing"
  | "answered"
  | "keyPressed"
  | "completed"
  | "failed"

/** One step of a send. Free of personal data. */
export interface SendStep {
  readonly accountId: string
  readonly sendId: string
  readonly step: StepName
  /** Epoch milliseconds. */
  readonly at: number
  /** The route that was chosen or has failed. */
  readonly route?: string | undefined
  /** Why it failed or waits. */
  readonly reason?: string | undefined
  /** Why other routes were not taken, where one was chosen. */
  readonly passedOver?: ReadonlyArray<PassedOver> | undefined
}

export class SendSteps extends Context.Tag("@vsms/core/dispatch/SendSteps")<
  SendSteps,
  {
    /** Never blocks, and costs next to nothing while nobody listens. */
    readonly publish: (step: SendStep) => void
    /** The steps of every send from now on. */
    readonly stream: Stream.Stream<SendStep>
  }
>() {
  /** Listeners may be up to 1,024 steps behind. */
  static readonly layer: Layer.Layer<SendSteps> = Layer.scoped(
    SendSteps,
    Effect.map(Effect.acquireRelease(PubSub.sliding<SendStep>(1_024), PubSub.shutdown), (steps) => ({
      publish: (step) => void steps.unsafeOffer(step),
      stream: Stream.fromPubSub(steps)
    }))
  )
}

/** The step that a recorded report is; the last one tells how the send ended. */
export const ofReport = (
  send: { readonly owner: string; readonly key: string },
  report: Send.Report,
  state: Send.State,
  passedOver?: ReadonlyArray<PassedOver>
): SendStep => ({
  accountId: send.owner,
  sendId: send.key,
  step: Send.isFinal(state) ? (state.stage === "completed" ? "completed" : "failed") : stepNames[report._tag],
  at: report.at,
  route: report._tag === "DialStarted" || report._tag === "RouteFailed" ? report.route : undefined,
  reason: Send.isFinal(state) ? state.reason : reasonOf(report),
  passedOver
})

const stepNames: { readonly [Tag in Send.Report["_tag"]]: StepName } = {
  DialStarted: "dialling",
  RouteFailed: "routeFailed",
  Ringing: "ringing",
  Answered: "answered",
  KeyPressed: "keyPressed",
  HungUp: "completed",
  Failed: "failed"
}

const reasonOf = (report: Send.Report): string | undefined => {
  if (report._tag === "RouteFailed") return Detail.kept(report.detail)
  return report._tag === "Failed" ? report.failure : undefined
}
