/**
 * Adapter: a world in which time is simulated and processes can be killed. Years pass in milliseconds; nothing waits
 * for a real timer or a real promise, so whatever runs in it must be made of memory adapters.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import type * as Scheduler from "effect/Scheduler"

export interface SimulationOptions {
  /** Epoch milliseconds at which the world begins; 0 if absent. */
  readonly startAt?: number
  /** How many operations a fiber does before another has its turn; 2,048 if absent. Below about 12 nothing moves. */
  readonly slice?: number
  /** Which of several ready tasks runs next: a number from 0 to below `ready`. The one that waited longest if absent. */
  readonly pick?: (ready: number) => number
}

type Task = () => void

interface Timer {
  readonly at: number
  readonly sequence: number
  readonly owner: Process<any, any>
  readonly ring: Task
  cancelled: boolean
}

/** The world: its clock and all that runs in it. Mutable, and driven from outside by `settle` and `runUntil`. */
export class Simulation {
  private readonly options: SimulationOptions
  private readonly ready: Array<{ readonly owner: Process<any, any>; readonly task: Task }> = []
  private readonly timers: Array<Timer> = []
  private sequence = 0
  private time: number

  constructor(options: SimulationOptions = {}) {
    this.options = options
    this.time = options.startAt ?? 0
  }

  /** Epoch milliseconds. */
  get now(): number {
    return this.time
  }

  /** Starts a process. It runs when the world is driven. */
  spawn<A, E>(effect: Effect.Effect<A, E>): Process<A, E> {
    const world: World = {
      now: () => this.time,
      slice: this.options.slice ?? 2_048,
      schedule: (owner, task) => void this.ready.push({ owner, task }),
      setTimer: (owner, at, ring) => this.setTimer(owner, at, ring)
    }
    return new Process(world, effect)
  }

  /** Runs whatever can run without time passing. */
  settle(): void {
    const { ready } = this
    while (ready.length > 0) {
      const picked = this.options.pick === undefined ? 0 : this.options.pick(ready.length)
      const { owner, task } = ready[picked]!
      if (picked === 0) ready.shift()
      else ready.splice(picked, 1)
      if (!owner.killed) task()
    }
  }

  /** Lets time pass until `at`, stopping at each timer on the way. */
  runUntil(at: number): void {
    this.settle()
    for (;;) {
      const next = this.timers[0]
      if (next === undefined || next.at > at) break
      this.timers.shift()
      if (next.cancelled || next.owner.killed) continue
      this.time = Math.max(this.time, next.at)
      next.ring()
      this.settle()
    }
    this.time = Math.max(this.time, at)
  }

  /** Lets `millis` pass. */
  pass(millis: number): void {
    this.runUntil(this.time + millis)
  }

  private setTimer(owner: Process<any, any>, at: number, ring: Task): Task {
    const timer: Timer = { at, sequence: this.sequence++, owner, ring, cancelled: false }
    let low = 0
    let high = this.timers.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.timers[middle]!.at <= at) low = middle + 1
      else high = middle
    }
    this.timers.splice(low, 0, timer)
    return () => {
      timer.cancelled = true
    }
  }
}

interface World {
  readonly now: () => number
  readonly slice: number
  readonly schedule: (owner: Process<any, any>, task: Task) => void
  readonly setTimer: (owner: Process<any, any>, at: number, ring: Task) => Task
}

/** What was spawned. */
export class Process<A, E> {
  private readonly fiber: Fiber.RuntimeFiber<A, E>
  private dead = false
  private ended: Exit.Exit<A, E> | undefined

  constructor(world: World, effect: Effect.Effect<A, E>) {
    const scheduler: Scheduler.Scheduler = {
      shouldYield: (fiber) => (fiber.currentOpCount > world.slice ? 0 : false),
      scheduleTask: (task) => {
        if (!this.dead) world.schedule(this, task)
      }
    }
    const clock = clockOf(world, (at, ring) => world.setTimer(this, at, ring))
    this.fiber = Effect.runFork(
      Effect.yieldNow().pipe(Effect.zipRight(effect), Effect.withClock(clock), Effect.withScheduler(scheduler)),
      { scheduler }
    )
    this.fiber.addObserver((exit) => {
      this.ended = exit
    })
  }

  /** How the process ended; `undefined` while it runs, and for ever if it was killed. */
  get exit(): Exit.Exit<A, E> | undefined {
    return this.ended
  }

  get killed(): boolean {
    return this.dead
  }

  /** The plug is pulled: no fiber of the process goes on, and no finaliser runs. */
  kill(): void {
    this.dead = true
  }

  /** The process is asked to stop: it is interrupted, and its finalisers run when the world is driven. */
  stop(): void {
    this.fiber.unsafeInterruptAsFork(FiberId.none)
  }
}

const clockOf = (world: World, setTimer: (at: number, ring: Task) => Task): Clock.Clock => {
  const nanos = (): bigint => BigInt(Math.trunc(world.now())) * 1_000_000n
  return {
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    unsafeCurrentTimeMillis: world.now,
    unsafeCurrentTimeNanos: nanos,
    currentTimeMillis: Effect.sync(world.now),
    currentTimeNanos: Effect.sync(nanos),
    sleep: (duration) =>
      Effect.async<void>((resume) => {
        const cancel = setTimer(world.now() + Duration.toMillis(duration), () => resume(Effect.void))
        return Effect.sync(cancel)
      })
  }
}
