/**
 * Adapter: a telephone network in this process, for tests, demonstrations and development. Its phones ring, answer,
 * listen, press keys and hang up, by a clock that tests can move; its channels fail when told to. The same seed gives
 * the same calls.
 */
import {
  CallChannel,
  type Call,
  type CallEvent,
  type CallFate,
  type Channel,
  ChannelFailure
} from "@vsms/core/dispatch/CallChannel"
import type { TelephoneAudio } from "@vsms/core/dispatch/TelephoneCodec"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type Behaviour, byTestNumber, type Choice } from "./Behaviour.ts"
import * as Faults from "./Faults.ts"
import * as Recording from "./Recording.ts"

/** A call as the phone knew it. */
export interface HeardCall {
  readonly callId: string
  readonly display: string
  readonly answeredAt: number
  readonly hungUpAt: number
  readonly audio: TelephoneAudio
}

export interface NetworkOptions {
  readonly seed?: number
  readonly behaviour?: Choice
  readonly faults?: Faults.Faults
  /** Calls that a channel carries at once; more are refused before they are placed. */
  readonly maxConcurrent?: number
  /** Told of each answered call when it is over. */
  readonly onHeard?: (call: HeardCall) => Effect.Effect<void>
}

export interface Network {
  /** A route into the network. All routes reach the same phones. */
  readonly channel: (name: string) => Channel
  /** Breaks a route, or mends it. Calls that are up go on. */
  readonly setOutage: (name: string, broken: boolean) => Effect.Effect<void>
  /** How often a callee's phone was dialled: nobody's should ring twice for one send. */
  readonly dialled: (callee: string) => Effect.Effect<number>
  readonly callsInProgress: Effect.Effect<number>
}

