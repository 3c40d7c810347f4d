import * as Balance from "@vsms/core/balance/Balance"
import { IdGenerator } from "@vsms/core/IdGenerator"
import * as ReceiptLog from "@vsms/core/sending/ReceiptLog"
import * as Send from "@vsms/core/sending/Send"
import { Sends } from "@vsms/core/sending/Sends"
import { Journal } from "@vsms/core/storage/Journal"
import { Records } from "@vsms/core/storage/Records"
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import { describe, expect, it, vi } from "@effect/vitest"
import * as Enterprises from "../../bench/Enterprises.ts"
import * as Life from "../../bench/Life.ts"
import { Database } from "../../src/place/Database.ts"
import * as PostgresServer from "../../src/place/PostgresServer.ts"
import * as Migrations from "../../src/schema/Migrations.ts"
import * as Month from "../../src/schema/Month.ts"
import * as Partitions from "../../src/schema/Partitions.ts"
import { migrations } from "../../src/schema/Released.ts"
import * as PostgresStorage from "../../src/store/PostgresStorage.ts"
import * as TestDatabase from "../server/TestDatabase.ts"
import * as TestPlaces from "../server/TestPlaces.ts"

vi.setConfig({ testTimeout: 60_000 })

const ask = (text: string) =>
  Effect.flatMap(Database, ({ pool }) =>
    Effect.map(
      Effect.promise(() => pool.query(text)),
      ({ rows }) => rows as ReadonlyArray<any>
    )
  )

const partitions = Effect.map(
  ask(
    `select inhrelid::regclass::text as name from pg_inherits where inhparent in ('vsms.sends'::regclass,
      'vsms.minute_ledger'::regclass) order by 1`
  ),
  (rows) => rows.map(({ name }) => String(name).replace("vsms.", ""))
)

/** The clock of the machine, so much later. */
const later = (millis: number): Clock.Clock => {
  const real = Clock.make()
  const now = () => Date.now() + millis
  return {
    ...real,
    unsafeCurrentTimeMillis: now,
    currentTimeMillis: Effect.sync(now),
    unsafeCurrentTimeNanos: () => BigInt(now()) * 1_000_000n,
    currentTimeNanos: Effect.sync(() => BigInt(now()) * 1_000_000n),
    sleep: (duration) => real.sleep(duration)
  }
}

const labels = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => Month.label(Month.ofInstant(from) + i))

/** Time of no month that the tests are run in. */
const instant = Date.parse("2030-01-31T23:30:00+08:00")

const platform = (url: string, sessions = 3) =>
  Layer.provideMerge(
    Sends.layer,
    Layer.merge(
      Layer.provideMerge(PostgresStorage.layer(), PostgresServer.layer({ url: Redacted.make(url), sessions })),
      IdGenerator.layer
    )
  )

