/**
 * What reading costs when there is a lot to read: an overview of 30 days over 100,000 and over 1,000,000 sends, the
 * records of one number among a million, and the export of a million records. The sends are put there by the database
 * itself; samples of them are compared with what the store would have written.
 */
import { Statistics } from "@vsms/core/statistics/Statistics"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import v8 from "node:v8"
import vm from "node:vm"
import { Database } from "../src/place/Database.ts"
import * as PostgresServer from "../src/place/PostgresServer.ts"
import * as Partitions from "../src/schema/Partitions.ts"
import * as PostgresStorage from "../src/store/PostgresStorage.ts"
import * as TestServer from "../test/server/TestServer.ts"
import * as Seed from "../test/store/Seed.ts"

export const group = "postgres"

const day = 86_400_000
const accountId = "enterprise"
const applicationId = "1400000001"
const callees = 10_000
const million = 1_000_000

/** A database with so many sends of the last 30 days. */
const open = async (server: TestServer.TestServer, sends: number, numbers: number) => {
  const url = Redacted.make(await server.createDatabase())
  // The rows are put there by one statement.
  const place = PostgresServer.layer({ url, sessions: 2, statementTimeoutMillis: 600_000 })
  const storage = Layer.provideMerge(PostgresStorage.layer(), place)
  const runtime = ManagedRuntime.make(Layer.provideMerge(Statistics.layer, storage))
  const now = Date.now()
  const from = now - 29 * day
  const then: Clock.Clock = { ...Clock.make(), currentTimeMillis: Effect.succeed(from) }
  await runtime.runPromise(Effect.withClock(Partitions.ensure, then))
  const begun = performance.now()
  await runtime.runPromise(
    Effect.flatMap(Database, ({ pool }) =>
      Effect.promise(async () => {
        await Seed.sow(pool, {
          accountId,
          applicationId,
          sends,
          from,
          everyMillis: Math.floor((29 * day) / sends),
          callees: numbers,
          retentionMillis: 180 * day
        })
        // As autovacuum does, a minute later.
        await pool.query("vacuum analyze")
      })
    )
  )
  await runtime.runPromise(Seed.check({ accountId, sends }))
  console.log(
    `  ${shown(sends)} sends to ${shown(numbers)} numbers, put there in ${seconds(performance.now() - begun)}, samples checked`
  )
  return runtime
}

type Platform = Awaited<ReturnType<typeof open>>

/** Milliseconds of each, one after the other, in rounds that take turns; what comes first warms up. */
const time = async (
  rounds: number,
  contestants: ReadonlyArray<{
    readonly runtime: Platform
    readonly ask: (nth: number) => Effect.Effect<void, unknown, Statistics>
  }>
): Promise<ReadonlyArray<ReadonlyArray<number>>> => {
  const millis = contestants.map(() => new Array<number>())
  for (let round = -20; round < rounds; round++)
    for (const [i, { ask, runtime }] of contestants.entries()) {
      const begun = performance.now()
      await runtime.runPromise(ask(round + 20).pipe(Effect.withTracerEnabled(false)))
      if (round >= 0) millis[i]!.push(performance.now() - begun)
    }
  return millis
}

const overview = (sends: number) =>
  Effect.flatMap(Statistics, (statistics) =>
    Effect.map(statistics.overview({ accountId, applicationId }, "last30Days"), ({ total }) =>
      mustBe("sends of 30 days", total.sends, sends)
    )
  )

const pageOf = 20

const records = (sends: number) => (nth: number) =>
  Effect.gen(function* () {
    const statistics = yield* Statistics
    const callee = Seed.callee((nth * 7_919) % callees)
    const query = { accountId, applicationId, callee, period: "last30Days" as const }
    const first = yield* statistics.records(query, { limit: pageOf })
    mustBe("records on a page", first.items.length, Math.min(pageOf, sends / callees))
    mustBe("another's number", first.items.filter((record) => record.callee !== callee).length, 0)
  })

// ---------------------------------------------------------------------------------------------------------------------
// export
// ---------------------------------------------------------------------------------------------------------------------

