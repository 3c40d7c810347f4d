/**
 * Whatever the server believes of the tables, it looks things up by index, in the month they are of: a session that has
 * planned while they were empty, one that plans anew each time, one that never does; counted tables and uncounted ones.
 *
 * **Details** Plans are judged by what they do, not by how they look: the server counts the rows that it reads.
 */
import { IdGenerator } from "@vsms/core/IdGenerator"
import * as Send from "@vsms/core/sending/Send"
import { Sends } from "@vsms/core/sending/Sends"
import { queues } from "@vsms/core/storage/Decision"
import { Journal } from "@vsms/core/storage/Journal"
import { Records } from "@vsms/core/storage/Records"
import { WorkQueue } from "@vsms/core/storage/WorkQueue"
import type { Tenant } from "@vsms/core/testing/Tenant"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import type * as Pg from "pg"
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest"
import * as Enterprises from "../../bench/Enterprises.ts"
import * as Life from "../../bench/Life.ts"
import { Database } from "../../src/place/Database.ts"
import * as PostgresServer from "../../src/place/PostgresServer.ts"
import * as Month from "../../src/schema/Month.ts"
import * as PostgresStorage from "../../src/store/PostgresStorage.ts"
import * as Tables from "../../src/store/Table.ts"
import * as TestDatabase from "../server/TestDatabase.ts"
import { query } from "../server/TestServer.ts"
import * as Seed from "./Seed.ts"

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 })

const day = 86_400_000
const months = 4

/** Rows that the server has looked at so far, for each table and month. */
type Reads = ReadonlyMap<string, number>

const readsOf = async (url: string): Promise<Reads> => {
  const rows = await query(
    url,
    `select relname as name, seq_tup_read + coalesce(idx_tup_read, 0) as reads from pg_stat_user_tables t
    cross join lateral (select sum(idx_tup_read) as idx_tup_read from pg_stat_user_indexes i where i.relid = t.relid) i
    where schemaname = 'vsms'`
  )
  return new Map(rows.map(({ name, reads }) => [name, Number(reads)]))
}

const open = (url: string, mode: Mode) => {
  const chosen = `${url}?options=${encodeURIComponent(`-c plan_cache_mode=${mode}`)}`
  const place = PostgresServer.layer({ url: Redacted.make(chosen), sessions })
  const storage = Layer.provideMerge(PostgresStorage.layer(), place)
  return ManagedRuntime.make(Layer.provideMerge(Sends.layer, Layer.merge(storage, IdGenerator.layer)))
}
type Platform = ReturnType<typeof open>

const sessions = 2
type Mode = (typeof modes)[number]
const modes = ["auto", "force_generic_plan", "force_custom_plan"] as const

// ---------------------------------------------------------------------------------------------------------------------
// what is asked
// ---------------------------------------------------------------------------------------------------------------------

let enterprise: Tenant
const lives = 60

/** What services and workers ask of a storage all day, by name and by queue. */
const work = (from: number) =>
  Effect.gen(function* () {
    const { sendIds } = yield* Life.live([enterprise], { times: lives, callers: 4, from })
    const journal = yield* Journal
    for (const sendId of sendIds.slice(0, 8)) yield* journal.load(Send.ref(enterprise.accountId, sendId))
    const queue = yield* WorkQueue
    for (const name of queues) {
      yield* queue.nextDue(name)
      yield* queue.countDue({ queue: name, now: Date.now(), limit: 10_000 })
    }
  })

/** Every list there is, from the beginning, from a place on, and turned round; every sum; and the erasure. */
const looks = Effect.gen(function* () {
  const records = yield* Records
  const now = Date.now()
  const hour = Math.floor(now / 3_600_000)
  for (const { kind } of Tables.all()) {
    for (const index of Object.keys(kind.indexes)) {
      const partition = kind === Send.kind ? partitions[index]! : "nobody"
      const base = { kind, index, partition, limit: 20 }
      yield* records.list(base)
      yield* records.list({ ...base, descending: true, from: now - 30 * day, until: now })
      yield* records.list({ ...base, after: { at: now - 30 * day, key: "0" }, from: 0, until: now })
    }
  }
  for (const by of ["total", "hour", "day", "template", "reason", "application"] as const)
    yield* records.sum({ owner: "nobody", fromHour: hour - 720, untilHour: hour, by })
  yield* records.purge({ now: 1, limit: 100 })
})

const seeded = { accountId: "seeded", applicationId: "1400000009" }
const partitions: Readonly<Record<string, string>> = {
  byApplication: seeded.applicationId,
  byCallee: `${seeded.applicationId}/${Seed.callee(7)}`,
  receipts: seeded.applicationId
}

