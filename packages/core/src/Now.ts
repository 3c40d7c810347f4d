/**
 * Port: Effect's clock, read in one step of the runtime, for what happens thousands of times a second.
 */
import * as Effect from "effect/Effect"

/**
 * Goes on with the present instant, in epoch milliseconds, by the runtime's clock.
 *
 * **Details** The same as `Effect.flatMap(Clock.currentTimeMillis, then)`, which takes three.
 */
export const use = <A, E, R>(then: (now: number) => Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.clockWith((clock) => then(clock.unsafeCurrentTimeMillis()))
