/**
 * The time of the story, over all its runs. Its clock is not the wall's, and what is stored bears its instants: a later
 * run that began before the last of them would find packages that are not effective yet, and calls from the future.
 *
 * So the clock is reserved ahead: it is stored up to when this run may show it, and it stands still there until more is
 * stored. The next run begins where this one ended, or where its reservation ended if it was killed.
 *
 * Once a gateway has served from the database, its time is the wall's for good.
 */
import * as Account from "@vsms/core/account/Account"
import * as Decision from "@vsms/core/storage/Decision"
import { Journal } from "@vsms/core/storage/Journal"
import * as Kinds from "@vsms/core/storage/Kind"
import type { PortFailure } from "@vsms/core/PortFailure"
import { Records } from "@vsms/core/storage/Records"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type { QuickClock } from "./QuickClock.ts"

export class StoryTime extends Context.Tag("@vsms/example-gateway/story/StoryTime")<
  StoryTime,
  {
    /** Lets so much time pass: the story's at once, the wall's as it does. */
    readonly letPass: (time: Duration.DurationInput) => Effect.Effect<void, PortFailure>
    /** Whether a run may let so much time pass for which nobody but it is waiting. */
    readonly canWait: (millis: number) => boolean
  }
>() {}

/** The database is somebody else's, and a story in it would be in their way. */
export class NotOurDatabase extends Schema.TaggedError<NotOurDatabase>()("NotOurDatabase", {}) {}

/** The story has come past the wall's clock, by which a gateway serves. */
export class StoryAhead extends Schema.TaggedError<StoryAhead>()("StoryAhead", {
  /** When the wall's clock will have come there. */
  until: Schema.Number
}) {}

const State = Schema.Struct({
  until: Schema.Number,
  /** Whether a gateway has served from here. */
  served: Schema.optionalWith(Schema.Boolean, { default: () => false })
})
const Event = Schema.Union(
  Schema.TaggedStruct("TimeReserved", { until: Schema.Number }),
  Schema.TaggedStruct("GatewayServed", {})
)

/** Until when the clock of a run may have shown. */
const kind: Kinds.Kind<typeof State.Type, typeof Event.Type> = {
  name: "storyTime",
  initial: { until: 0, served: false },
  evolve: (state, event) =>
    event._tag === "TimeReserved" ? { ...state, until: event.until } : { ...state, served: true },
  state: State,
  event: Event,
  personal: Kinds.nothingPersonal,
  journaled: false,
  ephemeral: false,
  indexes: {}
}
const ref = Kinds.ref(kind, Kinds.platform, "quickstart")

const store = (event: typeof Event.Type) =>
  Effect.flatMap(Journal, (journal) =>
    journal.transact([ref], ([row]) =>
      Either.right(Decision.make(undefined, { changes: [Decision.change(row, [event])] }))
    )
  )

/** What is in a database: nothing, a story with the clock where it is, or what is served by the wall's clock. */
export type Standing =
  | { readonly _tag: "Empty" }
  | { readonly _tag: "Story"; readonly until: number }
  | { readonly _tag: "Served"; readonly hasStory: boolean }

/** Looks what a database is used for. */
export const standing: Effect.Effect<Standing, PortFailure, Journal | Records> = Effect.gen(function* () {
  const { state, version } = yield* (yield* Journal).load(ref)
  if (version > 0 && !state.served) return { _tag: "Story", until: state.until }
  const accounts = { kind: Account.kind, index: "all", partition: "", limit: 1 }
  const { items } = yield* (yield* Records).list(accounts)
  if (version === 0 && items.length === 0) return { _tag: "Empty" }
  return { _tag: "Served", hasStory: state.until > 0 }
})

/** From now on the database's time is the wall's. Fails while what it holds is ahead of that. */
export const served = Effect.gen(function* () {
  const { state } = yield* (yield* Journal).load(ref)
  if (state.served) return
  const now = yield* Clock.currentTimeMillis
  if (state.until > now) return yield* new StoryAhead({ until: state.until })
  yield* store({ _tag: "GatewayServed" })
})

/** By the wall's clock, where a gateway has served: a minute can be waited for, a day cannot. */
export const layerWall: Layer.Layer<StoryTime> = Layer.succeed(StoryTime, {
  letPass: (time) => Effect.sleep(time),
  canWait: (millis) => millis <= 60_000
})

/** How far ahead the clock is reserved: what a run that is killed jumps over at most. */
export const aheadMillis = 600_000

/** Sets the clock to where the last run has left it, before anybody else looks at it: build the platform on this one. */
export const layer = (clock: QuickClock): Layer.Layer<StoryTime, PortFailure, Journal> =>
  Layer.scoped(
    StoryTime,
    Effect.gen(function* () {
      const journal = yield* Journal
      const reserveUntil = (until: number) =>
        Effect.provideService(store({ _tag: "TimeReserved", until }), Journal, journal)
      const { state } = yield* journal.load(ref)
      clock.beginAt(state.until)
      clock.allowUntil(clock.now())

      let reserved = clock.now()
      const turn = yield* Effect.makeSemaphore(1)
      /** Sees to it that the clock may run on for `millis`. */
      const reserve = (millis: number) =>
        turn.withPermits(1)(
          Effect.suspend(() => {
            const until = clock.now() + millis
            if (reserved >= until) return Effect.void
            return Effect.map(reserveUntil(until + aheadMillis / 2), () => {
              reserved = until + aheadMillis / 2
              clock.allowUntil(reserved)
            })
          })
        )
      yield* reserve(aheadMillis / 2)
      // The finalizer is added first and so runs last: nobody reserves any more.
      yield* Effect.addFinalizer(() =>
        Effect.suspend(() => {
          clock.allowUntil(clock.now())
          return Effect.ignore(reserveUntil(clock.now()))
        })
      )
      yield* reserve(aheadMillis / 2).pipe(
        Effect.ignore,
        Effect.repeat(Schedule.spaced(Duration.millis(250))),
        Effect.withClock(Clock.make()),
        Effect.forkScoped
      )
      return {
        letPass: (time) => Effect.zipRight(reserve(Duration.toMillis(time) + aheadMillis / 2), clock.setForward(time)),
        canWait: () => true
      }
    })
  )
