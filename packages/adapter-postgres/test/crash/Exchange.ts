/**
 * The outside of the platform: the telephone network and the receiver of callbacks. It lives in the process of the test,
 * outlives every process that it serves, and remembers what it was told.
 */
import type { CallbackAnswer, CallbackRequest } from "@vsms/core/callback/CallbackTransport"
import type { Call, CallEvent, CallFate } from "@vsms/core/dispatch/CallChannel"
import * as ScriptedChannel from "@vsms/core/testing/ScriptedChannel"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import type { Handlers } from "../processes/Line.ts"
import type { Told } from "./Audit.ts"

/** How `place` ended, as one process tells the other. */
export type Placing = { readonly placed: "no" | "unknown"; readonly detail: string } | undefined

export interface Exchange {
  readonly placed: ReadonlyArray<ScriptedChannel.Placed>
  readonly told: ReadonlyArray<Told>
  /** Phones that have rung by now. */
  readonly rung: () => ReadonlyArray<string>
  /** What a process may ask of it; `tell` reports an event of a call to that process. */
  readonly handlers: (tell: (id: string, event: CallEvent) => void) => Handlers
}

/** A number from 0 to 99 that belongs to a text. */
const lot = (text: string): number => {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return (hash >>> 0) % 100
}

/** Most calls are answered; talks of more than a minute, failures, refusals and broken connections are among them. */
const storyOf = ({ id }: Call): ScriptedChannel.Story => {
  const n = lot(id)
  const talk = 1_000 * (1 + (n % 20))
  const answered = { ringsAfterMillis: 500, answeredAfterMillis: 1_500, endsAfterMillis: 1_500 + talk }
  if (n < 60) return answered
  if (n < 65) return { ...answered, endsAfterMillis: 66_500 }
  if (n < 75) return ScriptedChannel.failed("busy")
  if (n < 85) return ScriptedChannel.failed("noAnswer")
  if (n < 90) return ScriptedChannel.refused
  if (n < 93) return { ...answered, connection: "severed" }
  if (n < 95) return { ...answered, connection: "mute" }
  // Everything twice, and the last report first.
  return {
    ...answered,
    deliver: (events) => [...events, ...events].reverse().map((event) => ({ event, lateMillis: 0 }))
  }
}

export const make = (clock: Clock.Clock): Exchange => {
  const placed: Array<ScriptedChannel.Placed> = []
  const told: Array<Told> = []
  const tries = new Map<string, number>()
  const calls = new Map<string, Fiber.RuntimeFiber<unknown, unknown>>()
  const channel = ScriptedChannel.make({ placed, story: storyOf })
  const run = <A, E>(effect: Effect.Effect<A, E>): Promise<A> => Effect.runPromise(Effect.withClock(effect, clock))

  const deliver = ({ body, headers }: Pick<CallbackRequest, "body" | "headers">): CallbackAnswer => {
    const id = headers["webhook-id"] ?? ""
    const nth = (tries.get(id) ?? 0) + 1
    tries.set(id, nth)
    // Some receivers are not at home, the first time or twice.
    const n = lot(`receiver of ${id}`)
    if (nth <= (n < 10 ? 1 : 0) + (n < 3 ? 1 : 0))
      return n % 2 === 0 ? { _tag: "Trouble", trouble: "connection" } : status(503)
    const { data } = JSON.parse(body)
    told.push({ sendId: data.callId, result: data.result, billedMinutes: data.billedMinutes, receipt: data.receipt })
    return status(204)
  }

  return {
    placed,
    told,
    rung: () =>
      placed
        .filter((one) => ScriptedChannel.disturbed(one, clock.unsafeCurrentTimeMillis()))
        .map(({ call }) => call.id),
    handlers: (tell) => ({
      place: async (call: Call): Promise<Placing> => {
        const placing = Effect.runFork(
          Effect.withClock(
            Effect.either(channel.place(call, (event) => Effect.sync(() => tell(call.id, event)))),
            clock
          )
        )
        calls.set(call.id, placing)
        const exit = await Effect.runPromise(Fiber.await(placing))
        calls.delete(call.id)
        if (exit._tag === "Failure") return { placed: "unknown", detail: "hung up" }
        return Either.isRight(exit.value)
          ? undefined
          : { placed: exit.value.left.placed, detail: exit.value.left.detail }
      },
      hangUp: (id: string) => {
        const call = calls.get(id)
        if (call !== undefined) Effect.runFork(Fiber.interrupt(call))
      },
      fate: (id: string): Promise<CallFate> => run(channel.ask(id)),
      deliver
    })
  }
}

const status = (status: number): CallbackAnswer => ({ _tag: "Status", status, retryAfterMillis: undefined })
