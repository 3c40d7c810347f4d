import { describe, expect, it } from "@effect/vitest"
import type { Call, CallEvent } from "@vsms/core/dispatch/CallChannel"
import { Simulation } from "@vsms/core/testing/Simulation"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import type * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import {
  announces,
  answers,
  answersLate,
  type Behaviour,
  everyday,
  failsAtOnce,
  population,
  ringsThenFails,
  testNumbers,
  voicemail
} from "../../src/simulated/Behaviour.ts"
import * as Faults from "../../src/simulated/Faults.ts"
import { make, type Network, type NetworkOptions } from "../../src/simulated/SimulatedNetwork.ts"

const speech = Uint8Array.from({ length: 16_000 }, (_, i) => i % 251)

const someone = "+8613800138000"

const call = (id: string, over: Partial<Call> = {}): Call => ({
  id,
  callee: someone,
  display: "075500000001",
  audio: { codec: "alaw", payload: speech },
  plays: 2,
  ringTimeoutMillis: 60_000,
  longestCallMillis: 180_000,
  ...over
})

/** A call that is under way. */
const begin = (network: Network, wanted: Call, channel = "a") =>
  Effect.gen(function* () {
    const events: Array<CallEvent> = []
    const report = (event: CallEvent) => Effect.sync(() => void events.push(event))
    return { events, fiber: yield* Effect.fork(network.channel(channel).place(wanted, report)) }
  })

/** Places one call and moves the clock until it is over. */
const place = (options: NetworkOptions, wanted: Call) =>
  Effect.gen(function* () {
    const network = yield* make(options)
    const { events, fiber } = yield* begin(network, wanted)
    yield* TestClock.adjust(Duration.minutes(10))
    const exit = yield* Fiber.poll(fiber)
    const channel = network.channel("a")
    const heard = yield* network.phone(wanted.callee).recordings
    const [detail] = yield* network.details
    return { events, exit, heard, network, channel, detail, fate: yield* channel.ask(wanted.id) }
  })

/** Runs it in a world of its own, in which an hour passes at once. */
const live = <A>(effect: Effect.Effect<A, unknown, Scope.Scope>): A => {
  const world = new Simulation()
  const process = world.spawn(Effect.scoped(effect))
  world.pass(3_600_000)
  const { exit } = process
  if (exit === undefined) throw new Error("it hangs")
  if (Exit.isFailure(exit)) throw Cause.squash(exit.cause)
  return exit.value
}

const behaving = (behaviour: Behaviour, wanted = call("1")) => place({ behaviour: () => behaviour }, wanted)

