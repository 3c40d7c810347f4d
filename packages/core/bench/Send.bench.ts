/**
 * What whole lives of sends cost in memory: accepted, dialled, ringing, answered, completed, each step a decision of
 * its own that is stored with its indexes, work and counts. The application sets no frequency limits of its own; every
 * send calls another number.
 */
import * as Effect from "effect/Effect"
import * as Send from "../src/sending/Send.ts"
import type { Bench } from "./Balance.bench.ts"
import { accountId, applicationId, makeWorld } from "../test/sending/SendWorld.ts"

/** One life after the other, in one fiber. */
export const livesOneByOne = (lives: number, keyed: boolean): (() => void) => {
  const world = makeWorld({ minutes: 100_000_000 })
  const { sends, time } = world
  let caller = 0
  const life = Effect.suspend(() => {
    const number = caller++
    const input = {
      to: `138${String(number % 100_000_000).padStart(8, "0")}`,
      code: "246802",
      ...(keyed ? { idempotencyKey: `key-${number}` } : {})
    }
    return Effect.flatMap(sends.acceptCode(accountId, applicationId, input), ({ sendId }) => {
      const ref = Send.ref(accountId, sendId)
      const { now } = time
      return Effect.zipRight(
        sends.record(ref, { _tag: "DialStarted", route: "first", at: now }),
        Effect.zipRight(
          sends.record(ref, { _tag: "Ringing", at: now }),
          Effect.zipRight(
            sends.record(ref, { _tag: "Answered", at: now }),
            sends.record(ref, { _tag: "HungUp", at: now })
          )
        )
      )
    })
  })
  const batch = world.timed(Effect.repeatN(life, lives - 1))
  return () => {
    time.now += 1
    Effect.runSync(batch)
  }
}

export const benches: ReadonlyArray<Bench> = [
  { name: "send: a whole life", operations: 1_000, prepare: () => livesOneByOne(1_000, false) },
  { name: "send: a whole life, with an idempotency key", operations: 1_000, prepare: () => livesOneByOne(1_000, true) }
]
