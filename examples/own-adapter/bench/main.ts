/**
 * Decisions of one owner, one after the other, each on the disk before the next: `node --conditions=@vsms/source
 * --import tsx examples/own-adapter/bench/main.ts` from the root of the workspace.
 */
import * as Decision from "@vsms/core/storage/Decision"
import { Journal } from "@vsms/core/storage/Journal"
import { purseRef } from "@vsms/core/testing/Specimen"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import * as SqliteStore from "../src/SqliteStore.ts"

const rounds = 21
const decisions = 500

const round = Effect.gen(function* () {
  const journal = yield* Journal
  const pay = journal.transact([purseRef("account")], ([row]) =>
    Either.right(
      Decision.make(undefined, {
        changes: [Decision.change(row, [{ _tag: "Paid", amount: 1, at: 1 }])],
        work: [Decision.enqueue("alert", { owner: "account", key: "purse" }, 1)]
      })
    )
  )
  const started = performance.now()
  yield* Effect.replicateEffect(pay, decisions, { discard: true })
  return (decisions / (performance.now() - started)) * 1_000
})

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "vsms-own-adapter-"))
const measured = Effect.gen(function* () {
  yield* round
  const perSecond = (yield* Effect.replicateEffect(round, rounds)).sort((a, b) => a - b).map(Math.round)
  const { state } = yield* (yield* Journal).load(purseRef("account"))
  if (state.total !== decisions * (rounds + 1)) return yield* Effect.dieMessage("a decision was lost")
  return `${perSecond[rounds >> 1]} decisions a second [${perSecond[0]} … ${perSecond[rounds - 1]}], ${rounds} rounds of ${decisions}`
})
await measured.pipe(
  Effect.provide(SqliteStore.layer({ file: path.join(folder, "bench.db") })),
  Effect.tap((line) => Effect.sync(() => console.log(line))),
  Effect.ensuring(Effect.sync(() => fs.rmSync(folder, { recursive: true, force: true }))),
  Effect.runPromise
)
