/**
 * A clock that runs faster than the wall's, and can be set forward: minutes of the story take seconds. Whoever sleeps
 * wakes when this clock says so.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

export interface QuickClock {
  readonly clock: Clock.Clock
  /** Moves the clock forward at once; sleepers whose time has come wake up. */
  readonly setForward: (by: Duration.DurationInput) => Effect.Effect<void>
}

interface Sleeper {
  readonly until: number
  readonly wake: () => void
  timer: ReturnType<typeof setTimeout> | undefined
}

/** `speed` 10: ten seconds of the story pass in one. */
export const make = (speed: number): QuickClock => {
  const wall = Clock.make()
  const begin = wall.unsafeCurrentTimeMillis()
  let skipped = 0
  const now = () => Math.floor(begin + skipped + (wall.unsafeCurrentTimeMillis() - begin) * speed)
  const sleepers = new Set<Sleeper>()

  const arm = (sleeper: Sleeper): void => {
    clearTimeout(sleeper.timer)
    const wakeUp = () => {
      // A timer of the platform may be early by a millisecond: by this clock nobody wakes before the time.
      if (now() < sleeper.until) return arm(sleeper)
      sleepers.delete(sleeper)
      sleeper.wake()
    }
    sleeper.timer = setTimeout(wakeUp, Math.max(0, Math.min(2 ** 31 - 1, Math.ceil((sleeper.until - now()) / speed))))
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

  return {
    clock,
    setForward: (by) =>
      Effect.sync(() => {
        skipped += Duration.toMillis(by)
        for (const sleeper of sleepers) arm(sleeper)
      })
  }
}
