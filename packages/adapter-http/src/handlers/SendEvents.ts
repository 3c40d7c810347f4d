/**
 * Service: the life of a send as server-sent events. What is recorded is told by every process; live steps besides by the
 * one that places the call.
 */
import type { SendStep, SendSteps } from "@vsms/core/dispatch/SendSteps"
import type { PortFailure } from "@vsms/core/PortFailure"
import * as Explanation from "@vsms/core/sending/Explanation"
import * as Send from "@vsms/core/sending/Send"
import type { Sends, SendView } from "@vsms/core/sending/Sends"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Answer } from "../door/Exchange.ts"

/** How often the record is read, where nothing live is heard. */
const lookEvery = Duration.seconds(1)

/** So that nothing in between takes the connection for dead. */
const beatEvery = Duration.seconds(15)

export interface Followed {
  readonly sends: typeof Sends.Service
  readonly steps: typeof SendSteps.Service | undefined
  readonly accountId: string
  readonly applicationId: string
  readonly sendId: string
  /** Whether this process stops: its readers are let go, and come back to another. */
  readonly isStopping: () => boolean
}

type Signal = { readonly _tag: "Look" } | { readonly _tag: "Beat" } | { readonly _tag: "Step"; readonly step: SendStep }

/** The answer: it is refused before it begins, and ends after the send's final stage, or when this process stops. */
export const answer = (followed: Followed): Effect.Effect<Answer, Send.UnknownSend | PortFailure> => {
  const { accountId, applicationId, isStopping, sendId, sends, steps } = followed
  const look = sends.get(accountId, applicationId, sendId)
  const ticks = <T extends "Look" | "Beat">(_tag: T, every: Duration.Duration) =>
    Stream.repeatEffect(Effect.delay(Effect.succeed({ _tag } as const), every))
  return Effect.map(look, (first) => {
    const live: Stream.Stream<Signal> =
      steps === undefined
        ? Stream.empty
        : steps.stream.pipe(
            Stream.filter((step) => step.sendId === sendId && step.accountId === accountId),
            Stream.map((step): Signal => ({ _tag: "Step", step }))
          )
    const signals: Stream.Stream<Signal> = Stream.mergeAll([live, ticks("Look", lookEvery), ticks("Beat", beatEvery)], {
      concurrency: "unbounded"
    })
    const begin: Told = { text: stages(first, 0), told: told(first), final: Send.isFinal(first.state) }
    const events = Stream.concat(
      Stream.make(begin),
      begin.final
        ? Stream.empty
        : Stream.mapAccumEffect(signals, begin.told, (count, signal) =>
            Effect.map(
              signal._tag === "Look" && isStopping() ? farewell : textOf(signal, look, count),
              (next) => [next.told, next] as const
            )
          )
    )
    const body = events.pipe(
      Stream.takeUntil(({ final }) => final),
      Stream.filter(({ text }) => text !== ""),
      Stream.map(({ text }) => encoder.encode(text))
    )
    return new Answer(200, { "content-type": "text/event-stream", "x-accel-buffering": "no" }, body)
  })
}

const encoder = new TextEncoder()

interface Told {
  readonly text: string
  /** How many stages were told. */
  readonly told: number
  readonly final: boolean
}

/** Readers ask again by themselves, a second later. */
const farewell: Effect.Effect<Told> = Effect.succeed({ text: "retry: 1000\n\n", told: 0, final: true })

const event = (name: string, data: object): string => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`

const told = ({ state }: SendView): number => Explanation.stepsOf(state).length

/** The stages that were not told yet. */
const stages = ({ state }: SendView, after: number): string =>
  Explanation.stepsOf(state)
    .slice(after)
    .map(({ at, stage }) =>
      event("stage", {
        stage,
        at,
        ...(stage === "failed" ? { reason: state.reason } : {}),
        ...(stage === "completed" ? { billedMinutes: state.billedMinutes } : {})
      })
    )
    .join("")

const textOf = (
  signal: Signal,
  look: Effect.Effect<SendView, Send.UnknownSend | PortFailure>,
  count: number
): Effect.Effect<Told> => {
  if (signal._tag === "Beat") return Effect.succeed({ text: ": still here\n\n", told: count, final: false })
  const live = signal._tag === "Step" ? stepText(signal.step) : ""
  return look.pipe(
    Effect.map((send) => ({ text: live + stages(send, count), told: told(send), final: Send.isFinal(send.state) })),
    // A look that failed is made again.
    Effect.catchAll(() => Effect.succeed({ text: live, told: count, final: false }))
  )
}

const stepText = ({ at, passedOver, reason, route, step }: SendStep): string =>
  event("step", { step, at, route, reason, passedOver })
