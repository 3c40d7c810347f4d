/** A clock that runs faster than the machine's, and is the same in every process that is told where it began. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

export interface Pace {
  /** Epoch milliseconds by the machine's clock, and by this one, at one moment. */
  readonly realAt: number
  readonly at: number
  readonly times: number
}

export const make = ({ at, realAt, times }: Pace): Clock.Clock => {
  const real = Clock.make()
  const now = (): number => Math.floor(at + (real.unsafeCurrentTimeMillis() - realAt) * times)
  const nanos = (): bigint => BigInt(now()) * 1_000_000n
  return {
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    unsafeCurrentTimeMillis: now,
    currentTimeMillis: Effect.sync(now),
    unsafeCurrentTimeNanos: nanos,
    currentTimeNanos: Effect.sync(nanos),
    sleep: (duration) => real.sleep(Duration.millis(Duration.toMillis(duration) / times))
  }
}
