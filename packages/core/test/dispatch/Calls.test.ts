import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { describe, expect, it } from "vitest"
import { type CallEvent, type Channel, ChannelFailure } from "../../src/dispatch/CallChannel.ts"
import * as CallId from "../../src/dispatch/CallId.ts"
import * as Calls from "../../src/dispatch/Calls.ts"
import * as DispatchPolicy from "../../src/dispatch/DispatchPolicy.ts"
import { LiveRoutes } from "../../src/dispatch/LiveRoutes.ts"
import { Route } from "../../src/dispatch/Route.ts"
import * as Send from "../../src/sending/Send.ts"
import * as ScriptedChannel from "../../src/testing/ScriptedChannel.ts"
import { accountId, makeWorld } from "../sending/SendWorld.ts"
import { makeDispatchWorld, minute, second } from "./DispatchWorld.ts"

const { answered } = ScriptedChannel

/** Five calls, one after the other, each with time to be cut off and asked after. */
const five = (world: ReturnType<typeof makeDispatchWorld>) => {
  for (let i = 0; i < 5; i++) {
    world.send()
    world.time.pass(second)
  }
  world.time.pass(8 * minute)
}

/** How often the route was found wanting, and what it comes to. */
const opened = (health: { readonly _tag: string; readonly openings: number }) => health.openings > 0

describe("a channel that is silent", () => {
  it("SND-9: calls that hang until they are cut off count against the route", () => {
    const world = makeDispatchWorld({ exchanges: { first: { story: { ...answered, connection: "mute" } } } })
    const { routes } = world.start()
    five(world)
    expect(world.placed.every(({ cutAt }) => cutAt !== undefined)).toBe(true)
    expect(opened(routes()[0]!.health)).toBe(true)
  })

  it("SND-9: so do calls that are said to be over without an end", () => {
    const story: ScriptedChannel.Story = {
      ...answered,
      deliver: (events) => events.filter(({ _tag }) => _tag === "Ringing").map((event) => ({ event, lateMillis: 0 }))
    }
    const world = makeDispatchWorld({ exchanges: { first: { story } } })
    const { routes } = world.start()
    five(world)
    expect(opened(routes()[0]!.health)).toBe(true)
  })

  it("SND-9: calls that a stop hangs up do not", () => {
    const world = makeDispatchWorld({
      dispatch: { graceMillis: second },
      exchanges: { first: { story: { ...answered, connection: "mute" } } }
    })
    const { process, routes } = world.start()
    for (let i = 0; i < 10; i++) world.send()
    world.time.pass(second)
    process.stop()
    world.time.pass(3 * second)
    expect(world.placed.every(({ cutAt }) => cutAt !== undefined)).toBe(true)
    expect(routes()[0]!.health).toMatchObject({ _tag: "Closed", faults: 0 })
  })
})

describe("a channel that goes on talking", () => {
  /** Takes no call, and reports these all the same, so much later. */
  const haunted =
    (ghosts: ReadonlyArray<CallEvent["_tag"]>, lateMillis: number) =>
    (channel: Channel): Channel =>
      channel.name !== "first"
        ? channel
        : {
            ...channel,
            place: (_call, report) => {
              const haunt = Effect.flatMap(Clock.currentTimeMillis, (at) =>
                Effect.forEach(ghosts, (_tag) =>
                  report(
                    _tag === "Failed"
                      ? { _tag, at, failure: "busy" }
                      : _tag === "KeyPressed"
                        ? { _tag, at, key: "1" }
                        : { _tag, at }
                  )
                )
              )
              return Effect.zipRight(
                Effect.forkDaemon(Effect.zipRight(Effect.sleep(lateMillis), haunt)),
                Effect.fail(new ChannelFailure({ channel: "first", placed: "no", detail: "refused" }))
              )
            }
          }

  it.each([[["Ringing", "Answered", "HungUp"]], [["Answered"]], [["Failed"]], [["KeyPressed", "HungUp"]]] as const)(
    "SND-6: what it says of a try that is over does not touch the try of another route: %j",
    (ghosts) => {
      for (const lateMillis of [500, 3 * second, 30 * second]) {
        const world = makeDispatchWorld({ exchanges: { first: {}, second: { route: { priority: 1 } } } })
        world.start({ channel: haunted(ghosts, lateMillis) })
        const send = world.send()
        const at = world.time.now
        world.time.pass(2 * minute)
        expect(world.state(send)).toMatchObject({
          stage: "completed",
          ringingAt: at + 1_000,
          answeredAt: at + 5_000,
          endedAt: at + 15_000,
          keysPressed: 0,
          corrections: []
        })
      }
    }
  )
})

describe("a channel that is late to hang up", () => {
  it("BAL-4: a moment after its limit costs no minute more than was held", () => {
    const late: ScriptedChannel.Story = { ...answered, endsAfterMillis: 3_600 * second }
    const slow = (channel: Channel): Channel => ({
      ...channel,
      place: (call, report) => channel.place({ ...call, longestCallMillis: call.longestCallMillis + 800 }, report)
    })
    const world = makeDispatchWorld({ exchanges: { first: { story: late } } })
    world.start({ channel: slow })
    const send = world.send()
    world.time.pass(10 * minute)
    expect(world.state(send)).toMatchObject({ stage: "completed", billedMinutes: 1, overrunMinutes: 0 })
    expect(world.balance()).toMatchObject({ available: 9_999 })
  })
})

describe("a storage that is slower than the call", () => {
  it("SND-6: what the channel reports meanwhile is stored together, in order, and before the call counts as ended", async () => {
    const world = makeWorld()
    const accepted = world.code()
    if (accepted._tag === "Left") throw new Error(accepted.left._tag)
    const ref = Send.ref(accountId, accepted.right.sendId)
    const stored: Array<ReadonlyArray<string>> = []
    const slow: typeof world.sends.recordAll = (of, reports) => {
      stored.push(reports.map(({ _tag }) => _tag))
      return Effect.zipRight(
        Effect.promise(() => new Promise(setImmediate)),
        world.sends.recordAll(of, reports)
      )
    }
    const channel = ScriptedChannel.make({ story: () => ScriptedChannel.immediate })
    const route = Route.make({ id: "first", channel: channel.name, maxConcurrent: 1, callsPerSecond: 1 })
    const live = new LiveRoutes([{ route, channel }], DispatchPolicy.standard, () => {})
    const { end } = Calls.carry(
      { sends: { ...world.sends, recordAll: slow }, live, steps: { publish: () => {}, stream: Stream.empty } },
      world.load(ref),
      { live: live.all[0]!, passedOver: [], at: world.time.now },
      {
        id: CallId.of(ref.key, 1),
        callee: "+8613800138000",
        display: "075512340001",
        audio: { codec: "alaw", payload: new Uint8Array(8_000) },
        plays: 1,
        pauseMillis: 0,
        ringTimeoutMillis: minute,
        longestCallMillis: minute
      }
    )
    expect(await Effect.runPromise(world.timed(end))).toBe("ended")
    expect(stored).toEqual([["Ringing", "Answered", "HungUp"]])
    expect(world.load(ref).state).toMatchObject({ stage: "completed", billedMinutes: 1 })
  })
})
