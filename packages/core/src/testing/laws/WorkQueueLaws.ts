/**
 * Rules: the laws of the port `WorkQueue`: leases of due work, with a fence.
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Queues from "effect/Queue"
import * as Decision from "../../storage/Decision.ts"
import { Journal } from "../../storage/Journal.ts"
import { type Lease, WorkQueue } from "../../storage/WorkQueue.ts"
import { example, expect, expectEqual, forAll, type Law, model, type ModelCommand, race, within } from "../Law.ts"
import { purseRef } from "../Specimen.ts"

const queue = "renewal"

const order = (owner: string, ...work: ReadonlyArray<Decision.WorkOrder>) =>
  Effect.flatMap(Journal, (journal) =>
    journal.transact([purseRef(owner)], () => Either.right(Decision.make(undefined, { work })))
  )

/** Empties the queue of what other laws and runs left there. */
const drain = Effect.gen(function* () {
  const work = yield* WorkQueue
  for (;;) {
    const left = yield* work.lease({ queue, now: Number.MAX_SAFE_INTEGER, limit: 1_000, leaseMillis: 0 })
    for (const lease of left) yield* work.finish(lease)
    if (left.length === 0) return
  }
})

// --- a naive model: a list that is searched for every question ---

interface ModelItem {
  readonly key: string
  dueAt: number
  attempt: number
  leasedUntil: number | undefined
  held: Lease | undefined
  sequence: number
}

interface Model {
  now: number
  sequence: number
  items: Array<ModelItem>
  /** Leases that were given out and are no longer valid. */
  stale: Array<Lease>
}

interface Real {
  readonly owner: string
}

type Command = ModelCommand<Model, Real, Journal | WorkQueue>

const readyAt = (item: ModelItem): number => item.leasedUntil ?? item.dueAt

const inOrder = (items: ReadonlyArray<ModelItem>): ReadonlyArray<ModelItem> =>
  items.toSorted((a, b) => readyAt(a) - readyAt(b) || a.sequence - b.sequence)

const retire = (state: Model, item: ModelItem): void => {
  if (item.held !== undefined) state.stale.push(item.held)
  item.held = undefined
}

const enqueue = (key: string, delay: number): Command => ({
  check: () => true,
  toString: () => `enqueue(${key}, +${delay})`,
  run: (state, { owner }) =>
    Effect.gen(function* () {
      const dueAt = state.now + delay
      yield* order(owner, Decision.enqueue(queue, { owner, key }, dueAt))
      const before = state.items.find((item) => item.key === key)
      if (before !== undefined) retire(state, before)
      state.items = state.items.filter((item) => item !== before)
      state.items.push({ key, dueAt, attempt: 0, leasedUntil: undefined, held: undefined, sequence: state.sequence++ })
    })
})

const cancel = (key: string): Command => ({
  check: () => true,
  toString: () => `cancel(${key})`,
  run: (state, { owner }) =>
    Effect.gen(function* () {
      yield* order(owner, Decision.cancel(queue, { owner, key }))
      const before = state.items.find((item) => item.key === key)
      if (before !== undefined) retire(state, before)
      state.items = state.items.filter((item) => item !== before)
    })
})

const lease = (limit: number, leaseMillis: number): Command => ({
  check: () => true,
  toString: () => `lease(${limit}, ${leaseMillis})`,
  run: (state) =>
    Effect.gen(function* () {
      const work = yield* WorkQueue
      const leases = yield* work.lease({ queue, now: state.now, limit, leaseMillis })
      const wanted = inOrder(state.items)
        .filter((item) => readyAt(item) <= state.now)
        .slice(0, limit)
      // Among work that is due at the same instant the order is free; which instants are served is not.
      yield* expectEqual(leases.length, wanted.length, "how many were leased")
      const times = leases.map(({ key }) => readyAt(state.items.find((item) => item.key === key)!))
      yield* expectEqual(times, wanted.map(readyAt), "due times, the longest due first")
      for (const given of leases) {
        const item = state.items.find(({ key }) => key === given.key)!
        retire(state, item)
        item.attempt++
        item.leasedUntil = state.now + leaseMillis
        item.held = given
        item.sequence = state.sequence++
        yield* expectEqual(given.attempt, item.attempt, "the attempt")
      }
    })
})