export const make = (options: NetworkOptions = {}): Network => {
  const choose = options.behaviour ?? byTestNumber
  const faults = options.faults ?? Faults.none
  const limit = options.maxConcurrent ?? Number.POSITIVE_INFINITY
  const fates = new Map<string, CallFate>()
  /** Ids of which it was said that they were never placed: they never will be. */
  const disowned = new Set<string>()
  const dials = new Map<string, number>()
  const outages = new Set<string>()
  const busy = new Map<string, number>()
  let inProgress = 0

  /** What the phone and the network do, with every event reported to `tell`. Always ends in a known fate. */
  const live = (call: Call, behaviour: Behaviour, tell: (event: CallEvent) => Effect.Effect<void>) => {
    let answeredAt: number | undefined
    const failed = (at: number, failure: Extract<CallFate, { _tag: "Failed" }>["failure"]) => {
      fates.set(call.id, { _tag: "Failed", at, failure })
      return tell({ _tag: "Failed", at, failure })
    }
    const hungUp = (answer: number, at: number) =>
      Effect.gen(function* () {
        fates.set(call.id, { _tag: "Completed", answeredAt: answer, hungUpAt: at })
        if (options.onHeard !== undefined) {
          const audio = Recording.heard(call, at - answer)
          yield* options.onHeard({ callId: call.id, display: call.display, answeredAt: answer, hungUpAt: at, audio })
        }
      })

    return Effect.gen(function* () {
      yield* Effect.sleep(behaviour.setUpMillis)
      if (behaviour.ringMillis !== undefined) {
        yield* tell({ _tag: "Ringing", at: yield* Clock.currentTimeMillis })
        const unheard = behaviour.ringMillis > call.ringTimeoutMillis
        yield* Effect.sleep(Math.min(behaviour.ringMillis, call.ringTimeoutMillis))
        if (unheard) return yield* failed(yield* Clock.currentTimeMillis, "noAnswer")
      }
      const { reaction } = behaviour
      const now = yield* Clock.currentTimeMillis
      if (reaction._tag === "Fails") return yield* failed(now, reaction.failure)
      answeredAt = now
      yield* tell({ _tag: "Answered", at: now })
      const listens = reaction.listensMillis ?? Recording.playMillis(call)
      const length = Math.min(listens, call.longestCallMillis)
      let spent = 0
      for (const { afterMillis, key } of reaction.presses) {
        if (afterMillis > length) break
        yield* Effect.sleep(afterMillis - spent)
        spent = afterMillis
        yield* tell({ _tag: "KeyPressed", at: now + afterMillis, key })
      }
      yield* Effect.sleep(length - spent)
      const over = yield* Clock.currentTimeMillis
      yield* hungUp(now, over)
      yield* tell({ _tag: "HungUp", at: over })
    }).pipe(
      // Whoever interrupts hangs up: the phone stops ringing, or the call ends where it is.
      Effect.onInterrupt(() =>
        Effect.flatMap(Clock.currentTimeMillis, (at) =>
          answeredAt === undefined
            ? Effect.sync(() => fates.set(call.id, { _tag: "Failed", at, failure: "noAnswer" }))
            : hungUp(answeredAt, at)
        )
      )
    )
  }

  const channel = (name: string): Channel => {
    const fail = (placed: "no" | "unknown", detail: string) => new ChannelFailure({ channel: name, placed, detail })
    const carrying = () => busy.get(name) ?? 0
    const count = (by: number) =>
      Effect.sync(() => {
        inProgress += by
        busy.set(name, carrying() + by)
      })

    return {
      name,
      capabilities: { codecs: ["alaw", "mulaw"], keyPresses: true, remembers: true },
      place: (call, report) =>
        Effect.suspend(() => {
          const random = source(options.seed ?? 1, call.id)
          if (fates.has(call.id)) return Effect.fail(fail("unknown", "this call was placed before"))
          if (disowned.has(call.id)) return Effect.fail(fail("no", "this call was said to be never placed"))
          if (outages.has(name)) return Effect.fail(fail("no", "the route is down"))
          if (carrying() >= limit) return Effect.fail(fail("no", "all lines are taken"))
          if (random() * 100 < faults.refusedPercent) return Effect.fail(fail("no", "the route refused the call"))
          fates.set(call.id, { _tag: "InProgress" })
          dials.set(call.callee, (dials.get(call.callee) ?? 0) + 1)
          const severed = random() * 100 < faults.severedPercent
          let held: CallEvent | undefined
          const tell = (event: CallEvent) =>
            Effect.suspend(() => {
              if (severed) return Effect.void
              const result = Faults.deliver(faults, event, held, random)
              held = result.held
              const last = event._tag === "HungUp" || event._tag === "Failed"
              const arriving = last && held !== undefined ? [...result.arrive, held] : result.arrive
              return Effect.forEach(arriving, report, { discard: true })
            })
          const talk = live(call, choose(call.callee, random), tell)
          return Effect.acquireUseRelease(
            count(1),
            () => (severed ? Effect.zipRight(talk, Effect.fail(fail("unknown", "the connection broke"))) : talk),
            () => count(-1)
          )
        }),
      ask: (id) =>
        outages.has(name)
          ? Effect.fail(fail("unknown", "the route is down"))
          : Effect.sync(() => {
              const fate = fates.get(id)
              if (fate === undefined) disowned.add(id)
              return fate ?? { _tag: "NeverPlaced" }
            }),
      probe: Effect.suspend(() => (outages.has(name) ? Effect.fail(fail("no", "the route is down")) : Effect.void))
    }
  }

  return {
    channel,
    setOutage: (name, broken) => Effect.sync(() => void (broken ? outages.add(name) : outages.delete(name))),
    dialled: (callee) => Effect.sync(() => dials.get(callee) ?? 0),
    callsInProgress: Effect.sync(() => inProgress)
  }
}

/** One channel into a network of its own. */
export const layer = (options: NetworkOptions = {}): Layer.Layer<CallChannel> =>
  Layer.sync(CallChannel, () => make(options).channel("simulated"))

/** Numbers in [0, 1) that depend on the seed and the call alone (mulberry32 over an FNV-1a hash of the id). */
const source = (seed: number, callId: string): (() => number) => {
  let state = 0x811c9dc5 ^ seed
  for (let i = 0; i < callId.length; i++) state = Math.imul(state ^ callId.charCodeAt(i), 0x01000193)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
