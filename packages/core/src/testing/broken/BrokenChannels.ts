/**
 * Adapter: channels that are wrong on purpose, each in one way that real ones have been, over an exchange that keeps
 * its scripts. They show that the laws bite: a law that no broken channel breaks proves nothing.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import { CallChannel, type Channel, ChannelFailure } from "../../dispatch/CallChannel.ts"
import { type Behaviour, FarEnd } from "../laws/CallChannelLaws.ts"
import * as ScriptedChannel from "../ScriptedChannel.ts"

/** A channel that is wrong, and the sentence of the law that must catch it. */
export interface BrokenChannel {
  readonly name: string
  readonly caughtBy: string
  readonly layer: Layer.Layer<CallChannel | FarEnd>
}

const stories: { readonly [B in Behaviour]: ScriptedChannel.Story } = {
  answers: ScriptedChannel.answered,
  listens: { ringsAfterMillis: 1_000, answeredAfterMillis: 3_000, endsAfterMillis: 3_600_000 },
  busy: { endsAfterMillis: 2_000, failure: "busy" },
  neverAnswers: { ringsAfterMillis: 1_000, endsAfterMillis: 3_600_000, failure: "noAnswer" }
}

/** What a broken channel is made of. */
interface Exchange {
  readonly placed: ReadonlyArray<ScriptedChannel.Placed>
  readonly isDown: () => boolean
  /** Places a call whatever was placed before. */
  readonly anyway: Channel["place"]
}

/** A channel over phones that behave by the last digit of their number, `spoil`ed. */
const exchange = (spoil: (sound: Channel, exchange: Exchange) => Partial<Channel> = () => ({})) =>
  Layer.effectContext(
    Effect.sync(() => {
      const behaviours: ReadonlyArray<Behaviour> = ["answers", "listens", "busy", "neverAnswers"]
      const placed: Array<ScriptedChannel.Placed> = []
      const isDown = { now: false }
      const options = {
        placed,
        story: ({ callee }: { readonly callee: string }) => stories[behaviours[Number(callee.slice(-1))] ?? "answers"],
        isDown: () => isDown.now
      }
      const sound = ScriptedChannel.make(options)
      let phones = 0
      const spoiled = spoil(sound, {
        placed,
        isDown: options.isDown,
        anyway: (call, report) => ScriptedChannel.make(options).place(call, report)
      })
      return Context.empty().pipe(
        Context.add(CallChannel, { ...sound, ...spoiled }),
        Context.add(FarEnd, {
          callee: (behaviour) =>
            Effect.sync(() => `+86138${String(phones++).padStart(7, "0")}${behaviours.indexOf(behaviour)}`),
          dialled: (callee) => Effect.sync(() => placed.filter(({ call }) => call.callee === callee).length),
          pass: (millis) => TestClock.adjust(millis),
          setDown: (down) => Effect.sync(() => void (isDown.now = down))
        })
      )
    })
  )

/** A channel that keeps all the laws. */
export const sound: Layer.Layer<CallChannel | FarEnd> = exchange()

const failure = (placed: "no" | "unknown") => new ChannelFailure({ channel: "broken", placed, detail: "broken" })

export const brokenChannels: ReadonlyArray<BrokenChannel> = [
  {
    name: "tells of the hang-up before the answer",
    caughtBy: "an answered call reports its answer and then its hang-up, and is over when both were taken",
    layer: exchange((sound) => ({
      place: (call, report) => {
        const held: Array<Effect.Effect<void>> = []
        return Effect.zipRight(
          sound.place(call, (event) => Effect.sync(() => void held.unshift(report(event)))),
          Effect.suspend(() => Effect.all(held, { discard: true }))
        )
      }
    }))
  },
  {
    name: "does not wait for its reports to be taken",
    caughtBy: "reports are handed over one after the other, and the call is not over before the last was taken",
    layer: exchange((sound) => ({
      place: (call, report) => sound.place(call, (event) => Effect.asVoid(Effect.forkDaemon(report(event))))
    }))
  },
  {
    name: "takes a busy callee for its own fault",
    caughtBy: "a busy callee fails the call as busy: no failure of the channel, and no answer",
    layer: exchange((sound) => ({
      place: (call, report) =>
        sound.place(call, (event) => report(event._tag === "Failed" ? { ...event, failure: "congestion" } : event))
    }))
  },
  {
    name: "lets a phone ring for ever",
    caughtBy: "a phone that nobody answers rings no longer than the ring timeout",
    layer: exchange((_, { anyway }) => ({
      place: (call, report) => anyway({ ...call, ringTimeoutMillis: 3_600_000 }, report)
    }))
  },
  {
    name: "never hangs up",
    caughtBy: "a call is hung up after the longest time that it may last, whatever the callee does",
    layer: exchange((_, { anyway }) => ({
      place: (call, report) => anyway({ ...call, longestCallMillis: 3_600_000 }, report)
    }))
  },
  {
    name: "places a call again under the same id",
    caughtBy: "an id that was placed once rings no phone again, neither during the call nor after it",
    layer: exchange((_, { anyway }) => ({ place: anyway }))
  },
  {
    name: "goes on with a call that nobody holds",
    caughtBy: "whoever lets go of a call hangs it up: afterwards nothing is in progress, and nothing is reported",
    layer: exchange((sound) => ({
      place: (call, report) => Effect.flatMap(Effect.forkDaemon(sound.place(call, report)), Fiber.join)
    }))
  },
  {
    name: "places a call that it has denied",
    caughtBy: "a call that the channel says it never placed is not placed later either, under that id",
    layer: exchange((_, { anyway }) => ({ place: anyway }))
  },
  {
    name: "forgets the times of a call",
    caughtBy: "asked about a call, the channel says what it reported: in progress, completed or failed, with the times",
    layer: exchange((sound) => ({
      ask: (id) =>
        Effect.map(sound.ask(id), (fate) => (fate._tag === "Completed" ? { ...fate, hungUpAt: fate.answeredAt } : fate))
    }))
  },
  {
    name: "denies what it has forgotten",
    caughtBy: "no channel says of a call that it placed, or is about to place, that it never did",
    layer: exchange((sound) => ({
      ask: (id) =>
        Effect.map(sound.ask(id), (fate) => (fate._tag === "InProgress" ? fate : ({ _tag: "NeverPlaced" } as const)))
    }))
  },
  {
    name: "cannot say that it is down",
    caughtBy: "a channel that is down places nothing and says so, fails its probe, and works again when it is mended",
    layer: exchange((sound, { isDown }) => ({
      place: (call, report) =>
        Effect.suspend(() => (isDown() ? Effect.fail(failure("unknown")) : sound.place(call, report)))
    }))
  },
  {
    name: "answers its probe while it is down",
    caughtBy: "a channel that is down places nothing and says so, fails its probe, and works again when it is mended",
    layer: exchange(() => ({ probe: Effect.void }))
  },
  {
    name: "reports to whoever called last",
    caughtBy: "calls at once keep apart: each gets its own reports",
    layer: exchange((sound) => {
      let last: Parameters<Channel["place"]>[1] | undefined
      return {
        place: (call, report) =>
          Effect.suspend(() => {
            last = report
            return sound.place(call, (event) => (last ?? report)(event))
          })
      }
    })
  }
]