describe("SimulatedNetwork", () => {
  it.scoped("SND-5: the phone hears the audio as often as it is played, and the call ends with it", () =>
    Effect.gen(function* () {
      const { detail, events, fate, heard } = yield* place({}, call("1"))
      expect(events).toEqual([
        { _tag: "Ringing", at: 300 },
        { _tag: "Answered", at: 2_800 },
        { _tag: "HungUp", at: 2_800 + 2_000 + 1_000 + 2_000 }
      ])
      expect(fate).toEqual({ _tag: "Completed", answeredAt: 2_800, hungUpAt: 7_800 })
      expect(detail).toMatchObject({ channel: "a", placedAt: 0, rangAt: 300, answeredAt: 2_800, endedAt: 7_800 })
      const { payload } = heard[0]!.audio
      expect(payload.length).toBe(40_000)
      expect(payload.subarray(0, 16_000)).toEqual(speech)
      expect(new Set(payload.subarray(16_000, 24_000))).toEqual(new Set([0xd5]))
      expect(payload.subarray(24_000)).toEqual(speech)
    })
  )

  it.scoped.each([0, 400, 2_500])(
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

  it.scoped("BAL-4: no call outlasts the longest call allowed, however long the speech is", () =>
    Effect.gen(function* () {
      const { events, heard } = yield* place({}, call("1", { plays: 3, longestCallMillis: 3_000 }))
      expect(events.at(-1)).toEqual({ _tag: "HungUp", at: 5_800 })
      expect(heard[0]!.audio.payload.length).toBe(24_000)
    })
  )

  it.scoped("SND-6: each test number ends as its table says", () =>
    Effect.gen(function* () {
      for (const [digits, { reaction, setUpMillis }] of testNumbers) {
        const { events, fate } = yield* place({}, call(digits, { callee: `+861380013${digits}` }))
        const last = events.at(-1)!
        const failure =
          reaction._tag === "Fails"
            ? reaction.failure
            : reaction._tag === "AnswersLate"
              ? "noAnswer"
              : setUpMillis > 30_000
                ? "unreachable"
                : undefined
        if (failure === undefined) expect(last._tag).toBe("HungUp")
        else {
          expect(last).toMatchObject({ _tag: "Failed", failure })
          expect(fate).toMatchObject({ _tag: "Failed", failure })
        }
      }
    })
  )

  it.scoped("SND-6: a phone that nobody picks up rings until the caller gives up", () =>
    Effect.gen(function* () {
      const { events } = yield* behaving(ringsThenFails("rejected", 90_000))
      expect(events.at(-1)).toEqual({ _tag: "Failed", at: 60_300, failure: "noAnswer" })
    })
  )

  it.scoped("SND-5: a machine that picks up keeps what comes after its greeting, and is an answer like any other", () =>
    Effect.gen(function* () {
      const { events, heard } = yield* behaving(
        voicemail({ ringMillis: 5_000, greetingMillis: 1_000, longestMillis: 3_000 })
      )
      expect(events.at(-1)).toEqual({ _tag: "HungUp", at: 300 + 5_000 + 4_000 })
      expect(heard).toMatchObject([{ by: "voicemail", answeredAt: 5_300, hungUpAt: 9_300 }])
      const { payload } = heard[0]!.audio
      expect(payload.length).toBe(3_000 * 8)
      expect(payload.subarray(0, 8_000)).toEqual(speech.subarray(8_000))
      expect(payload.subarray(8_000, 16_000).every((byte) => byte === 0xd5)).toBe(true)
      expect(payload.subarray(16_000)).toEqual(speech.subarray(0, 8_000))
    })
  )

  it.scoped("SND-6: picked up after the caller gave up, it is no answer to him; the carrier has counted one", () =>
    Effect.gen(function* () {
      const { detail, events, fate, heard } = yield* behaving(answersLate(150))
      expect(events.at(-1)).toEqual({ _tag: "Failed", at: 60_300, failure: "noAnswer" })
      expect(fate).toMatchObject({ _tag: "Failed", failure: "noAnswer" })
      expect(detail).toMatchObject({ answeredAt: 60_450, endedAt: 60_450, failure: "noAnswer" })
      expect(heard).toEqual([])
    })
  )

  it.scoped("SND-6: an announcement before the answer is no answer, and no ring", () =>
    Effect.gen(function* () {
      const { detail, events, heard } = yield* behaving(announces("busy", 6_000))
      expect(events).toEqual([{ _tag: "Failed", at: 6_300, failure: "busy" }])
      expect(detail?.answeredAt).toBeUndefined()
      expect(heard).toEqual([])
      // Music, then a ring, then an answer; patience is counted from the music on.
      const musical = { ...answers({ ringMillis: 4_000 }), earlyMediaMillis: 5_000 }
      expect((yield* behaving(musical)).events[1]).toEqual({ _tag: "Answered", at: 600_000 + 9_300 })
      const impatient = yield* behaving(musical, call("1", { ringTimeoutMillis: 7_000 }))
      expect(impatient.events.at(-1)).toEqual({ _tag: "Failed", at: 1_200_000 + 7_300, failure: "noAnswer" })
    })
  )

  it.scoped("SND-6: set-up may be slow, and is given up when it is too slow", () =>
    Effect.gen(function* () {
      const slow = yield* behaving(answers({ setUpMillis: 25_000, ringMillis: 1_000 }))
      expect(slow.events[1]).toEqual({ _tag: "Answered", at: 26_000 })
      const given = yield* behaving(answers({ setUpMillis: 31_000 }))
      expect(given.events).toEqual([{ _tag: "Failed", at: 630_000, failure: "unreachable" }])
    })
  )

  it.scoped("SND-6: who is talking is busy for the next one, unless his phone has more lines", () =>
    Effect.gen(function* () {
      for (const linesPerPhone of [1, 2]) {
        const network = yield* make({ linesPerPhone })
        const first = yield* begin(network, call("1"))
        yield* TestClock.adjust("3 seconds")
        const second = yield* begin(network, call("2"), "b")
        yield* TestClock.adjust("1 minute")
        yield* Fiber.join(first.fiber)
        yield* Fiber.join(second.fiber)
        expect(first.events.at(-1)?._tag).toBe("HungUp")
        expect(second.events.at(-1)).toMatchObject(
          linesPerPhone === 1 ? { _tag: "Failed", failure: "busy" } : { _tag: "HungUp" }
        )
        const third = yield* begin(network, call("3"))
        yield* TestClock.adjust("1 minute")
        expect(third.events.at(-1)?._tag).toBe("HungUp")
      }
    })
  )

  it.scoped("SND-4: a displayed number that the route does not let through fails the call as the caller's doing", () =>
    Effect.gen(function* () {
      const displays = (display: string) => display === "075500000002"
      const refused = yield* place({ displays }, call("1"))
      expect(refused.events).toMatchObject([{ _tag: "Failed", failure: "callerBarred" }])
      const passed = yield* place({ displays }, call("1", { display: "075500000002" }))
      expect(passed.events.at(-1)?._tag).toBe("HungUp")
    })
  )

  it.scoped("keys are reported while the call lasts, and not after", () =>
    Effect.gen(function* () {
      const presses = [
        { afterMillis: 100, key: "1" },
        { afterMillis: 99_000, key: "2" }
      ]
      const { events } = yield* behaving(answers({ presses }))
      expect(events.filter((event) => event._tag === "KeyPressed")).toEqual([
        { _tag: "KeyPressed", at: 2_900, key: "1" }
      ])
    })
  )

  it.scoped("SND-10: an id that was placed once is never placed again, and its phone rings once", () =>
    Effect.gen(function* () {
      const { channel, network } = yield* place({}, call("1"))
      const again = yield* Effect.flip(channel.place(call("1"), () => Effect.void))
      expect(again.placed).toBe("unknown")
      expect(yield* network.dialled(someone)).toBe(1)
      expect(yield* network.phone(someone).dialled).toBe(1)
    })
  )

  it.scoped("SND-9: a broken route says that nothing was placed; the other route still works", () =>
    Effect.gen(function* () {
      const network = yield* make()
      yield* network.setOutage("a", true)
      const failure = yield* Effect.flip(network.channel("a").place(call("1"), () => Effect.void))
      expect(failure.placed).toBe("no")
      expect(Exit.isFailure(yield* Effect.exit(network.channel("a").probe))).toBe(true)
      expect(yield* network.dialled(someone)).toBe(0)
      yield* network.channel("b").probe
      const { fiber } = yield* begin(network, call("1"), "b")
      yield* TestClock.adjust(Duration.minutes(1))
      yield* Fiber.join(fiber)
      expect(yield* network.dialled(someone)).toBe(1)
    })
  )

  it.scoped("SND-9: a channel with all lines taken refuses before placing, and takes calls again when one ends", () =>
    Effect.gen(function* () {
      const network = yield* make({ channels: { a: { maxConcurrent: 1 } } })
      const first = yield* begin(network, call("1"))
      yield* TestClock.adjust(Duration.seconds(1))
      const channel = network.channel("a")
      const other = { callee: "+8613800138001" }
      expect((yield* Effect.flip(channel.place(call("2", other), () => Effect.void))).placed).toBe("no")
      yield* begin(network, call("3", other), "b")
      yield* Effect.yieldNow()
      expect(yield* network.callsInProgress).toBe(2)
      yield* TestClock.adjust(Duration.minutes(1))
      yield* Fiber.join(first.fiber)
      const second = yield* begin(network, call("2", other))
      yield* TestClock.adjust(Duration.minutes(1))
      yield* Fiber.join(second.fiber)
      expect(yield* network.callsInProgress).toBe(0)
    })
  )

  it.scoped("SND-9: a channel takes so many calls in any second, and refuses the next before placing it", () =>
    Effect.gen(function* () {
      const network = yield* make({ callsPerSecond: 2, behaviour: () => failsAtOnce("busy") })
      const outcome = (id: string) =>
        Effect.gen(function* () {
          const { fiber } = yield* begin(network, call(id))
          yield* TestClock.adjust(400)
          const exit = yield* Fiber.await(fiber)
          return Exit.isSuccess(exit) ? "taken" : exit.cause._tag === "Fail" ? exit.cause.error.placed : "died"
        })
      const outcomes = yield* Effect.forEach(["1", "2", "3", "4", "5", "6"], outcome)
      expect(outcomes).toEqual(["taken", "taken", "no", "taken", "taken", "no"])
    })
  )

  it.scoped("interrupting hangs up: the recording ends there, and the fate is known", () =>
    Effect.gen(function* () {
      const network = yield* make()
      const { fiber } = yield* begin(network, call("1"))
      yield* TestClock.adjust(Duration.millis(2_800 + 500))
      yield* Fiber.interrupt(fiber)
      expect(yield* network.channel("a").ask("1")).toEqual({ _tag: "Completed", answeredAt: 2_800, hungUpAt: 3_300 })
      const [heard] = yield* network.phone(someone).recordings
      expect(heard!.audio.payload.length).toBe(4_000)
      expect(yield* network.callsInProgress).toBe(0)
    })
  )

  it.scoped("SND-10: a call whose connection breaks goes on; it fails as unknown, and can be asked after", () =>
    Effect.gen(function* () {
      for (let seed = 0; seed < 20; seed++) {
        const { events, exit, fate, heard } = yield* place(
          { seed, faults: { ...Faults.none, severedPercent: 100 } },
          call("1")
        )
        expect(events.length).toBeLessThan(3)
        expect(exit).toMatchObject({ value: { cause: { error: { placed: "unknown" } } } })
        expect(fate._tag).toBe("Completed")
        expect(heard[0]!.audio.payload.length).toBe(40_000)
      }
    })
  )

  it.scoped("SND-10: a phone that breaks takes its connection along: nobody waits for it for ever", () =>
    Effect.gen(function* () {
      const { events, exit, fate } = yield* place({ onHeard: () => Effect.die("no room") }, call("1"))
      expect(events.map(({ _tag }) => _tag)).toEqual(["Ringing", "Answered"])
      expect(exit).toMatchObject({ value: { cause: { error: { placed: "unknown" } } } })
      expect(fate._tag).toBe("Completed")
    }).pipe(Effect.provide(Logger.remove(Logger.defaultLogger)))
  )

  it.scoped("SND-10: a mute channel reports nothing and does not end; who lets go of it hangs up", () =>
    Effect.gen(function* () {
      const { detail, events, exit, fate } = yield* place({ faults: { ...Faults.none, mutePercent: 100 } }, call("1"))
      expect([events, exit._tag, fate._tag, detail?.endedAt]).toEqual([[], "None", "Completed", 7_800])
      const network = yield* make({ faults: { ...Faults.none, mutePercent: 100 } })
      const { fiber } = yield* begin(network, call("1"))
      yield* TestClock.adjust("3 seconds")
      yield* Fiber.interrupt(fiber)
      expect(yield* network.channel("a").ask("1")).toMatchObject({ _tag: "Completed", hungUpAt: 603_000 })
    })
  )

  it.scoped("SND-10: connections can be cut while calls are up: the calls go on, and the channel takes new ones", () =>
    Effect.gen(function* () {
      const network = yield* make()
      const cut = yield* begin(network, call("1"))
      const spared = yield* begin(network, call("2", { callee: "+8613800138001" }), "b")
      yield* TestClock.adjust("4 seconds")
      yield* network.sever("a")
      yield* TestClock.adjust("1 minute")
      expect(yield* Effect.flip(Fiber.join(cut.fiber))).toMatchObject({ placed: "unknown" })
      yield* Fiber.join(spared.fiber)
      expect(cut.events.map(({ _tag }) => _tag)).toEqual(["Ringing", "Answered"])
      expect(yield* network.channel("a").ask("1")).toMatchObject({ _tag: "Completed", hungUpAt: 7_800 })
      const next = yield* begin(network, call("3"))
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(next.fiber)
    })
  )

  it.scoped("reports that come late keep their times, and those after them waiting", () =>
    Effect.gen(function* () {
      const network = yield* make({ faults: { ...Faults.none, latePercent: 100, lateMillis: 2_000 } })
      const arrivals: Array<readonly [string, number, number]> = []
      const fiber = yield* Effect.fork(
        network
          .channel("a")
          .place(call("1"), (event) =>
            Effect.map(TestClock.currentTimeMillis, (now) => void arrivals.push([event._tag, event.at, now]))
          )
      )
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(fiber)
      expect(arrivals).toEqual([
        ["Ringing", 300, 2_300],
        ["Answered", 2_800, 4_800],
        ["HungUp", 7_800, 9_800]
      ])
    })
  )

  it.scoped("who takes his time over a report does not keep the phone waiting", () =>
    Effect.gen(function* () {
      const network = yield* make()
      const channel = network.channel("a")
      const fiber = yield* Effect.fork(channel.place(call("1"), () => Effect.sleep("20 seconds")))
      yield* TestClock.adjust("2 minutes")
      yield* Fiber.join(fiber)
      expect(yield* network.details).toMatchObject([{ answeredAt: 2_800, endedAt: 7_800 }])
    })
  )

  it("SND-9: outages come when the seed says, once in each period, for as long as they last", () => {
    const faults = { ...Faults.none, outages: { everyMillis: 60_000, lastsMillis: 5_000 } }
    for (let seed = 0; seed < 20; seed++) {
      for (const channel of ["a", "b"]) {
        for (let period = 0; period < 5; period++) {
          const out = Array.from({ length: 600 }, (_, i) =>
            Faults.isOut(faults, seed, channel, period * 60_000 + i * 100)
          )
          expect(out.filter(Boolean).length).toBe(50)
          expect(out.filter((is, i) => i > 0 && is !== out[i - 1]).length).toBeLessThanOrEqual(2)
        }
      }
    }
  })

  it("SND-6: faults lose, double and swap reports, invent none, and repeat with the seed", () => {
    const mix: ReadonlyArray<readonly [number, Behaviour]> = [
      [6, answers({ presses: [{ afterMillis: 10, key: "1" }] })],
      [1, ringsThenFails("busy", 1_000)]
    ]
    const faults = { ...Faults.none, lostPercent: 20, doubledPercent: 20, reorderedPercent: 30 }
    const story = (seed: number, faulty: boolean) => {
      const options = { seed, behaviour: population(mix), faults: faulty ? faults : Faults.none }
      return live(
        Effect.gen(function* () {
          const { events } = yield* begin(yield* make(options), call(`call${seed}`))
          yield* Effect.sleep("10 minutes")
          return events
        })
      )
    }
    const seen = new Set<string>()
    FastCheck.assert(
      FastCheck.property(FastCheck.nat(), (seed) => {
        const [faulty, again] = [story(seed, true), story(seed, true)]
        expect(again).toEqual(faulty)
        const tags = faulty.map((event) => event._tag)
        expect(story(seed, false)).toEqual(expect.arrayContaining(faulty))
        if (new Set(tags).size < tags.length) seen.add("doubled")
        if (faulty.some((event, i) => i > 0 && event.at < faulty[i - 1]!.at)) seen.add("swapped")
        if (!tags.includes("HungUp") && !tags.includes("Failed")) seen.add("lost")
      })
    )
    expect(seen).toEqual(new Set(["doubled", "swapped", "lost"]))
  })
})

describe("virtual phones", () => {
  it.scoped("keep what they heard in each call, and give it as a WAV file", () =>
    Effect.gen(function* () {
      const network = yield* make()
      for (const id of ["1", "2"]) {
        yield* begin(network, call(id, { plays: 1, audio: { codec: "mulaw", payload: speech.subarray(0, 801) } }))
        yield* TestClock.adjust("1 minute")
      }
      const phone = network.phone(someone)
      expect((yield* phone.recordings).map(({ callId, display }) => [callId, display])).toEqual([
        ["1", "075500000001"],
        ["2", "075500000001"]
      ])
      const wav = yield* phone.wav("2")
      expect(Buffer.from(wav!).subarray(0, 4).toString()).toBe("RIFF")
      // 101 ms were heard: 801 bytes, and silence to the end of the millisecond.
      expect(wav!.subarray(58)).toEqual(Uint8Array.from([...speech.subarray(0, 801), ...Array(7).fill(0xff)]))
      expect(yield* phone.wav("3")).toBeUndefined()
      expect(yield* network.phone("+8613800138001").wav("2")).toBeUndefined()
    })
  )

  it("SND-5: hear what is meant for them, byte for byte, however many calls are up at once", () => {
    const plan = FastCheck.array(
      FastCheck.record({
        phone: FastCheck.nat(8),
        afterMillis: FastCheck.nat(400),
        speech: FastCheck.uint8Array({ minLength: 1, maxLength: 400 }),
        codec: FastCheck.constantFrom("alaw" as const, "mulaw" as const),
        plays: FastCheck.integer({ min: 1, max: 3 }),
        pauseMillis: FastCheck.nat(40)
      }),
      { minLength: 5, maxLength: 40 }
    )
    let together = 0
    FastCheck.assert(
      FastCheck.property(plan, FastCheck.nat(), (calls, seed) =>
        live(
          Effect.gen(function* () {
            // Phones with room for all: what could get mixed up is up at once, on one phone too.
            const network = yield* make({ seed, behaviour: everyday, linesPerPhone: 100 })
            for (const [i, { afterMillis, codec, pauseMillis, phone, plays, speech: payload }] of calls.entries()) {
              const parts = { callee: `+861380013800${phone}`, audio: { codec, payload }, plays, pauseMillis }
              yield* begin(network, call(String(i), parts), i % 2 === 0 ? "a" : "b")
              yield* Effect.sleep(afterMillis)
              together = Math.max(together, yield* network.callsInProgress)
            }
            yield* Effect.sleep("10 minutes")
            for (let phone = 0; phone <= 8; phone++) {
              for (const { audio, by, callId, callee } of yield* network.phone(`+861380013800${phone}`).recordings) {
                const { codec, pauseMillis, phone: meant, plays, speech: payload } = calls[Number(callId)]!
                expect([callee, audio.codec]).toEqual([`+861380013800${meant}`, codec])
                const gap = Buffer.alloc(pauseMillis * 8, codec === "alaw" ? 0xd5 : 0xff)
                const line = Buffer.concat(
                  Array.from({ length: plays }, (_, i) => (i === 0 ? [payload] : [gap, payload])).flat()
                )
                // A machine's greeting may outlast all that is said to it.
                const expected = by === "person" ? line : line.subarray(4_000 * 8)
                const heard = Buffer.from(audio.payload)
                const length = Math.min(expected.length, heard.length)
                expect(heard.subarray(0, length).equals(expected.subarray(0, length))).toBe(true)
                const silence = codec === "alaw" ? 0xd5 : 0xff
                expect(heard.subarray(length).every((byte) => byte === silence)).toBe(true)
              }
            }
          })
        )
      ),
      { numRuns: Math.ceil((FastCheck.readConfigureGlobal().numRuns ?? 100) / 10) }
    )
    expect(together).toBeGreaterThan(10)
  })

  it.scoped("keep no more than they are to: the earliest recordings go first, and a forgotten call is not denied", () =>
    Effect.gen(function* () {
      const network = yield* make({ callsKept: 3, recordingBytesKept: 33_000 })
      for (const id of ["1", "2", "3", "4"]) {
        yield* begin(network, call(id, { plays: 1 }))
        yield* TestClock.adjust("1 minute")
      }
      expect((yield* network.details).map(({ callId }) => callId)).toEqual(["2", "3", "4"])
      expect((yield* network.phone(someone).recordings).map(({ callId }) => callId)).toEqual(["3", "4"])
      const channel = network.channel("a")
      expect((yield* channel.ask("1"))._tag).toBe("Unknown")
      expect((yield* channel.ask("never heard of"))._tag).toBe("Unknown")
      expect((yield* channel.ask("2"))._tag).toBe("Completed")
    })
  )
})
