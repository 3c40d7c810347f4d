import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Client from "@vsms/adapter-http/client"
import { Readiness } from "@vsms/adapter-http/door/Readiness"
import { NativeDoor } from "@vsms/adapter-http/NativeDoor"
import { NodeServer } from "@vsms/adapter-http/node/NodeServer"
import * as Core from "@vsms/core/Core"
import * as CoreMemory from "@vsms/core/testing/CoreMemory"
import * as Tenant from "@vsms/core/testing/Tenant"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as Program from "../src/Program.ts"

const operatorToken = Redacted.make("operator-token-of-the-tests-0123456789")

const server = NodeServer.layer({ port: 0 }).pipe(
  Layer.provideMerge(NativeDoor.layer({ operatorTokens: [operatorToken] })),
  Layer.provideMerge(Core.layer()),
  Layer.provideMerge(NativeDoor.editGuard),
  Layer.provideMerge(CoreMemory.layerPorts()),
  Layer.merge(FetchHttpClient.layer)
)

/** A key for a tenant who can send. */
const open = Effect.gen(function* () {
  const { host, port } = yield* NodeServer
  const baseUrl = `http://${host}:${port}`
  const { accountId, applicationId } = yield* Tenant.open()
  const operator = yield* Client.make({ baseUrl, credential: { key: operatorToken } })
  const { key } = yield* operator.keys.create({
    path: { accountId },
    payload: { name: "program", scopes: ["sends:read", "sends:write"] }
  })
  return { applicationId, options: { baseUrl, credential: { key: Redacted.make(key) } } }
})

/** Sockets are heard while nobody moves the time. */
const heard = Effect.promise(() => new Promise((done) => setImmediate(done)))

/** Waits, in real time, until something was said. */
const until = (said: ReadonlyArray<string>, word: string) =>
  Effect.gen(function* () {
    while (!said.includes(word)) yield* heard
  })

describe("a program that uses the typed client", () => {
  it.effect("CBK-1, SND-6: sends, hears the call while it happens, and reads its receipt", () =>
    Effect.gen(function* () {
      const { applicationId, options } = yield* open
      const said: Array<string> = []
      const wish = { applicationId, phone: "13800138000", code: "4821", key: "1" }
      const send = Program.send(options, wish, (line) => void said.push(line))
      const sending = yield* Effect.fork(send)
      yield* until(said, "dialling")
      yield* TestClock.adjust("1 second")
      yield* until(said, "ringing")
      yield* TestClock.adjust("4 seconds")
      yield* until(said, "answered")
      yield* TestClock.adjust("10 seconds")
      const receipt = yield* Fiber.join(sending)
      expect(receipt).toMatchObject({ sendId: expect.any(String), billedMinutes: 1 })
      expect(said.filter((line) => /^[a-z]+$/.test(line))).toEqual([
        "accepted",
        "dialling",
        "ringing",
        "answered",
        "completed"
      ])
      // Asked again under its key, it is the same one, which has ended.
      expect(yield* send).toEqual(receipt)
      // Another one so soon is refused.
      expect(yield* Program.send(options, { ...wish, key: "2" }, (line) => void said.push(line))).toBeUndefined()
      expect(said.at(-1)).toMatch(/^called too often: again in \d+ s$/)
    }).pipe(Effect.provide(server))
  )

  it.effect("SND-6: whoever is let go by a server that stops asks again, and hears each stage once", () =>
    Effect.gen(function* () {
      const { applicationId, options } = yield* open
      const api = yield* Client.make(options)
      const path = { applicationId }
      const { sendId } = yield* api.sends.create({ path, headers: {}, payload: { to: "13800138000", code: "4821" } })
      ;(yield* Readiness).stop()
      const said: Array<string> = []
      const followed = yield* Effect.fork(
        Stream.runForEach(Client.follow(options, { applicationId, sendId }), (event) =>
          Effect.sync(() => void (event._tag === "stage" && said.push(event.stage)))
        )
      )
      // A look after a second, and the next request a second after that.
      while ((yield* Fiber.poll(followed))._tag === "None") {
        yield* TestClock.adjust("2 seconds")
        yield* heard
      }
      expect([said[0], said.at(-1), new Set(said).size]).toEqual(["accepted", "completed", said.length])
      const unknown = yield* Effect.flip(Stream.runDrain(Client.follow(options, { applicationId, sendId: "none" })))
      expect(unknown._tag).toBe("UnknownSend")
    }).pipe(Effect.provide(server))
  )
})
