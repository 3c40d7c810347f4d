/**
 * Adapter: one fiber that sleeps, by Effect's clock, until the first of many alarms is due. An alarm that is not needed
 * any more rings all the same: whoever set it looks at the time.
 */
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import type * as Scope from "effect/Scope"

export interface Alarms {
  /**
   * Milliseconds of a clock that only goes forward, whatever is done to that of the wall: epoch milliseconds as long as
   * nobody sets that one.
   */
  readonly now: () => number
  /** Epoch milliseconds: for what is told to people. */
  readonly wall: () => number
  /** `ring` is called once, at that time or soon after; it must not throw. */
  readonly set: (at: number, ring: () => void) => void
}

interface Alarm {
  readonly at: number
  readonly ring: () => void
}

export const make: Effect.Effect<Alarms, never, Scope.Scope> = Effect.gen(function* () {
  const clock = yield* Effect.clock
  const now = (): number => Number(clock.unsafeCurrentTimeNanos() / 1_000_000n)
  /** A heap: no alarm is due before the one at half its index. */
  const heap: Array<Alarm> = []
  let wake = Deferred.unsafeMake<void>(FiberId.none)

  const add = (alarm: Alarm): void => {
    let at = heap.push(alarm) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (heap[parent]!.at <= alarm.at) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = alarm
  }

  const takeFirst = (): Alarm => {
    const first = heap[0]!
    const last = heap.pop()!
    if (heap.length === 0) return first
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && heap[child + 1]!.at < heap[child]!.at) child++
      if (heap[child]!.at >= last.at) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = last
    return first
  }

  const ringAndSleep = Effect.suspend(() => {
    wake = Deferred.unsafeMake<void>(FiberId.none)
    const time = now()
    while (heap.length > 0 && heap[0]!.at <= time) takeFirst().ring()
    const woken = Deferred.await(wake)
    return heap.length === 0 ? woken : Effect.raceFirst(clock.sleep(Duration.millis(heap[0]!.at - time)), woken)
  })
  yield* Effect.forkScoped(Effect.forever(ringAndSleep))

  return {
    now,
    wall: () => clock.unsafeCurrentTimeMillis(),
    set: (at, ring) => {
      const isFirst = heap.length === 0 || at < heap[0]!.at
      add({ at, ring })
      if (isFirst) Deferred.unsafeDone(wake, Effect.void)
    }
  }
})
