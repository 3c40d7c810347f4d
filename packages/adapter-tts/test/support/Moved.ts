/** Time that a test moves, while servers and processes live in real time. */
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"

/** Waits, however long it really takes, until somebody sleeps for exactly so long; then lets that time go by. */
export const pass = (millis: number): Effect.Effect<void> =>
  Effect.gen(function* () {
    const wake = (yield* Clock.currentTimeMillis) + millis
    while (!Chunk.some(yield* TestClock.sleeps(), (at) => at === wake)) yield* turn
    yield* TestClock.adjust(millis)
  })

/** Lets everybody else go on for a moment. */
export const turn: Effect.Effect<void> = Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve)))