const finish = (pick: number): Command => ({
  check: (state) => state.items.some((item) => item.held !== undefined),
  toString: () => `finish(${pick})`,
  run: (state) =>
    Effect.gen(function* () {
      const held = state.items.filter((item) => item.held !== undefined)
      const item = held[pick % held.length]!
      yield* expectEqual(yield* (yield* WorkQueue).finish(item.held!), true, "finishing held work")
      retire(state, item)
      state.items = state.items.filter((other) => other !== item)
    })
})

const postpone = (pick: number, delay: number): Command => ({
  check: (state) => state.items.some((item) => item.held !== undefined),
  toString: () => `postpone(${pick}, +${delay})`,
  run: (state) =>
    Effect.gen(function* () {
      const held = state.items.filter((item) => item.held !== undefined)
      const item = held[pick % held.length]!
      yield* expectEqual(
        yield* (yield* WorkQueue).postpone(item.held!, state.now + delay),
        true,
        "postponing held work"
      )
      retire(state, item)
      item.dueAt = state.now + delay
      item.leasedUntil = undefined
      item.sequence = state.sequence++
    })
})

const extend = (pick: number, delay: number): Command => ({
  check: (state) => state.items.some((item) => item.held !== undefined),
  toString: () => `extend(${pick}, +${delay})`,
  run: (state) =>
    Effect.gen(function* () {
      const held = state.items.filter((item) => item.held !== undefined)
      const item = held[pick % held.length]!
      yield* expectEqual(yield* (yield* WorkQueue).extend(item.held!, state.now + delay), true, "extending a lease")
      item.leasedUntil = state.now + delay
    })
})

const useStale = (pick: number): Command => ({
  check: (state) => state.stale.length > 0,
  toString: () => `useStale(${pick})`,
  run: (state) =>
    Effect.gen(function* () {
      const work = yield* WorkQueue
      const stale = state.stale[pick % state.stale.length]!
      const answers = [
        yield* work.finish(stale),
        yield* work.postpone(stale, state.now),
        yield* work.extend(stale, state.now + 1_000)
      ]
      yield* expectEqual(answers, [false, false, false], "what a lost lease can still do")
    })
})

const wait = (millis: number): Command => ({
  check: () => true,
  toString: () => `wait(${millis})`,
  run: (state) =>
    Effect.gen(function* () {
      state.now += millis
      const next = inOrder(state.items)[0]
      const real = yield* (yield* WorkQueue).nextDue(queue)
      yield* expectEqual(real ?? null, next === undefined ? null : readyAt(next), "when work falls due next")
    })
})

const key = FastCheck.constantFrom("a", "b", "c", "d")
const delay = FastCheck.integer({ min: 0, max: 5 })
const pick = FastCheck.nat(9)

const enqueueing = FastCheck.tuple(key, delay).map(([k, d]) => enqueue(k, d))
const leasing = FastCheck.tuple(FastCheck.integer({ min: 1, max: 3 }), FastCheck.integer({ min: 1, max: 4 })).map(
  ([limit, millis]) => lease(limit, millis)
)
const waiting = delay.map(wait)
const staleUse = pick.map(useStale)

const followsModel: Law<Journal | WorkQueue> = model<Model, Real, Journal | WorkQueue>({
  rules: ["SND-10", "CBK-2", "NUM-6"],
  sentence: "work is leased when due, the longest due first, by one holder at a time; a lost lease can do nothing",
  // A fence shows only once work was leased, its time ran out, and somebody else leased it: what leads there comes twice.
  commands: [
    ...[enqueueing, leasing, waiting, staleUse].flatMap((often) => [often, often]),
    key.map(cancel),
    pick.map(finish),
    FastCheck.tuple(pick, delay).map(([p, d]) => postpone(p, d)),
    FastCheck.tuple(pick, delay).map(([p, d]) => extend(p, d))
  ],
  maxCommands: 60,
  start: (name) => Effect.as(drain, { model: { now: 100, sequence: 0, items: [], stale: [] }, real: { owner: name } })
})

