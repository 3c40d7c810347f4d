/**
 * What group commit is worth: whole lives of sends on PostgreSQL, of one account that everybody uses and of 200, by one
 * caller and by many. Beside it the same services with a transaction for each step, and the least SQL that an honest
 * debit and its entry need, written by hand.
 */
import { IdGenerator } from "@vsms/core/IdGenerator"
import { Sends } from "@vsms/core/sending/Sends"
import { Journal } from "@vsms/core/storage/Journal"
import * as Balance from "@vsms/core/balance/Balance"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import * as Pg from "pg"
import { Database } from "../src/place/Database.ts"
import * as PostgresServer from "../src/place/PostgresServer.ts"
import * as PostgresStorage from "../src/store/PostgresStorage.ts"
import * as TestServer from "../test/server/TestServer.ts"
import * as Enterprises from "./Enterprises.ts"
import * as Life from "./Life.ts"

export const group = "postgres"

const sessions = 10
const rounds = 5
const minutes = 10_000_000

interface Scene {
  readonly accounts: number
  readonly callers: number
  readonly times: number
  /** The lives of a rival without group commit, which has far fewer in the same time. */
  readonly fewTimes: number
}

const scenes: ReadonlyArray<Scene> = [
  { accounts: 1, callers: 1, times: 300, fewTimes: 300 },
  { accounts: 1, callers: 32, times: 2_000, fewTimes: 400 },
  { accounts: 1, callers: 256, times: 6_000, fewTimes: 600 },
  { accounts: 200, callers: 32, times: 2_000, fewTimes: 600 },
  { accounts: 200, callers: 256, times: 6_000, fewTimes: 1_000 }
]

interface Result {
  readonly livesPerSecond: number
  readonly acceptMillis: ReadonlyArray<number>
  /** Processor time of this process and of the server, in microseconds a life. */
  readonly own: number
  readonly server: number
}

interface Rival {
  readonly name: string
  readonly grouped: boolean
  readonly live: (scene: Scene, times: number) => Promise<Result>
  /** Checks what all lives have left. Throws if something is wrong. */
  readonly check: () => Promise<void>
  readonly close: () => Promise<void>
}

/** Core's services on this adapter. */
const services = async (server: TestServer.TestServer, name: string, batchSize: number): Promise<Rival> => {
  const url = Redacted.make(await server.createDatabase())
  const storage = Layer.provideMerge(
    PostgresStorage.layer({ batchSize, lanes: batchSize === 1 ? sessions : PostgresStorage.defaults.lanes }),
    PostgresServer.layer({ url, sessions })
  )
  const runtime = ManagedRuntime.make(Layer.provideMerge(Sends.layer, Layer.merge(storage, IdGenerator.layer)))
  const enterprises = await runtime.runPromise(Enterprises.open(200, minutes))
  const lives = new Map<string, number>()
  let from = 0
  return {
    name,
    grouped: batchSize > 1,
    live: async ({ accounts, callers }, times) => {
      const chosen = enterprises.slice(0, accounts)
      const serverBefore = TestServer.processorMicros(server)
      const ownBefore = process.cpuUsage()
      const begun = performance.now()
      const { acceptMillis } = await runtime.runPromise(Life.live(chosen, { callers, times, from }))
      const seconds = (performance.now() - begun) / 1e3
      const own = process.cpuUsage(ownBefore)
      from += times
      for (let i = 0; i < times; i++) {
        const { accountId } = chosen[i % accounts]!
        lives.set(accountId, (lives.get(accountId) ?? 0) + 1)
      }
      return {
        livesPerSecond: times / seconds,
        acceptMillis,
        own: (own.user + own.system) / times,
        server: (TestServer.processorMicros(server) - serverBefore) / times
      }
    },
    check: () =>
      runtime.runPromise(
        Effect.gen(function* () {
          const journal = yield* Journal
          const { pool } = yield* Database
          let total = 0
          for (const [accountId, count] of lives) {
            const { state } = yield* journal.load(Balance.ref(accountId))
            mustBe(`minutes of ${accountId}`, [state.spent, state.held, state.available], [count, 0, minutes - count])
            total += count
          }
          const ask = (text: string) => Effect.promise(async () => Number((await pool.query(text)).rows[0].count))
          mustBe(
            "completed sends",
            yield* ask(`select count(*) from vsms.sends where state->>'stage' = 'completed'`),
            total
          )
          mustBe(
            "counted sends",
            yield* ask("select coalesce(sum(sends), 0) as count from vsms.daily_statistics"),
            total
          )
          mustBe("entries", yield* ask("select count(*) from vsms.minute_ledger where entry ? 'sendId'"), 2 * total)
          mustBe("callbacks due", yield* ask("select count(*) from vsms.work where queue = 'callback'"), total)
          mustBe("other work", yield* ask("select count(*) from vsms.work where queue <> 'callback'"), 0)
        })
      ),
    close: () => runtime.dispose()
  }
}