/** Rows that are read meanwhile, by table. */
const reading = async (
  url: string,
  platform: Platform,
  asked: Effect.Effect<unknown, unknown, Platform extends ManagedRuntime.ManagedRuntime<infer R, any> ? R : never>
): Promise<Reads> => {
  const told = Effect.flatMap(Database, ({ pool }) =>
    Effect.promise(() =>
      Promise.all(
        Array.from({ length: sessions }, () => pool.query("select pg_stat_force_next_flush(), pg_sleep(0.05)"))
      )
    )
  )
  await platform.runPromise(told)
  const before = await readsOf(url)
  await platform.runPromise(Effect.zipRight(asked, told))
  return new Map(Array.from(await readsOf(url), ([name, reads]) => [name, reads - (before.get(name) ?? 0)]))
}

const total = (reads: Reads, name: RegExp): number =>
  Array.from(reads).reduce((sum, [of, count]) => sum + (name.test(of) ? count : 0), 0)

// ---------------------------------------------------------------------------------------------------------------------
// what is there
// ---------------------------------------------------------------------------------------------------------------------

const sends = 20_000

const fill = async (pool: Pg.Pool): Promise<void> => {
  const now = Date.now()
  for (let ago = 1; ago < months; ago++) {
    const month = Month.ofInstant(now) - ago
    const [from, until] = [Month.firstId(Month.begin(month)), Month.firstId(Month.begin(month + 1))]
    for (const name of ["sends", "minute_ledger"])
      await pool.query(
        `create table vsms.${name}_${Month.label(month)} partition of vsms.${name} for values from ('${from}') to ('${until}')`
      )
  }
  const from = Month.begin(Month.ofInstant(now) - months + 1)
  await Seed.sow(pool, {
    ...seeded,
    sends,
    from,
    everyMillis: Math.floor((now - from) / sends),
    callees: 1_000,
    retentionMillis: 180 * day,
    ledger: true
  })
  for (const [table, key, state] of [
    ["callee_frequencies", "key", `{"code": [], "notice": []}`],
    ["idempotency_keys", "key", "null"],
    ["callback_deliveries", "delivery_id", `{"tries": []}`]
  ])
    await pool.query(
      `insert into vsms.${table} (account_id, ${key}, version, sequence, state, expires_at)
        select 'seeded', md5(i::text), 1, 0, '${state}', ${now} + i from generate_series(1, ${sends}) i`
    )
  await pool.query(
    `insert into vsms.work select 'seeded', 'callback', md5(i::text), ${now + day} + i, 0, -i
      from generate_series(1, ${sends}) i`
  )
}

describe("rows that are read do not grow with those that are there", () => {
  let url = ""
  let oldest = ""
  const old = new Map<Mode, Platform>()
  let begun = 0
  const nextFrom = () => (begun += 1_000)

  beforeAll(async () => {
    url = await TestDatabase.create()
    for (const mode of modes) old.set(mode, open(url, mode))
    const [opened] = await old.get("auto")!.runPromise(Enterprises.open(1, 1_000_000))
    enterprise = opened!
    for (const mode of modes) {
      const platform = old.get(mode)!
      await platform.runPromise(work(nextFrom()))
      // So often, until a session settles on a plan.
      for (let i = 0; i < (mode === "auto" ? 6 : 1); i++) await platform.runPromise(looks)
    }
    await fill((await old.get("auto")!.runPromise(Database)).pool)
    const [first] = await query(url, "select min(send_id) as id from vsms.sends where account_id = 'seeded'")
    oldest = first.id
  })
  afterAll(() => Promise.all(Array.from(old.values(), (platform) => platform.dispose())))

  const check = async (platform: Platform): Promise<void> => {
    const worked = await reading(url, platform, work(nextFrom()))
    // A life is some fifteen rows, with what its batch shares.
    expect(total(worked, /^/)).toBeLessThan(lives * 50)
    expect(total(worked, /^work/)).toBeLessThan(lives * 30)
    // Sends and entries of today are in no other month.
    const other = new RegExp(`^(sends|minute_ledger)_(?!${Month.label(Month.ofInstant(Date.now()))})`)
    expect(total(worked, other)).toBe(0)

    const loaded = await reading(
      url,
      platform,
      Effect.flatMap(Journal, (journal) => journal.load(Send.ref(seeded.accountId, oldest)))
    )
    expect(total(loaded, /^sends/)).toBe(1)

    // Three pages of each of the three lists of sends, each of which begins in every month.
    const looked = await reading(url, platform, looks)
    expect(total(looked, /^sends/)).toBeGreaterThan(60)
    expect(total(looked, /^/)).toBeLessThan(9 * (20 + 2 * months) + 200)
  }

  for (const mode of modes)
    it(`${mode}: a session that has planned while all was empty, and nothing was counted since`, () =>
      check(old.get(mode)!))

  for (const counted of [false, true])
    for (const mode of modes)
      it(`${mode}: a new session, ${counted ? "everything counted" : "nothing counted"}`, async () => {
        if (counted) await query(url, "analyze")
        const platform = open(url, mode)
        await check(platform).finally(() => platform.dispose())
      })
})
