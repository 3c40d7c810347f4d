import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import type { CallEvent, Channel } from "../../src/dispatch/CallChannel.ts"
import * as Balance from "../../src/balance/Balance.ts"
import * as Send from "../../src/sending/Send.ts"
import type { Journal } from "../../src/storage/Journal.ts"
import type { WorkQueue } from "../../src/storage/WorkQueue.ts"
import * as ScriptedChannel from "../../src/testing/ScriptedChannel.ts"
import type { Process } from "../../src/testing/Simulation.ts"
import { accountId } from "../sending/SendWorld.ts"
import {
  type DispatchWorld,
  type ExchangeOptions,
  makeDispatchWorld,
  minute,
  type Ports,
  second
} from "./DispatchWorld.ts"

const { answered, disturbed, failed, refused, timeline, unrung } = ScriptedChannel

/** What happens to a process at one point: it is killed before or after an operation, or that one never returns. */
const accidents = ["killed before", "killed after", "stuck before", "stuck after"] as const
type Accident = (typeof accidents)[number]

/** Has an accident at a process's n-th touch of the outside world. */
class Saboteur {
  private readonly at: number
  private readonly accident: Accident
  private touched = 0
  private victim: Process<never, never> | undefined

  constructor(at: number, accident: Accident) {
    this.at = at
    this.accident = accident
  }

  get touches(): number {
    return this.touched
  }

  start(world: DispatchWorld): Process<never, never> {
    return world.start(this.ports(world), (process) => {
      this.victim = process
    }).process
  }

  private readonly guard = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.suspend(() => {
      if (this.touched++ !== this.at) return effect
      return this.accident.endsWith("before") ? this.strike : Effect.zipRight(Effect.exit(effect), this.strike)
    })

  private readonly strike = Effect.suspend(() => {
    if (this.accident.startsWith("killed")) this.victim?.kill()
    return Effect.never
  })

  private ports(world: DispatchWorld): Ports {
    const { guard } = this
    const journal: typeof Journal.Service = {
      transact: (refs, decide) => guard(world.journal.transact(refs, decide)),
      load: (ref) => guard(world.journal.load(ref)),
      history: (ref, page) => world.journal.history(ref, page)
    }
    const queue: typeof WorkQueue.Service = {
      ...world.queue,
      lease: (options) => guard(world.queue.lease(options)),
      finish: (lease) => guard(world.queue.finish(lease)),
      postpone: (lease, dueAt) => guard(world.queue.postpone(lease, dueAt))
    }
    const channel = (inner: Channel): Channel => ({
      ...inner,
      place: (call, report) => guard(inner.place(call, report)),
      ask: (id) => guard(inner.ask(id))
    })
    return { journal, queue, channel }
  }
}

/** Until all have ended and a while longer, in case something happens that should not. */
const passUntilOver = (world: DispatchWorld, sends: ReadonlyArray<string>): void => {
  for (let i = 0; i < 40 && !sends.every((send) => Send.isFinal(world.state(send))); i++) world.time.pass(30 * second)
  world.time.pass(5 * minute)
}

/** What must hold of every send when all is over, whatever happened on the way. */
const examine = (world: DispatchWorld, sends: ReadonlyArray<string>, crashes = 0): void => {
  const found = sends.map((send) => {
    const state = world.state(send)
    const calls = world.callsOf(send)
    const heard = calls.filter((placed) => disturbed(placed))
    const overlapping = calls.filter((placed, i) => {
      const before = calls[i - 1]
      return before !== undefined && timeline(before).at(-1)!.at > placed.at
    })
    return {
      ended: Send.isFinal(state),
      disturbedAtMostOnce: heard.length <= 1,
      noSecondWhileTheFirstMayRing: overlapping.length === 0,
      // Each process that is stuck may hold the work for the length of a lease, a minute, before another gets it.
      inTime: (state.endedAt ?? 0) <= state.accepted.deadlineAt + minute * (1 + crashes),
      dialledInTime: state.attempts.every(({ at }) => at < state.accepted.dialUntilAt),
      receipt: state.receipt > 0,
      honest: isHonest(state, calls, world.forgetful)
    }
  })
  const good = {
    ended: true,
    disturbedAtMostOnce: true,
    noSecondWhileTheFirstMayRing: true,
    inTime: true,
    dialledInTime: true,
    receipt: true,
    honest: true
  }
  expect(found).toEqual(sends.map(() => good))
  // Each end has a number of its own: nobody ended twice.
  expect(new Set(sends.map((send) => world.state(send).receipt)).size).toBe(sends.length)
  const balance = Balance.current(world.load(Balance.ref(accountId)).state, world.time.now)
  const lots = Balance.lots(balance)
  expect(Balance.conserves(balance)).toBe(true)
  expect(lots.reduce((sum, lot) => sum + lot.held, 0)).toBe(0)
  const billed = sends.reduce((sum, send) => sum + world.state(send).billedMinutes, 0)
  expect(lots.reduce((sum, lot) => sum + lot.spent, 0)).toBe(billed)
  expect([world.queued("dial"), world.queued("reconcile")]).toEqual([undefined, undefined])
}

