import * as Http from "node:http"
import * as Https from "node:https"
import * as Net from "node:net"
import * as Os from "node:os"
import * as Tls from "node:tls"
import { inspect } from "node:util"
import type { CallbackRequest, CallbackTransport } from "@vsms/core/callback/CallbackTransport"
import { suite } from "@vsms/core/testing/Law"
import { laws } from "@vsms/core/testing/laws/CallbackTransportLaws"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import * as TestContext from "effect/TestContext"
import { describe, expect, it } from "vitest"
import type { HostLookup } from "../../src/callback/HostLookup.ts"
import * as HttpCallbackTransport from "../../src/callback/HttpCallbackTransport.ts"
import { selfSigned } from "./Certificate.ts"
import { closing, lawReceiver, listening, saying, settled, silent } from "./Servers.ts"

suite(
  { describe, it },
  "HttpCallbackTransport: CallbackTransport",
  laws,
  lawReceiver((lookup) => HttpCallbackTransport.layer({ lookup }))
)

const run = <A, E>(effect: Effect.Effect<A, E, Scope.Scope>): Promise<A> => Effect.runPromise(Effect.scoped(effect))

const here: HostLookup = () => Effect.succeed(["127.0.0.1"])

const open = (options: Partial<HttpCallbackTransport.Options> = {}) =>
  HttpCallbackTransport.make({ lookup: here, ...options })

const request = (url: string, changed: Partial<CallbackRequest> = {}): CallbackRequest => ({
  url,
  headers: { "content-type": "application/json" },
  body: "{}",
  timeoutMillis: 10_000,
  allows: () => true,
  ...changed
})

const status = (status: number) => ({ _tag: "Status", status, retryAfterMillis: undefined })

const trouble = (trouble: string) => ({ _tag: "Trouble", trouble })

const taken = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\ntaken"

/** A receiver that takes all, and whom it was asked for. */
const echo = () => {
  const hosts: Array<string | undefined> = []
  const server = Http.createServer((request, response) => {
    hosts.push(request.headers.host)
    request.resume().once("end", () => response.end("taken"))
  })
  return { hosts, server }
}

/** Posts once to a server of this behaviour. */
const postTo = (server: Net.Server, changed: Partial<CallbackRequest> = {}, scheme = "http") =>
  Effect.gen(function* () {
    const { port } = yield* listening(server)
    const transport = yield* open()
    return yield* transport.post(request(`${scheme}://receiver.example:${port}/hook`, changed))
  })

