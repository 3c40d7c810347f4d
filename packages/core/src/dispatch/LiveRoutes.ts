/**
 * Service: the routes of a process as they fare: what each carries, how healthy it is, and who waits for room on it.
 * What it knows dies with the process: another one finds out for itself.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Metrics from "../Metrics.ts"
import * as Now from "../Now.ts"
import type { Channel } from "./CallChannel.ts"
import type { DispatchPolicy } from "./DispatchPolicy.ts"
import { mismatch, type Route, type Traits } from "./Route.ts"
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
  /** How many wait on its account. */
  waiting: number
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

/** The place that somebody got, or what to hope for if there was none. */
export interface Choice extends RouteChoice.Choice<LiveRoute> {
  readonly outlook: RouteChoice.Outlook
}

/** A place that somebody has got. */
export interface Place {
  readonly chosen: LiveRoute
  readonly passedOver: ReadonlyArray<RouteChoice.PassedOver>
}

const noRoom: Choice = { chosen: undefined, passedOver: [], outlook: "soon" }

type Settings = Pick<DispatchPolicy, "balance" | "health" | "lineMax">

/** Somebody in line. `choice` is what he gets when he is served. */
interface Waiter {
  readonly wish: Wish
  choice: Choice | undefined
  /** He is to look again; `wake` ends his sleep, once he sleeps. */
  rung: boolean
  wake: (() => void) | undefined
  /** The route in whose waiting room he is counted. */
  readonly at: LiveRoute
}

const ring = (waiter: Waiter): void => {
  waiter.rung = true
  waiter.wake?.()
}

const tell = ({ health, load, route }: LiveRoute): void =>
  Metrics.routeFares(route.id, load.active, RouteHealth.takesCalls(health))

export class LiveRoutes {
  readonly all: ReadonlyArray<LiveRoute>
  private readonly settings: Settings
  private readonly onOpen: (live: LiveRoute) => void
  /** Those who want the same, in the order in which they came. */
  private readonly lines = new Map<string, Array<Waiter>>()
  private closed = false

  /** `onOpen` is told when a route has opened: somebody has to probe it, or it never takes a call again. */
  constructor(routes: ReadonlyArray<ConfiguredRoute>, settings: Settings, onOpen: (live: LiveRoute) => void) {
    this.settings = settings
    this.onOpen = onOpen
    this.all = routes.map(({ channel, route }) => ({
      route,
      channel,
      health: RouteHealth.initial,
      load: RouteLoad.idle,
      waiting: 0
    }))
    this.all.forEach(tell)
  }

  /**
   * Takes a place on a route: whoever gets one gives it back with `release`. Who finds all routes busy waits for his
   * turn, unless too many wait already.
   *
   * **Details** Each route has a waiting room for `lineMax`, and whoever waits sits in the one of a route that serves
   * him. So those who wait for a jammed route take no room from those who want another one, and all together are
   * never more than `lineMax` times the routes.
   *
   * **Gotchas** To be run uninterruptibly, so that no place gets lost on its way to the caller. It ends by itself at
   * `until`, and at once when the routes are closed.
   */
  take(wish: Wish): Effect.Effect<Choice> {
    return Now.use((now) => {
      const key = lineOf(wish)
      // Nobody overtakes those who wait for the same.
      if (this.lines.has(key)) return this.wait(key, wish)
      const choice = this.choose(wish, now)
      return choice.chosen === undefined && this.worthWaiting(wish, choice, now)
        ? this.wait(key, wish)
        : Effect.succeed(choice)
    })
  }

  /** Takes a place that is free, where nobody waits for the same; `undefined` if somebody has to wait. */
  takeFree(wish: Wish, now: number): Place | undefined {
    if (this.lines.size > 0 && this.lines.has(lineOf(wish))) return undefined
    const { chosen, passedOver } = this.choose(wish, now)
    return chosen === undefined ? undefined : { chosen, passedOver }
  }

  /** Whether `take` would find no room for somebody now, not even to wait: who asks first spares what he prepares. */
  turnsAway(wish: Wish, now: number): boolean {
    if (this.closed || this.waitingRoom(wish) !== undefined) return false
    if (this.lines.has(lineOf(wish))) return true
    const { chosen, passedOver } = this.look(wish, now)
    return chosen === undefined && RouteChoice.outlook(passedOver) === "soon"
  }

  /** The call is over. */
  release(live: LiveRoute, now: number): void {
    live.load = RouteLoad.ended(live.load)
    tell(live)
    this.serveAll(now)
  }

  /** Tells how a call or a probe on the route went. */
  signal(live: LiveRoute, signal: RouteHealth.Signal, now: number): void {
    const before = live.health
    live.health = RouteHealth.observe(this.settings.health, before, signal, now)
    if (before._tag === live.health._tag) return
    tell(live)
    if (before._tag === "Closed") this.onOpen(live)
    this.serveAll(now)
  }