/** What is recorded did happen, and nobody pays for more than he was given. */
const isHonest = (state: Send.State, calls: ReadonlyArray<ScriptedChannel.Placed>, forgetful: boolean): boolean => {
  const call = calls.find((placed) => disturbed(placed)) ?? calls.at(-1)
  const events = call === undefined ? [] : timeline(call)
  const answer = events.find(({ _tag }) => _tag === "Answered")
  const end = events.at(-1)
  if (state.stage === "completed") {
    if (answer === undefined || end === undefined) return false
    return state.billedMinutes <= Math.max(1, Math.ceil((end.at - answer.at) / minute))
  }
  if (state.reason === "fateUnknown") return forgetful || calls.length > 0
  if (state.reason === "tooLate" || state.reason === "channelFailure" || state.reason === "noRoute")
    return !calls.some((placed) => disturbed(placed))
  return end?._tag === "Failed" && (end.failure === state.reason || call?.cutAt !== undefined)
}

const scenarios: { readonly [name: string]: { readonly [route: string]: ExchangeOptions } } = {
  "an answered call": { first: {} },
  "a call that fails at the callee": { first: { story: failed("rejected") } },
  "a call over the second route": { first: { story: refused }, second: { route: { priority: 1 } } },
  "a call over the second route after congestion": {
    first: { story: unrung("congestion") },
    second: { route: { priority: 1 } }
  },
  "a connection that breaks": { first: { story: { ...answered, connection: "severed" } } },
  "a channel that falls silent": { first: { story: { ...answered, connection: "mute" } } },
  "a channel that cannot say that it placed nothing": {
    first: { story: (_, nth) => (nth === 0 ? { ...refused, refuses: "unknown" } : answered) }
  },
  "a channel that remembers nothing": { first: { remembers: false } },
  "a channel that remembers nothing and falls silent": {
    first: { remembers: false, story: { ...answered, connection: "mute" } }
  },
  "no route at all": { first: { story: refused } }
}

/** One send, a process that has an accident, and another that comes a while later. */
const runWith = (
  exchanges: { readonly [route: string]: ExchangeOptions },
  point: number,
  accident: Accident
): number => {
  const world = makeDispatchWorld({ exchanges })
  const saboteur = new Saboteur(point, accident)
  const process = saboteur.start(world)
  const send = world.send()
  world.time.pass(45 * second)
  const { touches } = saboteur
  // What is stuck stays alive, and in the way.
  if (accident.startsWith("killed")) process.kill()
  world.start()
  passUntilOver(world, [send])
  examine(world, [send])
  return touches
}

