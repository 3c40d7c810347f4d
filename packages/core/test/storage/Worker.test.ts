import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as Logger from "effect/Logger"
import { PortFailure } from "../../src/PortFailure.ts"
import * as Decision from "../../src/storage/Decision.ts"
import * as MemoryStore from "../../src/storage/MemoryStore.ts"
import * as Worker from "../../src/storage/Worker.ts"
import { type Lease, WorkQueue } from "../../src/storage/WorkQueue.ts"
import { Simulation } from "../../src/testing/Simulation.ts"

const second = 1_000
const minute = 60 * second

/** A process whose worker handles the queue `alert` of a memory store. */
const start = (
  handle: (lease: Lease) => Effect.Effect<Worker.Outcome, PortFailure>,
  options: Partial<Worker.WorkerOptions<never>> = {},
  wrap: (workQueue: typeof WorkQueue.Service) => typeof WorkQueue.Service = (workQueue) => workQueue
) => {
  const world = new Simulation()
  const store = MemoryStore.make()
  const process = world.spawn(
    Worker.run({ queue: "alert", ...Worker.defaults, ...options, handle }).pipe(
      Effect.zipRight(Effect.never),
      Effect.scoped,
      Effect.provideService(WorkQueue, wrap(store.workQueue)),
      Effect.provide(Logger.remove(Logger.defaultLogger))
    )
  )
  world.settle()
  const enqueue = (key: string, dueAt: number) =>
    Effect.runSync(
      store.journal.transact([], () =>
        Either.right(Decision.make(undefined, { work: [Decision.enqueue("alert", { owner: "o", key }, dueAt)] }))
      )
    )
  return { enqueue, nextDue: () => Effect.runSync(store.workQueue.nextDue("alert")), process, store, world }
}

/** Writes down what becomes of a handler. */
const noting = (notes: Array<string>, name: string) => (handler: Effect.Effect<unknown>) =>
  Effect.as(
    Effect.onExit(handler, (exit) =>
      Effect.sync(() => void notes.push(`${name} ${Exit.isSuccess(exit) ? "done" : "interrupted"}`))
    ),
    undefined
  )

const away = new PortFailure({ port: "Test", operation: "extend", retry: "later", cause: "away" })

