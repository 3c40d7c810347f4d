import * as dgram from "node:dgram"
import * as net from "node:net"
import * as os from "node:os"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Queue from "effect/Queue"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import { describe, expect, it } from "vitest"
import type * as Hop from "../../../src/sip/transport/Hop.ts"
import * as Message from "../../../src/sip/message/Message.ts"
import * as Transport from "../../../src/sip/transport/Transport.ts"
import * as TestCertificate from "./TestCertificate.ts"

const request = (number: number, body = ""): Message.Request => ({
  _tag: "Request",
  method: "OPTIONS",
  uri: "sip:a@b",
  headers: [{ name: "CSeq", value: `${number} OPTIONS` }],
  body: Buffer.from(body)
})

const base: Transport.TransportOptions = { address: "127.0.0.1", port: 0, protocols: ["udp", "tcp"] }

/** A transport and what it received. */
const open = (options: Partial<Transport.TransportOptions> = {}) =>
  Effect.gen(function* () {
    const inbox = yield* Queue.unbounded<Transport.Received>()
    const transport = yield* Transport.make({ ...base, ...options }, (received) => void inbox.unsafeOffer(received))
    const { address, port = 0 } = transport
    return { transport, inbox, port, hop: (protocol: Hop.Protocol): Hop.Hop => ({ protocol, address, port }) }
  })

const run = <A, E>(effect: Effect.Effect<A, E, Scope.Scope>) =>
  Effect.runPromise(Effect.scoped(Effect.timeout(effect, 10_000)))

/** A server that is told of each connection, and its port. */
const listen = (onConnection: (socket: net.Socket) => void) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.async<net.Server>((resume) => {
        const created = net.createServer((socket) => {
          socket.on("error", () => {})
          onConnection(socket)
        })
        created.listen(0, "127.0.0.1", () => resume(Effect.succeed(created)))
      }),
      (created) => Effect.sync(() => void created.close())
    ),
    (server): Hop.Hop => {
      const address = server.address()
      return { protocol: "tcp", address: "127.0.0.1", port: typeof address === "object" ? address!.port : 0 }
    }
  )

const numberOf = ({ message }: Transport.Received) => Message.first(message, "CSeq")

const hasIpv6 = Object.values(os.networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === "::1")
)

describe.each(["udp", "tcp"] as const)("%s", (protocol) => {
  it.each(hasIpv6 ? ["127.0.0.1", "::1"] : ["127.0.0.1"])(
    "carries messages there and answers back, over %s",
    (address) =>
      run(
        Effect.gen(function* () {
          const [here, there] = [yield* open({ address }), yield* open({ address })]
          yield* here.transport.send(there.hop(protocol), request(1, "body"))
          const received = yield* there.inbox.take
          expect(received.message).toMatchObject({ method: "OPTIONS", uri: "sip:a@b" })
          expect(Buffer.from(received.message.body).toString()).toBe("body")
          expect(received.from).toMatchObject({ protocol, address })
          yield* there.transport.send(received.from, request(2))
          expect(numberOf(yield* here.inbox.take)).toBe("2 OPTIONS")
        })
      )
  )

  it("what was given to it has left before it closes", () =>
    run(
      Effect.gen(function* () {
        const there = yield* open()
        for (let round = 0; round < 20; round++) {
          const scope = yield* Scope.make()
          const here = yield* Scope.extend(open(), scope)
          yield* Effect.fork(here.transport.send(there.hop(protocol), request(round)))
          yield* Effect.yieldNow()
          yield* Scope.close(scope, Exit.void)
        }
        const numbers = new Set<string | undefined>()
        while (numbers.size < 20) numbers.add(numberOf(yield* there.inbox.take))
      })
    ))

  it("counts and drops what is no message", () =>
    run(
      Effect.gen(function* () {
        const there = yield* open()
        yield* Effect.promise(
          () =>
            new Promise<void>((resolve) => {
              const { port } = there
              if (protocol === "udp") {
                const socket = dgram.createSocket("udp4")
                socket.send("\r\n\r\n", port, "127.0.0.1", () =>
                  socket.send("not SIP at all", port, "127.0.0.1", () => socket.close(() => resolve()))
                )
              } else {
                const socket = net.connect(port, "127.0.0.1", () => socket.write("not SIP at all\r\n\r\n"))
                // The connection is given up: nobody knows where the next message would begin.
                socket.on("close", () => resolve())
              }
            })
        )
        const here = yield* open()
        yield* here.transport.send(there.hop(protocol), request(1))
        expect(numberOf(yield* there.inbox.take)).toBe("1 OPTIONS")
        expect(yield* there.transport.counts).toMatchObject({ malformed: 1 })
      })
    ))
})

