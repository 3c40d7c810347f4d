/** When its retention has ended, nothing of a person is anywhere in the database, and all else is as it was. */
import { Sends } from "@vsms/core/sending/Sends"
import * as Send from "@vsms/core/sending/Send"
import { IdGenerator } from "@vsms/core/IdGenerator"
import * as Balance from "@vsms/core/balance/Balance"
import * as Decision from "@vsms/core/storage/Decision"
import { Journal } from "@vsms/core/storage/Journal"
import { Records } from "@vsms/core/storage/Records"
import { purseRef, slipRef } from "@vsms/core/testing/Specimen"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest"
import * as Enterprises from "../../bench/Enterprises.ts"
import { Database } from "../../src/place/Database.ts"
import * as PostgresServer from "../../src/place/PostgresServer.ts"
import * as PostgresStorage from "../../src/store/PostgresStorage.ts"
import * as TestDatabase from "../server/TestDatabase.ts"
import * as TestPlaces from "../server/TestPlaces.ts"
import { query } from "../server/TestServer.ts"
import * as SmallRun from "./SmallRun.ts"

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const day = 86_400_000

type Ask = (text: string) => Promise<ReadonlyArray<any>>

/** Of the enterprise that `Tenant` opens. */
const representativeId = "11010519491231002X"

/** All there is in the schema, row by row, as text; keys and index columns included. */
const everything = async (ask: Ask): Promise<ReadonlyArray<string>> => {
  const tables = await ask(
    `select relname as name from pg_class where relnamespace = 'vsms'::regnamespace and relkind in ('r', 'p')
      and not relispartition order by 1`
  )
  const rows: Array<string> = []
  for (const { name } of tables)
    rows.push(
      ...(await ask(`select '${name} ' || t::text as row from vsms.${name} t order by 1`)).map(({ row }) => row)
    )
  return rows
}

const mentioning = (rows: ReadonlyArray<string>, text: string): ReadonlyArray<string> =>
  rows.filter((row) => row.includes(text)).map((row) => row.split(" ")[0]!)

/** What is left of a row that is erased: who it was is not, what happened is. */
const withoutErased = (row: string): string =>
  // Of the book of owners only the revision moves on.
  row.replace(/^owners \((.*),\d+\)$/, "owners ($1)")

/** Whoever is at a piece of work renews his lease meanwhile: what it is and whose stays. */
const withoutLease = (row: string): string => (row.startsWith("work ") ? row.split(",").slice(0, 3).join() : row)

describe("retention", () => {
  it("ACC-5: nothing of people is left in any table, key or index, and nothing else is gone", async () => {
    await SmallRun.at(TestPlaces.memory(), (run) =>
      Effect.gen(function* () {
        const { pool } = yield* Database
        const ask: Ask = async (text) => (await pool.query(text)).rows
        const records = yield* Records
        const sends = yield* Sends
        const { answers, code, isBusy, saysNothing, session } = SmallRun.people
        const numbers = [answers, isBusy, saysNothing]

        const before = yield* Effect.promise(() => everything(ask))
        // It is there, in more than one place: or the search would find nothing because it looks in the wrong way.
        for (const number of numbers)
          expect(new Set(mentioning(before, number))).toEqual(
            new Set(
              number === answers ? ["callee_frequencies", "refused_sends", "sends"] : ["callee_frequencies", "sends"]
            )
          )
        expect(mentioning(before, session).length).toBeGreaterThan(0)
        expect(mentioning(before, code)).toContain("sends")
        expect(mentioning(before, representativeId)).toEqual(["qualifications"])

        const later = Date.now() + 400 * day
        let purged = 0
        for (;;) {
          const some = yield* records.purge({ now: later, limit: 3 })
          expect(some).toBeLessThanOrEqual(3)
          purged += some
          if (some < 3) break
        }
        expect(purged).toBeGreaterThan(8)

        const after = yield* Effect.promise(() => everything(ask))
        for (const text of [...numbers, code, session, "您的验证码是：8", representativeId])
          expect(mentioning(after, text), text).toEqual([])

        // What is not about people stands: each send with what happened to it, under its own id.
        const { accountId, applicationId } = run.tenant
        for (const id of [run.answered, run.busy, run.silent]) {
          const { personal, state } = yield* sends.get(accountId, applicationId, id)
          expect(personal).toBe(undefined)
          expect(state.accepted.applicationId).toBe(applicationId)
        }
        const gone = new Set([
          "sends",
          "owners",
          "callee_frequencies",
          "refused_sends",
          "idempotency_keys",
          // The representative of the enterprise is a person too.
          "qualifications"
        ])
        const own = (rows: ReadonlyArray<string>) =>
          rows
            .filter(
              (row) =>
                !gone.has(row.split(" ")[0]!) &&
                // These go by their own time: the deliveries of a send, an alert, a day's count.
                !/^(callback_deliveries|alerts|daily_volume_days) /.test(row)
            )
            .map(withoutLease)
        const changed = own(after).filter((row) => !own(before).includes(row))
        expect(changed.map((row) => row.split(" ")[0])).toEqual([])
        expect(own(after).length).toBe(own(before).length)
        for (const table of [
          "callee_frequencies",
          "refused_sends",
          "idempotency_keys",
          "callback_deliveries",
          "alerts"
        ])
          expect(after.filter((row) => row.startsWith(`${table} `))).toEqual([])
        // Contacts of alerts stay as long as they are wanted.
        expect(mentioning(after, SmallRun.contact.mobile)).toEqual(["alert_contacts"])
        expect(after.map(withoutErased).filter((row) => row.startsWith("owners"))).toEqual(
          before.map(withoutErased).filter((row) => row.startsWith("owners"))
        )
      })
    )
  })
})