describe("partitions are made", () => {
  it.effect("ahead, for two months, once", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(instant)
      yield* Migrations.run(migrations)
      const wanted = labels(instant, 3)
      expect(wanted).toEqual(["2030_01", "2030_02", "2030_03"])
      const made = yield* Partitions.ensure
      expect(made.toSorted()).toEqual(
        ["minute_ledger", "sends"].flatMap((name) => wanted.map((label) => `${name}_${label}`))
      )
      expect(yield* Partitions.ensure).toEqual([])
      yield* TestClock.adjust("29 minutes")
      expect(yield* Partitions.ensure).toEqual([])
      yield* TestClock.adjust("1 minute")
      expect((yield* Partitions.ensure).toSorted()).toEqual(["minute_ledger_2030_04", "sends_2030_04"])
    }).pipe(Effect.provide(TestPlaces.server({ sessions: 1 })))
  )

  it.effect("as time passes, however long a process runs, and after a day on which it failed", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(instant)
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* Layer.build(PostgresStorage.layer())
          expect(yield* partitions).not.toContain("sends_2030_04")
          const isThere = (name: string) => Effect.map(partitions, (names) => names.includes(name))
          const pause = Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 50)))
          /** Passes time, step by step, until it is there; answers how many steps. */
          const until = (name: string, step: Duration.DurationInput) =>
            Effect.gen(function* () {
              for (let steps = 1; steps <= 60; steps++) {
                yield* TestClock.adjust(step)
                yield* pause
                if (yield* isThere(name)) return steps
              }
              return Infinity
            })
          expect(yield* until("minute_ledger_2030_04", "1 day")).toBeLessThan(5)
          expect(yield* until("minute_ledger_2030_05", "1 day")).toBeLessThan(35)
          // On some days it cannot be done.
          yield* ask("create table vsms.sends_2030_06 (other int)")
          for (let days = 0; days < 33; days++) yield* Effect.zipRight(TestClock.adjust("1 day"), pause)
          expect(yield* isThere("sends_2030_06")).toBe(false)
          yield* ask("drop table vsms.sends_2030_06")
          expect(yield* until("sends_2030_06", "10 minutes")).toBeLessThan(10)
        })
      )
    }).pipe(Effect.provide(TestPlaces.server({ sessions: 2 })))
  )

  it.live("once, by six that begin at the same time, and nobody fails", () =>
    Effect.gen(function* () {
      const url = yield* Effect.promise(TestDatabase.create)
      const place = PostgresServer.layer({ url: Redacted.make(url), sessions: 1 })
      yield* Effect.provide(Migrations.run(migrations), place)
      const made = yield* Effect.forEach(
        Array.from({ length: 6 }),
        () => Effect.provide(Partitions.ensure, place).pipe(Effect.withClock(later(0))),
        { concurrency: "unbounded" }
      )
      expect(made.flat().toSorted()).toEqual(
        ["minute_ledger", "sends"].flatMap((name) => labels(Date.now(), 3).map((label) => `${name}_${label}`))
      )
    })
  )

  it.live("while sends are on their way: nobody fails, and what lay elsewhere is moved", () =>
    Effect.gen(function* () {
      const url = yield* Effect.promise(TestDatabase.create)
      // A process that slept for three months wakes up: its months are not there.
      const clock = later(92 * 86_400_000)
      yield* Effect.gen(function* () {
        const [enterprise] = yield* Effect.withClock(Enterprises.open(1, 100_000), clock)
        const live = (from: number, times: number) =>
          Effect.withClock(Life.live([enterprise!], { times, callers: 8, from }), clock)
        const { sendIds } = yield* live(0, 20)
        const count = (table: string) =>
          Effect.map(ask(`select count(*) as count from vsms.${table}`), ([row]) => Number(row.count))
        expect(yield* count("sends_other")).toBe(20)
        expect(yield* count("minute_ledger_other")).toBeGreaterThanOrEqual(40)

        const living = yield* Effect.fork(live(20, 120))
        yield* Effect.sleep("100 millis")
        const made = yield* Effect.withClock(Partitions.ensure, clock)
        expect(made.length).toBe(6)
        const run = yield* Fiber.join(living)
        // With the plans that sessions have from before.
        yield* live(140, 20)

        expect(yield* count("sends_other")).toBe(0)
        expect(yield* count("sends")).toBe(160)
        const month = Month.label(Month.ofInstant(yield* Effect.withClock(Clock.currentTimeMillis, clock)))
        expect(yield* count(`sends_${month}`)).toBe(160)
        // What is about a package, whose id is no time.
        expect(yield* count("minute_ledger_other")).toBe(2)
        const journal = yield* Journal
        for (const sendId of [...sendIds, ...run.sendIds]) {
          const { state } = yield* journal.load(Send.ref(enterprise!.accountId, sendId))
          expect(state.stage).toBe("completed")
        }
        const history = yield* journal.history(Balance.ref(enterprise!.accountId), { after: 0, limit: 1_000 })
        expect(history.map(({ sequence }) => sequence)).toEqual(history.map((_, i) => i + 1))
        expect(history.length).toBe(2 + 2 * 160)
      }).pipe(Effect.provide(platform(url)))
    })
  )

  it.live("after whoever is just writing to the month, whose rows are moved too", () =>
    Effect.gen(function* () {
      const month = Month.ofInstant(Date.now()) + 5
      const id = `${Month.firstId(Month.begin(month))}00000000000000000001`
      const { pool } = yield* Database
      const writer = yield* Effect.promise(() => pool.connect())
      const write = (text: string) => Effect.promise(() => writer.query(text))
      yield* write("begin")
      yield* write(
        `insert into vsms.sends (account_id, send_id, version, sequence, state) values ('somebody', '${id}', 1, 0,
          '{"stage": "accepted", "billedMinutes": 0, "overrunMinutes": 0, "receipt": 0}')`
      )
      const making = yield* Effect.fork(
        Effect.withClock(Partitions.ensure, later(Month.begin(month) + 86_400_000 - Date.now()))
      )
      yield* Effect.sleep("300 millis")
      expect(yield* Fiber.poll(making)).toEqual(Option.none())
      yield* write("commit")
      writer.release()
      expect(yield* Fiber.join(making)).toContain(`sends_${Month.label(month)}`)
      expect(yield* ask(`select send_id from vsms.sends_${Month.label(month)}`)).toEqual([{ send_id: id }])
    }).pipe(Effect.provide(Layer.provideMerge(PostgresStorage.layer(), TestPlaces.server({ sessions: 3 }))))
  )
})

