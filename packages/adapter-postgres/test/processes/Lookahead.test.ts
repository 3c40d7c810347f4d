/** What a process decides while its last commit is still on the way must be as true as what it decides in quiet. */
import * as Decision from "@vsms/core/storage/Decision"
import { Journal } from "@vsms/core/storage/Journal"
import { purseRef } from "@vsms/core/testing/Specimen"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Pg from "pg"
import { describe, expect, it } from "vitest"
import * as PostgresStorage from "../../src/store/PostgresStorage.ts"
import * as TestDatabase from "../server/TestDatabase.ts"
import * as Tenants from "./Tenants.ts"

const pay = (journal: (typeof Journal)["Service"], owner: string) =>
  journal.transact([purseRef(owner)], ([row]) =>
    Either.right(
      Decision.make(row.state.total + 1, { changes: [Decision.change(row, [{ _tag: "Paid", amount: 1, at: 1 }])] })
    )
  )

const both = (journal: (typeof Journal)["Service"]) =>
  journal.transact([purseRef("a"), purseRef("b")], ([a, b]) =>
    Either.right(Decision.answer([a.state.total, b.state.total]))
  )

/** Two processes' stores, and a session that can be in the way. */
const world = Effect.gen(function* () {
  const url = yield* Effect.promise(() => TestDatabase.create())
  const store = Effect.map(Layer.build(Layer.provide(PostgresStorage.layer(), Tenants.server(url))), (services) =>
    Context.get(services, Journal)
  )
  const client = new Pg.Client({ connectionString: url })
  yield* Effect.acquireRelease(
    Effect.promise(() => client.connect()),
    () => Effect.promise(() => client.end())
  )
  const query = (sql: string) => Effect.promise(() => client.query(sql))
  const isWaitedFor = Effect.gen(function* () {
    for (;;) {
      const { rows } = yield* query(
        "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
      )
      if (rows.length > 0) return
      yield* Effect.sleep("5 millis")
    }
  })
  return { one: yield* store, other: yield* store, query, isWaitedFor }
})

describe("decisions that are made ahead", () => {
  it("BAL-5: two accounts are seen as they were together, though one is being written", () =>
    Effect.gen(function* () {
      const { isWaitedFor, one, other, query } = yield* world
      yield* pay(one, "a")
      yield* pay(one, "b")
      // The commit on `a` is held up on its way.
      yield* query("begin")
      yield* query("select 1 from vsms.owners where owner = 'a' for update")
      const commit = yield* Effect.fork(pay(one, "a"))
      yield* isWaitedFor
      // Meanwhile the same process looks at both, and another one writes the other account and looks at both.
      const looking = yield* Effect.fork(both(one))
      yield* Effect.sleep("100 millis")
      expect(yield* pay(other, "b")).toBe(2)
      expect(yield* both(other)).toEqual([1, 2])
      yield* query("commit")
      expect(yield* Fiber.join(commit)).toBe(2)
      // Whoever sees what the commit made must see what was there before it.
      expect([
        [1, 1],
        [1, 2],
        [2, 2]
      ]).toContainEqual(yield* Fiber.join(looking))
    }).pipe(Effect.scoped, Effect.runPromise))

  it("BAL-5: what is decided on a commit that comes to nothing is decided anew", () =>
    Effect.gen(function* () {
      const { isWaitedFor, one, other, query } = yield* world
      yield* pay(one, "a")
      yield* query("begin")
      yield* query("select 1 from vsms.owners where owner = 'a' for update")
      const first = yield* Effect.fork(pay(one, "a"))
      yield* isWaitedFor
      const second = yield* Effect.fork(
        Effect.all(
          Array.from({ length: 5 }, () => pay(one, "a")),
          { concurrency: "unbounded" }
        )
      )
      const looking = yield* Effect.fork(both(one))
      yield* Effect.sleep("50 millis")
      // Somebody else is faster: the commit under way finds the account moved on.
      yield* query("update vsms.owners set revision = revision + 1 where owner = 'a'")
      yield* query(`update vsms.things set version = version + 1, state = state || '{"total": 101}' where owner = 'a'`)
      yield* query("commit")
      expect(yield* Fiber.join(first)).toBe(102)
      expect(yield* Fiber.join(second)).toEqual([103, 104, 105, 106, 107])
      const [seen] = yield* Fiber.join(looking)
      expect(seen).toBeGreaterThan(101)
      expect(seen).toBeLessThan(108)
      expect(yield* pay(other, "a")).toBe(108)
      expect((yield* one.load(purseRef("a"))).state.total).toBe(108)
    }).pipe(Effect.scoped, Effect.runPromise))
})