describe("CBK-2: what went wrong is told apart", () => {
  it("CBK-2: nobody listens: connection", async () => {
    const port = await run(Effect.map(listening(Net.createServer()), ({ port }) => port))
    const answer = await run(Effect.flatMap(open(), ({ post }) => post(request(`http://receiver.example:${port}/`))))
    expect(answer).toEqual(trouble("connection"))
  })

  const answers: ReadonlyArray<readonly [name: string, answer: string, expected: unknown]> = [
    ["no HTTP", "220 mail.example ESMTP\r\n", trouble("connection")],
    ["a broken status line", "HTTP/1.1 OK\r\n\r\n", trouble("connection")],
    ["two lengths", "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n", trouble("connection")],
    [
      "what only a lenient reader accepts",
      `HTTP/1.1 200 OK\r\nx: \u0001\r\ncontent-length: 0\r\n\r\n`,
      trouble("connection")
    ],
    ["a change of protocols", "HTTP/1.1 101 Go\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n", trouble("connection")],
    ["a hint before the answer", `HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n${taken}`, status(200)],
    ["endless headers", `HTTP/1.1 200 OK\r\n${"x-more: and more\r\n".repeat(2_000)}`, trouble("tooLarge")],
    ["a redirect without a place", "HTTP/1.1 300 Choose\r\ncontent-length: 0\r\n\r\n", trouble("redirect")]
  ]
  it.each(answers)("CBK-2: %s", async (_, answer, expected) => {
    expect(await run(postTo(saying(answer)))).toEqual(expected)
  })

  it("CBK-2: hung up on before an answer: connection", async () => {
    const server = Net.createServer((socket) => socket.once("data", () => socket.end("HTTP/1.1 20")))
    expect(await run(postTo(server))).toEqual(trouble("connection"))
  })

  it("CBK-2: a name without addresses: dns", async () => {
    const transport = open({ lookup: () => Effect.succeed([]) })
    const answer = await run(Effect.flatMap(transport, ({ post }) => post(request("http://nowhere.example/"))))
    expect(answer).toEqual(trouble("dns"))
  })

  it("CBK-2: a name that is never resolved: timeout", async () => {
    const transport = open({ lookup: () => Effect.never })
    const post = request("http://nowhere.example/", { timeoutMillis: 50 })
    expect(await run(Effect.flatMap(transport, (transport) => transport.post(post)))).toEqual(trouble("timeout"))
  })

  it("CBK-2: accepted and never answered: timeout, and the connection is dropped", () =>
    run(
      Effect.gen(function* () {
        const { connections, port } = yield* listening(silent())
        const transport = yield* open()
        const answer = yield* transport.post(request(`http://receiver.example:${port}/`, { timeoutMillis: 50 }))
        expect(answer).toEqual(trouble("timeout"))
        yield* closing(connections[0]!)
      })
    ))

  it("CBK-2: headers that trickle without end: timeout", () =>
    run(
      Effect.gen(function* () {
        const server = Net.createServer((socket) => {
          const drops = setInterval(() => socket.write("HTTP/1.1 200 OK\r\nx-drop: 1\r\n".slice(0, 1)), 5)
          socket.once("close", () => clearInterval(drops))
          socket.write("HTTP/1.1 200 OK\r\nx-drop: ")
        })
        expect(yield* postTo(server, { timeoutMillis: 100 })).toEqual(trouble("timeout"))
      })
    ))

  it("CBK-2: whoever is not waited for any more is hung up on", () =>
    run(
      Effect.gen(function* () {
        const { connections, port } = yield* listening(silent())
        const transport = yield* open()
        const fiber = yield* Effect.fork(transport.post(request(`http://receiver.example:${port}/`)))
        yield* Effect.repeat(settled, { until: () => connections.length === 1 })
        yield* Fiber.interrupt(fiber)
        yield* closing(connections[0]!)
      })
    ))

  it("CBK-2: what core never asks for fails without telling the URL", async () => {
    const secret = "s3cret-token"
    for (const changed of [
      { url: `ftp://receiver.example/${secret}` },
      { url: `http://receiver.example:99999/${secret}` },
      { headers: { "x-id": `${secret}\n` } }
    ]) {
      const post = request("http://receiver.example/", changed)
      const exit = await run(Effect.exit(Effect.flatMap(open(), (transport) => transport.post(post))))
      expect(Exit.isFailure(exit) && exit.cause._tag === "Fail" && exit.cause.error.retry).toBe("never")
      expect(inspect(exit, { depth: 20 })).not.toContain(secret)
    }
  })
})

describe("CBK-2: the status is the answer, whatever becomes of the body", () => {
  it("CBK-2: an endless body is cut off", () =>
    run(
      Effect.gen(function* () {
        const server = Http.createServer((_, response) => {
          const chunk = Buffer.alloc(65_536)
          const more = () => {
            while (!response.destroyed && response.write(chunk));
          }
          response.on("drain", more)
          more()
        })
        const { connections, port } = yield* listening(server)
        const transport = yield* open({ bodyMillis: 3_600_000 })
        expect(yield* transport.post(request(`http://receiver.example:${port}/`))).toEqual(status(200))
        yield* closing(connections[0]!)
      })
    ))

  const halfTaken = taken.slice(0, -2)

  it("CBK-2: a body that does not come is not waited for", () =>
    run(
      Effect.gen(function* () {
        const { port } = yield* listening(saying(halfTaken))
        const transport = yield* open({ bodyMillis: 3_600_000 })
        const post = request(`http://receiver.example:${port}/`, { timeoutMillis: 2_000 })
        expect(yield* transport.post(post)).toEqual(status(200))
      })
    ))

  it("CBK-2: a body that does not come does not keep the connection", () =>
    run(
      Effect.gen(function* () {
        const { connections, port } = yield* listening(saying(halfTaken))
        const transport = yield* open({ bodyMillis: 50 })
        expect(yield* transport.post(request(`http://receiver.example:${port}/`))).toEqual(status(200))
        yield* closing(connections[0]!)
      })
    ))

  it("CBK-2: a body that breaks off changes nothing", async () => {
    const server = Net.createServer((socket) => socket.once("data", () => socket.end(halfTaken)))
    expect(await run(postTo(server))).toEqual(status(200))
  })

  it("CBK-2: Retry-After may be a date, and is counted from the runtime's clock", async () => {
    const answer = [
      "HTTP/1.1 503 Later",
      "retry-after: Tue, 02 Jan 2035 00:00:30 GMT",
      "content-length: 0",
      "\r\n"
    ].join("\r\n")
    const post = Effect.zipRight(TestClock.setTime(Date.UTC(2035, 0, 2)), postTo(saying(answer)))
    expect(await run(Effect.provide(post, TestContext.TestContext))).toEqual({
      _tag: "Status",
      status: 503,
      retryAfterMillis: 30_000
    })
  })
})

