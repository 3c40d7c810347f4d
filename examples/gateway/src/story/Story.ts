/** `--once`: the story of the quick start, from an empty account to a spoken message, and its end. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Options } from "../CommandLine.ts"
import * as Place from "../Place.ts"
import * as Journey from "./Journey.ts"
import * as QuickClock from "./QuickClock.ts"
import * as Receiver from "./Receiver.ts"
import * as StoryPlatform from "./StoryPlatform.ts"

/** One call; the last line that is printed is its result, as JSON. */
export const once = (options: Options, place: Place.Place, print: (line: string) => void) => {
  const clock = QuickClock.make(options.speed)
  return Effect.gen(function* () {
    const say = Journey.sayTo(print)
    const receiver = yield* Receiver.start
    const tenant = yield* Journey.open(options, Place.name(place), receiver, say)
    const result = yield* Journey.send(tenant, { ...options, patient: true }, place.folder, receiver, say)
    print(JSON.stringify(result))
  }).pipe(Effect.scoped, Effect.provide(StoryPlatform.layer(place, clock)), Effect.provide(Layer.setClock(clock.clock)))
}
