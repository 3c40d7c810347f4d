import * as Accounts from "@vsms/core/account/Accounts"
import { IdGenerator } from "@vsms/core/IdGenerator"
import * as MemoryStore from "@vsms/core/storage/MemoryStore"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { describe, expect, it } from "vitest"
import * as QuickClock from "../../src/story/QuickClock.ts"
import { aheadMillis, NotOurDatabase, StoryTime, layer } from "../../src/story/StoryTime.ts"

const at = (now: number): Clock.Clock => ({ ...Clock.make(), unsafeCurrentTimeMillis: () => now })

/** Runs one after the other on the same storage, each with the wall's clock where it is told. */
const runs = <A>(body: (begin: (wall: number) => Effect.Effect<Run, NotOurDatabase>) => Effect.Effect<A, unknown>) =>
  Effect.gen(function* () {
    const storage = yield* Layer.build(MemoryStore.layer)
    const begin = (wall: number) =>
      Effect.gen(function* () {
        const clock = QuickClock.make(1, at(wall))
        const scope = yield* Scope.make()
        const time = layer(clock).pipe(Layer.provide(Layer.succeedContext(storage)))
        const context = yield* Effect.catchTag(Layer.buildWithScope(time, scope), "PortFailure", Effect.die)
        const story = yield* Effect.provide(StoryTime, context)
        const run: Run = {
          now: clock.now,
          setForward: (millis) => Effect.orDie(story.setForward(millis)),
          end: Scope.close(scope, Exit.void)
        }
        return run
      })
    return yield* body(begin)
  }).pipe(Effect.scoped, Effect.runPromise)

interface Run {
  readonly now: () => number
  readonly setForward: (millis: number) => Effect.Effect<void>
  readonly end: Effect.Effect<void>
}

describe("StoryTime", () => {
  it("a run begins where the last one ended, unless the wall's clock has come past that", () =>
    runs((begin) =>
      Effect.gen(function* () {
        const first = yield* begin(5_000_000)
        expect(first.now()).toBe(5_000_000)
        yield* first.setForward(300_000)
        expect(first.now()).toBe(5_300_000)
        yield* first.end
        const second = yield* begin(5_010_000)
        expect(second.now()).toBe(5_300_000)
        yield* second.end
        const third = yield* begin(9_000_000)
        expect(third.now()).toBe(9_000_000)
      })
    ))

  it("a run that is killed leaves a reservation that no instant of it was beyond", () =>
    runs((begin) =>
      Effect.gen(function* () {
        const killed = yield* begin(5_000_000)
        yield* killed.setForward(86_400_000)
        const last = killed.now()
        expect(last).toBe(91_400_000)
        const next = yield* begin(5_000_000)
        expect(next.now()).toBeGreaterThanOrEqual(last)
        expect(next.now()).toBeLessThanOrEqual(last + aheadMillis)
      })
    ))

  it("a database with accounts of others is refused", () =>
    Effect.gen(function* () {
      const storage = yield* Layer.build(MemoryStore.layer)
      const accounts = Accounts.Accounts.layer.pipe(Layer.provide(IdGenerator.layer))
      yield* Effect.flatMap(Accounts.Accounts, ({ open }) => open()).pipe(
        Effect.provide(accounts),
        Effect.provide(storage)
      )
      const refused = yield* Effect.flip(
        Layer.build(Layer.provide(layer(QuickClock.make(1)), Layer.succeedContext(storage)))
      )
      expect(refused).toBeInstanceOf(NotOurDatabase)
    }).pipe(Effect.scoped, Effect.runPromise))
})
