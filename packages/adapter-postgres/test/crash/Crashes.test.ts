import { describe, expect, it } from "vitest"
import * as Crashes from "./Crashes.ts"

const long = process.env["NIGHTLY"] === "1"
const seed = Number(process.env["SEED"])

/** For a run that is to fit into an evening: at most so many minutes for each place. */
const limit = process.env["CRASH_MINUTES"]
const until = limit === undefined ? {} : { until: Date.now() + Number(limit) * 60_000 }

const minute = 60_000

const report = (name: string, { counts, problems }: Crashes.Result): void =>
  console.log(`${name}, seed ${seed}: ${JSON.stringify(counts)}${problems.map((problem) => `\n  ${problem}`).join("")}`)

/** A test in which nothing happens proves nothing. */
const busy = ({ counts: { answers, callbacks, calls, processesKilled, repeats } }: Crashes.Result): void => {
  expect(Math.min(answers, callbacks)).toBeGreaterThan(processesKilled)
  expect(Math.min(calls, repeats)).toBeGreaterThan(0)
}

describe("crashes", () => {
  it(
    "SND-10, SND-7, BAL-5, BAL-6, CBK-1, STA-7: on a server, whatever is killed, nothing that was answered is lost or done twice",
    async () => {
      const kills = long ? 3_000 : 24
      const result = await Crashes.run({ place: "server", kills, killsInRound: long ? 40 : 24, seed, ...until })
      report("PostgreSQL", result)
      expect(result.problems).toEqual([])
      busy(result)
      expect(result.counts.serversKilled).toBeGreaterThan(0)
    },
    long ? 120 * minute : 3 * minute
  )

  it(
    "SND-10, SND-7, BAL-5, BAL-6, CBK-1, STA-7: in a folder, whenever its process is killed, nothing that was answered is lost or done twice",
    async () => {
      const kills = long ? 400 : 8
      const result = await Crashes.run({ place: "folder", kills, killsInRound: long ? 25 : 8, seed, ...until })
      report("PGlite in a folder", result)
      expect(result.problems).toEqual([])
      busy(result)
    },
    long ? 60 * minute : 3 * minute
  )

  // A harness that finds nothing must be able to find something.
  for (const [broken, wrong] of [
    ["hasty", /is not there/],
    ["torn", /nobody looks after|statistics|work is left|nobody was told/]
  ] as const)
    it(
      `a store that is ${broken} is found out`,
      async () => {
        const result = await Crashes.run({ place: "server", kills: 30, killsInRound: 30, seed, broken })
        report(`a store that is ${broken}`, result)
        expect(result.problems.join("\n")).toMatch(wrong)
      },
      3 * minute
    )

  it(
    "a server that answers before its log is on the disk is found out",
    async () => {
      const result = await Crashes.run({ place: "server", kills: 30, killsInRound: 30, seed, hurried: true })
      report("a hurried server", result)
      expect(result.problems.join("\n")).toMatch(/is not there/)
    },
    3 * minute
  )
})