describe("CBK-3: only addresses that were asked about and allowed are connected to", () => {
  /** Looks up one list after the other, then the last one for ever. */
  const rebinding = (...answers: ReadonlyArray<ReadonlyArray<string>>) => {
    const asked: Array<string> = []
    const lookup: HostLookup = (host) =>
      Effect.sync(() => answers[Math.min(asked.push(host), answers.length) - 1] ?? [])
    return { asked, lookup }
  }

  it("CBK-3: the name is asked once for each post: what it says afterwards is not heard", () =>
    run(
      Effect.gen(function* () {
        const { port } = yield* listening(echo().server)
        // The second answer leads nowhere.
        const { asked, lookup } = rebinding(["127.0.0.1"], ["127.0.0.1", "240.0.0.1"], ["240.0.0.1"])
        const transport = yield* open({ lookup })
        const allows = (address: string) => address === "127.0.0.1"
        const url = `http://receiver.example:${port}/`
        expect(yield* transport.post(request(url, { allows }))).toEqual(status(200))
        expect(asked).toEqual(["receiver.example"])
        expect(yield* transport.post(request(url, { allows }))).toEqual(status(200))
        expect(yield* transport.post(request(url, { allows }))).toEqual(trouble("privateAddress"))
        expect(asked).toHaveLength(3)
      })
    ))

  it("CBK-3: every address is asked about, and one that is refused is passed over", () =>
    run(
      Effect.gen(function* () {
        const server = yield* listening(saying(taken))
        const transport = yield* open({ lookup: () => Effect.succeed(["127.0.0.1", "10.0.0.1", "::1"]) })
        const asked: Array<string> = []
        const post = (allowed: ReadonlyArray<string>) =>
          transport.post(
            request(`http://receiver.example:${server.port}/`, {
              timeoutMillis: 5_000,
              allows: (address) => asked.push(address) > 0 && allowed.includes(address)
            })
          )
        expect(yield* post(["::1"])).toEqual(trouble("connection"))
        expect(asked).toEqual(["127.0.0.1", "10.0.0.1", "::1"])
        expect(server.connections).toHaveLength(0)
        expect(yield* post(["127.0.0.1"])).toEqual(status(200))
      })
    ))

  it("CBK-3: where one allowed address does not answer, the next one does", () =>
    run(
      Effect.gen(function* () {
        const { port } = yield* listening(saying(taken))
        const transport = yield* open({ lookup: () => Effect.succeed(["::1", "127.0.0.1"]) })
        expect(yield* transport.post(request(`http://receiver.example:${port}/`))).toEqual(status(200))
      })
    ))

  it("CBK-3: an address in the URL is asked about like any other, without a lookup", () =>
    run(
      Effect.gen(function* () {
        const { connections, port } = yield* listening(saying(taken))
        const transport = yield* open({ lookup: () => Effect.die("looked up") })
        for (const host of ["127.0.0.1", "2130706433", "0x7f.1"]) {
          const asked: Array<string> = []
          const allows = (address: string) => asked.push(address) === 0
          const answer = yield* transport.post(request(`http://${host}:${port}/`, { allows }))
          expect([answer, asked]).toEqual([trouble("privateAddress"), ["127.0.0.1"]])
        }
        expect(connections).toHaveLength(0)
        expect(yield* transport.post(request(`http://127.0.0.1:${port}/`))).toEqual(status(200))
      })
    ))

  const hasV6 = Object.values(Os.networkInterfaces()).some((found) => found?.some(({ address }) => address === "::1"))

  it.skipIf(!hasV6)("CBK-3: an IPv6 address in the URL is asked about without its brackets, and reached", () =>
    run(
      Effect.gen(function* () {
        const { port } = yield* listening(saying(taken), "::1")
        const transport = yield* open({ lookup: () => Effect.die("looked up") })
        const asked: Array<string> = []
        const allows = (address: string) => asked.push(address) > 0
        expect(yield* transport.post(request(`http://[::1]:${port}/`, { allows }))).toEqual(status(200))
        expect(asked).toEqual(["::1"])
      })
    )
  )
})

