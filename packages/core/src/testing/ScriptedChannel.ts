/**
 * Adapter: a channel that plays stories. Each call is told beforehand what its phone will do, what the network makes of
 * the reports on the way, and how the connection to the channel breaks. The exchange outlives the process that placed
 * the call: whoever asks later learns what became of it.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Now from "../Now.ts"
import {
  type Call,
  type CallEvent,
  type CallFailure,
  type CallFate,
  type Channel,
  ChannelFailure
} from "../dispatch/CallChannel.ts"

/** What happens to one call. Times are counted from its placing. */
export interface Story {
  /** The channel takes nothing: the phone stays silent for good. `unknown`: it does so, and cannot say it. */
  readonly refuses?: "no" | "unknown"
  readonly ringsAfterMillis?: number
  /** Answered then, or never. */
  readonly answeredAfterMillis?: number
  /** How the call ends: hung up if it was answered, else with `failure`. */
  readonly endsAfterMillis: number
  readonly failure?: CallFailure
  /** `mute`: no report comes and `place` hangs. `severed`: no report comes and `place` fails with `unknown`, at once. */
  readonly connection?: "sound" | "mute" | "severed"
  /** What the network does to the reports; in order and once if absent. */
  readonly deliver?: (events: ReadonlyArray<CallEvent>) => ReadonlyArray<Delivery>
}

/** A report as it arrives: `event`, `lateMillis` after it happened. */
export interface Delivery {
  readonly event: CallEvent
  readonly lateMillis: number
}

/** A call that the channel took. */
export interface Placed {
  readonly call: Call
  readonly channel: string
  readonly at: number
  readonly story: Story
  /** Somebody ended it before its story did. */
  cutAt: number | undefined
}

export interface ScriptOptions {
  readonly name?: string
  /** The story of a call; `nth` counts the calls that this channel was asked to place, from 0. */
  readonly story: (call: Call, nth: number) => Story
  /** Whether `ask` knows anything; it does if absent. */
  readonly remembers?: boolean
  readonly isDown?: () => boolean
  /** Filled with the calls taken, in order; several channels may share one. */
  readonly placed?: Array<Placed>
}

/** Rings after 1 s, is answered after 5, listens for 10. */
export const answered: Story = { ringsAfterMillis: 1_000, answeredAfterMillis: 5_000, endsAfterMillis: 15_000 }

/** Rings after 1 s and is over after 3, without an answer. */
export const failed = (failure: CallFailure): Story => ({ ringsAfterMillis: 1_000, endsAfterMillis: 3_000, failure })

/** Over at once, and no phone rang. */
export const unrung = (failure: CallFailure): Story => ({ endsAfterMillis: 0, failure })

/** Everything at once: what a benchmark wants. */
export const immediate: Story = { ringsAfterMillis: 0, answeredAfterMillis: 0, endsAfterMillis: 0 }

export const refused: Story = { refuses: "no", endsAfterMillis: 0 }

export const make = (options: ScriptOptions): Channel => {
  const name = options.name ?? "scripted"
  const placed = options.placed ?? []
  const remembers = options.remembers ?? true
  const byId = new Map<string, Placed>()
  const disowned = new Set<string>()
  let asked = 0
  const fail = (fails: "no" | "unknown", detail: string) =>
    Effect.fail(new ChannelFailure({ channel: name, placed: fails, detail }))

  const place: Channel["place"] = (call, report) =>
    Now.use((at) => {
      if (disowned.has(call.id)) return fail("no", "the channel has said that it never placed this call")
      if (byId.has(call.id)) return fail("unknown", "this call was placed before")
      if (options.isDown?.() === true) return fail("no", "the channel is down")
      const story = options.story(call, asked++)
      if (story.refuses !== undefined) return fail(story.refuses, "refused")
      const taken: Placed = { call, channel: name, at, story, cutAt: undefined }
      placed.push(taken)
      byId.set(call.id, taken)
      if (story.connection === "severed") return fail("unknown", "the connection broke")
      if (story.connection === "mute") return Effect.onInterrupt(Effect.never, () => cut(taken))
      const played = play(taken, report)
      // What is over already cannot be cut short.
      return story.endsAfterMillis <= 0 ? played : Effect.onInterrupt(played, () => cut(taken))
    })

  return {
    name,
    capabilities: { codecs: ["alaw"], keyPresses: false, remembers },
    place,
    ask: (id) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        if (options.isDown?.() === true) return fail("unknown", "the channel is down")
        if (!remembers) return Effect.succeed<CallFate>({ _tag: "Unknown" })
        const taken = byId.get(id)
        if (taken !== undefined) return Effect.succeed(fateOf(taken, now))
        disowned.add(id)
        return Effect.succeed<CallFate>({ _tag: "NeverPlaced" })
      }),
    probe: Effect.suspend(() => (options.isDown?.() === true ? fail("no", "the channel is down") : Effect.void))
  }
}

