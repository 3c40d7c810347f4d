import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Campaign from "./Campaign.ts"
import * as FuzzWorld from "./FuzzWorld.ts"

const isLong = process.env["NIGHTLY"] === "1"
const seed = Number(process.env["SEED"] ?? 1)

describe("requests that nobody should send", () => {
  const worlds = isLong ? 100 : 5
  it.effect(
    "are answered as the document says, and change nothing when they are refused",
    () =>
      Effect.gen(function* () {
        const answers = new Map<string, number>()
        for (let world = 0; world < worlds; world++) {
          const report = yield* Effect.provide(
            Campaign.run({ seed: seed + world, requests: 1_000, mostFailures: process.env["FUZZ_ALL"] ? 1e9 : 1 }),
            FuzzWorld.layer()
          )
          if (process.env["FUZZ_ALL"]) {
            for (const f of report.failures)
              console.log(
                f.number,
                f.about,
                "\n  ",
                f.findings.map((x) => x.fault + " " + x.what.slice(0, 600)).join("\n   "),
                "\n  ",
                f.request.slice(0, 700)
              )
            continue
          }
          expect(report.failures).toEqual([])
          for (const [name, count] of report.answers) answers.set(name, (answers.get(name) ?? 0) + count)
        }
        if (process.env["FUZZ_REPORT"])
          console.log(
            [...answers]
              .sort((a, b) => b[1] - a[1])
              .map(([n, c]) => `${c} ${n}`)
              .join("\n")
          )
      }),
    worlds * 30_000
  )
})
