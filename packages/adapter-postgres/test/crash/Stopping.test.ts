/** A process that is asked to stop: whoever has asked it something before is answered, and told the truth. */
import * as Decision from "@vsms/core/storage/Decision"
import { Journal } from "@vsms/core/storage/Journal"
import { WorkQueue } from "@vsms/core/storage/WorkQueue"
import { purseRef } from "@vsms/core/testing/Specimen"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { describe, expect, it } from "vitest"
import * as PostgresStorage from "../../src/store/PostgresStorage.ts"
import * as Tenants from "../processes/Tenants.ts"
import * as TestDatabase from "../server/TestDatabase.ts"
import * as TestServer from "../server/TestServer.ts"

type Asked = Effect.Effect<Exit.Exit<unknown, unknown>>

describe("stopping", () => {
  for (const sessions of [1, 4])
    for (const waitMillis of [0, 2, 10])
      it(`BAL-5: over ${sessions} connections, ${waitMillis} ms after many have asked, each of them is answered`, () =>
        Effect.gen(function* () {
          const url = yield* Effect.promise(() => TestDatabase.create())
          const scope = yield* Scope.make()
          const services = yield* Layer.buildWithScope(
            Layer.provide(PostgresStorage.layer({ batchSize: 16 }), Tenants.server(url, { sessions })),
            scope
          )
          const journal = Context.get(services, Journal)
          const work = Context.get(services, WorkQueue)
          const pay = (i: number) =>
            journal.transact([purseRef(`owner${i % 3}`)], ([row]) =>
              Either.right(
                Decision.make(row.state.total + 1, {
                  changes: [Decision.change(row, [{ _tag: "Paid", amount: 1, at: 1 }])],
                  work: [Decision.enqueue("renewal", { owner: `owner${i % 3}`, key: `work${i}` }, 1)]
                })
              )
            )
          yield* Effect.all(
            Array.from({ length: 10 }, (_, i) => pay(i)),
            { concurrency: "unbounded" }
          )
          const leases = yield* work.lease({ queue: "renewal", now: 1, limit: 10, leaseMillis: 1_000 })
          const asking: ReadonlyArray<Asked> = Array.from({ length: 100 }, (_, i) => Effect.exit(pay(10 + i)))
          const giving: ReadonlyArray<Asked> = leases.map((lease) => Effect.exit(work.finish(lease)))
          const asked = yield* Effect.forEach([...asking, ...giving], (one) => Effect.forkDaemon(one))
          yield* Effect.sleep(waitMillis)
          // It ends, and so do all who wait.
          yield* Effect.timeoutFail(Scope.close(scope, Exit.void), {
            duration: "10 seconds",
            onTimeout: () => "it does not end"
          })
          const answers = yield* Effect.timeoutFail(
            Effect.forEach(asked, (one) => Fiber.join(one)),
            {
              duration: "10 seconds",
              onTimeout: () => "somebody waits for ever"
            }
          )
          const [payments, finished] = [answers.slice(0, 100), answers.slice(100)]
          const [stored] = yield* Effect.promise(() =>
            TestServer.query(url, "select sum((state->>'total')::int)::int as paid from vsms.things")
          )
          const [left] = yield* Effect.promise(() =>
            TestServer.query(url, "select count(*)::int as count from vsms.work")
          )
          expect(payments.filter(Exit.isSuccess).length).toBe(stored.paid - 10)
          expect(finished.filter((exit) => Exit.isSuccess(exit) && exit.value === true).length).toBe(
            stored.paid - left.count
          )
        }).pipe(Effect.runPromise))
})
