import * as Client from "@vsms/adapter-http/client"
import { NodeServer, type NodeServerOptions } from "@vsms/adapter-http/node/NodeServer"
import * as NodeHandler from "@vsms/adapter-http/node/NodeHandler"
import { Traffic } from "@vsms/adapter-http/door/Traffic"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as FrequencyLimit from "@vsms/core/sending/FrequencyLimit"
import { NativeDoor } from "@vsms/adapter-http/NativeDoor"
import * as Core from "@vsms/core/Core"
import { Journal } from "@vsms/core/storage/Journal"
import * as CoreMemory from "@vsms/core/testing/CoreMemory"
import { Accounts } from "@vsms/core/account/Accounts"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import * as Http from "node:http"
import * as Net from "node:net"
import * as Zlib from "node:zlib"
import * as World from "../native/World.ts"

const layer = (options: Partial<NodeServerOptions> = {}) =>
  Layer.provideMerge(NodeServer.layer({ port: 0, ...options }), World.layer())

const origin = Effect.map(NodeServer, ({ host, port }) => `http://${host}:${port}`)

const within =
  (options: Partial<NodeServerOptions> = {}) =>
  <A, E, R>(test: Effect.Effect<A, E, R>) =>
    Effect.provide(Effect.ensuring(test, TestClock.adjust("1 hour")), layer(options))

/** Real time, for what no clock of ours measures. */
const wait = (millis: number) => Effect.promise(() => new Promise((done) => setTimeout(done, millis)))

/** Waits in real time until something holds. */
const until = (holds: () => boolean) =>
  Effect.gen(function* () {
    for (let i = 0; i < 200 && !holds(); i++) yield* wait(10)
    expect(holds()).toBe(true)
  })

/** Writes to a socket and collects what comes until the other side closes it. */
const talk = (port: number, text: string | Buffer) =>
  Effect.async<string>((resume) => {
    let answer = ""
    const socket = Net.connect(port, "127.0.0.1", () => socket.write(text))
    socket.on("data", (piece) => (answer += piece.toString()))
    socket.on("error", () => resume(Effect.succeed(answer)))
    socket.on("close", () => resume(Effect.succeed(answer)))
  })