const neverShared: Law<Journal | WorkQueue> = race({
  rules: ["SND-7", "SND-10"],
  sentence: "workers that lease at once never get the same work, and between them get all of it",
  given: FastCheck.tuple(FastCheck.integer({ min: 1, max: 12 }), FastCheck.integer({ min: 2, max: 4 })),
  then: ([count, workers], name) =>
    Effect.gen(function* () {
      const work = yield* WorkQueue
      yield* drain
      const keys = Array.from({ length: count }, (_, i) => `k${String(i).padStart(2, "0")}`)
      yield* order(name, ...keys.map((k) => Decision.enqueue(queue, { owner: name, key: k }, 1)))
      const worker = Effect.gen(function* () {
        const got: Array<string> = []
        for (;;) {
          const leases = yield* work.lease({ queue, now: 1, limit: 2, leaseMillis: 1_000 })
          if (leases.length === 0) return got
          for (const one of leases) {
            yield* Effect.yieldNow()
            yield* expect(yield* work.finish(one), "a held lease finishes")
            got.push(one.key)
          }
        }
      })
      const all = yield* Effect.all(
        Array.from({ length: workers }, () => worker),
        { concurrency: "unbounded" }
      )
      yield* expectEqual(all.flat().sort(), keys, "work done by all workers together")
    })
})

const rings: Law<Journal | WorkQueue> = example({
  rules: ["SND-10"],
  sentence: "a bell rings when work is enqueued or given back, also between looking and listening",
  then: Effect.scoped(
    Effect.gen(function* () {
      const work = yield* WorkQueue
      yield* drain
      const bell = yield* work.bell(queue)
      yield* order("ringer", Decision.enqueue(queue, { owner: "ringer", key: "a" }, 1))
      yield* within(2_000, Queues.take(bell), "a ring")
      const [first] = yield* work.lease({ queue, now: 1, limit: 1, leaseMillis: 10 })
      yield* work.postpone(first!, 2)
      yield* within(2_000, Queues.take(bell), "a ring")
      yield* drain
    })
  )
})

const traces: Law<Journal | WorkQueue> = example({
  rules: ["SND-10"],
  sentence: "every lease has the trace that its work was last enqueued with, or none",
  then: Effect.gen(function* () {
    const work = yield* WorkQueue
    yield* drain
    const owner = "traced"
    const enqueued = (trace: string | undefined) =>
      order(owner, { _tag: "Enqueue", queue, owner, key: "a", dueAt: 1, trace })
    const leased = Effect.map(work.lease({ queue, now: 1, limit: 1, leaseMillis: 10 }), ([lease]) => lease!)
    const first = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    yield* enqueued(first)
    const lease = yield* leased
    yield* expectEqual(lease.trace, first, "the trace of the first lease")
    yield* work.postpone(lease, 1)
    yield* expectEqual((yield* leased).trace, first, "the trace of work that was given back")
    yield* enqueued(undefined)
    yield* expectEqual((yield* leased).trace, undefined, "the trace of work that was asked anew without one")
    yield* drain
  })
})

const counts: Law<Journal | WorkQueue> = forAll({
  rules: ["SND-10"],
  sentence:
    "what is due and held by nobody is counted, up to a limit; what is leased counts again when its lease is over",
  given: FastCheck.record({
    delays: FastCheck.array(delay, { maxLength: 12 }),
    again: FastCheck.array(FastCheck.tuple(FastCheck.nat(11), delay), { maxLength: 6 }),
    limit: FastCheck.integer({ min: 1, max: 12 }),
    leased: FastCheck.nat(6)
  }),
  then: ({ again, delays, leased, limit }, owner) =>
    Effect.gen(function* () {
      const work = yield* WorkQueue
      yield* drain
      const dueAt = new Map<string, number>()
      const enqueued = (nth: number, at: number) => {
        dueAt.set(`k${nth}`, at)
        return Decision.enqueue(queue, { owner, key: `k${nth}` }, at)
      }
      yield* order(owner, ...delays.map((at, nth) => enqueued(nth, at)))
      for (const [nth, at] of again) yield* order(owner, enqueued(nth, at))
      const dueBy = (now: number) => Array.from(dueAt.values()).filter((at) => at <= now).length
      const mustCount = (now: number, count: number, what: string) =>
        Effect.flatMap(work.countDue({ queue, now, limit }), (real) => expectEqual(real, Math.min(count, limit), what))
      for (const now of [0, 3, 5]) yield* mustCount(now, dueBy(now), `what is due at ${now}`)
      const given = yield* work.lease({ queue, now: 3, limit: Math.max(1, leased), leaseMillis: 7 })
      yield* mustCount(3, dueBy(3) - given.length, "what is due beside what is leased")
      yield* mustCount(10, dueAt.size, "what is due once the leases are over")
      for (const lease of given) yield* work.finish(lease)
      yield* mustCount(10, dueAt.size - given.length, "what is due beside what is done")
      yield* drain
    })
})

export const laws: ReadonlyArray<Law<Journal | WorkQueue>> = [followsModel, neverShared, rings, traces, counts]
