import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as BrokenDoors from "./BrokenDoors.ts"
import * as Campaign from "./Campaign.ts"
import * as FuzzWorld from "./FuzzWorld.ts"

describe("the fuzzer finds a door that", () => {
  it.effect.each(BrokenDoors.all)("$name", ({ before, fault }) =>
    Effect.gen(function* () {
      const seed = Number(process.env["SEED"])
      const { failures, requests } = yield* Campaign.run({ seed, requests: 1_500 })
      expect([requests, failures.flatMap(({ findings }) => findings.map((one) => one.fault))]).toEqual([
        requests,
        expect.arrayContaining([fault])
      ])
    }).pipe(Effect.provide(FuzzWorld.layer({ before })))
  )
})