describe("a server of Node's own", () => {
  it.effect("answers over sockets, and keeps connections", () =>
    Effect.gen(function* () {
      const url = yield* origin
      const agent = new Http.Agent({ keepAlive: true, maxSockets: 1 })
      const get = (path: string, method = "GET") =>
        Effect.async<{ status: number; headers: Http.IncomingHttpHeaders; text: string; port: number }>((resume) => {
          Http.request(`${url}${path}`, { agent, method }, (response) => {
            let text = ""
            const port = response.socket.localPort!
            response.on("data", (piece) => (text += piece))
            response.on("end", () =>
              resume(Effect.succeed({ status: response.statusCode!, headers: response.headers, text, port }))
            )
          }).end()
        })
      const first = yield* get("/health")
      const second = yield* get("/v1/nowhere")
      const head = yield* get("/health", "HEAD")
      expect([first.status, JSON.parse(first.text)]).toEqual([200, { status: "up" }])
      expect([second.status, second.headers["content-type"]]).toEqual([404, "application/problem+json"])
      expect([head.status, head.text]).toEqual([200, ""])
      expect(new Set([first.port, second.port, head.port]).size).toBe(1)
      agent.destroy()
    }).pipe(within())
  )

  it.effect("does not read a body that is too large to its end", () =>
    Effect.gen(function* () {
      const { port } = yield* NodeServer
      const head = `POST /v1/accounts HTTP/1.1\r\nhost: x\r\nauthorization: ${World.operator}\r\ncontent-type: application/json\r\n`
      const said = yield* talk(port, `${head}content-length: 10000000\r\n\r\n{`)
      expect(said).toContain("HTTP/1.1 413")
      expect(said.toLowerCase()).toContain("connection: close")
      expect(said).toContain("urn:vsms:problem:BodyTooLarge")
      const chunk = "a".repeat(70_000)
      const unsaid = yield* talk(
        port,
        `${head}transfer-encoding: chunked\r\n\r\n${chunk.length.toString(16)}\r\n${chunk}\r\n`
      )
      expect(unsaid).toContain("HTTP/1.1 413")
    }).pipe(within())
  )

  it.effect("waits for nobody for ever, and says so", () =>
    Effect.gen(function* () {
      const { port } = yield* NodeServer
      const slowHead = talk(port, "GET /health HTTP/1.1\r\nhost: x\r\n")
      const slowBody = talk(
        port,
        `POST /v1/accounts HTTP/1.1\r\nhost: x\r\nauthorization: ${World.operator}\r\ncontent-length: 20\r\n\r\n{`
      )
      const [head, body] = yield* Effect.all([slowHead, slowBody], { concurrency: 2 })
      for (const answer of [head, body]) {
        expect(answer).toContain("HTTP/1.1 408")
        expect(answer).toContain("urn:vsms:problem:RequestTooSlow")
      }
      const { text } = yield* Traffic
      yield* until(() => text().includes("vsms_http_requests_under_way 0"))
    }).pipe(within({ requestTimeoutMillis: 200 }))
  )

  it.effect("answers what is no HTTP, and headers without end", () =>
    Effect.gen(function* () {
      const { port } = yield* NodeServer
      const nonsense = yield* talk(port, "HELLO\r\n\r\n")
      expect(nonsense).toContain("HTTP/1.1 400")
      expect(nonsense).toContain("urn:vsms:problem:MalformedRequest")
      const endless = yield* talk(port, `GET /health HTTP/1.1\r\nhost: x\r\nx: ${"a".repeat(20_000)}\r\n\r\n`)
      expect(endless).toContain("HTTP/1.1 431")
      expect(endless).toContain("urn:vsms:problem:HeadersTooLarge")
    }).pipe(within())
  )

  it.effect("says why it will not be a proxy, nor serve whoever names no host or expects the unknown", () =>
    Effect.gen(function* () {
      const { port } = yield* NodeServer
      for (const text of ["GET /health HTTP/1.1\r\n\r\n", "CONNECT other.test:443 HTTP/1.1\r\nhost: x\r\n\r\n"]) {
        const answer = yield* talk(port, text)
        expect(answer).toContain("HTTP/1.1 400")
        expect(answer).toContain("urn:vsms:problem:MalformedRequest")
      }
      const expecting = "GET /nowhere HTTP/1.1\r\nhost: x\r\nexpect: wonders\r\nconnection: close\r\n\r\n"
      expect(yield* talk(port, expecting)).toContain("urn:vsms:problem:NothingHere")
    }).pipe(within())
  )

  it.effect("takes no request for two, and no two for one", () =>
    Effect.gen(function* () {
      const { port } = yield* NodeServer
      const smuggled = "GET /health HTTP/1.1\r\nhost: x\r\n\r\n"
      const head = "POST /v1/accounts HTTP/1.1\r\nhost: x\r\n"
      const chunked = `0\r\n\r\n${smuggled}`
      for (const lie of [
        `content-length: 3\r\ncontent-length: ${3 + smuggled.length}\r\n\r\n{}\n${smuggled}`,
        `content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n${chunked}`,
        `transfer-encoding: xchunked\r\n\r\n${chunked}`,
        `transfer-encoding: identity, chunked\r\ncontent-length: 0\r\n\r\n${chunked}`,
        `transfer-encoding : chunked\r\n\r\n${chunked}`,
        `content-length: +3\r\n\r\n{}\n${smuggled}`,
        `content-length: 0x3\r\n\r\n{}\n${smuggled}`,
        `content-length: -1\r\n\r\n${smuggled}`,
        `transfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n${smuggled}`,
        `x: y\nz\r\n\r\n${smuggled}`,
        `x: y\r\n folded\r\ncontent-length: 0\r\n\r\n`,
        `x\0: y\r\n\r\n${smuggled}`
      ]) {
        const answer = yield* talk(port, head + lie)
        // Of a body that lies the head may have been refused already.
        expect([lie, answer]).toEqual([lie, expect.stringMatching(/^HTTP\/1.1 40[01] [^]*urn:vsms:problem:/)])
        expect([lie, answer.split("HTTP/1.1 ").length - 1, answer.includes('"up"')]).toEqual([lie, 1, false])
      }
      // Requests that follow each other are answered in their order.
      const both = yield* talk(port, `${smuggled}GET /nowhere HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`)
      expect(both).toMatch(/200 OK[^]*"up"[^]*404 Not Found/)
    }).pipe(within())
  )

  it.effect("puts nothing into its headers that was not meant to be there", () =>
    Effect.gen(function* () {
      const { port } = yield* NodeServer
      const evil = "%0d%0ax-injected:%201%0d%0a%0d%0aHTTP/1.1%20200%20OK"
      for (const target of [`/v1/accounts/${evil}`, `/${evil}`, `/v1/accounts?cursor=${evil}`, `/health?${evil}`]) {
        const answer = yield* talk(
          port,
          `GET ${target} HTTP/1.1\r\nhost: x\r\ntraceparent: ${evil}\r\nauthorization: ${World.operator}\r\nconnection: close\r\n\r\n`
        )
        expect(answer).toMatch(/^HTTP\/1.1 \d{3} /)
        expect(answer.toLowerCase()).not.toContain("\r\nx-injected")
        expect(answer.split("HTTP/1.1 ").length).toBe(2)
      }
    }).pipe(within())
  )

  it.effect("does not unpack what is compressed", () =>
    Effect.gen(function* () {
      const { port } = yield* NodeServer
      const head = `POST /v1/accounts HTTP/1.1\r\nhost: x\r\nauthorization: ${World.operator}\r\ncontent-type: application/json\r\n`
      const packed = Zlib.gzipSync(Buffer.alloc(10_000_000)).toString("latin1")
      const bomb = yield* talk(
        port,
        Buffer.from(
          `${head}connection: close\r\ncontent-encoding: gzip\r\ncontent-length: ${packed.length}\r\n\r\n${packed}`,
          "latin1"
        )
      )
      expect(bomb).toContain("urn:vsms:problem:UnsupportedBody")
    }).pipe(within())
  )

  it.effect("waits for nobody who sends a letter at a time", () =>
    Effect.gen(function* () {
      const { port } = yield* NodeServer
      const dribble = (first: string, rest: string) =>
        Effect.async<string>((resume) => {
          let answer = ""
          const socket = Net.connect(port, "127.0.0.1", () => socket.write(first))
          let at = 0
          const timer = setInterval(() => socket.writable && socket.write(rest[at++ % rest.length]!), 20)
          socket.on("data", (piece) => (answer += piece.toString()))
          socket.on("error", () => {})
          socket.on("close", () => {
            clearInterval(timer)
            resume(Effect.succeed(answer))
          })
        })
      const body = `POST /v1/accounts HTTP/1.1\r\nhost: x\r\nauthorization: ${World.operator}\r\ncontent-length: 1000\r\n\r\n{`
      const answers = yield* Effect.all([dribble("GET /health HTTP/1.1\r\n", "x-a: b"), dribble(body, " ")], {
        concurrency: 2
      })
      for (const answer of answers) expect(answer).toContain("urn:vsms:problem:RequestTooSlow")
    }).pipe(within({ requestTimeoutMillis: 300 }))
  )

  it.effect("holds no more connections than it was told, and none that never asks", () =>
    Effect.gen(function* () {
      const { port } = yield* NodeServer
      const idle = yield* Effect.all(
        Array.from({ length: 3 }, () =>
          Effect.async<Net.Socket>((resume) => {
            const socket = Net.connect(port, "127.0.0.1", () => resume(Effect.succeed(socket)))
          })
        ),
        { concurrency: "unbounded" }
      )
      yield* wait(50)
      expect(yield* talk(port, "GET /health HTTP/1.1\r\nhost: x\r\n\r\n")).toBe("")
      // Whoever is there is served, and whoever never asks makes room.
      const gone = Effect.async<void>((resume) => void idle[0]!.once("close", () => resume(Effect.void)).resume())
      yield* gone
      const served = yield* talk(port, "GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
      expect(served).toContain('"up"')
      for (const socket of idle) socket.destroy()
    }).pipe(within({ maxConnections: 3, requestTimeoutMillis: 400 }))
  )

  it.effect("holds no connection for whoever was refused and does not hang up", () =>
    Effect.gen(function* () {
      const { port } = yield* NodeServer
      const stays = yield* Effect.async<Net.Socket>((resume) => {
        const socket = Net.connect({ port, host: "127.0.0.1", allowHalfOpen: true }, () =>
          socket.write("HELLO\r\n\r\n")
        )
        socket.on("error", () => {})
        socket.once("data", () => resume(Effect.succeed(socket)))
      })
      const asked = "GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
      expect(yield* talk(port, asked)).toBe("")
      yield* wait(1_500)
      expect(yield* talk(port, asked)).toContain('"up"')
      stays.destroy()
    }).pipe(within({ maxConnections: 1 }))
  )

  it.effect("carries what changes something to its end, although its caller hung up", () =>
    Effect.gen(function* () {
      const { port } = yield* NodeServer
      const body = `{"accountId":"hung-up"}`
      const socket = Net.connect(port, "127.0.0.1", () => {
        socket.write(
          `POST /v1/accounts HTTP/1.1\r\nhost: x\r\nauthorization: ${World.operator}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
          () => socket.destroy()
        )
      })
      const accounts = yield* Accounts
      const { text } = yield* Traffic
      yield* until(() => text().includes('operation="accounts.open",status="201"'))
      expect((yield* accounts.get("hung-up")).accountId).toBe("hung-up")
    }).pipe(within())
  )

  it.effect("stops gracefully: not ready first, then answers are finished", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(layer({ drainMillis: 1_000 }), scope)
      yield* Effect.gen(function* () {
        const url = yield* origin
        const ready = Effect.promise(() => fetch(`${url}/ready`).then(({ status }) => status))
        expect(yield* ready).toBe(200)
        const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
        yield* Effect.yieldNow()
        expect(yield* ready).toBe(503)
        yield* TestClock.adjust("1 second")
        yield* closing
        const gone = yield* Effect.either(Effect.tryPromise(() => fetch(`${url}/health`)))
        expect(gone._tag).toBe("Left")
      }).pipe(Effect.provide(context))
    })
  )

  it.effect("stops as gracefully where whoever ran it was interrupted", () =>
    Effect.gen(function* () {
      const listening = yield* Deferred.make<string>()
      const running = yield* Effect.fork(
        Effect.zipRight(
          Effect.flatMap(origin, (url) => Deferred.succeed(listening, url)),
          Effect.never
        ).pipe(Effect.provide(layer({ drainMillis: 1_000 })))
      )
      const url = yield* Deferred.await(listening)
      const ready = Effect.promise(() => fetch(`${url}/ready`).then(({ status }) => status))
      expect(yield* ready).toBe(200)
      const stopping = yield* Effect.fork(Fiber.interrupt(running))
      yield* Effect.yieldNow()
      expect(yield* ready).toBe(503)
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(stopping)
      const gone = yield* Effect.either(Effect.tryPromise(() => fetch(`${url}/health`)))
      expect(gone._tag).toBe("Left")
    })
  )

  it.effect("stops although somebody connected and never asked", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { port } = yield* Effect.provide(NodeServer, yield* Layer.buildWithScope(layer(), scope))
      const closed = yield* Effect.fork(talk(port, ""))
      yield* wait(50)
      yield* Scope.close(scope, Exit.void)
      expect(yield* closed).toBe("")
    })
  )

  it.effect("is mounted as a handler by hosts that hand on Node's requests", () =>
    Effect.gen(function* () {
      const handler = yield* NodeHandler.make()
      const host = Http.createServer((request, response) => {
        if (request.url === "/mine") return void response.end("the host's own")
        handler(request, response)
      })
      const port = yield* Effect.async<number>((resume) => {
        host.listen(0, "127.0.0.1", () => resume(Effect.succeed((host.address() as Net.AddressInfo).port)))
      })
      const get = (path: string) =>
        Effect.promise(() => fetch(`http://127.0.0.1:${port}${path}`).then((one) => one.text()))
      expect(yield* get("/mine")).toBe("the host's own")
      expect(yield* get("/health")).toBe(`{"status":"up"}`)
      yield* Effect.async<void>((resume) => {
        host.close(() => resume(Effect.void))
        host.closeAllConnections()
      })
    }).pipe(World.within())
  )
})

/** Counts how often the record of a send is read. */
const loads = { ofSends: 0 }
const counting = NodeServer.layer({ port: 0 }).pipe(
  Layer.provideMerge(NativeDoor.layer({ operatorTokens: [Redacted.make(World.operatorToken)] })),
  Layer.provideMerge(Core.layer()),
  Layer.provideMerge(
    Layer.effect(
      Journal,
      Effect.map(Journal, (journal) => ({
        ...journal,
        load: (ref) => {
          if (ref.kind.name === "send") loads.ofSends++
          return journal.load(ref)
        }
      }))
    )
  ),
  Layer.provideMerge(CoreMemory.layerPorts())
)

describe("following a send", () => {
  it.effect("SND-6: tells each step while it happens, and ends with the send", () =>
    Effect.gen(function* () {
      const { applicationId, key, secret } = yield* World.tenant()
      const url = yield* origin
      const app = `/v1/applications/${applicationId}`
      const { sendId } = (yield* World.ask("POST", `${app}/sends`, {
        as: key,
        body: { to: "13800138000", code: "482139" }
      })).json
      const response = yield* Effect.promise(() =>
        fetch(`${url}${app}/sends/${sendId}/events`, { headers: { authorization: secret } })
      )
      expect(response.headers.get("content-type")).toBe("text/event-stream")
      const reading = yield* Effect.fork(Effect.promise(() => response.text()))
      // Calls take minutes of the test's clock, sockets a moment of the real one.
      for (let i = 0; i < 40; i++) {
        yield* TestClock.adjust("5 seconds")
        yield* wait(5)
      }
      const text = yield* reading
      const events = text
        .split("\n\n")
        .filter((one) => one.startsWith("event:"))
        .map((one) => [one.split("\n")[0]!.slice(7), JSON.parse(one.split("\n")[1]!.slice(6))] as const)
      const stages = events.flatMap(([name, data]) => (name === "stage" ? [data.stage] : []))
      expect(stages).toEqual(["accepted", "dialling", "ringing", "answered", "completed"])
      expect(events.flatMap(([name, data]) => (name === "step" ? [data.step] : []))).toEqual(
        expect.arrayContaining(["ringing", "answered", "completed"])
      )
      expect(events.at(-1)![1]).toMatchObject({ stage: "completed", billedMinutes: 1 })
      expect(text).not.toMatch(/138001|482139/)
    }).pipe(within())
  )

  it.effect("leaves nothing behind when its reader goes away", () =>
    Effect.gen(function* () {
      const { applicationId, key } = yield* World.tenant()
      const url = yield* origin
      const app = `/v1/applications/${applicationId}`
      const { sendId } = (yield* World.ask("POST", `${app}/sends`, {
        as: key,
        body: { to: "13800138000", code: "4821" }
      })).json
      const abort = new AbortController()
      const response = yield* Effect.promise(() =>
        fetch(`${url}${app}/sends/${sendId}/events`, { headers: { authorization: key }, signal: abort.signal })
      )
      const reader = response.body!.getReader()
      expect(new TextDecoder().decode((yield* Effect.promise(() => reader.read())).value)).toContain("accepted")
      // While somebody reads, the record is looked at every second.
      const looks = (): Effect.Effect<number> =>
        Effect.gen(function* () {
          const before = loads.ofSends
          yield* Effect.repeatN(Effect.zipRight(TestClock.adjust("1 second"), wait(2)), 9)
          return loads.ofSends - before
        })
      expect(yield* looks()).toBeGreaterThan(9)
      abort.abort()
      yield* wait(100)
      expect(yield* looks()).toBeLessThan(5)
      yield* Effect.promise(() => reader.cancel().catch(() => undefined))
    }).pipe((test) => Effect.provide(Effect.ensuring(test, TestClock.adjust("1 hour")), counting))
  )

  it.effect("ends when the process stops, so that its reader asks another", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(layer({ drainMillis: 2_000 }), scope)
      yield* Effect.gen(function* () {
        const { applicationId, key } = yield* World.tenant()
        const app = `/v1/applications/${applicationId}`
        const body = { to: "13800138000", code: "4821" }
        const { sendId } = (yield* World.ask("POST", `${app}/sends`, { as: key, body })).json
        const url = `${yield* origin}${app}/sends/${sendId}/events`
        const response = yield* Effect.promise(() => fetch(url, { headers: { authorization: key } }))
        const reading = yield* Effect.fork(Effect.promise(() => response.text()))
        const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
        yield* Effect.yieldNow()
        yield* TestClock.adjust("1 second")
        expect(yield* reading).toMatch(/event: stage[^]*retry: 1000\n\n$/)
        yield* Effect.repeatN(Effect.zipRight(TestClock.adjust("1 minute"), wait(1)), 60)
        yield* closing
      }).pipe(Effect.provide(context))
    })
  )

  it.effect("of a send that nobody knows is refused before it begins", () =>
    Effect.gen(function* () {
      const { applicationId, key } = yield* World.tenant()
      const answered = yield* World.ask("GET", `/v1/applications/${applicationId}/sends/nothing/events`, { as: key })
      expect(answered.json).toMatchObject({ type: "urn:vsms:problem:UnknownSend", status: 404 })
    }).pipe(World.within())
  )
})

describe("the typed client", () => {
  it.effect("speaks to the server, and gets refusals as the classes that core refused with", () =>
    Effect.gen(function* () {
      const { accountId, applicationId, key, secret } = yield* World.tenant()
      const credential = { key: Redacted.make(key.replace("Bearer ", "")) }
      const client = yield* Client.make({ baseUrl: yield* origin, credential })
      const path = { applicationId }
      expect((yield* client.accounts.get({ path: { accountId: "@me" } })).accountId).toBe(accountId)
      const send = client.sends.create({
        path,
        headers: {},
        payload: { to: "13800138000", templateId: "1", params: [] }
      })
      expect((yield* Effect.flip(send))._tag).toBe("TemplateNotUsable")
      const code = client.sends.create({
        path,
        headers: { "idempotency-key": "k" },
        payload: { to: "13800138000", code: "4821" }
      })
      const accepted = yield* code
      expect(yield* code).toEqual({ ...accepted, repeated: true })
      const other = client.sends.create({ path, headers: {}, payload: { to: "13800138000", code: "4821" } })
      expect(yield* Effect.flip(other)).toBeInstanceOf(FrequencyLimit.TooFrequent)
      const page = yield* client.orders.list({ path: { accountId }, urlParams: { limit: 1 } })
      expect(page.items).toHaveLength(1)
      const next = yield* client.orders.list({ path: { accountId }, urlParams: { limit: 1, cursor: page.next } })
      expect(next.items[0]!.orderId).not.toBe(page.items[0]!.orderId)
      const form = new FormData()
      form.set("companyName", "x")
      expect((yield* Effect.flip(client.qualifications.submit({ path: { accountId }, payload: form })))._tag).toBe(
        "InvalidInput"
      )
      const figures = yield* client.statistics.exportTemplate({ path: { ...path, templateId: "1" }, urlParams: {} })
      expect(figures).toContain("发送量")
      const [id = "", appKey = ""] = atob(secret.split(" ")[1]!).split(":")
      const own = yield* Client.make({
        baseUrl: yield* origin,
        credential: { applicationId: id, appKey: Redacted.make(appKey) }
      })
      expect((yield* own.applications.get({ path })).name).toBe("测试语音短信")
      expect((yield* Effect.flip(own.accounts.get({ path: { accountId } })))._tag).toBe("NotPermitted")
      const nobody = yield* Client.make({ baseUrl: yield* origin, credential: { key: Redacted.make("vsms_x") } })
      expect((yield* Effect.flip(nobody.applications.get({ path })))._tag).toBe("NotAuthenticated")
    }).pipe(Effect.provide(FetchHttpClient.layer), within())
  )
})
