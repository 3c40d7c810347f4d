import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import type { SpeechAudio, SpeechFailure } from "@vsms/core/dispatch/SpeechSynthesizer"
import { within } from "@vsms/core/testing/Law"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import type * as Layer from "effect/Layer"
import * as TestContext from "effect/TestContext"
import { describe, expect, it } from "vitest"
import type { ClientSettings } from "../../src/engine/SpeechClient.ts"
import * as FakeServer from "../support/FakeServer.ts"
import { pass } from "../support/Moved.ts"
import { observed } from "../support/Observed.ts"
import { secret, vendors, type Vendor } from "../support/Vendors.ts"

const code = "380421"

const request = {
  segments: [{ _tag: "Text", text: "您的验证码是：" } as const, { _tag: "Spell", text: code } as const]
}

interface Scene {
  readonly server: FakeServer.FakeServer
  /** Speaks a code. */
  readonly speak: Effect.Effect<SpeechAudio, SpeechFailure>
  /** What came of it, without a failure. */
  readonly outcome: Effect.Effect<Either.Either<SpeechAudio, SpeechFailure>>
}

const clients: Readonly<Record<"node:http" | "fetch" | "undici", Layer.Layer<HttpClient.HttpClient>>> = {
  "node:http": NodeHttpClient.layer,
  fetch: FetchHttpClient.layer,
  undici: NodeHttpClient.layerUndici
}

/** A server, an engine that asks it, and a clock that stands still. */
const scene = <A, E>(
  vendor: Vendor,
  client: keyof typeof clients,
  settings: Partial<ClientSettings>,
  play: (scene: Scene) => Effect.Effect<A, E>
): Promise<A> =>
  Effect.gen(function* () {
    const server = yield* FakeServer.start
    const speech = yield* vendor.make(server.url, settings)
    const speak = speech.synthesize({ ...request, language: "zh-CN" })
    return yield* play({ server, speak, outcome: Effect.either(speak) })
  }).pipe(Effect.scoped, Effect.provide(clients[client]), Effect.provide(TestContext.TestContext), Effect.runPromise)

const failsWith = (
  reason: SpeechFailure["reason"],
  retryable: boolean,
  detail: string | RegExp,
  retryAfterMillis?: number
) => ({
  left: {
    reason,
    retryable,
    detail: expect.stringMatching(detail),
    ...(retryAfterMillis === undefined ? {} : { retryAfterMillis })
  }
})

const speech = { right: { samples: expect.any(Int16Array) } }

const cases = vendors
  .slice(0, 3)
  .flatMap((vendor) =>
    (["node:http", "fetch", "undici"] as const).map((client) => [vendor.name, client, vendor] as const)
  )

