/**
 * Service: the routes of a process as they fare: what each carries, how healthy it is, and who waits for room on it.
 * What it knows dies with the process: another one finds out for itself.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Channel } from "./CallChannel.ts"
import type { DispatchPolicy } from "./DispatchPolicy.ts"
import type { Route, Traits } from "./Route.ts"
import * as RouteChoice from "./RouteChoice.ts"
import * as RouteHealth from "./RouteHealth.ts"
import * as RouteLoad from "./RouteLoad.ts"
import type { ConfiguredRoute } from "./Routes.ts"

/** A route, its channel, and how it fares. */
export interface LiveRoute extends RouteChoice.Candidate {
  readonly route: Route
  readonly channel: Channel
  health: RouteHealth.RouteHealth
  load: RouteLoad.RouteLoad
}

/** Who wants a route. */
export interface Wish {
  readonly sendId: string
  readonly traits: Traits
  /** Routes that are not to be taken again. */
  readonly tried: ReadonlyArray<string>
  /** Until when it is worth waiting for a busy route. */
  readonly until: number
}

export type Choice = RouteChoice.Choice<LiveRoute>

export class LiveRoutes {
  readonly all: ReadonlyArray<LiveRoute>
  private readonly policy: Pick<DispatchPolicy, "balance" | "health">
  private readonly lines = new Map<string, { readonly turn: Effect.Semaphore; waiting: number }>()
  private readonly waiting = new Set<() => void>()
  private closed = false
  /** Grows whenever somebody who waits may have reason to look again. */
  private version = 0

  constructor(routes: ReadonlyArray<ConfiguredRoute>, policy: Pick<DispatchPolicy, "balance" | "health">) {
    this.policy = policy
    this.all = routes.map(({ channel, route }) => ({
      route,
      channel,
      health: RouteHealth.initial,
      load: RouteLoad.idle
    }))
  }

  /**
   * Takes a place on a route: whoever gets one gives it back with `release`. Who finds all routes busy waits for his
   * turn; those who want the same wait in line.
   *
   * **Gotchas** To be run uninterruptibly, so that no place gets lost on its way to the caller. It ends by itself at
   * `until`, and at once when the routes are closed.
   */
  take(wish: Wish): Effect.Effect<Choice> {
    const { traits, tried } = wish
    const key = `${traits.kind}/${traits.operator}/${traits.region}/${tried.join("/")}`
    return Effect.flatMap(Clock.currentTimeMillis, (now) => {
      if (this.lines.has(key)) return this.queue(key, wish)
      const choice = this.choose(wish, now)
      return choice.chosen === undefined && this.worthWaiting(wish, choice, now)
        ? this.queue(key, wish)
        : Effect.succeed(choice)
    })
  }

  /** The call is over. */
  release(live: LiveRoute): void {
    live.load = RouteLoad.ended(live.load)
    this.wake()
  }

  /** Tells how a call or a probe on the route went. */
  signal(live: LiveRoute, signal: RouteHealth.Signal, now: number): void {
    const before = live.health
    live.health = RouteHealth.observe(this.policy.health, before, signal, now)
    if (before._tag !== live.health._tag) this.wake()
  }

  /** Nobody gets a place any more, and nobody waits. */
  close(): void {
    this.closed = true
    this.wake()
  }

  get isClosed(): boolean {
    return this.closed
  }

  private choose(wish: Wish, now: number): Choice {
    if (this.closed) return { chosen: undefined, passedOver: [] }
    const { balance } = this.policy
    const env = { now, balance, draw: RouteChoice.draw(wish.sendId, wish.tried.length) }
    const choice = RouteChoice.choose(env, wish.traits, this.all, wish.tried)
    const { chosen } = choice
    if (chosen !== undefined) chosen.load = RouteLoad.begun(chosen.route, chosen.load, now)
    return choice
  }

  private worthWaiting(wish: Wish, choice: Choice, now: number): boolean {
    return !this.closed && now < wish.until && RouteChoice.outlook(choice.passedOver) === "soon"
  }

  private queue(key: string, wish: Wish): Effect.Effect<Choice> {
    return Effect.suspend(() => {
      const line = this.lines.get(key) ?? { turn: Effect.unsafeMakeSemaphore(1), waiting: 0 }
      this.lines.set(key, line)
      line.waiting++
      const left = Effect.sync(() => {
        if (--line.waiting === 0) this.lines.delete(key)
      })
      return Effect.ensuring(line.turn.withPermits(1)(this.head(wish)), left)
    })
  }

  /** First in line: looks again whenever something has changed. */
  private head(wish: Wish): Effect.Effect<Choice> {
    return Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const { version } = this
      const choice = this.choose(wish, now)
      if (choice.chosen !== undefined || !this.worthWaiting(wish, choice, now)) return Effect.succeed(choice)
      const pause = Math.max(1, Math.min(wish.until, this.nextBeat(choice, now)) - now)
      // The loser of the race must end although `take` is not to be interrupted.
      const waited = Effect.raceFirst(
        Effect.interruptible(this.changed(version)),
        Effect.interruptible(Effect.sleep(pause))
      )
      return Effect.zipRight(waited, this.head(wish))
    })
  }

  /** When the rate of one of the routes that are only held up by it lets a call begin. */
  private nextBeat(choice: Choice, now: number): number {
    let next = Number.POSITIVE_INFINITY
    for (const { route, why } of choice.passedOver) {
      const live = why === "rate" ? this.all.find((one) => one.route.id === route) : undefined
      if (live !== undefined) next = Math.min(next, Math.max(now + 1, RouteLoad.nextAt(live.load)))
    }
    return next
  }

  private changed(version: number): Effect.Effect<void> {
    return Effect.async<void>((resume) => {
      const done = () => resume(Effect.void)
      if (this.version !== version) return done()
      this.waiting.add(done)
      return Effect.sync(() => void this.waiting.delete(done))
    })
  }

  private wake(): void {
    this.version++
    if (this.waiting.size === 0) return
    const all = [...this.waiting]
    this.waiting.clear()
    for (const done of all) done()
  }
}
