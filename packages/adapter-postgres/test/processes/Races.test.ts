/** Several processes on the same accounts, each with a memory and a pool of its own. */
import type { Lease } from "@vsms/core/storage/WorkQueue"
import { afterEach, describe, expect, it } from "vitest"
import * as TestDatabase from "../server/TestDatabase.ts"
import * as TestServer from "../server/TestServer.ts"
import * as Child from "./Child.ts"
import type { Handlers } from "./Line.ts"

const long = process.env["NIGHTLY"] === "1"

const minute = 60_000

let children: ReadonlyArray<Child.Child> = []

const start = async (
  count: number,
  sessions: number,
  also: { readonly forgetful?: boolean; readonly handlers?: Handlers } = {}
): Promise<{ readonly url: string; readonly children: ReadonlyArray<Child.Child> }> => {
  const { handlers, ...how } = also
  const url = await TestDatabase.create()
  children = await Child.startAll("Contestant", count, handlers)
  await Promise.all(children.map((child) => child.ask("open", { url, sessions, ...how })))
  return { url, children }
}

afterEach(async () => {
  await Promise.all(children.map((child) => child.kill()))
  children = []
})

interface Transfer {
  readonly from: string
  readonly to: string
  readonly amount: number
  readonly slip: string
  readonly versions?: readonly [number, number]
  readonly refused?: string
}

for (const sessions of [1, 4])
  describe(`processes with ${sessions} connections each`, () => {
    it(
      "BAL-5: on one account every decision sees the one before, whichever process made it",
      async () => {
        const { children, url } = await start(4, sessions)
        const times = long ? 2_000 : 250
        const totals = await Promise.all(
          children.map((child) => child.ask<ReadonlyArray<number>>("pay", { owner: "hot", times, concurrency: 24 }))
        )
        // Each number once: nobody decided on what was no longer so.
        const all = totals.flat().toSorted((a, b) => a - b)
        expect(all).toEqual(Array.from({ length: 4 * times }, (_, i) => i + 1))
        const [row] = await TestServer.query(
          url,
          "select version::int, sequence::int, (state->>'total')::int as total from vsms.things"
        )
        expect(row).toEqual({ version: 4 * times, sequence: 4 * times, total: 4 * times })
        const [events] = await TestServer.query(
          url,
          "select count(*)::int as count, min(sequence)::int as first, max(sequence)::int as last from vsms.events"
        )
        expect(events).toEqual({ count: 4 * times, first: 1, last: 4 * times })
      },
      2 * minute
    )

    it(
      "BAL-5, BAL-6: transfers between crossed pairs of accounts neither block each other nor lose or make money",
      async () => {
        const { children, url } = await start(3, sessions)
        const owners = ["a", "b", "c"]
        for (const owner of owners) await children[0]!.ask("pay", { owner, times: 30, concurrency: 30 })
        const times = long ? 1_500 : 200
        const answers = await Promise.all(
          children.map((child, i) =>
            child.ask<ReadonlyArray<Transfer>>("transfer", {
              owners,
              times,
              concurrency: 16,
              seed: Number(process.env["SEED"]) + i,
              name: `process${i}`
            })
          )
        )
        const transfers = answers.flat()
        const done = transfers.filter(({ versions }) => versions !== undefined)
        expect(done.length).toBeGreaterThan(times)
        expect(new Set(transfers.map(({ refused }) => refused))).toEqual(new Set([undefined, "too little"]))

        // Every acknowledged transfer has left its slip, and no other has.
        const slips = await TestServer.query(
          url,
          "select key from vsms.things where kind = 'specimenSlip' order by key"
        )
        expect(slips.map(({ key }) => key)).toEqual(done.map(({ slip }) => slip).toSorted())
        const purses = await TestServer.query(
          url,
          `select owner, version::int, sequence::int, (state->>'total')::int as total from vsms.things
          where kind = 'specimenPurse' order by owner`
        )
        expect(purses.reduce((sum, { total }) => sum + total, 0)).toBe(90)
        for (const { owner, sequence, total, version } of purses) {
          const paid = done.filter(({ from }) => from === owner)
          const received = done.filter(({ to }) => to === owner)
          const sum = (of: ReadonlyArray<Transfer>) => of.reduce((sum, { amount }) => sum + amount, 0)
          expect(total).toBe(30 - sum(paid) + sum(received))
          expect(total).toBeGreaterThanOrEqual(0)
          // The versions that were answered are all that there were, each once.
          const versions = [
            ...paid.map(({ versions }) => versions![0]),
            ...received.map(({ versions }) => versions![1])
          ]
          expect(versions.toSorted((a, b) => a - b)).toEqual(Array.from({ length: versions.length }, (_, i) => 31 + i))
          expect([version, sequence]).toEqual([30 + versions.length, 30 + versions.length])
          const events = await TestServer.query(
            url,
            `select sequence::int, (event->>'amount')::int as amount from vsms.events where owner = '${owner}' order by sequence`
          )
          expect(events.map((event) => event.sequence)).toEqual(Array.from({ length: sequence }, (_, i) => i + 1))
          // At no moment was there less than nothing.
          let left = 0
          for (const { amount } of events) expect((left += amount)).toBeGreaterThanOrEqual(0)
        }
      },
      2 * minute
    )

    it(
      "BAL-5, STA-6: what one process was answered, every other process sees, by whatever way it looks",
      async () => {
        const { children } = await start(3, sessions)
        expect(await stale(children, long ? 600 : 120)).toEqual([])
      },
      2 * minute
    )

    it(
      "BAL-5: nobody is answered less than was there before he asked, while all of them write",
      async () => {
        const { children } = await start(3, sessions)
        await children[0]!.ask("name", "busy")
        let acknowledged = 0
        const over = { is: false }
        const writers = children.map(async (child) => {
          for (let i = 0; i < (long ? 300 : 40); i++) {
            const totals = await child.ask<ReadonlyArray<number>>("pay", { owner: "busy", times: 8, concurrency: 8 })
            acknowledged = Math.max(acknowledged, ...totals)
          }
        })
        const less: Array<string> = []
        let looks = 0
        const readers = children.map(async (child, i) => {
          for (let nth = i; !over.is; nth++) {
            const way = ways[nth % ways.length]!
            const before = acknowledged
            const seen = await child.ask<number>("look", { owner: "busy", way })
            looks++
            // The naming of the holder is an event as well.
            if (seen - (way === "history" ? 1 : 0) < before) less.push(`${way}: ${seen} after ${before}`)
          }
        })
        await Promise.all(writers)
        over.is = true
        await Promise.all(readers)
        expect(less).toEqual([])
        expect(looks).toBeGreaterThan(50)
      },
      2 * minute
    )
  })

