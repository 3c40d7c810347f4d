/** What the tests across processes keep in the file: one purse, with work, a slip and a tally for every payment. */
import * as Decision from "@vsms/core/storage/Decision"
import { Journal } from "@vsms/core/storage/Journal"
import { fresh } from "@vsms/core/storage/Kind"
import { Records } from "@vsms/core/storage/Records"
import { WorkQueue } from "@vsms/core/storage/WorkQueue"
import { purseRef, slip, slipRef } from "@vsms/core/testing/Specimen"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"

export const owner = "account"

/** Pays one into the purse while it holds less than `cap`; answers how much is in it. */
export const pay = (cap: number) =>
  Effect.flatMap(Journal, (journal) =>
    journal.transact([purseRef(owner)], ([purse]) => {
      const total = purse.state.total + 1
      if (total > cap) return Either.left("full" as const)
      const key = String(total).padStart(6, "0")
      return Either.right(
        Decision.make(total, {
          changes: [
            Decision.change(purse, [{ _tag: "Paid", amount: 1, at: total }]),
            Decision.change(fresh(slipRef(owner, key)), [{ _tag: "Written", text: key, at: total }])
          ],
          work: [Decision.enqueue("alert", { owner, key }, 1)],
          tallies: [
            {
              owner,
              applicationId: "1400000000",
              templateId: "1",
              hour: 0,
              reason: "",
              sends: 1,
              answered: 0,
              failed: 0,
              minutes: 0
            }
          ]
        })
      )
    })
  )

/** How many payments each part of the storage knows of. Work is leased to be counted. */
export const counts = Effect.gen(function* () {
  const journal = yield* Journal
  const records = yield* Records
  const { state, version } = yield* journal.load(purseRef(owner))
  const events = yield* journal.history(purseRef(owner), { after: 0, limit: 1_000_000 })
  const slips = yield* records.list({ kind: slip, index: "all", partition: "all", limit: 1_000_000 })
  const [tallied] = yield* records.sum({ owner, fromHour: 0, untilHour: 1, by: "total" })
  const work = yield* (yield* WorkQueue).lease({ queue: "alert", now: 1, limit: 1_000_000, leaseMillis: 0 })
  return {
    total: state.total,
    version,
    events: events.length,
    slips: slips.items.length,
    tallied: tallied?.sends ?? 0,
    work: work.length
  }
})

/** `counts` where every part knows of the same payments. */
export const all = (payments: number) => ({
  total: payments,
  version: payments,
  events: payments,
  slips: payments,
  tallied: payments,
  work: payments
})
