/** Figures that are kept along with sends are what a recount of the sends gives, and lists are read in pages. */
import * as Balance from "@vsms/core/balance/Balance"
import { IdGenerator } from "@vsms/core/IdGenerator"
import { Sends } from "@vsms/core/sending/Sends"
import * as Send from "@vsms/core/sending/Send"
import { Statistics } from "@vsms/core/statistics/Statistics"
import { Journal } from "@vsms/core/storage/Journal"
import { Records, type TallyGroup } from "@vsms/core/storage/Records"
import type { Tenant } from "@vsms/core/testing/Tenant"
import * as ShanghaiDay from "@vsms/core/time/ShanghaiDay"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Stream from "effect/Stream"
import v8 from "node:v8"
import vm from "node:vm"
import { afterAll, describe, expect, it, vi } from "vitest"
import * as Enterprises from "../../bench/Enterprises.ts"
import { Database } from "../../src/place/Database.ts"
import * as PostgresStorage from "../../src/store/PostgresStorage.ts"
import * as TestPlaces from "../server/TestPlaces.ts"
import * as Seed from "./Seed.ts"

const long = process.env["NIGHTLY"] === "1"

vi.setConfig({ testTimeout: long ? 600_000 : 120_000 })

const storage = Layer.provideMerge(
  PostgresStorage.layer(),
  TestPlaces.server({ sessions: 3, statementTimeoutMillis: 600_000 })
)
const runtime = ManagedRuntime.make(
  Layer.mergeAll(Sends.layer, Statistics.layer).pipe(Layer.provideMerge(Layer.merge(storage, IdGenerator.layer)))
)
afterAll(() => runtime.dispose())

const hour = 3_600_000
const groups: ReadonlyArray<TallyGroup> = ["total", "hour", "day", "template", "reason", "application"]

const at = (now: number): Clock.Clock => ({
  ...Clock.make(),
  currentTimeMillis: Effect.succeed(now),
  unsafeCurrentTimeMillis: () => now,
  currentTimeNanos: Effect.succeed(BigInt(now) * 1_000_000n),
  unsafeCurrentTimeNanos: () => BigInt(now) * 1_000_000n
})

interface Counted {
  readonly applicationId: string
  readonly templateId: string
  readonly hour: number
  readonly reason: string
  readonly sends: number
  readonly answered: number
  readonly failed: number
  readonly minutes: number
}

/** What the rows of sends say, whatever was counted. */
const recounted = (accountId: string) =>
  Effect.map(
    Effect.flatMap(Database, ({ pool }) =>
      Effect.promise(() => pool.query("select state from vsms.sends where account_id = $1", [accountId]))
    ),
    ({ rows }) =>
      rows.flatMap(({ state }): ReadonlyArray<Counted> => {
        const { accepted, billedMinutes: minutes, reason, stage }: Send.State = state
        const { applicationId, at: acceptedAt, templateId } = accepted
        const one = { applicationId, templateId, hour: Math.floor(acceptedAt / hour) }
        const none = { sends: 0, answered: 0, failed: 0, minutes: 0 }
        const answered = stage === "completed" ? 1 : 0
        return [
          { ...one, ...none, reason: "", sends: 1, answered, minutes },
          ...(stage === "failed" ? [{ ...one, ...none, reason: reason!, failed: 1 }] : [])
        ]
      })
  )

const keyOf = (by: TallyGroup, counted: Counted): string | number => {
  switch (by) {
    case "total":
      return ""
    case "hour":
      return counted.hour
    case "day":
      return ShanghaiDay.ofInstant(counted.hour * hour)
    case "template":
      return counted.templateId
    case "reason":
      return counted.reason
    case "application":
      return counted.applicationId
  }
}

const summed = (counts: ReadonlyArray<Counted>, by: TallyGroup) => {
  const sums = new Map<string | number, { sends: number; answered: number; failed: number; minutes: number }>()
  for (const one of counts) {
    const key = keyOf(by, one)
    const sum = sums.get(key) ?? { sends: 0, answered: 0, failed: 0, minutes: 0 }
    for (const name of ["sends", "answered", "failed", "minutes"] as const) sum[name] += one[name]
    sums.set(key, sum)
  }
  return Array.from(sums, ([group, sum]) => ({ group, ...sum })).sort((one, other) =>
    one.group < other.group ? -1 : 1
  )
}

