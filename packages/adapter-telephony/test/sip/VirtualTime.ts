/**
 * A clock that stands still until it is moved, and a network that goes by it. Unlike Effect's test clock it takes no
 * real time between two steps, so that a property can live through days.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

interface Sleeper {
  readonly at: number
  readonly wake: () => void
}

export class VirtualTime {
  now = 0
  /** By how much somebody has put the clock of the wall forward. */
  wallAhead = 0
  private sleepers: ReadonlyArray<Sleeper> = []

  /** Does something later. */
  after(millis: number, wake: () => void): Sleeper {
    const sleeper = { at: this.now + millis, wake }
    this.sleepers = [...this.sleepers, sleeper]
    return sleeper
  }

  readonly clock: Clock.Clock = {
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    unsafeCurrentTimeMillis: () => this.now + this.wallAhead,
    unsafeCurrentTimeNanos: () => BigInt(this.now) * 1_000_000n,
    currentTimeMillis: Effect.sync(() => this.now + this.wallAhead),
    currentTimeNanos: Effect.sync(() => BigInt(this.now) * 1_000_000n),
    sleep: (duration) =>
      Effect.async((resume) => {
        const sleeper = this.after(Duration.toMillis(duration), () => resume(Effect.void))
        return Effect.sync(() => {
          this.sleepers = this.sleepers.filter((other) => other !== sleeper)
        })
      })
  }

  /** Lets time pass, and everything happen that is due meanwhile, each at its time. */
  async pass(millis: number): Promise<void> {
    const until = this.now + millis
    for (;;) {
      // Fibers run to their next sleep.
      await new Promise((resolve) => setImmediate(resolve))
      const next = this.sleepers.reduce<Sleeper | undefined>(
        (first, one) => (one.at <= until && (first === undefined || one.at < first.at) ? one : first),
        undefined
      )
      if (next === undefined) break
      this.sleepers = this.sleepers.filter((other) => other !== next)
      this.now = next.at
      next.wake()
    }
    this.now = until
  }
}
