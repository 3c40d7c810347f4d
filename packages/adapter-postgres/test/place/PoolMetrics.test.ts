import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as MetricState from "effect/MetricState"
import * as Scope from "effect/Scope"
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { Database } from "../../src/place/Database.ts"
import * as TestPlaces from "../server/TestPlaces.ts"

/** What whoever exports the registry would show, by name and state. */
const shown = () =>
  Object.fromEntries(
    Metric.unsafeSnapshot()
      .filter(({ metricKey }) => metricKey.name.startsWith("vsms_database_"))
      .map(({ metricKey, metricState }) => [
        [metricKey.name, ...metricKey.tags.map(({ value }) => value)].join(" "),
        MetricState.isGaugeState(metricState) ? metricState.value : undefined
      ])
  )

const figures = (used: number, idle: number, waiting: number) => ({
  "vsms_database_connections used": used,
  "vsms_database_connections idle": idle,
  vsms_database_waiting: waiting
})

describe("figures of a pool", () => {
  // Only the clock that the pool is looked at by: the database lives in real time.
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] }))
  afterEach(() => void vi.useRealTimers())
  const second = () => vi.advanceTimersByTime(1_000)

  it("say who has a connection, who waits for one, and nothing once the place is closed", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { pool } = Context.get(yield* Layer.buildWithScope(TestPlaces.memory(), scope), Database)
      yield* Effect.promise(() => pool.query("select 1"))
      second()
      expect(shown()).toEqual(figures(0, 1, 0))
      const held = yield* Effect.promise(() => pool.connect())
      const others = [pool.query("select 2"), pool.query("select 3")]
      // Nothing moves in the pool, and still it is seen that somebody waits.
      second()
      expect(shown()).toEqual(figures(1, 0, 2))
      held.release()
      yield* Effect.promise(() => Promise.all(others))
      second()
      expect(shown()).toEqual(figures(0, 1, 0))
      yield* Scope.close(scope, Exit.void)
      expect(shown()).toEqual(figures(0, 0, 0))
      expect(vi.getTimerCount()).toBe(0)
    }).pipe(Effect.runPromise))
})
