/** Adapter: the bells of channels, and who waits for them. Where the notifications come from is not done here. */
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"

export interface Bells {
  /** The channels that somebody waits for now. */
  readonly channels: () => ReadonlyArray<string>
  readonly ring: (channel: string) => void
  /** Something may have been missed on any of them. */
  readonly ringAll: () => void
  /**
   * A bell until the scope closes. `added` runs once a channel has its first bell and `removed` once the last one is
   * gone.
   */
  readonly add: (channel: string) => Effect.Effect<Queue.Dequeue<void>, never, Scope.Scope>
}

export const make = (on: {
  readonly added: (channel: string) => Effect.Effect<void>
  readonly removed: (channel: string) => Effect.Effect<void>
}): Bells => {
  const bells = new Map<string, Set<Queue.Queue<void>>>()
  const ring = (channel: string): void => bells.get(channel)?.forEach((bell) => bell.unsafeOffer(undefined))

  // One ring that nobody has heard yet says as much as many.
  const hang = (channel: string) =>
    Effect.tap(Queue.sliding<void>(1), (bell) => {
      const others = bells.get(channel)
      if (others !== undefined) return Effect.sync(() => others.add(bell))
      bells.set(channel, new Set([bell]))
      return on.added(channel)
    })

  const takeDown = (channel: string, bell: Queue.Queue<void>) =>
    Effect.suspend(() => {
      const hanging = bells.get(channel)
      hanging?.delete(bell)
      if (hanging?.size !== 0) return Queue.shutdown(bell)
      bells.delete(channel)
      return Effect.zipRight(Queue.shutdown(bell), on.removed(channel))
    })

  return {
    channels: () => [...bells.keys()],
    ring,
    ringAll: () => [...bells.keys()].forEach(ring),
    add: (channel) => Effect.acquireRelease(hang(channel), (bell) => takeDown(channel, bell))
  }
}
