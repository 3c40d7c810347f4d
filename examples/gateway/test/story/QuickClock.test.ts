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

describe("QuickClock", () => {
  it("runs as many times as fast as the wall's as it is told, and can be set forward", () => {
    const { clock, pass } = wall()
    const quick = QuickClock.make(10, clock)
    expect(quick.now()).toBe(1_000_000)
    pass(1_000)
    expect(quick.now()).toBe(1_010_000)
    Effect.runSync(quick.setForward("5 minutes"))
    expect(quick.now()).toBe(1_310_000)
  })

  it("begins where it was left, and never before the wall's clock", () => {
    const { clock } = wall()
    const quick = QuickClock.make(10, clock)
    quick.beginAt(999)
    expect(quick.now()).toBe(1_000_000)
    quick.beginAt(2_000_000)
    expect(quick.now()).toBe(2_000_000)
  })

  it("never shows more than it is allowed to, and does not catch up when it is allowed more", () => {
    const { clock, pass } = wall()
    const quick = QuickClock.make(10, clock)
    quick.allowUntil(1_005_000)
    pass(3_600_000)
    expect(quick.now()).toBe(1_005_000)
    Effect.runSync(quick.setForward("1 day"))
    expect(quick.now()).toBe(1_005_000)
    quick.allowUntil(9_000_000)
    expect(quick.now()).toBe(1_005_000)
    pass(100)
    expect(quick.now()).toBe(1_006_000)
  })

  it("wakes those who sleep when it shows their time, and not while it stands still", async () => {
    const quick = QuickClock.make(100)
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
