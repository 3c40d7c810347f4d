import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import * as DispatchPolicy from "../../src/dispatch/DispatchPolicy.ts"
import { type Choice, LiveRoutes } from "../../src/dispatch/LiveRoutes.ts"
import { Route, type Traits } from "../../src/dispatch/Route.ts"
import * as ScriptedChannel from "../../src/testing/ScriptedChannel.ts"
import { Simulation } from "../../src/testing/Simulation.ts"

const channel = ScriptedChannel.make({ story: () => ScriptedChannel.answered })
const traits: Traits = { kind: "code", operator: "mobile" }

type RouteParts = Partial<Parameters<typeof Route.make>[0]>

const make = (routes: { readonly [id: string]: RouteParts }, lineMax = 1_000, pick?: (ready: number) => number) => {
  const world = new Simulation(pick === undefined ? {} : { pick })
  const live = new LiveRoutes(
    Object.entries(routes).map(([id, parts]) => ({
      channel,
      route: Route.make({ id, channel: "scripted", maxConcurrent: 1_000, callsPerSecond: 1_000_000, ...parts })
    })),
    { ...DispatchPolicy.standard, lineMax },
    () => {}
  )
  const got: Array<{ readonly sendId: string; readonly at: number; readonly choice: Choice }> = []
  /** Takes a place, keeps it for a while, and gives it back. */
  const call = (sendId: string, holdMillis: number, until = 1_000_000, wanted = traits) =>
    world.spawn(
      Effect.uninterruptible(
        Effect.gen(function* () {
          const choice = yield* live.take({ sendId, traits: wanted, tried: [], until })
          got.push({ sendId, at: world.now, choice })
          if (choice.chosen === undefined) return
          yield* Effect.sleep(holdMillis)
          live.release(choice.chosen, world.now)
        })
      )
    )
  return { call, got, live, world }
}

const order = (got: ReadonlyArray<{ readonly sendId: string }>) => got.map(({ sendId }) => sendId)