const ways = ["load", "answer", "refusal", "defect", "history", "list"] as const

/** One pays, another looks, over and over; answers what was seen too late. */
const stale = async (children: ReadonlyArray<Child.Child>, times: number): Promise<ReadonlyArray<string>> => {
  await children[0]!.ask("name", "shared")
  const found: Array<string> = []
  for (let i = 0; i < times; i++) {
    const writer = children[i % children.length]!
    // Over the rounds, every process looks after every other, and after itself, in every way.
    const reader = children[(i + Math.floor(i / children.length)) % children.length]!
    const way = ways[Math.floor(i / 9) % ways.length]!
    const [total] = await writer.ask<ReadonlyArray<number>>("pay", { owner: "shared", times: 1, concurrency: 1 })
    const seen = await reader.ask<number>("look", { owner: "shared", way })
    const expected = way === "history" ? total! + 1 : total
    if (seen !== expected) found.push(`${way}: ${seen} instead of ${expected}`)
  }
  return found
}

describe("what these races would not miss", () => {
  it(
    "BAL-5: a store that answers out of its memory",
    async () => {
      const { children } = await start(3, 1, { forgetful: true })
      const found = await stale(children, 60)
      expect(found.map((text) => text.split(":")[0])).toContain("answer")
      expect(found.map((text) => text.split(":")[0])).toContain("refusal")
    },
    2 * minute
  )
})

describe("work that several processes share", () => {
  it(
    "SND-10: a piece of work is leased once, however many want it",
    async () => {
      const { children } = await start(4, 2)
      const count = long ? 4_000 : 600
      await children[0]!.ask("enqueue", { owner: "owner", count, dueAt: 10 })
      const taken = await Promise.all(
        children.map((child) => child.ask<ReadonlyArray<Lease>>("leaseAll", { now: 10, limit: 7, leaseMillis: 1_000 }))
      )
      const leases = taken.flat()
      expect(leases.length).toBe(count)
      expect(new Set(leases.map(({ key }) => key)).size).toBe(count)
      expect(new Set(leases.map(({ token }) => token)).size).toBe(count)
      // And nobody was left without.
      expect(taken.filter((one) => one.length > 0).length).toBeGreaterThan(1)
    },
    minute
  )

  it(
    "SND-10: who has slept through his lease can finish nothing, and harms nobody",
    async () => {
      const { children } = await start(2, 2)
      const [sleeper, successor] = [children[0]!, children[1]!]
      await sleeper.ask("enqueue", { owner: "owner", count: 30, dueAt: 10 })
      const slept = await sleeper.ask<ReadonlyArray<Lease>>("lease", { now: 10, limit: 30, leaseMillis: 100 })
      expect(slept.length).toBe(30)
      expect(await successor.ask("lease", { now: 109, limit: 30, leaseMillis: 100 })).toEqual([])
      const anew = await successor.ask<ReadonlyArray<Lease>>("lease", { now: 110, limit: 30, leaseMillis: 100 })
      expect(anew.length).toBe(30)
      expect(anew.every(({ attempt }) => attempt === 2)).toBe(true)
      // Both at once, on every piece.
      const tries = slept.map(async (lease, i) => {
        const way = (["finish", "postpone", "extend"] as const)[i % 3]!
        const mine = anew.find(({ key }) => key === lease.key)!
        return Promise.all([
          sleeper.ask<boolean>("giveBack", { lease, way, until: 500 }),
          successor.ask<boolean>("giveBack", { lease: mine, way: "finish", until: 0 })
        ])
      })
      expect(await Promise.all(tries)).toEqual(Array.from({ length: 30 }, () => [false, true]))
      expect(await sleeper.ask("lease", { now: 10_000, limit: 30, leaseMillis: 100 })).toEqual([])
    },
    minute
  )

  it(
    "SND-10: the bell of another process rings at once, and not at the next poll",
    async () => {
      const waits: Array<number> = []
      let hung: () => void = () => {}
      const { children } = await start(2, 2, { handlers: { hanging: () => hung() } })
      const [listener, worker] = [children[0]!, children[1]!]
      for (let i = 0; i < 5; i++) {
        const hanging = new Promise<void>((resolve) => (hung = resolve))
        const rung = listener.ask<boolean>("awaitBell", { millis: 10_000 })
        await hanging
        const from = performance.now()
        await worker.ask("enqueue", { owner: `owner${i}`, count: 1, dueAt: 10 })
        expect(await rung).toBe(true)
        waits.push(performance.now() - from)
      }
      waits.sort((a, b) => a - b)
      console.log(
        `a bell of another process rang after ${waits.map(Math.round).join(", ")} ms, the enqueueing included`
      )
      // Nothing polls here; a worker that did would look once a second.
      expect(waits[2]).toBeLessThan(1_000)
    },
    minute
  )
})
