/**
 * Adapter: a telephone network in this process, for tests, demonstrations and development. Its phones ring, answer,
 * listen, press keys and hang up, by a clock that tests can move; its channels fail when told to. The same seed gives
 * the same calls. The network outlives whoever places calls: a call whose connection is gone goes on.
 */
import {
  type Call,
  CallChannel,
  type CallEvent,
  type CallFailure,
  type CallFate,
  type Channel,
  ChannelFailure
} from "@vsms/core/dispatch/CallChannel"
import * as Discretion from "@vsms/core/Discretion"
import * as TelephoneWav from "@vsms/core/dispatch/TelephoneWav"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { type Behaviour, byTestNumber, type Choice, type Reaction } from "./Behaviour.ts"
import { CallBook, type CallDetail, type HeardCall } from "./CallBook.ts"
import { source } from "./Chance.ts"
import { ReportLine } from "./ReportLine.ts"
import * as Faults from "./Faults.ts"
import * as Recording from "./Recording.ts"

export type { CallDetail, HeardCall } from "./CallBook.ts"

/** What a channel of the network can do. */
export interface ChannelSettings {
  readonly faults?: Faults.Faults
  /** Calls that a channel carries at once; more are refused before they are placed. No limit if absent. */
  readonly maxConcurrent?: number
  /** Calls that a channel takes within any second; more are refused before they are placed. No limit if absent. */
  readonly callsPerSecond?: number
  /** Whether the channel can say what became of a call; it can if absent. */
  readonly remembers?: boolean
  /** Displayed numbers that it lets through; all, if absent. A call of another one fails as `callerBarred`. */
  readonly displays?: (display: string) => boolean
}

export interface NetworkOptions extends ChannelSettings {
  /** 1 if absent. */
  readonly seed?: number
  /** Test numbers (`testNumbers`) if absent. */
  readonly behaviour?: Choice
  /** Channels that differ from the others, by name. */
  readonly channels?: { readonly [name: string]: ChannelSettings }
  /** Calls that a phone takes at once: at one more it is busy. 1 if absent. */
  readonly linesPerPhone?: number
  /** How long the network looks for a phone before it says that it cannot be reached; 30 s if absent. */
  readonly longestSetUpMillis?: number
  /** Calls that are remembered, the latest; 100,000 if absent. */
  readonly callsKept?: number
  /** How much speech is kept that phones heard; 64 MiB if absent. */
  readonly recordingBytesKept?: number
  /** Told of each answered call when it is over. */
  readonly onHeard?: (call: HeardCall) => Effect.Effect<void>
}

/** A phone of the network. It keeps what it heard: personal data, as on any answering machine. */
export interface VirtualPhone {
  readonly number: string
  /** How often it was dialled: nobody's should ring twice for one send. */
  readonly dialled: Effect.Effect<number>
  /** The calls that it took, the earliest first. */
  readonly recordings: Effect.Effect<ReadonlyArray<HeardCall>>
  /** What it heard in a call, as a WAV file; `undefined` if it took no such call. */
  readonly wav: (callId: string) => Effect.Effect<Uint8Array | undefined>
}

export interface Network {
  /** A route into the network. All routes reach the same phones. */
  readonly channel: (name: string) => Channel
  readonly phone: (number: string) => VirtualPhone
  /** Breaks a route, or mends it. Calls that are up go on. */
  readonly setOutage: (name: string, broken: boolean) => Effect.Effect<void>
  /** Breaks the connections of the calls that are up on a route: whoever placed them hears no more of them. */
  readonly sever: (name: string) => Effect.Effect<void>
  /** How often a callee's phone was dialled: nobody's should ring twice for one send. */
  readonly dialled: (callee: string) => Effect.Effect<number>
  readonly callsInProgress: Effect.Effect<number>
  /** Every call as the network measured it, the earliest first: what a carrier would bill. */
  readonly details: Effect.Effect<ReadonlyArray<CallDetail>>
}

/** How a channel fares. */
interface Trunk {
  carrying: number
  /** When it took calls, of the last second. */
  readonly taken: Array<number>
  /** The connections of calls that are up. */
  readonly connections: Set<ReportLine>
}

