/** A process that places one call through an Asterisk, says what it hears of it, and is killed by a test. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as AriUri from "../../src/ari/AriUri.ts"
import * as AsteriskAri from "../../src/ari/AsteriskAri.ts"

const [line = "", id = "", callee = "", longest = ""] = process.argv.slice(2)

const program = Effect.gen(function* () {
  const channel = yield* AsteriskAri.make({ name: "caller", asterisk: Either.getOrThrow(AriUri.parse(line)) })
  const call = {
    id,
    callee,
    display: "075512340001",
    audio: { codec: "alaw" as const, payload: new Uint8Array(80_000).fill(0x2a) },
    plays: 1,
    ringTimeoutMillis: 10_000,
    longestCallMillis: Number(longest)
  }
  yield* channel.place(call, ({ _tag }) => Effect.sync(() => process.stdout.write(`${_tag}\n`)))
})

await Effect.runPromise(Effect.scoped(program))
