import { CallChannel } from "@vsms/core/dispatch/CallChannel"
import { suite } from "@vsms/core/testing/Law"
import * as CallChannelLaws from "@vsms/core/testing/laws/CallChannelLaws"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import { describe, it } from "vitest"
import type { Media } from "../../../src/sip/media/Media.ts"
import * as SipTrunk from "../../../src/sip/trunk/SipTrunk.ts"
import type * as Hop from "../../../src/sip/transport/Hop.ts"
import * as Phones from "./Phones.ts"

const habits: { readonly [B in CallChannelLaws.Behaviour]: Phones.Habit } = {
  answers: { answers: true },
  listens: { answers: true },
  busy: { refuses: 486 },
  neverAnswers: { answers: false }
}

/** Plays as long as a player would, by the clock of the laws. */
const timed = Effect.map(Effect.clock, (clock): Media => ({
  open: (listener) =>
    Effect.sync(() => {
      let stopped = false
      return {
        local: { address: "127.0.0.1", port: 40_000 },
        start: (_, { audio, leadMillis, pauseMillis, plays }) => {
          const millis = leadMillis + plays * (audio.payload.length / 8) + (plays - 1) * pauseMillis
          Effect.runFork(
            Effect.map(clock.sleep(Duration.millis(millis)), () => stopped || listener({ _tag: "Played" }))
          )
        },
        update: () => {},
        stop: () => (stopped = true)
      }
    })
}))

/** Lets datagrams go their way, which takes real time, between the steps of the clock. */
const settle = Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 8)))

const trunk = (protocol: Hop.Protocol) =>
  Layer.scopedContext(
    Effect.gen(function* () {
      const media = yield* timed
      const phones = yield* Phones.make()
      const channel = yield* SipTrunk.make({
        name: "laws",
        trunk: { host: "trunk.test", port: undefined, protocol, account: undefined },
        hops: Effect.sync(() => [phones.hop(protocol)]),
        local: { address: "127.0.0.1", port: 0 },
        media,
        // Nobody moves the clock when the laws are over.
        lingerMillis: 0
      })
      let numbers = 0
      return Context.empty().pipe(
        Context.add(CallChannel, channel),
        Context.add(CallChannelLaws.FarEnd, {
          callee: (behaviour) =>
            Effect.sync(() => {
              const number = `+86138${String(numbers++).padStart(8, "0")}`
              phones.set(number, habits[behaviour])
              return number
            }),
          dialled: (number) => Effect.sync(() => phones.dialled(number)),
          pass: (millis) =>
            Effect.gen(function* () {
              yield* settle
              for (let passed = 0; passed < millis; passed += 1_000) {
                yield* TestClock.adjust(Math.min(1_000, millis - passed))
                yield* settle
              }
            }),
          setDown: (isDown) => Effect.sync(() => phones.setDown(isDown))
        })
      )
    })
  )

const abilities: ReadonlyArray<CallChannelLaws.Ability> = ["breakable"]

suite({ describe, it }, "a SIP trunk over UDP", CallChannelLaws.laws, trunk("udp"), { abilities })
suite({ describe, it }, "a SIP trunk over TCP", CallChannelLaws.laws, trunk("tcp"), { abilities })
