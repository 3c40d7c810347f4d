/**
 * What sends in flight weigh: accepted, on hold, with their work enqueued and their limits counted, and not yet ended.
 */
import * as Effect from "effect/Effect"
import v8 from "node:v8"
import vm from "node:vm"
import { accountId, applicationId, makeWorld } from "../test/sending/SendWorld.ts"
import { mustEqual, number, spread } from "./Harness.ts"
import { callee } from "./LivePlatform.ts"

const count = 100_000
const rounds = 3

v8.setFlagsFromString("--expose-gc")
const collectGarbage = vm.runInNewContext("gc") as () => void

const heapBytes = (): number => {
  collectGarbage()
  collectGarbage()
  return process.memoryUsage().heapUsed
}

/** Bytes of heap that so many accepted sends hold on to. */
const weigh = (): number => {
  const world = makeWorld({ minutes: 1_000_000 })
  const before = heapBytes()
  let i = 0
  world.run(
    Effect.whileLoop({
      while: () => i < count,
      body: () => world.sends.acceptCode(accountId, applicationId, { to: callee(i), code: "246802" }),
      step: () => void i++
    }).pipe(Effect.withTracerEnabled(false))
  )
  const bytes = heapBytes() - before
  // Still in flight, all of them, and still there.
  mustEqual("minutes on hold", world.balance().held, count)
  return bytes
}

export const run = async (): Promise<void> => {
  const { max, median, min } = spread(Array.from({ length: rounds }, weigh))
  const mebibytes = (bytes: number) => number(bytes / 2 ** 20)
  console.log(`\nmemory: ${number(count)} sends in flight, all rows, indexes and work of theirs`)
  console.log(
    `  ${mebibytes(median)} MiB [${mebibytes(min)} … ${mebibytes(max)}] of heap, ${number(median / count)} bytes a send`
  )
}
