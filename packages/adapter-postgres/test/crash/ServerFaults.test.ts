/** A server that is slow, that drops its clients, and that goes away and comes back, while the store is at work. */
import { inspect } from "node:util"
import { PortFailure } from "@vsms/core/PortFailure"
import * as Decision from "@vsms/core/storage/Decision"
import { Journal } from "@vsms/core/storage/Journal"
import { Records } from "@vsms/core/storage/Records"
import { WorkQueue } from "@vsms/core/storage/WorkQueue"
import { purse, purseRef, slipRef } from "@vsms/core/testing/Specimen"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Pg from "pg"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type * as PostgresServer from "../../src/place/PostgresServer.ts"
import * as PostgresStorage from "../../src/store/PostgresStorage.ts"
import * as Tenants from "../processes/Tenants.ts"
import * as TestServer from "../server/TestServer.ts"

let server: TestServer.TestServer

beforeAll(async () => {
  server = await TestServer.start({ maxConnections: 60 })
}, 60_000)
afterAll(() => server.stop())

const secret = "13812345678"

type Store = Effect.Effect.Success<ReturnType<typeof storeOf>>

const storeOf = (url: string, options: Partial<PostgresServer.Options> = {}) =>
  Effect.map(Layer.build(Layer.provide(PostgresStorage.layer(), Tenants.server(url, options))), (services) => ({
    journal: Context.get(services, Journal),
    records: Context.get(services, Records),
    work: Context.get(services, WorkQueue)
  }))

/** Pays into a purse, whose holder has a number that nobody is to see, and leaves a slip. */
const pay = ({ journal }: Store, owner: string, slip: string) =>
  journal.transact([purseRef(owner), slipRef(owner, slip)], ([row, paper]) =>
    Either.right(
      Decision.make(row.state.total + 1, {
        changes: [
          Decision.change(row, [{ _tag: "Paid", amount: 1, at: 1 }], { personal: { name: secret } }),
          Decision.change(paper, [{ _tag: "Written", text: secret, at: 1 }])
        ],
        work: [Decision.enqueue("renewal", { owner, key: slip }, 1)]
      })
    )
  )

const failureOf = (exit: Exit.Exit<unknown, unknown>): PortFailure => {
  const error = Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
  if (error instanceof PortFailure && Exit.isFailure(exit) && Cause.isFailure(exit.cause)) return error
  throw new Error(`not the failure of a port: ${inspect(exit, { depth: 6 })}`)
}

for (const [name, options, state] of [
  ["a lock that is not given in time", { lockTimeoutMillis: 300 }, "55P03"],
  ["a statement that takes too long", { statementTimeoutMillis: 300 }, "57014"]
] as const)
  it(`BAL-5: ${name} is a failure for later, and only for those who wait for it`, () =>
    Effect.gen(function* () {
      const url = yield* Effect.promise(() => server.createDatabase())
      const store = yield* storeOf(url, { ...options, sessions: 4 })
      yield* pay(store, "jammed", "first")
      const client = new Pg.Client({ connectionString: url })
      yield* Effect.acquireRelease(
        Effect.promise(() => client.connect()),
        () => Effect.promise(() => client.end())
      )
      yield* Effect.promise(() => client.query("begin; select 1 from vsms.owners where owner = 'jammed' for update"))
      const jammed = yield* Effect.fork(
        Effect.all(
          Array.from({ length: 5 }, (_, i) => Effect.exit(pay(store, "jammed", `jammed${i}`))),
          { concurrency: "unbounded" }
        )
      )
      const others = yield* Effect.all(
        Array.from({ length: 12 }, (_, i) => pay(store, `owner${i}`, "slip")),
        { concurrency: "unbounded" }
      )
      expect(others).toEqual(Array.from({ length: 12 }, () => 1))
      for (const exit of yield* Fiber.join(jammed)) {
        const failure = failureOf(exit)
        expect(failure.retry).toBe("later")
        expect(String(failure.cause)).toContain(state)
        for (const text of [inspect(exit, { depth: 12 }), JSON.stringify(exit)]) expect(text).not.toContain(secret)
      }
      yield* Effect.promise(() => client.query("rollback"))
      // None of it has happened, and it goes on.
      expect(yield* pay(store, "jammed", "second")).toBe(2)
    }).pipe(Effect.scoped, Effect.runPromise))

interface Outcome {
  readonly owner: string
  readonly slip: string
  readonly at: number
  readonly exit: Exit.Exit<unknown, unknown>
}