describe("erasure of many", () => {
  let url = ""
  const open = () =>
    ManagedRuntime.make(
      Layer.provideMerge(
        Sends.layer,
        Layer.merge(
          Layer.provideMerge(PostgresStorage.layer(), PostgresServer.layer({ url: Redacted.make(url), sessions: 3 })),
          IdGenerator.layer
        )
      )
    )
  let one: ReturnType<typeof open>
  let other: ReturnType<typeof open>

  beforeAll(async () => {
    url = await TestDatabase.create()
    one = open()
    await one.runPromise(Effect.void)
    other = open()
  })
  afterAll(() => Promise.all([one.dispose(), other.dispose()]))

  const owners = Array.from({ length: 40 }, (_, i) => `owner-${String(i).padStart(2, "0")}`)

  /** A purse with a name on it that expires, one that does not, and a slip that goes: for each of many owners. */
  const fill = (at: number) =>
    Effect.gen(function* () {
      const journal = yield* Journal
      yield* Effect.forEach(
        owners,
        (owner) =>
          journal.transact(
            [purseRef(owner, `old ${at}`), purseRef(owner, `young ${at}`), slipRef(owner, `slip ${at}`)],
            ([old, young, slip]) =>
              Either.right(
                Decision.make(undefined, {
                  changes: [
                    Decision.change(old, [{ _tag: "Paid", amount: 1, at }], {
                      personal: { name: `Zhang San of ${owner}` },
                      expiresAt: at + 1
                    }),
                    Decision.change(young, [{ _tag: "Paid", amount: 1, at }], {
                      personal: { name: `Li Si of ${owner}` },
                      expiresAt: at + 10 * day
                    }),
                    Decision.change(slip, [{ _tag: "Written", text: `of ${owner}`, at }], { expiresAt: at + 1 })
                  ]
                })
              )
          ),
        { concurrency: 16, discard: true }
      )
    })

  it("two processes that erase at once do it once, and everything", async () => {
    const at = 1_000
    await one.runPromise(fill(at))
    const before = await everything((text) => query(url, text))
    expect(mentioning(before, "Zhang San").length).toBe(owners.length)
    const purge = Effect.gen(function* () {
      const records = yield* Records
      let purged = 0
      for (;;) {
        const some = yield* records.purge({ now: at + 1, limit: 25 })
        purged += some
        if (some < 25) return purged
      }
    })
    const purged = await Promise.all([one, other, one, other].map((process) => process.runPromise(purge)))
    expect(purged.reduce((sum, count) => sum + count, 0)).toBe(2 * owners.length)
    const after = await everything((text) => query(url, text))
    expect(mentioning(after, "Zhang San")).toEqual([])
    expect(mentioning(after, "Li Si").length).toBe(owners.length)
    expect(after.filter((row) => row.includes("slip"))).toEqual([])
    // Once: a version more, and not two.
    const versions = await query(url, `select distinct version from vsms.things where key = 'old ${at}'`)
    expect(versions).toEqual([{ version: "2" }])
  })

  it("neither an erasure nor a change that run into each other are lost", async () => {
    const at = 2_000
    await one.runPromise(fill(at))
    const times = 12
    const pay = (runtime: typeof one, owner: string) =>
      runtime.runPromise(
        Effect.flatMap(Journal, (journal) =>
          journal.transact([purseRef(owner, `old ${at}`)], ([purse]) =>
            Either.right(
              Decision.make(purse.personal?.name, {
                changes: [Decision.change(purse, [{ _tag: "Paid", amount: 1, at }])]
              })
            )
          )
        )
      )
    const paying = owners.flatMap((owner) =>
      Array.from({ length: times }, (_, i) => pay(i % 2 === 0 ? one : other, owner))
    )
    const purging = [one, other].map((process) =>
      process.runPromise(
        Effect.gen(function* () {
          const records = yield* Records
          let purged = 0
          for (let round = 0; round < 30; round++) purged += yield* records.purge({ now: at + 1, limit: 7 })
          return purged
        })
      )
    )
    await Promise.all(paying)
    const purged = (await Promise.all(purging)).reduce((sum, count) => sum + count, 0)
    expect(purged).toBe(2 * owners.length)
    for (const process of [one, other])
      for (const owner of owners) {
        const { personal, state, version } = await process.runPromise(
          Effect.flatMap(Journal, (journal) => journal.load(purseRef(owner, `old ${at}`)))
        )
        expect([personal, state.total, state.payments, version]).toEqual([undefined, times + 1, times + 1, times + 2])
      }
    const after = await everything((text) => query(url, text))
    expect(mentioning(after, "Zhang San")).toEqual([])
  })

  it("an expiry that was put off in time is kept", async () => {
    const at = 3_000
    await one.runPromise(fill(at))
    const [owner] = owners
    await other.runPromise(
      Effect.flatMap(Journal, (journal) =>
        journal.transact([purseRef(owner!, `old ${at}`)], ([purse]) =>
          Either.right(
            Decision.make(undefined, { changes: [Decision.change(purse, [], { expiresAt: at + 20 * day })] })
          )
        )
      )
    )
    await one.runPromise(Effect.flatMap(Records, (records) => records.purge({ now: at + 1, limit: 1_000 })))
    const { personal } = await one.runPromise(
      Effect.flatMap(Journal, (journal) => journal.load(purseRef(owner!, `old ${at}`)))
    )
    expect(personal).toEqual({ name: `Zhang San of ${owner}` })
  })

  it("ACC-5: a send that is on its way while it is erased ends as if nothing had happened", async () => {
    const result = await one.runPromise(
      Effect.gen(function* () {
        const [enterprise] = yield* Enterprises.open(1, 1_000)
        const { accountId, applicationId, templateId } = enterprise!
        const sends = yield* Sends
        const records = yield* Records
        const to = "13812345678"
        const { sendId } = yield* sends.accept(accountId, applicationId, {
          templateId,
          to,
          params: ["246802"]
        })
        const ref = Send.ref(accountId, sendId)
        const now = Date.now()
        yield* sends.record(ref, { _tag: "DialStarted", route: "first", at: now })
        yield* Effect.all(
          [
            sends.record(ref, { _tag: "Answered", at: now }),
            records.purge({ now: now + 400 * day, limit: 1_000 }),
            sends.record(ref, { _tag: "HungUp", at: now + 1 })
          ],
          { concurrency: "unbounded" }
        )
        yield* records.purge({ now: now + 400 * day, limit: 1_000 })
        const { personal, state } = yield* sends.load(ref)
        const { state: balance } = yield* (yield* Journal).load(Balance.ref(accountId))
        return { to, personal, stage: state.stage, spent: balance.spent, held: balance.held }
      })
    )
    expect(result).toMatchObject({ personal: undefined, stage: "completed", spent: 1, held: 0 })
    expect(mentioning(await everything((text) => query(url, text)), result.to)).toEqual([])
  })
})