v8.setFlagsFromString("--expose-gc")
const collectGarbage = vm.runInNewContext("gc") as () => void

const heapMebibytes = (): number => {
  collectGarbage()
  return process.memoryUsage().heapUsed / 2 ** 20
}

/** All records of one number, as they are downloaded; the heap is looked at on the way. */
const exported = (rows: number) =>
  Effect.gen(function* () {
    const statistics = yield* Statistics
    const query = { accountId, applicationId, callee: Seed.callee(0), period: "last30Days" as const }
    const heap: Array<number> = []
    let lines = 0
    let bytes = 0
    const before = heapMebibytes()
    const begun = performance.now()
    yield* Stream.runForEachChunk(statistics.exportRecords(query), (chunk) =>
      Effect.sync(() => {
        for (const text of chunk) {
          bytes += Buffer.byteLength(text)
          for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) lines++
          if (lines % 50_000 < 500) heap.push(heapMebibytes() - before)
        }
      })
    )
    // The first line is the header.
    mustBe("exported records", lines - 1, rows)
    return { millis: performance.now() - begun, bytes, heap }
  })

export const run = async (): Promise<void> => {
  const server = await TestServer.start({ fsync: true, transport: "socket", order: "C" })
  try {
    console.log("\nreads on PostgreSQL, fsync on, by the clock on the wall")
    const few = await open(server, million / 10, callees)
    const many = await open(server, million, callees)
    const both = [
      { runtime: few, sends: million / 10 },
      { runtime: many, sends: million }
    ]

    const overviews = await time(
      200,
      both.map(({ runtime, sends }) => ({ runtime, ask: () => overview(sends) }))
    )
    const medians = both.map(({ sends }, i) => {
      print(`overview of 30 days, ${shown(sends)} sends`, overviews[i]!)
      return spread(overviews[i]!).median
    })
    goal("milliseconds of an overview over a million sends", medians[1]!, 5)
    goal("times the overview over a tenth of them", medians[1]! / medians[0]!, 1.5)

    const pages = await time(
      200,
      both.map(({ runtime, sends }) => ({ runtime, ask: records(sends) }))
    )
    for (const [i, { sends }] of both.entries())
      print(`page of ${pageOf} of a number's records, ${shown(sends)} sends`, pages[i]!)
    goal("milliseconds of a page out of a million sends", spread(pages[1]!).median, 5)
    await few.dispose()
    await many.dispose()

    const one = await open(server, million, 1)
    const { bytes, heap, millis } = await one.runPromise(exported(million).pipe(Effect.withTracerEnabled(false)))
    console.log(
      `  export of ${shown(million)} records of one number: ${seconds(millis)}, ${shown(bytes / 2 ** 20)} MiB of text, ` +
        `${shown((million / millis) * 1_000)} records/s`
    )
    const [first, last] = [heap.slice(0, heap.length >> 1), heap.slice(heap.length >> 1)].map((half) =>
      Math.max(...half)
    )
    console.log(
      `  heap above that before it: at most ${shown(first!)} MiB in its first half, ${shown(last!)} in its second`
    )
    goal("MiB that the heap grows from the first half to the second", Math.max(0, last! - first!), 8)
    await one.dispose()
  } finally {
    await server.stop()
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

const shown = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString("en-US") : value.toPrecision(3)

const seconds = (millis: number): string => `${(millis / 1_000).toFixed(1)} s`

const print = (what: string, millis: ReadonlyArray<number>): void => {
  const { max, median, min } = spread(millis)
  console.log(
    `  ${what.padEnd(58)} ${shown(median)} ms [${shown(min)} … ${shown(max)}], p99 ${shown(share(millis, 0.99))} ms`
  )
}

const goal = (sentence: string, reached: number, wanted: number): void =>
  console.log(`  goal ${reached <= wanted ? "met" : "MISSED"}: ${sentence}: ${shown(reached)} of ${shown(wanted)}`)

const mustBe = (what: string, actual: unknown, expected: unknown): void => {
  if (actual !== expected) throw new Error(`${what}: ${String(actual)} and not ${String(expected)}`)
}
