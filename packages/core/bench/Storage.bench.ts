/**
 * What the memory store costs by itself: a transaction, and a piece of work from its enqueueing to its end. Beside
 * them, what Effect takes to do nothing as often.
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { PortFailure } from "../src/PortFailure.ts"
import * as Decision from "../src/storage/Decision.ts"
import * as MemoryStore from "../src/storage/MemoryStore.ts"
import { purseRef, slipRef } from "../src/testing/Specimen.ts"
import { contest, type Contestant, mustEqual } from "./Harness.ts"

type Store = ReturnType<typeof MemoryStore.make>

const at = 1_800_000_000_000
const owner = "somebody"
const name = (i: number): string => i.toString(36).padStart(8, "0")

/** Runs an effect so often, in one fiber. */
const loop = (times: number, effect: (i: number) => Effect.Effect<unknown, PortFailure>): void => {
  let i = 0
  Effect.runSync(Effect.whileLoop({ while: () => i < times, body: () => effect(i), step: () => void i++ }))
}

/** A contestant that gets a new store, filled, for every round. */
const onStore = (
  title: string,
  effect: (store: Store) => (i: number) => Effect.Effect<unknown, PortFailure>,
  fill: (store: Store) => void = () => undefined
): Contestant => {
  let store = MemoryStore.make()
  return {
    name: title,
    prepare: () => {
      store = MemoryStore.make()
      fill(store)
    },
    run: (times) => loop(times, effect(store))
  }
}

const pay = ({ journal }: Store) => {
  const refs = [purseRef(owner)] as const
  return (i: number) =>
    journal.transact(refs, ([purse]) =>
      Either.right(
        Decision.make(undefined, { changes: [Decision.change(purse, [{ _tag: "Paid", amount: 1, at: at + i }])] })
      )
    )
}

/** Slips have an index and an expiry; there are so many keys that each is somewhere in the middle. */
const write =
  ({ journal }: Store, key: (i: number) => string) =>
  (i: number) =>
    journal.transact([slipRef(owner, key(i))], ([slip]) => {
      const written = Decision.change(slip, [{ _tag: "Written", text: "a slip", at }], { expiresAt: at + 86_400_000 })
      return Either.right(Decision.make(undefined, { changes: [written] }))
    })

const scattered = (i: number): string => name(Math.imul(i + 1, 2_654_435_761) >>> 0)

const enqueue = ({ journal }: Store, key: string, dueAt: number) =>
  journal.transact([purseRef(owner)], () =>
    Either.right(Decision.make(undefined, { work: [Decision.enqueue("dial", { owner, key }, dueAt)] }))
  )

const leased = (store: Store, limit: number) =>
  Effect.flatMap(store.workQueue.lease({ queue: "dial", now: at, limit, leaseMillis: 60_000 }), (leases) =>
    Effect.forEach(leases, (lease) => store.workQueue.finish(lease), { discard: true })
  )

const together = 64

const works = (): void => {
  const store = MemoryStore.make()
  loop(100, pay(store))
  loop(100, write(store, scattered))
  const row = Effect.runSync(store.journal.load(purseRef(owner)))
  mustEqual("a purse", [row.state.total, row.version], [100, 100])
  mustEqual("slips", Effect.runSync(store.records.purge({ now: at + 86_400_000, limit: 1_000 })), 100)
  loop(100, (i) => Effect.zipRight(enqueue(store, name(i), at), leased(store, 1)))
  mustEqual("the queue", Effect.runSync(store.workQueue.nextDue("dial")) ?? null, null)
}

export const run = async (): Promise<void> => {
  await contest({
    title: "memory store: one operation",
    unit: "ns",
    times: 100_000,
    rounds: 11,
    sameResults: works,
    contestants: [
      { name: "Effect, doing nothing", run: (times) => loop(times, () => Effect.void) },
      onStore(
        "Journal.load",
        ({ journal }) =>
          () =>
            journal.load(purseRef(owner))
      ),
      onStore("Journal.transact: an event for one thing", pay),
      onStore("Journal.transact: a new thing, indexed, that expires", (store) => write(store, scattered)),
      onStore(
        "the same, among 200,000 that are there",
        (store) => write(store, (i) => scattered(i + 200_000)),
        (store) => loop(200_000, write(store, scattered))
      ),
      onStore(
        "WorkQueue: enqueue, lease, finish, one by one",
        (store) => (i) => Effect.zipRight(enqueue(store, name(i), at), leased(store, 1))
      ),
      onStore(
        `WorkQueue: the same, leased ${together} at a time`,
        (store) => (i) =>
          i % together === together - 1
            ? Effect.zipRight(enqueue(store, name(i), at), leased(store, together))
            : enqueue(store, name(i), at)
      )
    ]
  })
}
