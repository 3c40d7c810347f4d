import { describe, expect, it } from "@effect/vitest"
import type { Call, CallEvent } from "@vsms/core/dispatch/CallChannel"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import * as TestContext from "effect/TestContext"
import { answers, type Behaviour, population, ringsThenFails, testNumbers } from "../../src/simulated/Behaviour.ts"
import * as Faults from "../../src/simulated/Faults.ts"
import { type HeardCall, make, type NetworkOptions } from "../../src/simulated/SimulatedNetwork.ts"

const speech = Uint8Array.from({ length: 16_000 }, (_, i) => i % 251)

const call = (id: string, over: Partial<Call> = {}): Call => ({
  id,
  callee: "+8613800138000",
  display: "075500000001",
  audio: { codec: "alaw", payload: speech },
  plays: 2,
  ringTimeoutMillis: 60_000,
  longestCallMillis: 180_000,
  ...over
})

/** Places one call and moves the clock until it is over. */
const place = (options: NetworkOptions, wanted: Call) =>
  Effect.gen(function* () {
    const heard: Array<HeardCall> = []
    const network = make({ ...options, onHeard: (one) => Effect.sync(() => void heard.push(one)) })
    const channel = network.channel("a")
    const events: Array<CallEvent> = []
    const fiber = yield* Effect.fork(channel.place(wanted, (event) => Effect.sync(() => void events.push(event))))
    yield* TestClock.adjust(Duration.minutes(10))
    const exit = yield* Fiber.await(fiber)
    return { events, exit, heard, network, channel, fate: yield* channel.ask(wanted.id) }
  })

