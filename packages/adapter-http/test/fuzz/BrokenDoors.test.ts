import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as BrokenDoors from "./BrokenDoors.ts"
import * as Campaign from "./Campaign.ts"
import * as FuzzWorld from "./FuzzWorld.ts"
import { grownMegabytes, heldMegabytes, mostGrownMegabytes } from "./Heap.ts"

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

  it.effect("keeps something of every request", () =>
    Effect.gen(function* () {
      const kept: Array<Buffer> = []
      const leaking = FuzzWorld.layer({
        before: (door) =>
          Effect.succeed({
            handle: (incoming) => Effect.tap(door.handle(incoming), () => kept.push(Buffer.alloc(2 ** 18)))
          })
      })
      const held: Array<number> = []
      for (let world = 0; world < 3; world++) {
        yield* Effect.provide(Campaign.run({ seed: Number(process.env["SEED"]) + world, requests: 50 }), leaking)
        held.push(heldMegabytes())
      }
      expect(kept.length).toBeGreaterThan(150)
      expect(grownMegabytes(held)).toBeGreaterThan(mostGrownMegabytes)
    })
  )
})