describe("connections", () => {
  const postTwice = (
    transport: typeof CallbackTransport.Service,
    first: CallbackRequest,
    second: CallbackRequest = first
  ) =>
    Effect.gen(function* () {
      const before = yield* transport.post(first)
      yield* settled
      return [before, yield* transport.post(second)]
    })

  it("CBK-1: a connection is kept for the next callback, as often as there is one", () =>
    run(
      Effect.gen(function* () {
        const warnings: Array<Error> = []
        const warn = (warning: Error) => warnings.push(warning)
        process.on("warning", warn)
        yield* Effect.addFinalizer(() => Effect.sync(() => process.off("warning", warn)))
        const { hosts, server } = echo()
        const { connections, port } = yield* listening(server)
        const transport = yield* open()
        for (let i = 0; i < 15; i++) {
          expect(yield* transport.post(request(`http://receiver.example:${port}/`))).toEqual(status(200))
          yield* settled
        }
        expect(connections).toHaveLength(1)
        expect(new Set(hosts)).toEqual(new Set([`receiver.example:${port}`]))
        expect(warnings).toEqual([])
      })
    ))

  // macOS has but one loopback address.
  it.skipIf(process.platform === "darwin")(
    "CBK-3: a kept connection is not taken up by a post that is allowed other addresses",
    () =>
      run(
        Effect.gen(function* () {
          const { connections, port } = yield* listening(echo().server, "0.0.0.0")
          let address = "127.0.0.1"
          const transport = yield* open({ lookup: () => Effect.sync(() => [address]) })
          const post = transport.post(request(`http://receiver.example:${port}/`))
          expect(yield* post).toEqual(status(200))
          yield* settled
          address = "127.0.0.2"
          expect(yield* post).toEqual(status(200))
          expect(connections.map(({ localAddress }) => localAddress)).toEqual(["127.0.0.1", "127.0.0.2"])
        })
      )
  )

  it("CBK-3: a kept connection is of no use where the address is refused by now", () =>
    run(
      Effect.gen(function* () {
        const { hosts, server } = echo()
        const { port } = yield* listening(server)
        const transport = yield* open()
        const url = `http://receiver.example:${port}/`
        const answers = yield* postTwice(transport, request(url), request(url, { allows: () => false }))
        expect(answers).toEqual([status(200), trouble("privateAddress")])
        expect(hosts).toHaveLength(1)
      })
    ))

  /** Answers the first request of each connection; what a second one meets is up to the caller. */
  const fickle = (onSecond: (socket: Net.Socket) => void) => (socket: Net.Socket) => {
    socket.on("error", () => {})
    socket.once("data", () => {
      socket.write(taken)
      socket.once("data", () => onSecond(socket))
    })
  }

  const closingOnSecond = fickle((socket) => socket.destroy())
  const ours = selfSigned({ dns: "receiver.example" })
  it.each([
    ["http", Net.createServer(closingOnSecond)],
    ["https", Tls.createServer(ours, closingOnSecond)]
  ] as const)(
    "CBK-2: a receiver that closes a kept connection as it is taken up is no failure (%s)",
    (scheme, server) =>
      run(
        Effect.gen(function* () {
          const { connections, port } = yield* listening(server)
          const transport = yield* open({ trusted: [ours.cert] })
          const answers = yield* postTwice(transport, request(`${scheme}://receiver.example:${port}/`))
          expect(answers).toEqual([status(200), status(200)])
          expect(connections).toHaveLength(2)
        })
      )
  )

  it("CBK-2: the post does not go out again once an answer began, nor over a connection that was new", () =>
    run(
      Effect.gen(function* () {
        const started = yield* listening(Net.createServer(fickle((socket) => socket.end("HTTP/1.1 500 Oh"))))
        const dead = yield* listening(Net.createServer((socket) => socket.once("data", () => socket.destroy())))
        const transport = yield* open()
        const answers = yield* postTwice(transport, request(`http://receiver.example:${started.port}/`))
        expect(answers).toEqual([status(200), trouble("connection")])
        expect(started.connections).toHaveLength(1)
        expect(yield* transport.post(request(`http://receiver.example:${dead.port}/`))).toEqual(trouble("connection"))
        expect(dead.connections).toHaveLength(1)
      })
    ))

  it("CBK-2: a post that was given up over a kept connection does not go out again", () =>
    run(
      Effect.gen(function* () {
        const { connections, port } = yield* listening(Net.createServer(fickle(() => {})))
        const transport = yield* open()
        const url = `http://receiver.example:${port}/`
        const answers = yield* postTwice(transport, request(url), request(url, { timeoutMillis: 50 }))
        expect(answers).toEqual([status(200), trouble("timeout")])
        yield* closing(connections[0]!)
        yield* settled
        expect(connections).toHaveLength(1)
      })
    ))

  it("CBK-1: closing the transport closes its connections, kept and in use", () =>
    run(
      Effect.gen(function* () {
        const kept = yield* listening(echo().server)
        const slow = yield* listening(saying(taken.slice(0, -2)))
        const scope = yield* Scope.make()
        const transport = yield* Scope.extend(open({ bodyMillis: 3_600_000 }), scope)
        yield* transport.post(request(`http://receiver.example:${kept.port}/`))
        yield* transport.post(request(`http://receiver.example:${slow.port}/`))
        yield* settled
        expect([...kept.connections, ...slow.connections].map(({ destroyed }) => destroyed)).toEqual([false, false])
        yield* Scope.close(scope, Exit.void)
        yield* Effect.all([closing(kept.connections[0]!), closing(slow.connections[0]!)])
      })
    ))
})