describe("SimulatedNetwork", () => {
  it.effect("SND-5: the phone hears the audio as often as it is played, and the call ends with it", () =>
    Effect.gen(function* () {
      const { events, fate, heard } = yield* place({}, call("1"))
      expect(events).toEqual([
        { _tag: "Ringing", at: 300 },
        { _tag: "Answered", at: 2_800 },
        { _tag: "HungUp", at: 2_800 + 2_000 + 1_000 + 2_000 }
      ])
      expect(fate).toEqual({ _tag: "Completed", answeredAt: 2_800, hungUpAt: 7_800 })
      const { payload } = heard[0]!.audio
      expect(payload.length).toBe(40_000)
      expect(payload.subarray(0, 16_000)).toEqual(speech)
      expect(new Set(payload.subarray(16_000, 24_000))).toEqual(new Set([0xd5]))
      expect(payload.subarray(24_000)).toEqual(speech)
    })
  )

  it.effect.each([0, 400, 2_500])(
    "SND-5: between two plays there are %d ms of silence where the call says so",
    (pauseMillis) =>
      Effect.gen(function* () {
        const { events, heard } = yield* place({}, call("1", { pauseMillis }))
        expect(events.at(-1)).toEqual({ _tag: "HungUp", at: 2_800 + 2_000 + pauseMillis + 2_000 })
        const { payload } = heard[0]!.audio
        const gap = pauseMillis * 8
        expect(payload.length).toBe(32_000 + gap)
        expect(payload.subarray(16_000, 16_000 + gap).every((byte) => byte === 0xd5)).toBe(true)
        expect(payload.subarray(16_000 + gap)).toEqual(speech)
      })
  )

  it.effect("BAL-4: no call outlasts the longest call allowed, however long the speech is", () =>
    Effect.gen(function* () {
      const { events, heard } = yield* place({}, call("1", { plays: 3, longestCallMillis: 3_000 }))
      expect(events.at(-1)).toEqual({ _tag: "HungUp", at: 5_800 })
      expect(heard[0]!.audio.payload.length).toBe(24_000)
    })
  )

  it.effect("SND-6: each test number ends as its table says", () =>
    Effect.gen(function* () {
      for (const [digits, behaviour] of testNumbers) {
        const { events, fate } = yield* place({}, call(digits, { callee: `+861380013${digits}` }))
        const last = events.at(-1)!
        if (behaviour.reaction._tag === "Fails") {
          expect(last).toMatchObject({ _tag: "Failed", failure: behaviour.reaction.failure })
          expect(fate).toMatchObject({ _tag: "Failed", failure: behaviour.reaction.failure })
        } else expect(last._tag).toBe("HungUp")
      }
    })
  )

  it.effect("SND-6: a phone that nobody picks up rings until the caller gives up", () =>
    Effect.gen(function* () {
      const { events } = yield* place({ behaviour: () => ringsThenFails("rejected", 90_000) }, call("1"))
      expect(events.at(-1)).toEqual({ _tag: "Failed", at: 60_300, failure: "noAnswer" })
    })
  )

  it.effect("keys are reported while the call lasts, and not after", () =>
    Effect.gen(function* () {
      const presses = [
        { afterMillis: 100, key: "1" },
        { afterMillis: 99_000, key: "2" }
      ]
      const { events } = yield* place({ behaviour: () => answers({ presses }) }, call("1"))
      expect(events.filter((event) => event._tag === "KeyPressed")).toEqual([
        { _tag: "KeyPressed", at: 2_900, key: "1" }
      ])
    })
  )

  it.effect("SND-10: an id that was placed once is never placed again, and its phone rings once", () =>
    Effect.gen(function* () {
      const { channel, network } = yield* place({}, call("1"))
      const again = yield* Effect.flip(channel.place(call("1"), () => Effect.void))
      expect(again.placed).toBe("unknown")
      expect(yield* network.dialled("+8613800138000")).toBe(1)
    })
  )

  it.effect("SND-9: a broken route says that nothing was placed; the other route still works", () =>
    Effect.gen(function* () {
      const network = make()
      yield* network.setOutage("a", true)
      const failure = yield* Effect.flip(network.channel("a").place(call("1"), () => Effect.void))
      expect(failure.placed).toBe("no")
      expect(Exit.isFailure(yield* Effect.exit(network.channel("a").probe))).toBe(true)
      expect(yield* network.dialled("+8613800138000")).toBe(0)
      yield* network.channel("b").probe
      const fiber = yield* Effect.fork(network.channel("b").place(call("1"), () => Effect.void))
      yield* TestClock.adjust(Duration.minutes(1))
      yield* Fiber.join(fiber)
      expect(yield* network.dialled("+8613800138000")).toBe(1)
    })
  )

  it.effect("SND-9: a channel with all lines taken refuses before placing, and takes calls again when one ends", () =>
    Effect.gen(function* () {
      const channel = make({ maxConcurrent: 1 }).channel("a")
      const first = yield* Effect.fork(channel.place(call("1"), () => Effect.void))
      yield* TestClock.adjust(Duration.seconds(1))
      expect((yield* Effect.flip(channel.place(call("2"), () => Effect.void))).placed).toBe("no")
      yield* TestClock.adjust(Duration.minutes(1))
      yield* Fiber.join(first)
      const second = yield* Effect.fork(channel.place(call("2"), () => Effect.void))
      yield* TestClock.adjust(Duration.minutes(1))
      yield* Fiber.join(second)
    })
  )

  it.effect("interrupting hangs up: the recording ends there, and the fate is known", () =>
    Effect.gen(function* () {
      const heard: Array<HeardCall> = []
      const network = make({ onHeard: (one) => Effect.sync(() => void heard.push(one)) })
      const channel = network.channel("a")
      const fiber = yield* Effect.fork(channel.place(call("1"), () => Effect.void))
      yield* TestClock.adjust(Duration.millis(2_800 + 500))
      yield* Fiber.interrupt(fiber)
      expect(yield* channel.ask("1")).toEqual({ _tag: "Completed", answeredAt: 2_800, hungUpAt: 3_300 })
      expect(heard[0]!.audio.payload.length).toBe(4_000)
      expect(yield* network.callsInProgress).toBe(0)
    })
  )

  it.effect("SND-10: a severed call fails as unknown, and can be asked after", () =>
    Effect.gen(function* () {
      const { events, exit, fate } = yield* place({ faults: { ...Faults.none, severedPercent: 100 } }, call("1"))
      expect(events).toEqual([])
      expect(Exit.isFailure(exit)).toBe(true)
      expect(fate._tag).toBe("Completed")
    })
  )

  it("SND-6: faults lose, double and swap reports, invent none, and repeat with the seed", async () => {
    const mix: ReadonlyArray<readonly [number, Behaviour]> = [
      [6, answers({ presses: [{ afterMillis: 10, key: "1" }] })],
      [1, ringsThenFails("busy", 1_000)]
    ]
    const faults = { ...Faults.none, lostPercent: 20, doubledPercent: 20, reorderedPercent: 30 }
    const story = (seed: number, faulty: boolean) =>
      Effect.runPromise(
        place({ seed, behaviour: population(mix), faults: faulty ? faults : Faults.none }, call(`call${seed}`)).pipe(
          Effect.map(({ events }) => events),
          Effect.provide(TestContext.TestContext)
        )
      )
    const seen = new Set<string>()
    await FastCheck.assert(
      FastCheck.asyncProperty(FastCheck.nat(), async (seed) => {
        const [faulty, again] = [await story(seed, true), await story(seed, true)]
        expect(again).toEqual(faulty)
        const tags = faulty.map((event) => event._tag)
        expect(await story(seed, false)).toEqual(expect.arrayContaining(faulty))
        if (new Set(tags).size < tags.length) seen.add("doubled")
        if (faulty.some((event, i) => i > 0 && event.at < faulty[i - 1]!.at)) seen.add("swapped")
        if (!tags.includes("HungUp") && !tags.includes("Failed")) seen.add("lost")
      })
    )
    expect(seen).toEqual(new Set(["doubled", "swapped", "lost"]))
  })
})
