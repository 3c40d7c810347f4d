/** What nobody should ask, and some do: on the embedded database, which answers as a server would. */
import * as crypto from "node:crypto"
import * as Decision from "@vsms/core/storage/Decision"
import { Journal } from "@vsms/core/storage/Journal"
import { Records } from "@vsms/core/storage/Records"
import { WorkQueue } from "@vsms/core/storage/WorkQueue"
import { purseRef } from "@vsms/core/testing/Specimen"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Queue from "effect/Queue"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { Database } from "../../src/place/Database.ts"
import * as PostgresStorage from "../../src/store/PostgresStorage.ts"
import * as WorkBells from "../../src/store/WorkBells.ts"
import * as TestPlaces from "../server/TestPlaces.ts"

const queue = "callback"
const runtime = ManagedRuntime.make(Layer.provideMerge(PostgresStorage.layer(), TestPlaces.memory()))
const run = <A, E>(effect: Effect.Effect<A, E, Journal | Records | WorkQueue | Database>) => runtime.runPromise(effect)

beforeAll(async () => void (await runtime.runtime()), 90_000)
afterAll(() => runtime.dispose())

const pay = (owner: string, key = "purse") =>
  Effect.flatMap(Journal, (journal) =>
    journal.transact([purseRef(owner, key)], ([row]) =>
      Either.right(
        Decision.make("paid", {
          changes: [Decision.change(row, [{ _tag: "Paid", amount: 1, at: 1 }], { personal: { name: "A" } })]
        })
      )
    )
  )

const enqueue = (owner: string, keys: ReadonlyArray<string>) =>
  Effect.flatMap(Journal, (journal) =>
    journal.transact([purseRef(owner)], () =>
      Either.right(Decision.make("", { work: keys.map((key) => Decision.enqueue(queue, { owner, key }, 0)) }))
    )
  )

const count = (owner: string, hour: number) =>
  Effect.flatMap(Journal, (journal) =>
    journal.transact([purseRef(owner)], () =>
      Either.right(
        Decision.make("", {
          tallies: [
            {
              owner,
              applicationId: "a",
              templateId: "t",
              hour,
              reason: "",
              sends: 1,
              answered: 0,
              failed: 0,
              minutes: 0
            }
          ]
        })
      )
    )
  )

describe("neighbours", () => {
  it("BAL-5: a key that is too long for an index harms only whoever asks for it", () =>
    run(
      Effect.gen(function* () {
        const tooLong = crypto.randomBytes(6_000).toString("base64")
        const exits = yield* Effect.all([pay("x"), pay("x", tooLong), pay("y")].map(Effect.exit), {
          concurrency: "unbounded"
        })
        expect(exits.map(Exit.isSuccess)).toEqual([true, false, true])
      })
    ))

  it("work that is given back for a time that is none harms nobody else's", () =>
    run(
      Effect.gen(function* () {
        const work = yield* WorkQueue
        yield* enqueue("back", ["1", "2", "3", "4"])
        const leases = yield* work.lease({ queue, now: 1, limit: 4, leaseMillis: 60_000 })
        const exits = yield* Effect.all(
          leases.map((lease, i) => Effect.exit(i === 2 ? work.postpone(lease, Number.NaN) : work.finish(lease))),
          { concurrency: "unbounded" }
        )
        expect(exits.map(Exit.isSuccess)).toEqual([true, true, false, true])
      })
    ))
})

describe("statistics before 1970", () => {
  it("STA-2: an hour belongs to the day that it is in, at the edges of a range too", () =>
    run(
      Effect.gen(function* () {
        const { sum } = yield* Records
        // Day -1 in Shanghai has the hours -32 to -9.
        for (const hour of [-33, -32, -10, -9, -8]) yield* count("old", hour)
        const days = (fromHour: number, untilHour: number) =>
          Effect.map(sum({ owner: "old", fromHour, untilHour, by: "day" }), (sums) =>
            sums.map(({ group, sends }) => [group, sends])
          )
        expect(yield* days(-33, -7)).toEqual([
          [-2, 1],
          [-1, 3],
          [0, 1]
        ])
        expect(yield* days(-10, -8)).toEqual([[-1, 2]])
        expect(yield* days(-33, -10)).toEqual([
          [-2, 1],
          [-1, 1]
        ])
      })
    ))
})

describe("bells of work", () => {
  const rung = (bell: Queue.Dequeue<void>) => Effect.map(Queue.takeAll(bell), (rings) => rings.length > 0)

  it("what is enqueued while somebody asks what is next is said, whatever was next before", () =>
    run(
      Effect.gen(function* () {
        const bells = yield* WorkBells.make(yield* Database)
        const bell = yield* bells.bell(queue)
        yield* bells.ask(queue, Effect.succeed(100))
        bells.announce(queue, 150)
        expect(yield* rung(bell)).toBe(false)
        // The question is on its way: its answer does not have the new work yet, and 100 is past.
        const asked = Effect.sync(() => {
          bells.announce(queue, 150)
          return undefined
        })
        expect(yield* bells.ask(queue, asked)).toBe(undefined)
        expect(yield* rung(bell)).toBe(true)
      }).pipe(Effect.scoped)
    ))

  it("an answer that nobody waits for keeps nobody from hearing of what comes later", () =>
    run(
      Effect.gen(function* () {
        const bells = yield* WorkBells.make(yield* Database)
        yield* bells.ask(queue, Effect.succeed(100))
        yield* Effect.scoped(Effect.zipRight(bells.bell(queue), Effect.asVoid(bells.ask(queue, Effect.succeed(50)))))
        const bell = yield* bells.bell(queue)
        bells.announce(queue, 150)
        expect(yield* rung(bell)).toBe(true)
      }).pipe(Effect.scoped)
    ))
})