describe("statistics", () => {
  it("STA-2: after random traffic over hours, days and months they are what a recount gives, however they are cut", async () => {
    // Around the end of a day in UTC, of a month and a year in Shanghai, and of a day there.
    const edges = ["2026-12-15T00:00:00Z", "2026-12-31T16:00:00Z", "2027-01-05T16:00:00Z"].map(Date.parse)
    const [enterprise, other] = await runtime.runPromise(
      Effect.withClock(Enterprises.open(2, 100_000), at(edges[0]! - 2 * 86_400_000))
    )
    const { accountId, applicationId, templateId } = enterprise!
    let called = 0
    interface Traffic {
      readonly edge: number
      readonly offset: number
      readonly end: "completed" | "busy" | "noAnswer" | "open"
      readonly talkMillis: number
      readonly endsLater: number
      readonly from: Tenant
    }
    const traffic: FastCheck.Arbitrary<Traffic> = FastCheck.record({
      edge: FastCheck.constantFrom(...edges),
      offset: FastCheck.integer({ min: -30 * hour, max: 30 * hour }),
      end: FastCheck.constantFrom("completed" as const, "busy" as const, "noAnswer" as const, "open" as const),
      talkMillis: FastCheck.integer({ min: 1, max: 59_000 }),
      endsLater: FastCheck.integer({ min: 0, max: 20_000 }),
      from: FastCheck.constantFrom(enterprise!, other!)
    })
    const life = ({ edge, end, endsLater, from, offset, talkMillis }: Traffic) =>
      Effect.gen(function* () {
        const sends = yield* Sends
        const acceptedAt = edge + offset
        const input = {
          templateId: from.templateId,
          to: `139${String(called++).padStart(8, "0")}`,
          params: ["246802"]
        }
        const { sendId } = yield* Effect.withClock(
          sends.accept(from.accountId, from.applicationId, input),
          at(acceptedAt)
        )
        if (end === "open") return
        const ref = Send.ref(from.accountId, sendId)
        // An hour, a day or a month may end between acceptance and end.
        const clock = at(acceptedAt + endsLater + talkMillis)
        const answeredAt = acceptedAt + endsLater
        const reports: ReadonlyArray<Send.Report> = [
          { _tag: "DialStarted", route: "first", at: acceptedAt },
          ...(end === "completed"
            ? ([
                { _tag: "Answered", at: answeredAt },
                { _tag: "HungUp", at: answeredAt + talkMillis }
              ] as const)
            : ([{ _tag: "Failed", at: answeredAt, failure: end }] as const))
        ]
        for (const report of reports) yield* Effect.withClock(sends.record(ref, report), clock)
      })
    const lives = FastCheck.sample(traffic, { numRuns: long ? 3_000 : 300, seed: Number(process.env["SEED"] ?? 1) })
    await runtime.runPromise(
      // The balance's time does not run backwards: traffic comes in its order, several at once.
      Effect.forEach(
        lives.toSorted((one, two) => one.edge + one.offset - (two.edge + two.offset)),
        life,
        { concurrency: 8, discard: true }
      )
    )

    const records = await runtime.runPromise(Records)
    const counts = await runtime.runPromise(recounted(accountId))
    expect(summed(counts, "total")[0]!.sends).toBeGreaterThan(lives.length / 4)
    const firstHour = Math.floor(edges[0]! / hour) - 31
    const lastHour = Math.floor(edges[2]! / hour) + 32
    const cuts = FastCheck.record({
      from: FastCheck.integer({ min: firstHour, max: lastHour }),
      hours: FastCheck.integer({ min: 0, max: lastHour - firstHour }),
      by: FastCheck.constantFrom(...groups),
      onlyApplication: FastCheck.boolean()
    })
    await FastCheck.assert(
      FastCheck.asyncProperty(cuts, async ({ by, from, hours, onlyApplication }) => {
        const untilHour = from + hours
        const sums = await runtime.runPromise(
          records.sum({
            owner: accountId,
            fromHour: from,
            untilHour,
            by,
            ...(onlyApplication ? { applicationId, templateId } : {})
          })
        )
        expect(sums).toEqual(
          summed(
            counts.filter((one) => one.hour >= from && one.hour < untilHour),
            by
          )
        )
      }),
      { numRuns: long ? 1_000 : 150 }
    )
    // The minutes that were billed are those that the packages paid.
    const [total] = summed(counts, "total")
    const { state } = await runtime.runPromise(
      Effect.flatMap(Journal, (journal) => journal.load(Balance.ref(accountId)))
    )
    expect(state.spent).toBe(total!.minutes)
  })
})