describe("TLS", () => {
  const name = selfSigned({ dns: "receiver.example" })
  const address = selfSigned({ ip: "127.0.0.1" })
  const trusted = [name.cert, address.cert]

  const posting = (
    certificate: { readonly cert: string; readonly key: string },
    options: Partial<HttpCallbackTransport.Options>,
    host = "receiver.example"
  ) =>
    Effect.gen(function* () {
      const seen: Array<unknown> = []
      const server = Https.createServer(certificate, (request, response) => {
        seen.push((request.socket as Tls.TLSSocket).servername)
        request.resume().once("end", () => response.end("taken"))
      })
      const { connections, port } = yield* listening(server)
      const transport = yield* open(options)
      const post = transport.post(request(`https://${host}:${port}/hook`))
      const first = yield* post
      yield* settled
      return { answers: [first, yield* post], seen, connections: connections.length }
    })

  const refused = { answers: [trouble("tls"), trouble("tls")], seen: [], connections: 2 }
  const carriedTo = (...seen: ReadonlyArray<unknown>) => ({
    answers: [status(200), status(200)],
    seen: [...seen, ...seen],
    connections: 1
  })
  const carried = carriedTo("receiver.example")

  it("CBK-2: a certificate that nobody vouches for is refused", async () => {
    expect(await run(posting(name, {}))).toEqual(refused)
  })

  it("CBK-2: whatever the environment says", async () => {
    const variable = "NODE_TLS_REJECT_UNAUTHORIZED"
    process.env[variable] = "0"
    try {
      expect(await run(posting(name, {}))).toEqual(refused)
    } finally {
      delete process.env[variable]
    }
  })

  it("CBK-2: a certificate of the URL's host is accepted from a trusted authority, and its connection kept", async () => {
    expect(await run(posting(name, { trusted }))).toEqual(carried)
    expect(await run(posting(name, { trusted }, "receiver.example."))).toEqual(carried)
    expect(await run(posting(address, { trusted }, "127.0.0.1"))).toEqual(carriedTo(false))
  })

  it("CBK-2: a certificate of another host is refused, even from a trusted authority", async () => {
    expect(await run(posting(name, { trusted }, "other.example"))).toEqual(refused)
    expect(await run(posting(name, { trusted }, "127.0.0.1"))).toEqual(refused)
    expect(await run(posting(address, { trusted }))).toEqual(refused)
  })

  it("CBK-2: the first address that answers is held to the name as well", async () => {
    const lookup: HostLookup = () => Effect.succeed(["::1", "127.0.0.1"])
    expect(await run(posting(name, { trusted, lookup }))).toEqual(carried)
    expect(await run(posting(name, { lookup }))).toEqual(refused)
  })

  it("CBK-2: what speaks no TLS: tls; what does not listen: connection", async () => {
    expect(await run(postTo(saying(taken), {}, "https"))).toEqual(trouble("tls"))
    const port = await run(Effect.map(listening(Net.createServer()), ({ port }) => port))
    const post = request(`https://receiver.example:${port}/`)
    expect(await run(Effect.flatMap(open(), (transport) => transport.post(post)))).toEqual(trouble("connection"))
  })
})