describe("old months are dropped", () => {
  const day = 86_400_000

  it.live("but not while a send in them is on its way, and nothing else is touched", () =>
    Effect.gen(function* () {
      const url = yield* Effect.promise(TestDatabase.create)
      const then = later(-100 * day)
      // They were made in time.
      yield* Effect.scoped(
        Effect.withClock(
          Layer.build(PostgresStorage.layer().pipe(Layer.provide(PostgresServer.layer({ url: Redacted.make(url) })))),
          then
        )
      )
      yield* Effect.gen(function* () {
        const journal = yield* Journal
        const records = yield* Records
        const sends = yield* Sends
        const [enterprise] = yield* Effect.withClock(Enterprises.open(1, 1_000), then)
        const { accountId, applicationId, templateId } = enterprise!
        const old = yield* Effect.withClock(Life.live([enterprise!], { times: 5, callers: 1, from: 0 }), then)
        const { sendId } = yield* Effect.withClock(
          sends.accept(accountId, applicationId, {
            templateId,
            to: "13800138000",
            params: ["246802"]
          }),
          then
        )

        const before = Date.now() - 31 * day
        const refused = yield* Effect.flip(Partitions.dropSends(before))
        expect(refused).toBeInstanceOf(Partitions.SendsInFlight)
        expect(refused).toMatchObject({ sends: 1 })
        expect((yield* journal.load(Send.ref(accountId, old.sendIds[0]!))).version).toBeGreaterThan(0)

        const failed = { _tag: "Failed", at: Date.now() - 100 * day + 60_000, failure: "noAnswer" } as const
        yield* Effect.withClock(sends.record(Send.ref(accountId, sendId), failed), then)
        const told = Effect.all({
          balance: Effect.map(journal.load(Balance.ref(accountId)), ({ state }) => state),
          ledger: journal.history(Balance.ref(accountId), { after: 0, limit: 1_000 }),
          receipts: Effect.map(journal.load(ReceiptLog.ref(accountId)), ({ state }) => state),
          days: records.sum({ owner: accountId, fromHour: 0, untilHour: 2 ** 25, by: "day" })
        })
        const seen = yield* told
        // In memory too, as long as they are there.
        expect((yield* journal.load(Send.ref(accountId, sendId))).state.stage).toBe("failed")

        const dropped = yield* Partitions.dropSends(before)
        expect(dropped).toEqual([`sends_${Month.label(Month.ofInstant(Date.now() - 100 * day))}`, ...dropped.slice(1)])
        expect(yield* told).toEqual(seen)
        for (const id of [...old.sendIds, sendId])
          expect((yield* journal.load(Send.ref(accountId, id))).version).toBe(0)
        expect(yield* ask(`select 1 from vsms.sends where send_id < '${Month.firstId(before - 31 * day)}'`)).toEqual([])
        expect(yield* Partitions.dropSends(before)).toEqual([])

        // Life goes on, with the next receipt.
        const { sendIds } = yield* Effect.withClock(
          Life.live([enterprise!], { times: 1, callers: 1, from: 100 }).pipe(
            Effect.catchAll(() => Effect.succeed({ sendIds: [] as ReadonlyArray<string> }))
          ),
          later(-99 * day)
        )
        expect((yield* journal.load(Send.ref(accountId, sendIds[0]!))).state.receipt).toBe(7)
      }).pipe(Effect.provide(platform(url)))
    })
  )
})
