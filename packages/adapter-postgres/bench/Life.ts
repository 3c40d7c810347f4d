/** Whole lives of sends by way of core's services on some storage: what a caller, a worker and a telephone do together. */
import { Balances } from "@vsms/core/balance/Balances"
import { Sends } from "@vsms/core/sending/Sends"
import * as Send from "@vsms/core/sending/Send"
import { WorkQueue } from "@vsms/core/storage/WorkQueue"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type { Lease } from "@vsms/core/storage/WorkQueue"
import type { Tenant } from "@vsms/core/testing/Tenant"

export interface Run {
  /** Milliseconds that each acceptance took. */
  readonly acceptMillis: Array<number>
  readonly sendIds: Array<string>
}

/**
 * `times` lives, by so many callers at once who take turns among the enterprises: accepted (with the hold, its count and
 * the work of dialling), leased from the queue, dialled, answered, hung up (settled, with statistics, alert watch and the
 * work of the callback), and the lease given back.
 */
export const live = (
  enterprises: ReadonlyArray<Tenant>,
  options: { readonly times: number; readonly callers: number; readonly from: number }
) =>
  Effect.gen(function* () {
    const sends = yield* Sends
    const queue = yield* WorkQueue
    const { callers, from, times } = options
    const run: Run = { acceptMillis: [], sendIds: [] }
    const waiting = new Map<string, Deferred.Deferred<Lease>>()

    /** One worker leases for all: it hands each lease to whom the send belongs. */
    const bell = yield* queue.bell("dial")
    const worker = Effect.gen(function* () {
      for (;;) {
        const now = yield* Clock.currentTimeMillis
        const leases = yield* queue.lease({ queue: "dial", now, limit: callers, leaseMillis: 60_000 })
        for (const lease of leases) {
          const deferred = waiting.get(lease.key)
          if (deferred === undefined) waiting.set(lease.key, Deferred.unsafeMake<Lease>(yield* Effect.fiberId))
          Deferred.unsafeDone(waiting.get(lease.key)!, Effect.succeed(lease))
        }
        if (leases.length === 0) yield* Effect.raceFirst(bell.take, Effect.sleep(50))
      }
    })
    const leased = (sendId: string) =>
      Effect.gen(function* () {
        let deferred = waiting.get(sendId)
        if (deferred === undefined) waiting.set(sendId, (deferred = yield* Deferred.make<Lease>()))
        const lease = yield* Deferred.await(deferred)
        waiting.delete(sendId)
        return lease
      })

    const life = (i: number) =>
      Effect.gen(function* () {
        const { accountId, applicationId, templateId } = enterprises[i % enterprises.length]!
        const to = `138${String(from + i).padStart(8, "0")}`
        const begun = performance.now()
        const { sendId } = yield* sends.accept(accountId, applicationId, { templateId, to, params: ["246802"] })
        run.acceptMillis.push(performance.now() - begun)
        run.sendIds.push(sendId)
        const lease = yield* leased(sendId)
        const ref = Send.ref(accountId, sendId)
        const at = yield* Clock.currentTimeMillis
        yield* sends.record(ref, { _tag: "DialStarted", route: "first", at })
        yield* sends.record(ref, { _tag: "Answered", at })
        yield* sends.record(ref, { _tag: "HungUp", at: at + 1 })
        yield* queue.finish(lease)
      })

    yield* Effect.forkScoped(worker)
    yield* Effect.forEach(
      Array.from({ length: times }, (_, i) => i),
      life,
      { concurrency: callers, discard: true }
    )
    return run
  }).pipe(Effect.scoped, Effect.withTracerEnabled(false))

/** What the lives have left of each enterprise: minutes spent, on hold and left. */
export const left = (enterprises: ReadonlyArray<Tenant>) =>
  Effect.flatMap(Balances, (balances) => Effect.forEach(enterprises, ({ accountId }) => balances.get(accountId)))
