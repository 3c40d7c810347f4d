import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as Send from "../../src/sending/Send.ts"
import { accountId, applicationId, makeWorld } from "./SendWorld.ts"

describe("Sends", () => {
  it("SND-6: a send lives from its acceptance to its end, each step with its time", () => {
    const world = makeWorld()
    const accepted = Either.getOrThrow(world.code())
    const ref = Send.ref(accountId, accepted.sendId)
    const at = world.time.now
    for (const report of [
      { _tag: "DialStarted", route: "a", at: at + 1 },
      { _tag: "Ringing", at: at + 2 },
      { _tag: "Answered", at: at + 3 },
      { _tag: "HungUp", at: at + 60_004 }
    ] as const) {
      world.pass(30_000)
      world.run(world.sends.record(ref, report))
    }
    const view = world.run(world.sends.get(accountId, applicationId, accepted.sendId))
    expect(view).toEqual({})
  })
})
