/**
 * A clock that begins behind the wall's, runs faster, and can be set forward: minutes of the story take seconds. Whoever
 * sleeps wakes when this clock says so. By running alone it never overtakes the wall's clock; where it was set before
 * that, it keeps its lead. And it never shows more than it is allowed to: what it showed, another run must know of.
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

export interface QuickClockOptions {
  /** 10: ten seconds of the story pass in one, until it has caught up with the wall's clock. */
  readonly speed: number
  /** How far behind the wall's clock it begins, unless `beginAt` says otherwise. */
  readonly behindMillis: number
  readonly wall?: Clock.Clock
}

export const make = ({ behindMillis, speed, wall = Clock.make() }: QuickClockOptions): QuickClock => {
  const wallBegin = wall.unsafeCurrentTimeMillis()
  const begin = wallBegin - behindMillis
  let skipped = 0
  /** How far before the wall's clock it was set. */
  let lead = 0
  let limit = Infinity
  const cap = (wallNow: number) => Math.min(limit, wallNow + lead)
  const now = () => {
    const wallNow = wall.unsafeCurrentTimeMillis()
    const instant = Math.floor(begin + skipped + (wallNow - wallBegin) * speed)
    // Time that it was not allowed to show is not made up for later.
    const most = cap(wallNow)
    if (instant > most) skipped -= instant - most
    return Math.min(instant, most)
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
    const missing = sleeper.until - now()
    const shown = now()
    const stands = shown >= limit
    const caughtUp = shown >= cap(wall.unsafeCurrentTimeMillis())
    const millis = stands ? Math.max(lookAgainMillis, missing) : caughtUp ? missing : Math.ceil(missing / speed)
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
    const target = now() + millis
    skipped += millis
    lead = Math.max(lead, target - wall.unsafeCurrentTimeMillis())
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
