/**
 * A clock that runs faster than the wall's, and can be set forward: minutes of the story take seconds. Whoever sleeps
 * wakes when this clock says so. It never shows more than it is allowed to: what it showed, another run must know of.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

export interface QuickClock {
  readonly clock: Clock.Clock
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Moves the clock forward at once, as far as it is allowed to; sleepers whose time has come wake up. */
  readonly setForward: (by: Duration.DurationInput) => Effect.Effect<void>
  /** From now on it shows at least this instant. */
  readonly beginAt: (instant: number) => void
  /** It stands still there until it is allowed more. */
  readonly allowUntil: (instant: number) => void
}

interface Sleeper {
  readonly until: number
  readonly wake: () => void
  timer: ReturnType<typeof setTimeout> | undefined
}

/** A clock that stands still looks again this often. */
const lookAgainMillis = 100

/** `speed` 10: ten seconds of the story pass in one. */
export const make = (speed: number, wall: Clock.Clock = Clock.make()): QuickClock => {
  const begin = wall.unsafeCurrentTimeMillis()
  let skipped = 0
  let limit = Infinity
  const now = () => {
    const instant = Math.floor(begin + skipped + (wall.unsafeCurrentTimeMillis() - begin) * speed)
    // Time that it was not allowed to show is not made up for later.
    if (instant > limit) skipped -= instant - limit
    return Math.min(instant, limit)
  }
  const sleepers = new Set<Sleeper>()

  const arm = (sleeper: Sleeper): void => {
    clearTimeout(sleeper.timer)
    const wakeUp = () => {
      // A timer of the platform may be early by a millisecond: by this clock nobody wakes before the time.
      if (now() < sleeper.until) return arm(sleeper)
      sleepers.delete(sleeper)
      sleeper.wake()
    }
    const missing = Math.ceil((sleeper.until - now()) / speed)
    const stands = now() >= limit
    const millis = stands ? Math.max(lookAgainMillis, missing) : missing
    sleeper.timer = setTimeout(wakeUp, Math.max(0, Math.min(2 ** 31 - 1, millis)))
  }
  const armAll = () => {
    for (const sleeper of sleepers) arm(sleeper)
  }

  const clock: Clock.Clock = {
    ...wall,
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    unsafeCurrentTimeMillis: now,
    unsafeCurrentTimeNanos: () => BigInt(now()) * 1_000_000n,
    currentTimeMillis: Effect.sync(now),
    currentTimeNanos: Effect.sync(() => BigInt(now()) * 1_000_000n),
    sleep: (duration) =>
      Effect.async<void>((resume) => {
        const sleeper: Sleeper = {
          until: now() + Duration.toMillis(duration),
          wake: () => resume(Effect.void),
          timer: undefined
        }
        sleepers.add(sleeper)
        arm(sleeper)
        return Effect.sync(() => {
          clearTimeout(sleeper.timer)
          sleepers.delete(sleeper)
        })
      })
  }

  const skip = (millis: number): void => {
    if (millis <= 0) return
    skipped += millis
    armAll()
  }

  return {
    clock,
    now,
    setForward: (by) => Effect.sync(() => skip(Duration.toMillis(by))),
    beginAt: (instant) => skip(instant - now()),
    allowUntil: (instant) => {
      limit = instant
      armAll()
    }
  }
}