  /** Nobody gets a place any more, and nobody waits. */
  close(now: number): void {
    this.closed = true
    this.serveAll(now)
  }

  get isClosed(): boolean {
    return this.closed
  }

  private look(wish: Wish, now: number): RouteChoice.Choice<LiveRoute> {
    if (this.closed) return { chosen: undefined, passedOver: [] }
    const env = { now, balance: this.settings.balance, draw: RouteChoice.draw(wish.sendId, wish.tried.length) }
    return RouteChoice.choose(env, wish.traits, this.all, wish.tried)
  }

  private choose(wish: Wish, now: number): Choice {
    if (now >= wish.until) return noRoom
    const { chosen, passedOver } = this.look(wish, now)
    if (chosen !== undefined) {
      chosen.load = RouteLoad.begun(chosen.route, chosen.load, now)
      tell(chosen)
    }
    return { chosen, passedOver, outlook: RouteChoice.outlook(passedOver) }
  }

  private worthWaiting(wish: Wish, choice: Choice, now: number): boolean {
    return !this.closed && now < wish.until && choice.outlook === "soon"
  }

  private wait(key: string, wish: Wish): Effect.Effect<Choice> {
    return Effect.suspend(() => {
      const at = this.waitingRoom(wish)
      if (at === undefined) return Effect.succeed(noRoom)
      at.waiting++
      const line = this.lines.get(key) ?? []
      this.lines.set(key, line)
      const waiter: Waiter = { wish, choice: undefined, rung: false, wake: undefined, at }
      line.push(waiter)
      return this.stand(key, waiter)
    })
  }

  private waitingRoom({ tried, traits }: Wish): LiveRoute | undefined {
    return this.all.find(
      ({ route, waiting }) =>
        waiting < this.settings.lineMax && mismatch(route, traits) === undefined && !tried.includes(route.id)
    )
  }

  /** Sleeps until served. The first in line also looks whenever the rate of a route lets a call begin. */
  private stand(key: string, waiter: Waiter): Effect.Effect<Choice> {
    return Effect.flatMap(Clock.currentTimeMillis, (now) => {
      waiter.rung = false
      this.serve(key, now, waiter)
      if (waiter.choice !== undefined) return Effect.succeed(waiter.choice)
      const { wish } = waiter
      if (now >= wish.until) {
        this.leave(key, waiter, now)
        return Effect.succeed(noRoom)
      }
      const first = this.lines.get(key)?.[0] === waiter
      const next = first ? Math.min(wish.until, this.nextBeat(wish, now)) : wish.until
      const woken = Effect.async<void>((resume) => {
        waiter.wake = () => resume(Effect.void)
        if (waiter.rung) waiter.wake()
      })
      // The loser of the race must end although this is not to be interrupted.
      const slept = Effect.raceFirst(Effect.interruptible(woken), Effect.interruptible(Effect.sleep(next - now)))
      return Effect.zipRight(slept, this.stand(key, waiter))
    })
  }

  /** Gives the first in line what he wants, and those after him, as far as there is any. */
  private serve(key: string, now: number, caller?: Waiter): void {
    const line = this.lines.get(key)
    if (line === undefined) return
    for (let first = line[0]; first !== undefined; first = line[0]) {
      const choice = this.choose(first.wish, now)
      if (choice.chosen === undefined && this.worthWaiting(first.wish, choice, now)) {
        // He may be new at the head, or only the rate may be in his way now: he has to set his alarm.
        if (first !== caller) ring(first)
        return
      }
      line.shift()
      first.at.waiting--
      first.choice = choice
      ring(first)
    }
    this.lines.delete(key)
  }

  private serveAll(now: number): void {
    for (const key of this.lines.keys()) this.serve(key, now)
  }

  /** He has waited in vain. */
  private leave(key: string, waiter: Waiter, now: number): void {
    const line = this.lines.get(key)
    const place = line?.indexOf(waiter) ?? -1
    if (place >= 0) {
      line?.splice(place, 1)
      waiter.at.waiting--
    }
    this.serve(key, now)
  }

  /** When the rate of a route that has room lets the next call begin. */
  private nextBeat({ tried, traits }: Wish, now: number): number {
    let next = Number.POSITIVE_INFINITY
    for (const { load, route } of this.all) {
      if (mismatch(route, traits) !== undefined || tried.includes(route.id)) continue
      if (RouteLoad.obstacle(route, load, now) === "rate") next = Math.min(next, RouteLoad.nextAt(load))
    }
    return Math.max(now + 1, next)
  }
}

const lineOf = ({ tried, traits }: Wish): string =>
  `${traits.kind}/${traits.operator}/${traits.region}/${tried.join("/")}`
