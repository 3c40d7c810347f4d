import { CallChannel } from "@vsms/core/dispatch/CallChannel"
import { suite } from "@vsms/core/testing/Law"
import * as CallChannelLaws from "@vsms/core/testing/laws/CallChannelLaws"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import { describe, it } from "vitest"
import * as Behaviour from "../../src/simulated/Behaviour.ts"
import { make, type NetworkOptions } from "../../src/simulated/SimulatedNetwork.ts"

/** Longer than any call of the laws may last. */
const forever = 24 * 3_600_000

const behaviours: { readonly [B in CallChannelLaws.Behaviour]: Behaviour.Behaviour } = {
  answers: Behaviour.answers(),
  listens: Behaviour.answers({ listensMillis: forever }),
  busy: Behaviour.failsAtOnce("busy"),
  neverAnswers: Behaviour.ringsThenFails("noAnswer", forever)
}

const network = (options: NetworkOptions = {}) =>
  Layer.scopedContext(
    Effect.gen(function* () {
      const phones = new Map<string, CallChannelLaws.Behaviour>()
      const simulated = yield* make({ ...options, behaviour: (callee) => behaviours[phones.get(callee) ?? "answers"] })
      return Context.empty().pipe(
        Context.add(CallChannel, simulated.channel("laws")),
        Context.add(CallChannelLaws.FarEnd, {
          callee: (behaviour) =>
            Effect.sync(() => {
              const callee = `+86138${String(phones.size).padStart(8, "0")}`
              phones.set(callee, behaviour)
              return callee
            }),
          dialled: simulated.dialled,
          pass: (millis) => TestClock.adjust(millis),
          setDown: (isDown) => simulated.setOutage("laws", isDown)
        })
      )
    })
  )

const abilities: ReadonlyArray<CallChannelLaws.Ability> = ["remembers", "breakable"]

suite({ describe, it }, "the simulated network", CallChannelLaws.laws, network(), { abilities })