/** Everybody at work, until told to stop. */
const load = (store: Store, stopped: { is: boolean }) =>
  Effect.gen(function* () {
    const outcomes: Array<Outcome> = []
    const looks: Array<Exit.Exit<unknown, unknown>> = []
    const payer = (nth: number) =>
      Effect.gen(function* () {
        for (let i = 0; !stopped.is; i++) {
          const [owner, slip] = [`owner${(nth + i) % 3}`, `slip-${nth}-${i}`]
          const exit = yield* Effect.exit(pay(store, owner, slip))
          outcomes.push({ owner, slip, at: performance.now(), exit })
          yield* Effect.sleep(Exit.isFailure(exit) ? "20 millis" : "2 millis")
        }
      })
    const looker = Effect.gen(function* () {
      while (!stopped.is) {
        const all: ReadonlyArray<Effect.Effect<unknown, unknown>> = [
          store.journal.load(purseRef("owner1")),
          store.journal.history(purseRef("owner1"), { after: 0, limit: 5 }),
          store.records.list({ kind: purse, index: "byHolder", partition: secret, limit: 3 }),
          store.records.sum({ owner: "owner1", fromHour: 0, untilHour: 5, by: "total" }),
          Effect.flatMap(store.work.lease({ queue: "renewal", now: 5, limit: 1, leaseMillis: 0 }), ([lease]) =>
            lease === undefined ? Effect.void : store.work.postpone(lease, 3)
          )
        ]
        for (const look of all) looks.push(yield* Effect.exit(look))
        yield* Effect.sleep("10 millis")
      }
    })
    const all = [...Array.from({ length: 8 }, (_, nth) => payer(nth)), looker]
    yield* Effect.all(all, { concurrency: "unbounded" })
    return { outcomes, looks }
  })

const terminate = (url: string) =>
  Effect.promise(() =>
    TestServer.query(
      url,
      `select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`
    )
  )

const restart = (how: "crash" | "immediate" | "fast") => () =>
  Effect.promise(async () => {
    await server.kill(how)
    await server.start()
  })

const faults = {
  "its connections are cut": terminate,
  "the server is shut down at once": restart("immediate"),
  "the server is shut down in order": restart("fast"),
  "the server is killed": restart("crash")
}

for (const sessions of [1, 4])
  describe(`the store over ${sessions} connections`, () => {
    for (const [name, fault] of Object.entries(faults))
      it(
        `BAL-5: when ${name}, whoever is not answered is told to come later, and all goes on by itself`,
        () =>
          Effect.gen(function* () {
            const url = yield* Effect.promise(() => server.createDatabase())
            const store = yield* storeOf(url, { sessions })
            const stopped = { is: false }
            const working = yield* Effect.fork(load(store, stopped))
            for (let i = 0; i < 3; i++) {
              yield* Effect.sleep("250 millis")
              yield* fault(url)
            }
            const last = performance.now()
            yield* Effect.sleep("400 millis")
            stopped.is = true
            const { looks, outcomes } = yield* Fiber.join(working)

            const failed = outcomes.filter(({ exit }) => Exit.isFailure(exit))
            for (const exit of [...failed.map(({ exit }) => exit), ...looks.filter(Exit.isFailure)]) {
              expect(["now", "later"]).toContain(failureOf(exit).retry)
              expect(inspect(exit, { depth: 12 })).not.toContain(secret)
            }
            expect(failed.length, "somebody was not answered").toBeGreaterThan(0)
            const answered = outcomes.filter(({ exit }) => Exit.isSuccess(exit))
            expect(answered.filter(({ at }) => at > last).length, "answers after the last fault").toBeGreaterThan(3)

            // Who was answered is there; who was not is there wholly or not at all.
            const rows = yield* Effect.promise(() =>
              TestServer.query(url, "select owner, key, kind, version::int, sequence::int, state from vsms.things")
            )
            const work = yield* Effect.promise(() => TestServer.query(url, "select account_id, key from vsms.work"))
            const slips = new Set(
              rows.filter(({ kind }) => kind === "specimenSlip").map(({ key, owner }) => `${owner}/${key}`)
            )
            for (const { owner, slip } of answered) expect(slips).toContain(`${owner}/${slip}`)
            expect(new Set(work.map(({ account_id, key }) => `${account_id}/${key}`))).toEqual(slips)
            for (const { owner, sequence, state, version } of rows.filter(({ kind }) => kind === "specimenPurse")) {
              const paid = Array.from(slips).filter((slip) => slip.startsWith(`${owner}/`)).length
              expect([state.total, version, sequence]).toEqual([paid, paid, paid])
              const answers = answered
                .filter((one) => one.owner === owner)
                .map(({ exit }) => Exit.isSuccess(exit) && exit.value)
              expect(new Set(answers).size, "no number was answered twice").toBe(answers.length)
            }
          }).pipe(Effect.scoped, Effect.runPromise),
        60_000
      )

    it(
      "SND-10: the bell rings again after its connection was lost",
      () =>
        Effect.gen(function* () {
          const url = yield* Effect.promise(() => server.createDatabase())
          const [here, elsewhere] = [yield* storeOf(url, { sessions }), yield* storeOf(url, { sessions })]
          const bell = yield* here.work.bell("renewal")
          for (const fault of [terminate, restart("crash")]) {
            yield* fault(url)
            // It rings once by itself when it is there again: something may have been missed.
            expect((yield* Effect.timeoutOption(Queue.take(bell), "15 seconds"))._tag).toBe("Some")
            yield* Effect.sleep("300 millis")
            yield* Queue.takeAll(bell)
            yield* Effect.retry(pay(elsewhere, "owner", `slip ${fault.name}`), { times: 20 })
            expect((yield* Effect.timeoutOption(Queue.take(bell), "5 seconds"))._tag).toBe("Some")
          }
        }).pipe(Effect.scoped, Effect.runPromise),
      60_000
    )
  })
