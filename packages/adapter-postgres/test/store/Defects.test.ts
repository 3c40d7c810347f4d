import * as Decision from "@vsms/core/storage/Decision"
import { Journal } from "@vsms/core/storage/Journal"
import { purseRef } from "@vsms/core/testing/Specimen"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import type * as Pg from "pg"
import { expect, it } from "vitest"
import { Database } from "../../src/place/Database.ts"
import * as PostgresStorage from "../../src/store/PostgresStorage.ts"
import * as TestPlaces from "../server/TestPlaces.ts"

const pay = (journal: typeof Journal.Service, amount: number) =>
  journal.transact([purseRef("owner")], ([row]) =>
    Either.right(Decision.make("paid", { changes: [Decision.change(row, [{ _tag: "Paid", amount, at: 1 }])] }))
  )

/** The same database, whose driver throws at the next commit once it is told to. */
const throwing = (database: typeof Database.Service) => {
  const told = { toThrow: false }
  const query = (...args: [Pg.QueryConfig, never]) => {
    if (told.toThrow && args[0].text.includes("moved as")) {
      told.toThrow = false
      throw new Error("a mistake in the driver")
    }
    return database.pool.query(...args)
  }
  const pool = new Proxy(database.pool, {
    get: (target, name) => (name === "query" ? query : Reflect.get(target, name, target))
  })
  return { told, database: { ...database, pool } }
}

it(
  "BAL-5: what was not written because the driver threw is not remembered either",
  () =>
    Effect.gen(function* () {
      const { database, told } = throwing(yield* Database)
      const open = (place: typeof Database.Service) =>
        Effect.map(Layer.build(Layer.provide(PostgresStorage.layer(), Layer.succeed(Database, place))), (services) =>
          Context.get(services, Journal)
        )
      const one = yield* open(database)
      const other = yield* open(yield* Database)
      yield* pay(one, 1)
      told.toThrow = true
      expect(Exit.isFailure(yield* Effect.exit(pay(one, 2)))).toBe(true)
      // The owner is now at the revision that the lost commit would have left.
      yield* pay(other, 10)
      expect((yield* one.load(purseRef("owner"))).state.total).toBe(11)
    }).pipe(Effect.scoped, Effect.provide(TestPlaces.memory()), Effect.runPromise),
  90_000
)