/** What happened to a call by `now`, as its exchange knows it. */
export const timeline = (placed: Placed, now = Number.POSITIVE_INFINITY): ReadonlyArray<CallEvent> => {
  const { at, call, cutAt, story } = placed
  const { answeredAfterMillis, ringsAfterMillis } = story
  const cut = cutAt ?? Number.POSITIVE_INFINITY
  // Counted from the ring, or from the placing where none is reported.
  const patience = at + (ringsAfterMillis ?? 0) + call.ringTimeoutMillis
  const told = at + story.endsAfterMillis
  const answer = at + (answeredAfterMillis ?? Number.POSITIVE_INFINITY)
  const isAnswered = answer <= Math.min(told, patience, cut)
  const end = Math.min(told, isAnswered ? answer + call.longestCallMillis : patience, cut)
  const events: Array<CallEvent> = []
  if (ringsAfterMillis !== undefined && at + ringsAfterMillis <= end)
    events.push({ _tag: "Ringing", at: at + ringsAfterMillis })
  if (isAnswered) events.push({ _tag: "Answered", at: answer }, { _tag: "HungUp", at: end })
  else events.push({ _tag: "Failed", at: end, failure: end < told ? "noAnswer" : (story.failure ?? "noAnswer") })
  return events.filter((event) => event.at <= now)
}

/** Whether the callee's phone rang, or was answered, by `now`. */
export const disturbed = (placed: Placed, now?: number): boolean =>
  timeline(placed, now).some(({ _tag }) => _tag === "Ringing" || _tag === "Answered")

const fateOf = (placed: Placed, now: number): CallFate => {
  const events = timeline(placed, now)
  const last = events[events.length - 1]
  if (last?._tag === "Failed") return last
  if (last?._tag !== "HungUp") return { _tag: "InProgress" }
  const answer = events.find(({ _tag }) => _tag === "Answered")
  return { _tag: "Completed", answeredAt: answer?.at ?? last.at, hungUpAt: last.at }
}

const cut = (placed: Placed) =>
  Effect.map(Clock.currentTimeMillis, (now) => {
    placed.cutAt ??= now
  })

const punctual = (events: ReadonlyArray<CallEvent>): ReadonlyArray<Delivery> =>
  events.map((event) => ({ event, lateMillis: 0 }))

const play = (placed: Placed, report: (event: CallEvent) => Effect.Effect<void>): Effect.Effect<void> => {
  const deliveries = (placed.story.deliver ?? punctual)(timeline(placed))
  const from = (i: number): Effect.Effect<void> => {
    const delivery = deliveries[i]
    if (delivery === undefined) return Effect.void
    const { event, lateMillis } = delivery
    const told = Effect.suspend(() => Effect.flatMap(report(event), () => from(i + 1)))
    return Now.use((now) => {
      const wait = event.at + lateMillis - now
      return wait > 0 ? Effect.zipRight(Effect.sleep(wait), told) : told
    })
  }
  return from(0)
}