describe("crashes", () => {
  it.each(Object.entries(scenarios))("SND-10: %s, whenever the process is killed or gets stuck", (_, exchanges) => {
    // Without any accident: how often it touches the outside world at all.
    const points = Math.min(30, runWith(exchanges, -1, "killed before"))
    expect(points).toBeGreaterThan(4)
    for (let point = 0; point < points; point++) for (const accident of accidents) runWith(exchanges, point, accident)
  })

  it.each(Object.entries(scenarios))("SND-10: %s, ends without any crash too", (_, exchanges) => {
    const world = makeDispatchWorld({ exchanges })
    world.start()
    const sends = [world.send(), world.send(), world.send()]
    passUntilOver(world, sends)
    examine(world, sends)
  })

  it("SND-10: with nobody there to dial it, a send ends when somebody comes, however late", () => {
    const world = makeDispatchWorld()
    const sends = [world.send(), world.send()]
    world.time.pass(24 * 60 * minute)
    world.start()
    world.time.pass(minute)
    for (const send of sends) expect(world.state(send)).toMatchObject({ stage: "failed", reason: "tooLate" })
    expect(world.asked()).toBe(0)
  })

  const stories = FastCheck.oneof(
    FastCheck.constantFrom(
      answered,
      failed("busy"),
      failed("noAnswer"),
      failed("congestion"),
      unrung("congestion"),
      unrung("channelFailure"),
      unrung("invalidNumber"),
      refused,
      { ...refused, refuses: "unknown" } as const,
      { ...answered, connection: "severed" } as const,
      { ...answered, connection: "mute" } as const,
      { ...failed("noAnswer"), connection: "severed" } as const
    ),
    FastCheck.record({
      ringsAfterMillis: FastCheck.nat({ max: 5_000 }),
      answeredAfterMillis: FastCheck.integer({ min: 5_000, max: 30_000 }),
      endsAfterMillis: FastCheck.integer({ min: 5_000, max: 200_000 }),
      deliver: FastCheck.constantFrom(
        (events: ReadonlyArray<CallEvent>) => events.map((event) => ({ event, lateMillis: 0 })),
        (events: ReadonlyArray<CallEvent>) => events.toReversed().map((event) => ({ event, lateMillis: 3_000 })),
        (events: ReadonlyArray<CallEvent>) => [...events, ...events].map((event) => ({ event, lateMillis: 500 })),
        (events: ReadonlyArray<CallEvent>) => events.slice(0, -1).map((event) => ({ event, lateMillis: 0 })),
        (events: ReadonlyArray<CallEvent>) => events.slice(1).map((event) => ({ event, lateMillis: 9_000 })),
        () => []
      )
    })
  )

  const plans = FastCheck.record({
    first: FastCheck.array(stories, { minLength: 1, maxLength: 6 }),
    second: FastCheck.array(stories, { minLength: 1, maxLength: 6 }),
    remembers: FastCheck.tuple(FastCheck.boolean(), FastCheck.boolean()),
    sends: FastCheck.array(FastCheck.nat({ max: 60_000 }), { minLength: 1, maxLength: 5 }),
    crashes: FastCheck.array(
      FastCheck.tuple(FastCheck.nat({ max: 60 }), FastCheck.constantFrom(...accidents), FastCheck.nat({ max: 90_000 })),
      {
        maxLength: 4
      }
    ),
    outages: FastCheck.array(
      FastCheck.tuple(
        FastCheck.constantFrom("first", "second"),
        FastCheck.nat({ max: 120_000 }),
        FastCheck.nat({ max: 60_000 })
      ),
      { maxLength: 3 }
    ),
    processes: FastCheck.integer({ min: 1, max: 2 }),
    slice: FastCheck.constantFrom(2_048, 40),
    seed: FastCheck.integer()
  })

  it("SND-6, SND-9, SND-10, BAL-5, BAL-6: outages, crashes and mad channels: every send ends once, nobody is called twice", () =>
    FastCheck.assert(
      FastCheck.asyncProperty(plans, async (plan) => {
        // Simulated time leaves no real time to the test runner.
        await new Promise((resume) => setImmediate(resume))
        let draws = plan.seed >>> 0
        const pick = (ready: number): number => {
          draws = (Math.imul(draws, 1_664_525) + 1_013_904_223) >>> 0
          return Math.floor((draws / 2 ** 32) * ready)
        }
        const tell = (stories: ReadonlyArray<ScriptedChannel.Story>) => (_: unknown, nth: number) =>
          stories[nth % stories.length]!
        const world = makeDispatchWorld({
          simulation: { pick, slice: plan.slice },
          exchanges: {
            first: { story: tell(plan.first), remembers: plan.remembers[0] },
            second: { story: tell(plan.second), remembers: plan.remembers[1], route: { priority: 1, maxConcurrent: 1 } }
          }
        })
        const { now } = world.time
        const sends: Array<string> = []
        const agenda: Array<readonly [at: number, act: () => void]> = plan.sends.map((at) => [
          at,
          () => sends.push(world.send())
        ])
        for (const [name, at, length] of plan.outages) {
          agenda.push([at, () => world.setDown(name, true)], [at + length, () => world.setDown(name, false)])
        }
        for (const [point, accident, at] of plan.crashes)
          agenda.push([at, () => new Saboteur(point, accident).start(world)])
        agenda.push([100_000, () => Array.from({ length: plan.processes }, () => world.start())])
        for (const [at, act] of agenda.toSorted(([a], [b]) => a - b)) {
          world.time.runUntil(now + at)
          act()
        }
        passUntilOver(world, sends)
        examine(world, sends, plan.crashes.length)
      })
    ))
})
