import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Scope from "effect/Scope"
import { expect } from "vitest"
import type * as Connections from "../../src/place/Connections.ts"
import { Database } from "../../src/place/Database.ts"
import * as TestPlaces from "../server/TestPlaces.ts"

const ask = (text: string) =>
  Effect.flatMap(Database, ({ pool }) =>
    Effect.map(
      Effect.promise(() => pool.query(text)),
      ({ rows }) => rows
    )
  )

/** Whether it rings, now or in a moment. */
const rings = (bell: Queue.Dequeue<void>, within = 300) =>
  Effect.map(Effect.timeoutOption(Queue.take(bell), within), ({ _tag }) => _tag === "Some")

const quiet = (bell: Queue.Dequeue<void>) => Effect.repeat(rings(bell, 150), { while: (rang) => rang })

const places: Record<string, () => Layer.Layer<Connections.Services, unknown>> = {
  server: () => TestPlaces.server({ sessions: 2 }),
  PGlite: () => TestPlaces.memory()
}

describe.each(Object.entries(places))("bells, on %s", (_, place) => {
  it.live("a bell rings after the commit, not after a rollback, and for its channel only", () =>
    Effect.gen(function* () {
      const { listen, pool } = yield* Database
      const [bell, other] = [yield* listen("sends"), yield* listen("Other things")]
      yield* quiet(bell)
      yield* quiet(other)
      yield* ask("BEGIN; SELECT pg_notify('sends', ''); ROLLBACK")
      expect(yield* rings(bell)).toBe(false)
      const client = yield* Effect.promise(() => pool.connect())
      yield* Effect.promise(() => client.query("BEGIN"))
      yield* Effect.promise(() => client.query("SELECT pg_notify($1, $2)", ["sends", ""]))
      expect(yield* rings(bell)).toBe(false)
      yield* Effect.promise(() => client.query("COMMIT"))
      client.release()
      expect([yield* rings(bell), yield* rings(bell), yield* rings(other)]).toEqual([true, false, false])
      yield* ask("SELECT pg_notify('Other things', 'with words')")
      expect([yield* rings(other), yield* rings(bell)]).toEqual([true, false])
    }).pipe(Effect.scoped, Effect.provide(place()))
  )

  it.live("many notifications that nobody heard are one ring", () =>
    Effect.gen(function* () {
      const bell = yield* (yield* Database).listen("sends")
      yield* quiet(bell)
      for (let i = 0; i < 5; i++) yield* ask("SELECT pg_notify('sends', '')")
      yield* Effect.sleep("100 millis")
      expect([yield* rings(bell), yield* rings(bell)]).toEqual([true, false])
    }).pipe(Effect.scoped, Effect.provide(place()))
  )

  it.live("the first of two listeners to leave does not take the channel along", () =>
    Effect.gen(function* () {
      const { listen } = yield* Database
      const leaving = yield* Scope.make()
      yield* Effect.asVoid(Scope.extend(listen("sends"), leaving))
      const staying = yield* listen("sends")
      yield* Scope.close(leaving, Exit.void)
      yield* quiet(staying)
      yield* ask("SELECT pg_notify('sends', '')")
      expect(yield* rings(staying)).toBe(true)
    }).pipe(Effect.scoped, Effect.provide(place()))
  )
})

describe("bells, when the connection is lost", () => {
  it.live("on a server, every bell rings once there is a connection again, and goes on ringing", () =>
    Effect.gen(function* () {
      const { listen } = yield* Database
      const bells = [yield* listen("sends"), yield* listen("callbacks")]
      for (const bell of bells) yield* quiet(bell)
      yield* ask(`
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'vsms (bells)'`)
      for (const bell of bells) expect(yield* rings(bell, 3_000)).toBe(true)
      yield* ask("SELECT pg_notify('callbacks', '')")
      expect([yield* rings(bells[1]!), yield* rings(bells[0]!)]).toEqual([true, false])
    }).pipe(Effect.scoped, Effect.provide(TestPlaces.server()))
  )

  it.live("on PGlite, they do so once the thread runs again", () =>
    Effect.gen(function* () {
      const { listen } = yield* Database
      const bell = yield* listen("sends")
      yield* quiet(bell)
      yield* TestPlaces.crash
      expect(yield* rings(bell, 3_000)).toBe(true)
      yield* quiet(bell)
      yield* ask("SELECT pg_notify('sends', '')")
      expect(yield* rings(bell)).toBe(true)
    }).pipe(Effect.scoped, Effect.provide(TestPlaces.folder()))
  )
})
