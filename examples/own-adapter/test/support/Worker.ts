/**
 * A process of its own on the file of a test: `Worker.ts <task> <file>`. It says `ready` once it has opened the file,
 * begins when its standard input ends, and writes one line for each answer that it got.
 */
import { WorkQueue } from "@vsms/core/storage/WorkQueue"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as fs from "node:fs"
import * as SqliteStore from "../../src/SqliteStore.ts"
import * as Books from "./Books.ts"

/** Written before anything else happens, whatever becomes of this process in the next instant. */
const say = (line: string) => Effect.sync(() => void fs.writeSync(1, `${line}\n`))

const begin = Effect.promise(() => new Promise((resolve) => process.stdin.on("end", resolve).resume()))

const tasks = {
  /** Pays until the purse is full. */
  fill: Effect.gen(function* () {
    for (;;) {
      const answer = yield* Effect.either(Books.pay(300))
      if (Either.isLeft(answer)) return answer.left === "full" ? undefined : yield* Effect.die(answer.left)
      yield* say(String(answer.right))
    }
  }),
  /** Pays until somebody stops it. */
  pay: Effect.forever(Effect.flatMap(Books.pay(Number.MAX_SAFE_INTEGER), (total) => say(String(total)))),
  /** Leases and finishes work until none is left. */
  work: Effect.gen(function* () {
    const queue = yield* WorkQueue
    for (;;) {
      const leases = yield* queue.lease({ queue: "alert", now: 1, limit: 2, leaseMillis: 60_000 })
      if (leases.length === 0) return
      for (const lease of leases) if (yield* queue.finish(lease)) yield* say(lease.key)
    }
  })
}

const [task, file] = process.argv.slice(2)
if (!(task === "fill" || task === "pay" || task === "work") || file === undefined) throw new Error("no such task")

await Effect.gen(function* () {
  yield* say("ready")
  yield* begin
  yield* tasks[task]
}).pipe(Effect.provide(SqliteStore.layer({ file })), Effect.runPromise)
