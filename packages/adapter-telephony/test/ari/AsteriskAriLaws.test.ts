import * as CallChannelLaws from "@vsms/core/testing/laws/CallChannelLaws"
import { suite } from "@vsms/core/testing/Law"
import { CallChannel } from "@vsms/core/dispatch/CallChannel"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { afterAll, beforeAll, describe, it } from "vitest"
import * as AriUri from "../../src/ari/AriUri.ts"
import * as AsteriskAri from "../../src/ari/AsteriskAri.ts"
import * as Phones from "../sip/trunk/Phones.ts"
import * as Asterisk from "./Asterisk.ts"
import * as Proxy from "./Proxy.ts"

const why = Asterisk.missing()
const scope = Effect.runSync(Scope.make())
let asterisk: Asterisk.Asterisk

beforeAll(async () => {
  if (why === undefined) asterisk = await Effect.runPromise(Scope.extend(Asterisk.start, scope))
})
afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

const habits: { readonly [B in CallChannelLaws.Behaviour]: Phones.Habit } = {
  answers: { answers: true },
  listens: { answers: true },
  busy: { refuses: 486 },
  neverAnswers: { answers: false }
}

/** A second of the laws takes a tenth of one: what is timed here goes ten times as fast as what Asterisk does. */
const settle = Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 100)))

const channel = Layer.scopedContext(
  Effect.gen(function* () {
    const phones = yield* Phones.make()
    const wire = yield* Proxy.make(asterisk.httpPort)
    const endpoint = `PJSIP/out/sip:{number}@127.0.0.1:${phones.hop("udp").port}`
    const line = `http://${asterisk.user}:${asterisk.password}@127.0.0.1:${wire.port}/ari?endpoint=${endpoint}`
    const made = yield* AsteriskAri.make({
      name: "laws",
      asterisk: Either.getOrThrow(AriUri.parse(line)),
      // Nobody moves the clock when the laws are over.
      lingerMillis: 0,
      timing: { requestMillis: 60_000, pauseMillis: 100, longestPauseMillis: 10_000, pingMillis: 60_000 }
    })
    let numbers = 0
    return Context.empty().pipe(
      Context.add(CallChannel, made),
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
        setDown: wire.setDown
      })
    )
  })
)

const runner = why === undefined ? it : Object.assign((name: string) => it.skip(`${name} [${why}]`), { skip: it.skip })

suite({ describe: describe.concurrent, it: runner }, "an Asterisk by ARI", CallChannelLaws.laws, channel, {
  abilities: ["breakable"]
})