v8.setFlagsFromString("--expose-gc")
const collectGarbage = vm.runInNewContext("gc") as () => void

describe("lists", () => {
  it("STA-3: an export of many records holds a page of them at a time", async () => {
    const rows = long ? 200_000 : 20_000
    const accountId = "exporter"
    const applicationId = "1400000099"
    const from = Date.now() - 28 * 86_400_000
    await runtime.runPromise(
      Effect.flatMap(Database, ({ pool }) =>
        Effect.promise(() =>
          Seed.sow(pool, {
            accountId,
            applicationId,
            sends: rows,
            from,
            everyMillis: Math.floor((28 * 86_400_000) / rows),
            callees: 1,
            retentionMillis: 180 * 86_400_000
          })
        )
      )
    )
    await runtime.runPromise(Seed.check({ accountId, sends: rows }))
    const heap: Array<number> = []
    let lines = 0
    let last = ""
    await runtime.runPromise(
      Effect.flatMap(Statistics, (statistics) =>
        Stream.runForEach(
          statistics.exportRecords({ accountId, applicationId, callee: Seed.callee(0), period: "last30Days" }),
          (text) =>
            Effect.sync(() => {
              const some = text.split("\n").length - 1
              if (Math.floor((lines + some) / (rows / 20)) > Math.floor(lines / (rows / 20))) {
                collectGarbage()
                heap.push(process.memoryUsage().heapUsed)
              }
              lines += some
              last = text
            })
        )
      )
    )
    expect(lines).toBe(1 + rows)
    expect(last.split("\n").length - 1).toBeLessThanOrEqual(500)
    // All rows as text alone would be some 150 bytes each; what is kept of a row must be far less.
    const grown = Math.max(...heap.slice(10)) - Math.max(...heap.slice(0, 10))
    expect(grown).toBeLessThan(Math.max(rows * 20, 1_500_000))
    // The figures that came with the rows are what the overview shows.
    const overview = await runtime.runPromise(
      Effect.flatMap(Statistics, (statistics) => statistics.overview({ accountId, applicationId }, "last30Days"))
    )
    expect(overview.total).toMatchObject({ sends: rows, failed: rows / 10, answered: rows - rows / 10 })
  })

  it("STA-3: pages show each row once while others come, forwards and backwards", async () => {
    const records = await runtime.runPromise(Records)
    const query = { kind: Send.kind, index: "byApplication", partition: "1400000099", limit: 501 }
    for (const descending of [false, true]) {
      const seen = new Set<string>()
      let after: { readonly at: number; readonly key: string } | undefined
      let order: Array<number> = []
      do {
        const page = await runtime.runPromise(records.list({ ...query, descending, after }))
        for (const { ref, state } of page.items) {
          expect(seen.has(ref.key)).toBe(false)
          seen.add(ref.key)
          order.push(state.accepted.at)
        }
        after = page.next
      } while (after !== undefined && seen.size < 5_000)
      const sorted = order.toSorted((a, b) => (descending ? b - a : a - b))
      expect(order).toEqual(sorted)
      expect(seen.size).toBeGreaterThanOrEqual(5_000)
    }
    // Somebody else finds nothing under a name that is not theirs.
    const statistics = await runtime.runPromise(Statistics)
    const stranger = { accountId: "stranger", applicationId: "1400000099", callee: Seed.callee(0) }
    const page = await runtime.runPromise(statistics.records({ ...stranger, period: "last30Days" }))
    expect(page.items).toEqual([])
  })
})
