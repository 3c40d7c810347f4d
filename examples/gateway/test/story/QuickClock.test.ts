import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { describe, expect, it } from "vitest"
import * as QuickClock from "../../src/story/QuickClock.ts"

/** A wall clock that is moved by hand. */
const wall = () => {
  const state = { now: 1_000_000 }
  const clock: Clock.Clock = { ...Clock.make(), unsafeCurrentTimeMillis: () => state.now }
  return { clock, pass: (millis: number) => void (state.now += millis) }
}

const day = 86_400_000
/** Where such a clock begins. */
const begin = 1_000_000 - day

describe("QuickClock", () => {
  it("runs as many times as fast as the wall's as it is told, and can be set forward", () => {
    const { clock, pass } = wall()
    const quick = QuickClock.make({ speed: 10, behindMillis: day, wall: clock })
    expect(quick.now()).toBe(begin)
    pass(1_000)
    expect(quick.now()).toBe(begin + 10_000)
    Effect.runSync(quick.setForward("5 minutes"))
    expect(quick.now()).toBe(begin + 310_000)
  })

  it("begins where it was left, at the earliest so far behind the wall's clock as it is told", () => {
    const { clock } = wall()
    const quick = QuickClock.make({ speed: 10, behindMillis: day, wall: clock })
    quick.beginAt(begin - 1)
    expect(quick.now()).toBe(begin)
    quick.beginAt(begin + 5_000)
    expect(quick.now()).toBe(begin + 5_000)
  })

  it("catches up with the wall's clock, and then runs as fast as that", () => {
    const { clock, pass } = wall()
    const quick = QuickClock.make({ speed: 10, behindMillis: 9_000, wall: clock })
    pass(500)
    expect(quick.now()).toBe(1_000_000 - 4_000)
    pass(3_600_000)
    expect(quick.now()).toBe(clock.unsafeCurrentTimeMillis())
    pass(1_000)
    expect(quick.now()).toBe(clock.unsafeCurrentTimeMillis())
  })

  it("keeps the lead to which it was set", () => {
    const { clock, pass } = wall()
    const quick = QuickClock.make({ speed: 10, behindMillis: day, wall: clock })
    quick.beginAt(2_000_000)
    expect(quick.now()).toBe(2_000_000)
    pass(1_000)
    expect(quick.now()).toBe(2_001_000)
    Effect.runSync(quick.setForward("1 minute"))
    expect(quick.now()).toBe(2_061_000)
  })

  it("never shows more than it is allowed to, and does not catch up when it is allowed more", () => {
    const { clock, pass } = wall()
    const quick = QuickClock.make({ speed: 10, behindMillis: day, wall: clock })
    quick.allowUntil(begin + 5_000)
    pass(3_600_000)
    expect(quick.now()).toBe(begin + 5_000)
    Effect.runSync(quick.setForward("1 hour"))
    expect(quick.now()).toBe(begin + 5_000)
    quick.allowUntil(begin + 9_000_000)
    expect(quick.now()).toBe(begin + 5_000)
    pass(100)
    expect(quick.now()).toBe(begin + 6_000)
  })

  it("wakes those who sleep when it shows their time, and not while it stands still", async () => {
    const quick = QuickClock.make({ speed: 100, behindMillis: day })
    quick.allowUntil(quick.now() + 1_000)
    const sleeping = Effect.sleep("1 minute").pipe(
      Effect.zipRight(Clock.currentTimeMillis),
      Effect.withClock(quick.clock)
    )
    const begun = quick.now()
    const fiber = Effect.runFork(sleeping)
    await Effect.runPromise(Effect.sleep("150 millis"))
    expect(fiber.unsafePoll()).toBeNull()
    quick.allowUntil(Infinity)
    await Effect.runPromise(quick.setForward("1 minute"))
    expect(await Effect.runPromise(Fiber.join(fiber))).toBeGreaterThanOrEqual(begun + 60_000)
  })
})