describe("datagrams", () => {
  it("that are too long for one are not sent", () =>
    run(
      Effect.gen(function* () {
        const here = yield* open()
        const failure = yield* Effect.flip(here.transport.send(here.hop("udp"), request(1, "b".repeat(65_500))))
        expect(failure).toMatchObject({ reason: "tooLong" })
      })
    ))

  it("that are as long as they can be arrive", () =>
    run(
      Effect.gen(function* () {
        const [here, there] = [yield* open(), yield* open()]
        yield* here.transport.send(there.hop("udp"), request(1, "b".repeat(65_000)))
        expect((yield* there.inbox.take).message.body).toHaveLength(65_000)
      })
    ))
})

describe("connections", () => {
  it("one is made for many messages at once, and they arrive in order", () =>
    run(
      Effect.gen(function* () {
        const [here, there] = [yield* open(), yield* open()]
        const sends = Array.from({ length: 200 }, (_, i) =>
          here.transport.send(there.hop("tcp"), request(i, "b".repeat(i)))
        )
        yield* Effect.all(sends, { concurrency: "unbounded" })
        for (let i = 0; i < 200; i++) expect(numberOf(yield* there.inbox.take)).toBe(`${i} OPTIONS`)
        expect(yield* there.transport.counts).toMatchObject({ connections: 1 })
      })
    ))

  it("one that broke is made anew by the next message", () =>
    run(
      Effect.gen(function* () {
        const here = yield* open()
        const scope = yield* Scope.make()
        const first = yield* Scope.extend(open(), scope)
        const hop = first.hop("tcp")
        yield* here.transport.send(hop, request(1))
        yield* Scope.close(scope, Exit.void)
        yield* Effect.repeat(here.transport.counts, {
          until: ({ connections }) => connections === 0,
          schedule: Schedule.spaced(5)
        })
        expect(yield* Effect.flip(here.transport.send(hop, request(2)))).toMatchObject({
          reason: "unreachable",
          detail: "ECONNREFUSED"
        })
        const second = yield* open({ port: hop.port })
        yield* here.transport.send(hop, request(3))
        expect(numberOf(yield* second.inbox.take)).toBe("3 OPTIONS")
      })
    ))

  it("more than a few are refused, of both directions", () =>
    run(
      Effect.gen(function* () {
        const [here, there] = [yield* open({ maxConnections: 1 }), yield* open({ maxConnections: 1 })]
        yield* here.transport.send(there.hop("tcp"), request(1))
        yield* there.inbox.take
        const other = yield* open()
        expect(yield* Effect.flip(here.transport.send(other.hop("tcp"), request(2)))).toMatchObject({
          reason: "congested"
        })
        const third = yield* open()
        yield* Effect.exit(third.transport.send(there.hop("tcp"), request(3)))
        yield* Effect.repeat(there.transport.counts, { until: ({ refusedConnections }) => refusedConnections === 1 })
        expect(yield* there.transport.counts).toMatchObject({ connections: 1, refusedConnections: 1 })
      })
    ))

  it("whoever does not read makes nobody keep more than so much", () =>
    run(
      Effect.gen(function* () {
        const hop = yield* listen((socket) => socket.pause())
        const here = yield* open({ maxBufferedBytes: 100_000 })
        const reasons = new Set<string>()
        // The system's own buffers fill first.
        for (let i = 0; i < 1_000 && !reasons.has("congested"); i++) {
          const exit = yield* here.transport
            .send(hop, request(i, "b".repeat(60_000)))
            .pipe(Effect.timeout(50), Effect.exit)
          if (Exit.isFailure(exit)) {
            const error = Cause.squash(exit.cause)
            if (typeof error === "object" && error !== null && "reason" in error) reasons.add(String(error.reason))
          }
        }
        expect([...reasons]).toEqual(["congested"])
      })
    ))

  it("what a slow reader has not taken yet is not lost when it closes", () =>
    run(
      Effect.gen(function* () {
        let bytes = 0
        const hop = yield* listen((socket) => {
          socket.pause()
          socket.on("data", (chunk) => (bytes += chunk.length))
          setTimeout(() => socket.resume(), 100)
        })
        const scope = yield* Scope.make()
        const here = yield* Scope.extend(open({ maxBufferedBytes: 20_000_000, lingerMillis: 9_000 }), scope)
        yield* here.transport.send(hop, request(0))
        for (let i = 0; i < 200; i++) yield* Effect.fork(here.transport.send(hop, request(i, "b".repeat(60_000))))
        yield* Effect.sleep(20)
        yield* Scope.close(scope, Exit.void)
        // Time out, if it does not come.
        yield* Effect.repeat(
          Effect.delay(
            Effect.sync(() => bytes),
            10
          ),
          { until: (count) => count > 200 * 60_000 }
        )
      })
    ))

  it("a place that answers nothing is given up in time", () =>
    run(
      Effect.gen(function* () {
        // TLS to a server that never says a word.
        const hop = yield* listen(() => {})
        const here = yield* open({ protocols: ["tls"], connectMillis: 50 })
        const failure = yield* Effect.flip(here.transport.send({ ...hop, protocol: "tls" }, request(1)))
        expect(failure).toMatchObject({ reason: "unreachable", detail: "no connection in 50 ms" })
        expect(yield* here.transport.counts).toMatchObject({ connections: 0 })
      })
    ))

  it("empty lines keep them alive, and are answered", () =>
    run(
      Effect.gen(function* () {
        const there = yield* open()
        const answer = yield* Effect.async<string>((resume) => {
          const socket = net.connect(there.port, "127.0.0.1", () => socket.write("\r\n\r\n"))
          socket.on("data", (chunk) => {
            resume(Effect.succeed(chunk.toString()))
            socket.destroy()
          })
        })
        expect(answer).toBe("\r\n")
        const heard = yield* Queue.unbounded<string>()
        const hop = yield* listen(
          (socket) => void socket.on("data", (chunk) => void heard.unsafeOffer(chunk.toString()))
        )
        const here = yield* open({ keepAliveMillis: 20 })
        yield* here.transport.send(hop, request(1))
        yield* Effect.repeat(heard.take, { until: (text) => text.endsWith("\r\n\r\n") && !text.startsWith("OPTIONS") })
      })
    ))

  it("protocols that were not asked for are not spoken", () =>
    run(
      Effect.gen(function* () {
        const here = yield* open({ protocols: ["udp"] })
        expect(yield* Effect.flip(here.transport.send(here.hop("tcp"), request(1)))).toMatchObject({
          reason: "unsupported"
        })
      })
    ))
})

