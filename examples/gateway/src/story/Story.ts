/** `--once`: the story of the quick start, from an empty account to a spoken message, and its end. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Options } from "../CommandLine.ts"
import * as Place from "../Place.ts"
import * as Platform from "../Platform.ts"
import type { Settings } from "../Settings.ts"
import * as Journey from "./Journey.ts"
import * as QuickClock from "./QuickClock.ts"
import * as Receiver from "./Receiver.ts"
import * as StoryPlatform from "./StoryPlatform.ts"
import * as StoryTime from "./StoryTime.ts"

/**
 * How far behind the wall's clock a new story begins. A number may be called three times a day (SND-8), and who runs it
 * again and again has the days to do so before the story has caught up.
 */
const behindMillis = 7 * 86_400_000

/**
 * One call; the last line that is printed is its result, as JSON.
 *
 * **Details** Where a gateway serves from the database, time is the wall's; elsewhere the story has its own.
 */
export const once = (
  options: Options,
  settings: Settings,
  print: (line: string) => void,
  wall: Clock.Clock = Clock.make()
) =>
  Effect.gen(function* () {
    const { place } = settings
    const shared = yield* Layer.build(
      Layer.merge(Layer.provideMerge(Place.alone, Place.layer(place, settings.sessions)), Platform.speech)
    )
    const standing = yield* StoryTime.standing.pipe(Effect.provide(Platform.storage), Effect.provide(shared))
    if (standing._tag === "Served" && !standing.hasStory) return yield* new StoryTime.NotOurDatabase()
    const tell = Effect.gen(function* () {
      const say = Journey.sayTo(print)
      const receiver = yield* Receiver.start
      const tenant = yield* Journey.open(options.text, Place.name(place), say)
      yield* Journey.registerCallback(tenant, receiver, say)
      const result = yield* Journey.send(tenant, { ...options, patient: true }, place.folder, receiver, say)
      print(JSON.stringify(result))
    })
    if (standing._tag === "Served") {
      return yield* tell.pipe(
        Effect.provide(StoryPlatform.layerWall(settings)),
        Effect.provide(Platform.routes(settings)),
        Effect.provide(shared)
      )
    }
    // Phones of the real world do not ring faster.
    const speed = Platform.isSimulated(settings) ? options.speed : 1
    const clock = QuickClock.make({ speed, behindMillis, wall })
    yield* tell.pipe(
      Effect.provide(StoryPlatform.layer(settings, clock)),
      // Opened by the story's clock: simulated phones live by it.
      Effect.provide(Platform.routes(settings)),
      Effect.provide(shared),
      Effect.withClock(clock.clock)
    )
  }).pipe(Effect.scoped, Effect.withClock(wall))