describe.each(cases)("%s by %s", (_, client, vendor) => {
  const play = (settings: Partial<ClientSettings>, story: (scene: Scene) => Effect.Effect<void, unknown>) =>
    scene(vendor, client, settings, story)

  it("speaks", () =>
    play({}, ({ outcome, server }) =>
      Effect.gen(function* () {
        server.behave(vendor.speaks)
        expect(yield* outcome).toMatchObject(speech)
        expect(server.asked).toHaveLength(1)
      })
    ))

  it("an answer that does not come has its time, and the connection is closed; then it is asked again", () =>
    play({ answerLimitMillis: 3_000, retries: 1, retryPauseMillis: 100 }, ({ outcome, server }) =>
      Effect.gen(function* () {
        server.behave(FakeServer.silent)
        const fiber = yield* Effect.fork(outcome)
        yield* server.untilAsked(1)
        yield* pass(3_000)
        yield* Effect.promise(() => server.asked[0]!.closed)
        yield* pass(100)
        yield* server.untilAsked(2)
        yield* pass(3_000)
        expect(yield* Fiber.join(fiber)).toMatchObject(failsWith("Unavailable", true, "no answer within 3000 ms"))
        expect(server.asked).toHaveLength(2)
      })
    ))

  it("all tries together have their time", () =>
    play(
      { answerLimitMillis: 3_000, triesLimitMillis: 5_000, retries: 5, retryPauseMillis: 100 },
      ({ outcome, server }) =>
        Effect.gen(function* () {
          server.behave(FakeServer.silent)
          const fiber = yield* Effect.fork(outcome)
          yield* server.untilAsked(1)
          yield* pass(3_000)
          yield* pass(100)
          yield* server.untilAsked(2)
          yield* pass(1_900)
          expect(yield* Fiber.join(fiber)).toMatchObject(failsWith("Unavailable", true, "no answer within 1900 ms"))
          expect(server.asked).toHaveLength(2)
        })
    ))

  it("so has one that begins and goes no further", () =>
    play({ answerLimitMillis: 3_000, retries: 0 }, ({ outcome, server }) =>
      Effect.gen(function* () {
        server.behave(FakeServer.hanging(vendor.contentType, Buffer.from("RIFF")))
        const fiber = yield* Effect.fork(outcome)
        yield* server.untilAsked(1)
        yield* pass(3_000)
        expect(yield* Fiber.join(fiber)).toMatchObject(failsWith("Unavailable", true, "no answer within 3000 ms"))
        yield* Effect.promise(() => server.asked[0]!.closed)
      })
    ))

  it("whoever lets go closes the connection at once", () =>
    play({}, ({ server, speak }) =>
      Effect.gen(function* () {
        for (const [at, behaviour] of [
          FakeServer.silent,
          FakeServer.hanging(vendor.contentType, Buffer.from("RIFF"))
        ].entries()) {
          server.behave(behaviour)
          const fiber = yield* Effect.fork(speak)
          yield* server.untilAsked(at + 1)
          yield* Fiber.interrupt(fiber)
          yield* within(
            5_000,
            Effect.promise(() => server.asked[at]!.closed),
            "a closed connection"
          )
        }
      })
    ))

  it("an answer that is cut off is asked for again, and is no speech", () =>
    play({ retries: 1, retryPauseMillis: 100 }, ({ outcome, server }) =>
      Effect.gen(function* () {
        server.behave(FakeServer.truncated(vendor.contentType, new Uint8Array(20_000).fill(65)))
        const fiber = yield* Effect.fork(outcome)
        yield* pass(100)
        expect(yield* Fiber.join(fiber)).toMatchObject(failsWith("Unavailable", true, "broke off|no connection"))
        expect(server.asked).toHaveLength(2)
      })
    ))

  it("an answer without end is not waited for", () =>
    play({ answerBytesMax: 1_000_000 }, ({ outcome, server }) =>
      Effect.gen(function* () {
        server.behave(FakeServer.endless(vendor.contentType))
        expect(yield* outcome).toMatchObject(failsWith("BadAudio", false, "does not end"))
        yield* within(
          5_000,
          Effect.promise(() => server.asked[0]!.closed),
          "a closed connection"
        )
      })
    ))

  it.each([
    ["text/html", "<html>Welcome</html>"],
    ["application/json; charset=utf-8", `{"error":{"message":"cannot say ${code}"}}`],
    ["application/problem+json", "{}"]
  ])("text in place of audio is BadAudio: %s", (contentType, body) =>
    play({}, ({ outcome, server }) =>
      Effect.gen(function* () {
        server.behave(FakeServer.answer(contentType, body))
        expect(yield* outcome).toMatchObject(failsWith("BadAudio", true, "text, not audio|of another form"))
        expect(server.asked).toHaveLength(1)
      })
    )
  )

  it.each([
    ["nothing", new Uint8Array(0)],
    ["silence", new Uint8Array(16_000)],
    ["an odd number of bytes", new Uint8Array(999).fill(70)]
  ])("%s is BadAudio", (_, audio) =>
    play({}, ({ outcome, server }) =>
      Effect.gen(function* () {
        server.behave(vendor.says(audio))
        expect(yield* outcome).toMatchObject(failsWith("BadAudio", true, ""))
      })
    )
  )

  it("429 with a pause that is short: it is waited for, and no less", () =>
    play({ longestRetryPauseMillis: 2_000 }, ({ outcome, server }) =>
      Effect.gen(function* () {
        server.behave(FakeServer.status(429, { "retry-after": "2" }), vendor.speaks)
        const fiber = yield* Effect.fork(outcome)
        yield* pass(2_000)
        expect(yield* Fiber.join(fiber)).toMatchObject(speech)
        expect(server.asked).toHaveLength(2)
      })
    ))

  it("429 with a pause that is long: the caller hears of it, and nobody waits", () =>
    play({}, ({ outcome, server }) =>
      Effect.gen(function* () {
        server.behave(FakeServer.status(429, { "retry-after": "30" }))
        expect(yield* Effect.tap(outcome, (o) => Effect.sync(() => console.log(JSON.stringify(o))))).toMatchObject(
          failsWith("Unavailable", true, "status 429", 30_000)
        )
        server.behave(FakeServer.status(503, { "retry-after": "Thu, 01 Jan 1970 00:01:00 GMT" }))
        expect(yield* outcome).toMatchObject(failsWith("Unavailable", true, "status 503", 60_000))
        expect(server.asked).toHaveLength(2)
      })
    ))

  it("errors of the server are tried again, with pauses that double, and not for ever", () =>
    play({ retries: 2, retryPauseMillis: 250 }, ({ outcome, server }) =>
      Effect.gen(function* () {
        server.behave(FakeServer.status(500), FakeServer.status(502), vendor.speaks)
        const recovering = yield* Effect.fork(outcome)
        yield* pass(250)
        yield* pass(500)
        expect(yield* Fiber.join(recovering)).toMatchObject(speech)
        server.behave(FakeServer.status(503))
        const failing = yield* Effect.fork(outcome)
        yield* pass(250)
        yield* pass(500)
        expect(yield* Fiber.join(failing)).toMatchObject(failsWith("Unavailable", true, "status 503"))
        expect(server.asked).toHaveLength(6)
      })
    ))

  it.each([
    [400, "Rejected", false],
    [401, "Unavailable", false],
    [402, "Unavailable", false],
    [403, "Unavailable", false],
    [404, "Unsupported", false],
    [413, "Rejected", false],
    [422, "Rejected", false]
  ] as const)("status %d is %s, and not tried again", (code, reason, retryable) =>
    play({}, ({ outcome, server }) =>
      Effect.gen(function* () {
        server.behave(FakeServer.status(code, { "content-type": "text/plain" }, "a page of the server's"))
        expect(yield* outcome).toMatchObject(failsWith(reason, retryable, `status ${code}`))
        expect(server.asked).toHaveLength(1)
      })
    )
  )

  it("redirects are not followed: nobody else gets the text or the key", () =>
    play({}, ({ outcome, server }) =>
      Effect.gen(function* () {
        for (const code of [301, 302, 307, 308]) {
          server.behave(FakeServer.status(code, { location: `${server.url}/elsewhere` }), vendor.speaks)
          expect(yield* outcome).toMatchObject(failsWith("Unavailable", false, "redirects are not followed"))
        }
        expect(server.asked.map(({ path }) => path)).not.toContain("/elsewhere")
        expect(server.asked).toHaveLength(4)
      })
    ))

  it("a server that is not there is Unavailable, and says why", () =>
    Effect.gen(function* () {
      const { url } = yield* Effect.scoped(FakeServer.start)
      const engine = yield* vendor.make(url, { retries: 0 })
      const outcome = yield* Effect.either(engine.synthesize({ ...request, language: "zh-CN" }))
      expect(outcome).toMatchObject(failsWith("Unavailable", true, "no connection: ECONNREFUSED"))
    }).pipe(Effect.provide(clients[client]), Effect.runPromise))

  it("SND-5: no span, log or failure holds the text or the key", () =>
    play({ retries: 0 }, ({ server, speak }) =>
      Effect.gen(function* () {
        const quoting = `{"error":{"message":"cannot say ${code} with ${secret}"}}`
        for (const behaviour of [
          vendor.speaks,
          FakeServer.status(400, { "content-type": "application/json", "x-quoted": code }, quoting),
          FakeServer.status(302, { location: `https://elsewhere.example/?text=${code}` }),
          FakeServer.answer("application/json", quoting),
          FakeServer.truncated(vendor.contentType, Buffer.from(quoting))
        ]) {
          server.behave(behaviour)
          const { seen } = yield* observed(speak)
          expect(seen).toContain(".synthesize")
          expect(seen).not.toContain(code)
          expect(seen).not.toContain("三")
          expect(seen).not.toContain("您的")
          expect(seen).not.toContain(secret)
        }
      })
    ))
})