describe("Worker", () => {
  it("SND-10: work is done when it is due, once, and not before", () => {
    const done: Array<string> = []
    const { enqueue, nextDue, world } = start((lease) =>
      Effect.map(Clock.currentTimeMillis, (now) => void done.push(`${lease.key}@${now}`))
    )
    enqueue("later", 90 * second)
    enqueue("soon", 10)
    enqueue("now", 0)
    world.settle()
    expect(done).toEqual(["now@0"])
    world.pass(89 * second)
    expect(done).toEqual(["now@0", "soon@10"])
    world.pass(minute)
    expect(done).toEqual(["now@0", "soon@10", "later@90000"])
    expect(nextDue()).toBeUndefined()
  })

  it("SND-10: an earlier due time wakes a worker that sleeps until a later one", () => {
    const done: Array<string> = []
    const { enqueue, world } = start((lease) =>
      Effect.provideService(
        Effect.sync(() => void done.push(lease.key)),
        Worker.PollMillis,
        3_600 * second
      )
    )
    enqueue("b", 100 * second)
    world.settle()
    enqueue("a", 50 * second)
    world.runUntil(50 * second)
    expect(done).toEqual(["a"])
    world.runUntil(100 * second)
    expect(done).toEqual(["a", "b"])
  })

  it("SND-10: a lost bell costs no more than one poll", () => {
    const done: Array<string> = []
    const { enqueue, world } = start(
      (lease) => Effect.sync(() => void done.push(lease.key)),
      {},
      (workQueue) => ({ ...workQueue, bell: () => MemoryStore.make().workQueue.bell("alert") })
    )
    world.pass(10)
    enqueue("unheard", 0)
    world.pass(second)
    expect(done).toEqual(["unheard"])
  })

  it("ALR-5: a handler that hangs is given up in time, and its work tried again; others go on", () => {
    const done: Array<string> = []
    let hanging = 2
    const { enqueue, world } = start(
      ({ key }) =>
        key === "hangs" && hanging-- > 0
          ? Effect.uninterruptible(Effect.never)
          : Effect.sync(() => void done.push(key)),
      { concurrency: 1, handleMillis: 60 * second }
    )
    enqueue("hangs", 0)
    enqueue("other", 1)
    world.pass(59 * second)
    expect(done).toEqual([])
    world.pass(10 * minute)
    expect(done).toEqual(["other", "hangs"])
  })

  it("SND-10: at most `concurrency` handlers run, and each that ends makes room at once", () => {
    let running = 0
    let most = 0
    let done = 0
    const { enqueue, world } = start(
      () =>
        Effect.gen(function* () {
          most = Math.max(most, ++running)
          yield* Effect.sleep(Duration.seconds(1))
          running--
          done++
          return undefined
        }),
      { concurrency: 3 }
    )
    for (let i = 0; i < 10; i++) enqueue(`k${i}`, 0)
    world.settle()
    expect(running).toBe(3)
    world.pass(4 * second)
    expect({ done, most }).toEqual({ done: 10, most: 3 })
  })

  it("SND-10: the lease of a handler that takes long is kept, and short work never extends one", () => {
    let begun = 0
    let extended = 0
    const { enqueue, nextDue, world } = start(
      (lease) =>
        Effect.suspend(() => {
          begun++
          return lease.key === "long"
            ? Effect.as(Effect.sleep(Duration.hours(2)), undefined)
            : Effect.succeed(undefined)
        }),
      {},
      (workQueue) => ({
        ...workQueue,
        extend: (lease, until) =>
          Effect.zipRight(
            Effect.sync(() => void extended++),
            workQueue.extend(lease, until)
          )
      })
    )
    for (let i = 0; i < 50; i++) enqueue(`short${i}`, 0)
    world.pass(minute)
    expect({ begun, extended }).toEqual({ begun: 50, extended: 0 })
    enqueue("long", 0)
    world.pass(90 * minute)
    expect(begun).toBe(51)
    expect(extended).toBe((90 * minute) / (Worker.defaults.leaseMillis / 4))
    world.pass(120 * minute)
    expect(begun).toBe(51)
    expect(nextDue()).toBeUndefined()
  })

  it("SND-10: a handler whose lease is lost is interrupted, and finishes nothing", () => {
    const ends: Array<string> = []
    let begun = 0
    const { enqueue, nextDue, world } = start(() =>
      noting(ends, String(++begun))(begun === 1 ? Effect.never : Effect.void)
    )
    enqueue("k", 0)
    world.pass(second)
    // Asked anew: whoever works on the old order has lost it.
    enqueue("k", minute)
    world.pass(5 * second)
    expect(ends).toEqual([])
    world.pass(10 * second)
    expect(ends).toEqual(["1 interrupted"])
    world.pass(minute)
    expect(ends).toEqual(["1 interrupted", "2 done"])
    expect(nextDue()).toBeUndefined()
  })

  it("SND-10: work asked anew while it is being done ends the old handler at once", () => {
    const ends: Array<string> = []
    let begun = 0
    const { enqueue, world } = start(() => noting(ends, String(++begun))(begun === 1 ? Effect.never : Effect.sleep(1)))
    enqueue("k", 0)
    world.pass(1)
    enqueue("k", 0)
    world.pass(1)
    expect(ends).toEqual(["1 interrupted", "2 done"])
  })

  it("SND-10: a storage away for half a lease is survived; away for longer, the handler is interrupted", () => {
    const ends: Array<string> = []
    let isAway = false
    const { enqueue, world } = start(
      () => noting(ends, "k")(Effect.never),
      {},
      (workQueue) => ({
        ...workQueue,
        lease: (options) => (isAway ? Effect.fail(away) : workQueue.lease(options)),
        extend: (lease, until) => (isAway ? Effect.fail(away) : workQueue.extend(lease, until))
      })
    )
    enqueue("k", 0)
    for (let from = 0; from < 30; from++) {
      isAway = true
      world.pass(15 * second)
      isAway = false
      world.pass(15 * second + 777)
    }
    expect(ends).toEqual([])
    isAway = true
    world.pass(minute)
    expect(ends).toEqual(["k interrupted"])
  })

  it("SND-10: a storage that never answers does not hide that the lease ran out", () => {
    const ends: Array<string> = []
    const { enqueue, world } = start(
      () => noting(ends, "k")(Effect.never),
      {},
      (workQueue) => ({
        ...workQueue,
        lease: (options) => (options.now === 0 ? workQueue.lease(options) : Effect.never),
        extend: () => Effect.never
      })
    )
    enqueue("k", 0)
    world.pass(29 * second)
    expect(ends).toEqual([])
    world.pass(10 * second)
    expect(ends).toEqual(["k interrupted"])
  })

  it("SND-10: work that failed, or whose handler has a defect, is tried again after growing pauses", () => {
    const tries: Array<number> = []
    const { enqueue, nextDue, world } = start((lease) =>
      Effect.flatMap(Clock.currentTimeMillis, (now): Effect.Effect<Worker.Outcome, PortFailure> => {
        if (lease.key === "other") return Effect.succeed(undefined)
        tries.push(now / second)
        if (lease.attempt === 1) return Effect.fail(away)
        if (lease.attempt === 2) return Effect.die(new Error("ours"))
        if (lease.attempt === 3) throw new Error("thrown before any effect")
        return Effect.succeed(undefined)
      })
    )
    enqueue("k", 0)
    enqueue("other", 0)
    world.pass(20 * second)
    expect(tries).toEqual([0, 1, 3, 7])
    expect(nextDue()).toBeUndefined()
  })

  it("SND-10: work whose handler asks for later comes back then, attempts counted", () => {
    const attempts: Array<string> = []
    const { enqueue, world } = start((lease) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        attempts.push(`${lease.attempt}@${now / second}`)
        return lease.attempt < 3 ? now + 30 * second : undefined
      })
    )
    enqueue("k", 0)
    world.pass(5 * minute)
    expect(attempts).toEqual(["1@0", "2@30", "3@60"])
  })

  it("SND-10: a stop starts nothing new, waits for what runs with its lease kept, and interrupts the rest", () => {
    const ends: Array<string> = []
    const { enqueue, nextDue, process, store, world } = start(
      (lease) => noting(ends, lease.key)(Effect.sleep(lease.key === "slow" ? 300 * second : 40 * second)),
      { graceMillis: minute }
    )
    enqueue("quick", 0)
    enqueue("slow", 0)
    world.pass(second)
    process.stop()
    world.pass(second)
    enqueue("late", 0)
    world.pass(40 * second)
    expect(ends).toEqual(["quick done"])
    const stolen = Effect.runSync(
      store.workQueue.lease({ queue: "alert", now: world.now, limit: 9, leaseMillis: 3_600 * second })
    )
    expect(stolen.map((lease) => lease.key)).toEqual(["late"])
    expect(process.exit).toBeUndefined()
    world.runUntil(61 * second)
    expect(ends).toEqual(["quick done", "slow interrupted"])
    expect(process.exit).toBeDefined()
    expect(nextDue()).toBeDefined()
  })

  it("SND-10: a stop while work is being leased loses none of it", () => {
    const done: Array<string> = []
    const gate = Deferred.unsafeMake<void>(FiberId.none)
    const { enqueue, process, world } = start(
      (lease) => Effect.sync(() => void done.push(lease.key)),
      {},
      (workQueue) => ({
        ...workQueue,
        lease: (options) =>
          Effect.tap(workQueue.lease(options), (leases) => (leases.length > 0 ? Deferred.await(gate) : Effect.void))
      })
    )
    enqueue("k", 0)
    world.pass(second)
    process.stop()
    world.pass(second)
    expect(done).toEqual([])
    Effect.runSync(Deferred.succeed(gate, undefined))
    world.settle()
    expect(done).toEqual(["k"])
    expect(process.exit).toBeDefined()
  })

  it("SND-10: what a killed process had leased is done by another, a lease later", () => {
    const done: Array<string> = []
    const { enqueue, process, store, world } = start(() => Effect.never)
    enqueue("k", 0)
    world.pass(10 * second)
    process.kill()
    world.spawn(
      Worker.run({
        queue: "alert",
        ...Worker.defaults,
        handle: (lease) => Effect.map(Clock.currentTimeMillis, (now) => void done.push(`${lease.key}@${now / second}`))
      }).pipe(Effect.zipRight(Effect.never), Effect.scoped, Effect.provideService(WorkQueue, store.workQueue))
    )
    world.pass(5 * minute)
    // Its last heartbeat was at 7.5 s.
    expect(done).toEqual(["k@37.5"])
  })
})
