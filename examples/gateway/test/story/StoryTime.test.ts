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
import { aheadMillis, layer, served, StoryAhead, standing, StoryTime } from "../../src/story/StoryTime.ts"

const at = (now: number): Clock.Clock => ({
  ...Clock.make(),
  unsafeCurrentTimeMillis: () => now,
  currentTimeMillis: Effect.succeed(now)
})

/** Runs one after the other on the same storage, each with the wall's clock where it is told. */
const runs = <A>(body: (begin: (wall: number) => Effect.Effect<Run>) => Effect.Effect<A, unknown>) =>
  Effect.gen(function* () {
    const storage = yield* Layer.build(MemoryStore.layer)
    const begin = (wall: number) =>
      Effect.gen(function* () {
        const clock = QuickClock.make({ speed: 1, behindMillis: 0, wall: at(wall) })
        const scope = yield* Scope.make()
        const time = layer(clock).pipe(Layer.provide(Layer.succeedContext(storage)))
        const context = yield* Effect.catchTag(Layer.buildWithScope(time, scope), "PortFailure", Effect.die)
        const story = yield* Effect.provide(StoryTime, context)
        const run: Run = {
          now: clock.now,
          setForward: (millis) => Effect.orDie(story.letPass(millis)),
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

  it("tells what a database is used for: nothing, a story, or gateways", () =>
    Effect.gen(function* () {
      expect(yield* standing).toEqual({ _tag: "Empty" })
      const clock = QuickClock.make({ speed: 1, behindMillis: 60_000, wall: at(5_000_000) })
      yield* Effect.scoped(Layer.build(layer(clock)))
      expect(yield* standing).toEqual({ _tag: "Story", until: 4_940_000 })
      yield* served.pipe(Effect.withClock(at(4_940_000)))
      expect(yield* standing).toEqual({ _tag: "Served", hasStory: true })
    }).pipe(Effect.provide(MemoryStore.layer), Effect.runPromise))

  it("gateways do not serve while the story is ahead of their clock", () =>
    Effect.gen(function* () {
      const clock = QuickClock.make({ speed: 1, behindMillis: 0, wall: at(5_000_000) })
      yield* Effect.scoped(Effect.flatMap(Layer.build(layer(clock)), () => clock.setForward("1 minute")))
      const refused = yield* Effect.flip(served.pipe(Effect.withClock(at(5_000_000))))
      expect(refused).toEqual(new StoryAhead({ until: 5_060_000 }))
      yield* served.pipe(Effect.withClock(at(5_060_000)))
    }).pipe(Effect.provide(MemoryStore.layer), Effect.runPromise))

  it("in a database with accounts of others there is no story", () =>
    Effect.gen(function* () {
      const accounts = Accounts.Accounts.layer.pipe(Layer.provide(IdGenerator.layer))
      yield* Effect.provide(
        Effect.flatMap(Accounts.Accounts, ({ open }) => open()),
        accounts
      )
      expect(yield* standing).toEqual({ _tag: "Served", hasStory: false })
    }).pipe(Effect.provide(MemoryStore.layer), Effect.runPromise))
})