export const make = (options: NetworkOptions = {}): Effect.Effect<Network, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { callsKept = 100_000, linesPerPhone = 1, longestSetUpMillis = 30_000, seed = 1 } = options
    const { recordingBytesKept = 64 * 1024 * 1024 } = options
    const choose = options.behaviour ?? byTestNumber
    const run = yield* FiberSet.makeRuntime()
    const began = yield* Clock.currentTimeMillis
    const book = new CallBook({ callsKept, recordingBytesKept })
    const outages = new Set<string>()
    const trunks = new Map<string, Trunk>()
    const linesInUse = new Map<string, number>()

    const trunkOf = (name: string): Trunk => {
      const known = trunks.get(name)
      if (known !== undefined) return known
      const trunk: Trunk = { carrying: 0, taken: [], connections: new Set() }
      trunks.set(name, trunk)
      return trunk
    }

    const lines = (callee: string, by: number): void => {
      const inUse = (linesInUse.get(callee) ?? 0) + by
      if (inUse > 0) linesInUse.set(callee, inUse)
      else linesInUse.delete(callee)
    }

    /** What the phone and the network do, with every event told. It ends in a known fate, also if it is interrupted. */
    const story = (call: Call, behaviour: Behaviour, isBarred: boolean, tell: (event: CallEvent) => void) =>
      Effect.gen(function* () {
        const { callee, id } = call
        const { earlyMediaMillis = 0, reaction, ringMillis, setUpMillis } = behaviour
        let answeredAt: number | undefined
        let isOver = false
        const failed = (failure: CallFailure) =>
          Effect.map(Clock.currentTimeMillis, (at) => {
            isOver = true
            book.note(id, { endedAt: at, failure })
            tell({ _tag: "Failed", at, failure })
          })
        const hungUp = (answer: number, voicemail: (Reaction & { _tag: "Answers" })["voicemail"]) =>
          Effect.flatMap(Clock.currentTimeMillis, (at) => {
            isOver = true
            book.note(id, { endedAt: at })
            const by = voicemail === undefined ? "person" : "voicemail"
            const heard = { answeredAt: answer, hungUpAt: at, by } as const
            book.heard(call, heard, Math.min(voicemail?.greetingMillis ?? 0, at - answer))
            const told = Effect.sync(() => tell({ _tag: "HungUp", at }))
            if (options.onHeard === undefined) return told
            // The recording is there before anybody is told that the call is over.
            return Effect.zipRight(options.onHeard(book.recording(id)!), told)
          })

        /** Waits, unless the caller loses patience: `false`. */
        let patience = call.ringTimeoutMillis
        const wait = (millis: number) =>
          Effect.suspend(() => {
            const inTime = millis <= patience
            const waited = Math.min(millis, patience)
            patience -= waited
            return Effect.as(pause(waited), inTime)
          })

        const life = Effect.gen(function* () {
          yield* pause(Math.min(setUpMillis, longestSetUpMillis))
          if (setUpMillis > longestSetUpMillis) return yield* failed("unreachable")
          if (isBarred) return yield* failed("callerBarred")
          if (!(yield* wait(earlyMediaMillis))) return yield* failed("noAnswer")
          if (ringMillis === undefined) return yield* failed(reaction._tag === "Fails" ? reaction.failure : "noAnswer")
          if ((linesInUse.get(callee) ?? 0) >= linesPerPhone) return yield* failed("busy")
          yield* Effect.acquireUseRelease(
            Effect.sync(() => lines(callee, 1)),
            () => ringing(ringMillis),
            () => Effect.sync(() => lines(callee, -1))
          )
        })

        const ringing = (ringMillis: number) =>
          Effect.gen(function* () {
            const rangAt = yield* Clock.currentTimeMillis
            book.note(id, { rangAt })
            tell({ _tag: "Ringing", at: rangAt })
            const taken = yield* wait(ringMillis)
            if (reaction._tag === "AnswersLate") {
              yield* failed("noAnswer")
              yield* Effect.sleep(reaction.afterMillis)
              const late = yield* Clock.currentTimeMillis
              book.note(id, { answeredAt: late, endedAt: late })
              return
            }
            if (!taken) return yield* failed("noAnswer")
            if (reaction._tag === "Fails") return yield* failed(reaction.failure)
            yield* talking(reaction)
          })

        const talking = ({ listensMillis, presses, voicemail }: Reaction & { _tag: "Answers" }) =>
          Effect.gen(function* () {
            const now = yield* Clock.currentTimeMillis
            answeredAt = now
            book.note(id, { answeredAt: now })
            tell({ _tag: "Answered", at: now })
            const length = Math.min(listensMillis ?? Recording.playMillis(call), call.longestCallMillis)
            let spent = 0
            for (const { afterMillis, key } of presses) {
              if (afterMillis > length) break
              yield* pause(afterMillis - spent)
              spent = afterMillis
              tell({ _tag: "KeyPressed", at: now + afterMillis, key })
            }
            yield* pause(length - spent)
            yield* hungUp(now, voicemail)
          })

        yield* Effect.onInterrupt(life, () =>
          // Whoever interrupts hangs up: the phone stops ringing, or the call ends where it is.
          Effect.suspend(() => {
            if (isOver) return Effect.void
            if (answeredAt === undefined) return failed("noAnswer")
            return hungUp(answeredAt, reaction._tag === "Answers" ? reaction.voicemail : undefined)
          })
        )
      })

    const channel = (name: string): Channel => {
      const settings = { ...options, ...options.channels?.[name] }
      const { callsPerSecond, displays, maxConcurrent, remembers = true } = settings
      const faults = settings.faults ?? Faults.none
      const trunk = trunkOf(name)
      const fail = (placed: "no" | "unknown", detail: string) => new ChannelFailure({ channel: name, placed, detail })
      const isOut = (now: number) => outages.has(name) || Faults.isOut(faults, seed, name, now - began)
      const down = (placed: "no" | "unknown") =>
        Effect.flatMap(Clock.currentTimeMillis, (now) => (isOut(now) ? fail(placed, "the route is down") : Effect.void))

      /** Why the channel does not take the call; `undefined` if it does. */
      const obstacle = (call: Call, lot: Faults.Lot, now: number): ChannelFailure | undefined => {
        while (trunk.taken.length > 0 && trunk.taken[0]! <= now - 1_000) trunk.taken.shift()
        if (book.knows(call.id)) return fail("unknown", "this call was placed before")
        if (book.isDisowned(call.id)) return fail("no", "this call was said to be never placed")
        if (isOut(now)) return fail("no", "the route is down")
        if (maxConcurrent !== undefined && trunk.carrying >= maxConcurrent) return fail("no", "all lines are taken")
        if (callsPerSecond !== undefined && trunk.taken.length >= callsPerSecond) return fail("no", "too many calls")
        return lot.refused ? fail("no", "the route refused the call") : undefined
      }

      /** Begins a call, in a fiber of the network's own. */
      const begin = (call: Call, lot: Faults.Lot, now: number) => {
        const connection = new ReportLine()
        const random = source(seed, `${call.id}/reports`)
        let held: CallEvent | undefined
        let told = 0
        const tell = (event: CallEvent): void => {
          if (lot.mute) return
          const isLast = event._tag === "HungUp" || event._tag === "Failed"
          // A call that is over sooner breaks at its end: what was to be severed is severed.
          if (lot.severedAt !== undefined && (isLast || told++ >= lot.severedAt)) return connection.sever()
          const result = Faults.deliver(faults, event, held, random)
          held = result.held
          for (const one of result.arrive) connection.offer({ event: one, lateMillis: result.lateMillis })
          if (!isLast) return
          if (held !== undefined) connection.offer({ event: held, lateMillis: 0 })
          connection.close()
        }
        book.placed(call, name, now)
        trunk.carrying++
        trunk.taken.push(now)
        trunk.connections.add(connection)
        const behaviour = choose(call.callee, source(seed, `${call.id}/callee`))
        const isBarred = displays !== undefined && !displays(call.display)
        const over = (exit: Exit.Exit<void>): Effect.Effect<void> => {
          trunk.carrying--
          trunk.connections.delete(connection)
          if (Exit.isSuccess(exit) || Exit.isInterrupted(exit)) return Effect.void
          // Who placed the call is not to wait for a phone that broke.
          connection.sever()
          return Effect.logError("a simulated phone has a defect", Discretion.ofCause(exit.cause))
        }
        const fiber = run(Effect.onExit(story(call, behaviour, isBarred, tell), over))
        return { connection, fiber }
      }

      const handOver = (
        connection: ReportLine,
        report: (event: CallEvent) => Effect.Effect<void>
      ): Effect.Effect<void, ChannelFailure> =>
        Effect.flatMap(connection.next, (delivery) => {
          switch (delivery) {
            case "closed":
              return Effect.void
            case "severed":
              return fail("unknown", "the connection broke")
            default:
              return Effect.zipRight(report(delivery), handOver(connection, report))
          }
        })

      return {
        name,
        capabilities: { codecs: ["alaw", "mulaw"], keyPresses: true, remembers },
        place: (call, report) =>
          // From the first ring to the one who can hang up, nothing may come between.
          Effect.uninterruptibleMask((restore) =>
            Effect.flatMap(Clock.currentTimeMillis, (now) => {
              const lot = Faults.drawn(faults, source(seed, `${call.id}/lot`))
              const failure = obstacle(call, lot, now)
              if (failure !== undefined) return failure
              const { connection, fiber } = begin(call, lot, now)
              return Effect.onInterrupt(restore(handOver(connection, report)), () => Fiber.interrupt(fiber))
            })
          ),
        ask: (id) => Effect.map(down("unknown"), (): CallFate => (remembers ? book.fate(id) : { _tag: "Unknown" })),
        probe: down("no")
      }
    }

    return {
      channel,
      phone: (number) => ({
        number,
        dialled: Effect.sync(() => book.dialled(number)),
        recordings: Effect.sync(() => book.recordings(number)),
        wav: (callId) =>
          Effect.sync(() => {
            const heard = book.recording(callId)
            return heard?.callee === number ? TelephoneWav.write(heard.audio) : undefined
          })
      }),
      setOutage: (name, broken) => Effect.sync(() => void (broken ? outages.add(name) : outages.delete(name))),
      sever: (name) =>
        Effect.sync(() => {
          for (const connection of trunkOf(name).connections) connection.sever()
        }),
      dialled: (callee) => Effect.sync(() => book.dialled(callee)),
      callsInProgress: Effect.sync(() => [...trunks.values()].reduce((sum, { carrying }) => sum + carrying, 0)),
      details: Effect.sync(() => book.all)
    }
  })

/** One channel into a network of its own. */
export const layer = (options: NetworkOptions = {}): Layer.Layer<CallChannel> =>
  Layer.scoped(
    CallChannel,
    Effect.map(make(options), (network) => network.channel("simulated"))
  )

/** No time is no step of the event loop either. */
const pause = (millis: number): Effect.Effect<void> => (millis > 0 ? Effect.sleep(millis) : Effect.void)