describe("tls", () => {
  const own = { ...TestCertificate, port: 0 }
  const server = open({ protocols: ["tls"], tls: { own } })
  const hopTo = ({ transport }: Effect.Effect.Success<typeof server>, serverName?: string): Hop.Hop => ({
    protocol: "tls",
    address: "127.0.0.1",
    port: transport.tlsPort!,
    serverName
  })

  it.each([undefined, "sip.test"])("carries messages to whom the certificate names: %s", (name) =>
    run(
      Effect.gen(function* () {
        const there = yield* server
        const here = yield* open({ protocols: ["tls"], tls: { ca: TestCertificate.certificate } })
        yield* here.transport.send(hopTo(there, name), request(1))
        const received = yield* there.inbox.take
        yield* there.transport.send(received.from, request(2))
        expect(numberOf(yield* here.inbox.take)).toBe("2 OPTIONS")
      })
    )
  )

  it.each([
    ["nobody vouches for", {}, "sip.test"],
    ["names somebody else", { ca: TestCertificate.certificate }, "other.test"]
  ] as const)("does not talk to a server whose certificate %s", (_, tls, name) =>
    run(
      Effect.gen(function* () {
        const there = yield* server
        const here = yield* open({ protocols: ["tls"], tls })
        expect(yield* Effect.flip(here.transport.send(hopTo(there, name), request(1)))).toMatchObject({
          reason: "untrusted"
        })
        expect(yield* Queue.size(there.inbox)).toBe(0)
      })
    )
  )
})

it("a port that is taken is a failure", () =>
  run(
    Effect.gen(function* () {
      const first = yield* open()
      const failure = yield* Effect.flip(open({ port: first.port }))
      expect(failure).toMatchObject({ reason: "unreachable", detail: "EADDRINUSE" })
    })
  ))