describe("LiveRoutes", () => {
  it("SND-9: who waits is served in the order of his coming, as soon as there is room", () => {
    const { call, got, world } = make({ only: { maxConcurrent: 1 } })
    for (const id of ["a", "b", "c"]) {
      call(id, 1_000)
      world.settle()
    }
    world.runUntil(10_000)
    expect(got.map(({ at, sendId }) => [sendId, at])).toEqual([
      ["a", 0],
      ["b", 1_000],
      ["c", 2_000]
    ])
  })

  it("SND-9: nobody who comes later overtakes, and who wants something else need not wait", () => {
    const { call, got, world } = make({
      codes: { maxConcurrent: 1, kinds: ["code"] },
      rest: { kinds: ["notification"] }
    })
    call("a", 1_000)
    call("b", 1_000)
    world.runUntil(1_000)
    call("late", 1_000)
    call("notice", 1_000, 1_000_000, { ...traits, kind: "notification" })
    world.runUntil(10_000)
    expect(order(got)).toEqual(["a", "b", "notice", "late"])
  })

  it("SND-9: the first in line begins on the beat of the rate", () => {
    const { call, got, world } = make({ only: { callsPerSecond: 4 } })
    for (const id of ["a", "b", "c", "d", "e"]) call(id, 60_000)
    world.runUntil(5_000)
    expect(got.map(({ at }) => at)).toEqual([0, 250, 500, 750, 1_000])
  })

  it("SND-9: room and rate together: a place that comes free is not taken before its beat", () => {
    const { call, got, world } = make({ only: { callsPerSecond: 1, maxConcurrent: 1 } })
    call("a", 300)
    call("b", 300)
    world.runUntil(5_000)
    expect(got.map(({ at }) => at)).toEqual([0, 1_000])
  })

  it("SND-9: who has waited long enough leaves, wherever he stands, and nobody is held up by it", () => {
    const { call, got, world } = make({ only: { maxConcurrent: 1 } })
    call("a", 5_000)
    world.settle()
    call("impatient", 1_000, 2_000)
    world.settle()
    call("b", 1_000, 100_000)
    world.settle()
    call("impatient too", 1_000, 3_000)
    world.runUntil(10_000)
    expect(got.map(({ at, choice, sendId }) => [sendId, at, choice.chosen?.route.id ?? choice.outlook])).toEqual([
      ["a", 0, "only"],
      ["impatient", 2_000, "soon"],
      ["impatient too", 3_000, "soon"],
      ["b", 5_000, "only"]
    ])
  })

  it("SND-9: on the very beat, a newcomer does not overtake the first in line", () => {
    const { call, got, world } = make({ only: { callsPerSecond: 4 } })
    call("a", 60_000)
    world.settle()
    call("b", 60_000)
    world.runUntil(249.5)
    call("newcomer", 60_000)
    world.runUntil(5_000)
    expect(order(got)).toEqual(["a", "b", "newcomer"])
  })

  it("SND-9: when the first in line leaves, the next one minds the beat", () => {
    const { call, got, world } = make({ only: { callsPerSecond: 1 } })
    call("a", 60_000)
    world.settle()
    call("impatient", 60_000, 500)
    world.settle()
    call("b", 60_000)
    world.runUntil(5_000)
    expect(got.map(({ at, sendId }) => [sendId, at])).toEqual([
      ["a", 0],
      ["impatient", 500],
      ["b", 1_000]
    ])
  })

  it("SND-9: who leaves makes room for another to wait", () => {
    const { call, got, world } = make({ only: { maxConcurrent: 1 } }, 2)
    call("a", 5_000)
    world.settle()
    call("b", 1_000)
    world.settle()
    call("impatient", 1_000, 500)
    world.runUntil(600)
    call("c", 1_000)
    world.runUntil(10_000)
    expect(got.map(({ at, sendId }) => [sendId, at])).toEqual([
      ["a", 0],
      ["impatient", 500],
      ["b", 5_000],
      ["c", 6_000]
    ])
  })

  it("SND-9: a line has an end: who finds it full is sent away at once", () => {
    const { call, got, world } = make({ only: { maxConcurrent: 1 } }, 1)
    for (const id of ["a", "b", "c"]) {
      call(id, 1_000)
      world.settle()
    }
    expect(got.map(({ choice, sendId }) => [sendId, choice.chosen?.route.id ?? choice.outlook])).toEqual([
      ["a", "only"],
      ["c", "soon"]
    ])
  })

  it("SND-9: a line that is full leaves the lines of other routes as long as they may be", () => {
    const { call, got, world } = make(
      { bulk: { kinds: ["activity"], maxConcurrent: 1 }, codes: { kinds: ["code"], maxConcurrent: 1 } },
      2
    )
    const operators = ["mobile", "unicom", "telecom", "broadnet"] as const
    for (let i = 0; i < 12; i++) {
      call(`bulk ${i}`, 1_000, 1_000_000, { kind: "activity", operator: operators[i % 4]! })
      world.settle()
    }
    // One is on the line, two wait, whomever they call; the others are sent away.
    expect(order(got)).toEqual(["bulk 0", ...Array.from({ length: 9 }, (_, i) => `bulk ${i + 3}`)])
    for (const id of ["a", "b", "c", "d"]) {
      call(id, 1_000)
      world.settle()
    }
    expect(order(got).slice(10)).toEqual(["a", "d"])
    world.runUntil(10_000)
    expect(order(got).slice(12).toSorted()).toEqual(["b", "bulk 1", "bulk 2", "c"])
    // Whoever left has left his place in line to others.
    for (const id of ["e", "f", "g"]) {
      call(id, 1_000)
      world.settle()
    }
    world.runUntil(20_000)
    expect(got.slice(16).every(({ choice }) => choice.chosen !== undefined)).toBe(true)
  })

  it("SND-9: a route that opens sends away who waited for it; a stop sends away everybody", () => {
    const { call, got, live, world } = make({ only: { maxConcurrent: 1 } })
    call("a", 60_000)
    world.settle()
    call("b", 1_000)
    world.runUntil(100)
    for (let i = 0; i < 10; i++) live.signal(live.all[0]!, "CallFaulted", world.now)
    world.settle()
    expect(got.at(-1)).toMatchObject({ sendId: "b", choice: { chosen: undefined, outlook: "later" } })
    const other = make({ only: { maxConcurrent: 1 } })
    for (const id of ["a", "b", "c"]) other.call(id, 60_000)
    other.world.runUntil(100)
    other.live.close(other.world.now)
    other.world.settle()
    expect(order(other.got)).toEqual(["a", "b", "c"])
    expect(other.got.slice(1).every(({ choice }) => choice.chosen === undefined)).toBe(true)
  })

  const comings = FastCheck.array(
    FastCheck.record({
      pause: FastCheck.nat({ max: 400 }),
      hold: FastCheck.nat({ max: 3_000 }),
      patience: FastCheck.integer({ min: 1, max: 20_000 }),
      kind: FastCheck.constantFrom<Traits["kind"]>("code", "notification")
    }),
    { minLength: 1, maxLength: 40 }
  )
  const settings = FastCheck.record({
    shared: FastCheck.record({
      maxConcurrent: FastCheck.integer({ min: 1, max: 3 }),
      callsPerSecond: FastCheck.constantFrom(1, 3, 10, 1_000)
    }),
    codes: FastCheck.record({
      maxConcurrent: FastCheck.integer({ min: 1, max: 2 }),
      callsPerSecond: FastCheck.constantFrom(2, 1_000)
    }),
    seed: FastCheck.integer()
  })

  it("SND-9: however they come: limits hold, everybody gets an answer in time, every place comes back", () => {
    FastCheck.assert(
      FastCheck.property(comings, settings, (all, { codes, seed, shared }) => {
        let draws = seed >>> 0
        const pick = (ready: number): number => {
          draws = (Math.imul(draws, 1_664_525) + 1_013_904_223) >>> 0
          return Math.floor((draws / 2 ** 32) * ready)
        }
        const { call, got, live, world } = make({ shared, codes: { ...codes, kinds: ["code"] } }, 1_000, pick)
        let at = 0
        const wishes = new Map<string, { readonly at: number; readonly until: number }>()
        for (const [i, coming] of all.entries()) {
          at += coming.pause
          world.runUntil(at)
          wishes.set(String(i), { at, until: at + coming.patience })
          call(String(i), coming.hold, at + coming.patience, { ...traits, kind: coming.kind })
        }
        world.runUntil(at + 400_000)
        expect(order(got).toSorted()).toEqual([...wishes.keys()].toSorted())
        const late = got.filter(({ at, sendId }) => at > wishes.get(sendId)!.until)
        expect(late).toEqual([])
        expect(live.all.map(({ load, waiting }) => [load.active, waiting])).toEqual([
          [0, 0],
          [0, 0]
        ])
        for (const { route } of live.all) {
          const begun = got.filter(({ choice }) => choice.chosen?.route.id === route.id)
          const holds = begun.map(({ at, sendId }) => ({ from: at, to: at + all[Number(sendId)]!.hold }))
          const most = Math.max(
            0,
            ...holds.map(({ from }) => holds.filter((one) => one.from <= from && from < one.to).length)
          )
          expect(most).toBeLessThanOrEqual(route.maxConcurrent)
          for (const { at } of begun)
            expect(begun.filter((other) => other.at >= at && other.at < at + 1_000).length).toBeLessThanOrEqual(
              route.callsPerSecond
            )
        }
      })
    )
  })
})