/** One row a balance, one row an entry: put on hold, then settled. Nothing else of a send is kept. */
const byHand = async (server: TestServer.TestServer): Promise<Rival> => {
  const pool = new Pg.Pool({ connectionString: await server.createDatabase(), max: sessions })
  // The server may go first.
  pool.on("error", () => {})
  await pool.query(`create table balance (account_id text primary key, available bigint not null check (available >= 0),
      held bigint not null, spent bigint not null) with (fillfactor = 50);
    create table entry (account_id text not null, send_id text not null, kind text not null, minutes bigint not null,
      primary key (account_id, send_id, kind))`)
  await pool.query(
    `insert into balance select 'enterprise-' || lpad(i::text, 4, '0'), ${minutes}, 0, 0 from generate_series(0, 199) i`
  )
  const hold = `with moved as (update balance set available = available - 1, held = held + 1
      where account_id = $1 and available >= 1 returning 1)
    insert into entry select $1, $2, 'held', 1 from moved`
  const settle = `with moved as (update balance set held = held - 1, spent = spent + 1 where account_id = $1 returning 1)
    insert into entry select $1, $2, 'settled', 1 from moved`
  let count = 0
  return {
    name: "debit and entry by hand: 2 statements a life",
    grouped: false,
    live: async ({ accounts, callers }, times) => {
      const acceptMillis: Array<number> = []
      const serverBefore = TestServer.processorMicros(server)
      const ownBefore = process.cpuUsage()
      const begun = performance.now()
      let next = 0
      const caller = async (): Promise<void> => {
        while (next < times) {
          const i = next++
          const values = [`enterprise-${String(i % accounts).padStart(4, "0")}`, `send-${count + i}`]
          const from = performance.now()
          await pool.query({ name: "hold", text: hold, values })
          acceptMillis.push(performance.now() - from)
          await pool.query({ name: "settle", text: settle, values })
        }
      }
      await Promise.all(Array.from({ length: callers }, caller))
      const seconds = (performance.now() - begun) / 1e3
      const own = process.cpuUsage(ownBefore)
      count += times
      return {
        livesPerSecond: times / seconds,
        acceptMillis,
        own: (own.user + own.system) / times,
        server: (TestServer.processorMicros(server) - serverBefore) / times
      }
    },
    check: async () => {
      const { rows } = await pool.query("select sum(spent) as spent, sum(held) as held from balance")
      mustBe("minutes by hand", [Number(rows[0].spent), Number(rows[0].held)], [count, 0])
      mustBe("entries by hand", Number((await pool.query("select count(*) from entry")).rows[0].count), 2 * count)
    },
    close: () => pool.end()
  }
}

export const run = async (): Promise<void> => {
  const server = await TestServer.start({ fsync: true, transport: "socket", order: "C" })
  try {
    const rivals = [
      await services(server, "group commit", PostgresStorage.defaults.batchSize),
      await services(server, "a transaction for each step", 1),
      await byHand(server)
    ]
    console.log(
      "\nlives of sends on PostgreSQL, fsync on, by the clock on the wall: median [least … most] of rounds in turn"
    )
    for (const scene of scenes) await contest(scene, rivals)
    for (const rival of rivals) {
      await rival.check()
      await rival.close()
    }
    console.log("  every life checked: minutes, sends, statistics, ledger and work are what they should be")
  } finally {
    await server.stop()
  }
}

const contest = async (scene: Scene, rivals: ReadonlyArray<Rival>): Promise<void> => {
  const { accounts, callers, fewTimes, times } = scene
  const results = new Map(rivals.map((rival) => [rival, new Array<Result>()]))
  for (let round = -1; round < rounds; round++)
    for (const rival of rivals) {
      const result = await rival.live(scene, rival.grouped ? times : fewTimes)
      // The first round warms up.
      if (round >= 0) results.get(rival)!.push(result)
    }
  console.log(`\n  ${accounts === 1 ? "one account" : `${accounts} accounts`}, ${callers} at once`)
  for (const [{ name }, of] of results) {
    const lives = spread(of.map(({ livesPerSecond }) => livesPerSecond))
    const waits = of.flatMap(({ acceptMillis }) => acceptMillis)
    console.log(
      `    ${name.padEnd(46)} ${shown(lives)} lives/s   accept p50 ${shown1(share(waits, 0.5))} ms, p99 ${shown1(share(waits, 0.99))} ms   processor ${shown1(spread(of.map(({ own }) => own)).median)} + ${shown1(spread(of.map(({ server }) => server)).median)} µs a life`
    )
  }
  const [grouped, ungrouped] = rivals.map((rival) => results.get(rival)!) as [Array<Result>, Array<Result>]
  const ratio = spread(grouped.map(({ livesPerSecond }, i) => livesPerSecond / ungrouped[i]!.livesPerSecond)).median
  const reached = spread(grouped.map(({ livesPerSecond }) => livesPerSecond)).median
  if (callers === 1)
    goal("time of a life for a caller alone, in times of that without group commit", 1 / ratio, 1.3, "less")
  if (accounts === 1 && callers === 256) {
    goal("lives a second", reached, 3_000, "more")
    goal("times the lives without group commit", ratio, 8, "more")
    const accepts = grouped.flatMap(({ acceptMillis }) => acceptMillis)
    goal("milliseconds within which 99 % are accepted", share(accepts, 0.99), 50, "less")
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// figures
// ---------------------------------------------------------------------------------------------------------------------

const spread = (values: ReadonlyArray<number>) => {
  const sorted = values.toSorted((a, b) => a - b)
  return { median: sorted[sorted.length >> 1]!, min: sorted[0]!, max: sorted.at(-1)! }
}

const share = (values: ReadonlyArray<number>, part: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * part)]!

const shown1 = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString("en-US") : value.toPrecision(3)

const shown = ({ max, median, min }: ReturnType<typeof spread>): string =>
  `${shown1(median).padStart(7)} ${`[${shown1(min)} … ${shown1(max)}]`.padEnd(18)}`

const goal = (sentence: string, reached: number, wanted: number, better: "more" | "less"): void => {
  const met = better === "more" ? reached >= wanted : reached <= wanted
  console.log(`    goal ${met ? "met" : "MISSED"}: ${sentence}: ${shown1(reached)} of ${shown1(wanted)}`)
}

const mustBe = (what: string, actual: unknown, expected: unknown): void => {
  const [one, other] = [JSON.stringify(actual), JSON.stringify(expected)]
  if (one !== other) throw new Error(`${what}: ${one} and not ${other}`)
}
