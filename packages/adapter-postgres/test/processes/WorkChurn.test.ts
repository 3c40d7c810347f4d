/** Work that is ordered, cancelled, leased and given back at the same time, in crowds and by two processes' stores. */
import { inspect } from "node:util"
import * as Decision from "@vsms/core/storage/Decision"
import { Journal } from "@vsms/core/storage/Journal"
import { type Lease, WorkQueue } from "@vsms/core/storage/WorkQueue"
import { purseRef } from "@vsms/core/testing/Specimen"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import { expect, it } from "vitest"
import * as PostgresStorage from "../../src/store/PostgresStorage.ts"
import * as TestDatabase from "../server/TestDatabase.ts"
import * as TestServer from "../server/TestServer.ts"
import * as Tenants from "./Tenants.ts"

/** Two alphabets do not agree on their order. */
const keys = Array.from({ length: 16 }, (_, i) => (i % 2 === 0 ? `work${i}` : `Work${i}`))
const owners = ["one", "two"]

const order = FastCheck.record({
  owner: FastCheck.constantFrom(...owners),
  enqueued: FastCheck.subarray(keys),
  cancelled: FastCheck.subarray(keys)
})

it(
  "SND-10: whoever orders work and whoever does it never fail each other",
  () =>
    Effect.gen(function* () {
      const url = yield* Effect.promise(() => TestDatabase.create())
      const build = Layer.build(Layer.provide(PostgresStorage.layer(), Tenants.server(url, { sessions: 4 })))
      const stores = [yield* build, yield* build]
      const seed = Number(process.env["SEED"])
      const orders = FastCheck.sample(order, { numRuns: process.env["NIGHTLY"] === "1" ? 10_000 : 1_500, seed })
      const failed: Array<string> = []
      const note = (exit: Exit.Exit<unknown, unknown>) => {
        if (Exit.isFailure(exit)) failed.push(inspect(exit.cause, { depth: 6 }))
      }
      let over = 0
      let done = 0
      const ordering = stores.map((store, nth) =>
        Effect.forEach(
          orders.filter((_, i) => i % stores.length === nth),
          ({ cancelled, enqueued, owner }) =>
            Effect.map(
              Effect.exit(
                Context.get(store, Journal).transact([purseRef(owner, `purse${nth}`)], () =>
                  Either.right(
                    Decision.make(undefined, {
                      work: [
                        ...cancelled.map((key) => Decision.cancel("dial", { owner, key })),
                        ...enqueued.map((key) =>
                          Decision.enqueue(key.endsWith("1") ? "callback" : "dial", { owner, key }, 1)
                        )
                      ]
                    })
                  )
                )
              ),
              note
            ),
          { concurrency: 8, discard: true }
        ).pipe(Effect.tap(() => Effect.sync(() => over++)))
      )
      const doing = stores.map((store) =>
        Effect.gen(function* () {
          const work = Context.get(store, WorkQueue)
          const giveBack = (lease: Lease, i: number) =>
            i % 3 === 0 ? work.finish(lease) : i % 3 === 1 ? work.postpone(lease, 1) : work.extend(lease, 2)
          while (over < stores.length) {
            for (const queue of ["callback", "dial"] as const) {
              const leased = yield* Effect.exit(work.lease({ queue, now: 5, limit: 12, leaseMillis: 0 }))
              note(leased)
              if (Exit.isFailure(leased)) continue
              // In the opposite order of their names, and together.
              const returns = leased.value
                .toReversed()
                .map((lease, i) => Effect.map(Effect.exit(giveBack(lease, i)), note))
              yield* Effect.all(returns, { concurrency: "unbounded" })
              done += leased.value.length
            }
          }
        })
      )
      yield* Effect.all([...ordering, ...doing], { concurrency: "unbounded" })
      const [server] = yield* Effect.promise(() =>
        TestServer.query(url, "select deadlocks::int from pg_stat_database where datname = current_database()")
      )
      expect(failed).toEqual([])
      expect(done).toBeGreaterThan(100)
      expect(server.deadlocks).toBe(0)
    }).pipe(Effect.scoped, Effect.runPromise),
  120_000
)
