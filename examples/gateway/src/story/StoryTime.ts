/**
 * The time of the story, over all its runs. Its clock runs ahead of the wall's, and what is stored bears its instants: a
 * later run that began before the last of them would find packages that are not effective yet, and calls from the future.
 *
 * So the clock is reserved ahead: it is stored up to when this run may show it, and it stands still there until more is
 * stored. The next run begins where this one ended, or where its reservation ended if it was killed, unless the wall's
 * clock has come past that.
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

export class StoryTime extends Context.Tag("@vsms/example-gateway/StoryTime")<
  StoryTime,
  {
    /** Moves the clock forward at once. */
    readonly setForward: (by: Duration.DurationInput) => Effect.Effect<void, PortFailure>
  }
>() {}

/** The database is somebody else's, whose time is the wall's: the story's would age what is in it. */
export class NotOurDatabase extends Schema.TaggedError<NotOurDatabase>()("NotOurDatabase", {}) {}

const State = Schema.Struct({ until: Schema.Number })
const Event = Schema.TaggedStruct("TimeReserved", { until: Schema.Number })

/** Until when the clock of a run may have shown. */
const kind: Kinds.Kind<typeof State.Type, typeof Event.Type> = {
  name: "storyTime",
  initial: { until: 0 },
  evolve: (_, { until }) => ({ until }),
  state: State,
  event: Event,
  personal: Kinds.nothingPersonal,
  journaled: false,
  ephemeral: false,
  indexes: {}
}
const ref = Kinds.ref(kind, Kinds.platform, "quickstart")

/** How far ahead the clock is reserved: what a run that is killed jumps over at most. */
export const aheadMillis = 600_000

/** Sets the clock to where the last run has left it, before anybody else looks at it: build the platform on this one. */
export const layer = (clock: QuickClock): Layer.Layer<StoryTime, NotOurDatabase | PortFailure, Journal | Records> =>
  Layer.scoped(
    StoryTime,
    Effect.gen(function* () {
      const journal = yield* Journal
      const realTime = Effect.withClock(Clock.make())
      const store = (until: number) =>
        journal.transact([ref], ([row]) =>
          Either.right(Decision.make(undefined, { changes: [Decision.change(row, [{ _tag: "TimeReserved", until }])] }))
        )

      const last = yield* journal.load(ref)
      if (last.version === 0) {
        const accounts = { kind: Account.kind, index: "all", partition: "", limit: 1 }
        const { items } = yield* (yield* Records).list(accounts)
        if (items.length > 0) return yield* new NotOurDatabase()
      }
      clock.beginAt(last.state.until)
      clock.allowUntil(clock.now())

      let reserved = clock.now()
      const turn = yield* Effect.makeSemaphore(1)
      /** Sees to it that the clock may run on for `millis`. */
      const reserve = (millis: number) =>
        turn.withPermits(1)(
          Effect.suspend(() => {
            const until = clock.now() + millis
            if (reserved >= until) return Effect.void
            return Effect.map(store(until + aheadMillis / 2), () => {
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
          return Effect.ignore(store(clock.now()))
        })
      )
      yield* reserve(aheadMillis / 2).pipe(
        Effect.ignore,
        Effect.repeat(Schedule.spaced(Duration.millis(250))),
        realTime,
        Effect.forkScoped
      )
      return {
        setForward: (by) => Effect.zipRight(reserve(Duration.toMillis(by) + aheadMillis / 2), clock.setForward(by))
      }
    })
  )
