import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import * as Scope from "effect/Scope"
import { describe, expect, it } from "vitest"
import * as Answer from "../../../src/sip/message/Answer.ts"
import * as Message from "../../../src/sip/message/Message.ts"
import * as MessageParser from "../../../src/sip/message/MessageParser.ts"
import * as Transactions from "../../../src/sip/transaction/Transactions.ts"
import type * as Hop from "../../../src/sip/transport/Hop.ts"
import { TransportFailure } from "../../../src/sip/transport/TransportFailure.ts"
import { VirtualTime } from "../VirtualTime.ts"

/** Decides what happens to a datagram: after how many milliseconds its copies arrive. */
type Link = (from: "client" | "server") => ReadonlyArray<number>

const perfect: Link = () => [5]

const hop: Hop.Hop = { protocol: "udp", address: "192.0.2.1", port: 5060 }

/** A client and a server with a network between them. */
const world = async (
  link: Link,
  protocol: Hop.Protocol = "udp",
  options: { readonly maxServerTransactions?: number } = {}
) => {
  const time = new VirtualTime()
  const scope = Effect.runSync(Scope.make())
  const wire: Array<string> = []
  const told: Array<string> = []
  const server: Array<Transactions.ServerEvent> = []
  let tokens = 0
  let onServer: (event: Transactions.ServerEvent) => void = () => {}
  let broken = false
  let noStreams = false

  const end = (name: "client" | "server", listener: (event: Transactions.ServerEvent) => void) =>
    Effect.runPromise(
      Transactions.make(
        () =>
          Effect.succeed({
            protocols: ["udp", "tcp"],
            send: (to, message) => {
              if (broken || (to.protocol === "tcp" && noStreams))
                return new TransportFailure({ reason: "unreachable", detail: "ENETUNREACH" })
              const bytes = Message.toBytes(message)
              wire.push(
                `${time.now} ${to.protocol === protocol ? "" : `${to.protocol} `}${message._tag === "Request" ? message.method : message.status}`
              )
              for (const delay of to.protocol === "udp" ? link(name) : [5]) {
                time.after(delay, () => {
                  const end = name === "client" ? ends.server : ends.client
                  end.receive({
                    message: Either.getOrThrow(MessageParser.parse(bytes)),
                    from: { ...hop, protocol: to.protocol }
                  })
                })
              }
              return Effect.void
            }
          }),
        { ...options, token: () => `t${tokens++}`, sentBy: () => ({ host: "client.test", port: 5060 }) },
        listener
      ).pipe(Effect.withClock(time.clock), Scope.extend(scope))
    )

  const ends = {
    client: await end("client", () => {}),
    server: await end("server", (event) => {
      server.push(event)
      onServer(event)
    })
  }
  return {
    time,
    wire,
    told,
    server,
    ends,
    breakNetwork: () => (broken = true),
    refuseStreams: () => (noStreams = true),
    onServer: (listener: typeof onServer) => (onServer = listener),
    requestsSent: (method: string) => wire.filter((line) => line.endsWith(` ${method}`)).length,
    requestsTold: () => server.filter(({ _tag }) => _tag === "Request").length,
    start: (request: Message.Request, listener: (event: Transactions.ClientEvent) => void = () => {}) =>
      ends.client.start({ ...hop, protocol }, request, (event) => {
        told.push(event._tag === "Response" ? String(event.response.status) : event._tag)
        listener(event)
      }),
    close: () => Effect.runPromise(Scope.close(scope, Exit.void))
  }
}

const request = (method: string): Message.Request => ({
  _tag: "Request",
  method,
  uri: "sip:callee@192.0.2.1",
  headers: [
    { name: "From", value: "<sip:caller@client.test>;tag=1" },
    { name: "To", value: "<sip:callee@192.0.2.1>" },
    { name: "Call-ID", value: "call" },
    { name: "CSeq", value: `7 ${method}` },
    { name: "Route", value: "<sip:proxy.test;lr>" }
  ],
  body: Message.noBody
})

const ackOf = (response: Message.Response): Message.Request => ({
  ...request("ACK"),
  headers: request("ACK").headers.map((header) =>
    header.name === "To" ? { name: "To", value: Message.first(response, "To")! } : header
  )
})

/** Too long for a datagram on any way. */
const long = (method: string): Message.Request => ({
  ...request(method),
  headers: [...request(method).headers, { name: "Subject", value: "x".repeat(1_200) }]
})

const minute = 60_000

describe("with nothing lost", () => {
  it("a request and its response are one exchange, and both sides forget it in time", async () => {
    const { close, ends, onServer, time, wire } = await world(perfect)
    onServer((event) => {
      if (event._tag === "Request")
        event.transaction.respond(Answer.response(event.transaction.request, 200, { tag: "2" }))
    })
    const answer = Effect.runPromise(ends.client.exchange(hop, request("OPTIONS")))
    await time.pass(100)
    const response = await answer
    expect(response.headers.map(({ name, value }) => `${name}: ${value}`)).toEqual([
      "Via: SIP/2.0/UDP client.test:5060;branch=z9hG4bKt0;rport=5060;received=192.0.2.1",
      "From: <sip:caller@client.test>;tag=1",
      "To: <sip:callee@192.0.2.1>;tag=2",
      "Call-ID: call",
      "CSeq: 7 OPTIONS",
      "Content-Length: 0"
    ])
    expect(wire).toEqual(["0 OPTIONS", "5 200"])
    expect([ends.client.count(), ends.server.count()]).toEqual([1, 1])
    await time.pass(minute)
    expect([ends.client.count(), ends.server.count()]).toEqual([0, 0])
    await close()
  })

  it("a refused INVITE is acknowledged in its transaction, with its route", async () => {
    const { close, ends, onServer, server, start, time, told, wire } = await world(perfect)
    let ack: string | undefined
    onServer((event) => {
      if (event._tag !== "Request") return
      event.transaction.respond(Answer.response(event.transaction.request, 180, { tag: "2" }))
      time.after(1_000, () => event.transaction.respond(Answer.response(event.transaction.request, 486, { tag: "2" })))
    })
    start(request("INVITE"), (event) => {
      if (event._tag === "Response")
        ack = JSON.stringify(Answer.acknowledgement(request("INVITE"), event.response).headers)
    })
    await time.pass(minute)
    expect(wire).toEqual(["0 INVITE", "5 180", "1005 486", "1010 ACK"])
    expect(told).toEqual(["180", "486"])
    expect(server).toHaveLength(1)
    expect(ack).toContain(`{"name":"To","value":"<sip:callee@192.0.2.1>;tag=2"}`)
    expect(ack).toContain(`{"name":"CSeq","value":"7 ACK"}`)
    expect(ack).toContain(`{"name":"Route","value":"<sip:proxy.test;lr>"}`)
    expect([ends.client.count(), ends.server.count()]).toEqual([0, 0])
    await close()
  })

  it("an answered INVITE is acknowledged from its dialog, and the server is told so once", async () => {
    const { close, ends, onServer, server, start, time, wire } = await world(perfect)
    onServer((event) => {
      if (event._tag === "Request")
        event.transaction.respond(Answer.response(event.transaction.request, 200, { tag: "2" }))
    })
    start(request("INVITE"), (event) => {
      if (event._tag !== "Response") return
      // Twice, as when the 2xx came twice.
      ends.client.acknowledge(hop, ackOf(event.response))
      ends.client.acknowledge(hop, ackOf(event.response))
    })
    await time.pass(minute)
    expect(wire).toEqual(["0 INVITE", "5 200", "10 ACK", "10 ACK"])
    expect(server.map(({ _tag }) => _tag)).toEqual(["Request", "Acknowledged"])
    expect([ends.client.count(), ends.server.count()]).toEqual([0, 0])
    await close()
  })

  it("a CANCEL has the branch of its INVITE and is a request of its own", async () => {
    const { close, ends, onServer, server, start, time, told } = await world(perfect)
    onServer((event) => {
      if (event._tag !== "Request") return
      const { request, respond } = event.transaction
      respond(Answer.response(request, request.method === "INVITE" ? 180 : 200))
      if (request.method !== "CANCEL") return
      const [invite] = server
      if (invite?._tag === "Request") invite.transaction.respond(Answer.response(invite.transaction.request, 487))
    })
    const invite = start(request("INVITE"))
    await time.pass(100)
    ends.client.cancel(hop, invite, `Q.850;cause=16`)
    await time.pass(minute)
    expect(told).toEqual(["180", "487"])
    const requests = server.flatMap((event) => (event._tag === "Request" ? event.transaction : []))
    expect(
      requests.map(({ envelope }) => [envelope.cseq.method, envelope.cseq.number, envelope.via.params.get("branch")])
    ).toEqual([
      ["INVITE", 7, "z9hG4bKt0"],
      ["CANCEL", 7, "z9hG4bKt0"]
    ])
    expect(Message.first(requests[1]!.request, "Reason")).toBe("Q.850;cause=16")
    await close()
  })
})

describe("when the other end is silent", () => {
  it("an INVITE that rings and was taken back is forgotten after 32 s", async () => {
    const { close, ends, onServer, start, time, told } = await world(perfect)
    onServer((event) => {
      if (event._tag !== "Request") return
      const { request, respond } = event.transaction
      respond(Answer.response(request, request.method === "INVITE" ? 180 : 200))
    })
    const invite = start(request("INVITE"))
    await time.pass(1_000)
    ends.client.cancel(hop, invite)
    await time.pass(31_000)
    expect(ends.client.count()).toBe(1)
    await time.pass(2_000)
    expect(ends.client.count()).toBe(0)
    expect(told).toEqual(["180"])
    await close()
  })

  it("an exchange fails after 32 s", async () => {
    const { close, ends, requestsSent, time } = await world(() => [])
    const failure = Effect.runPromise(Effect.flip(ends.client.exchange(hop, request("BYE"))))
    await time.pass(minute)
    expect(await failure).toMatchObject({ _tag: "NoResponse", reason: "timedOut" })
    expect(requestsSent("BYE")).toBe(11)
    await close()
  })

  it("an answer that nobody acknowledges is told after 32 s", async () => {
    const { close, onServer, server, start, time } = await world(perfect)
    onServer((event) => {
      if (event._tag === "Request") event.transaction.respond(Answer.response(event.transaction.request, 200))
    })
    start(request("INVITE"))
    await time.pass(minute)
    expect(server.map(({ _tag }) => _tag)).toEqual(["Request", "Unacknowledged"])
    await close()
  })

  it("a transport that cannot send fails an exchange at once", async () => {
    const { breakNetwork, close, ends } = await world(perfect)
    breakNetwork()
    const failure = await Effect.runPromise(Effect.flip(ends.client.exchange(hop, request("BYE"))))
    expect(failure).toMatchObject({ reason: "unreachable" })
    expect(ends.client.count()).toBe(0)
    await close()
  })
})

describe("what a server refuses by itself", () => {
  it("a request that contradicts itself gets a 400; an ACK of nothing gets nothing", async () => {
    const { close, ends, server, time, wire } = await world(perfect)
    const via = { name: "Via", value: "SIP/2.0/UDP client.test;branch=z9hG4bKx" }
    const { headers } = request("OPTIONS")
    ends.server.receive({ message: { ...request("INFO"), headers: [via, ...headers] }, from: hop })
    ends.server.receive({ message: { ...request("ACK"), headers: [via, ...headers] }, from: hop })
    ends.server.receive({ message: { ...request("ACK"), headers: [via, ...request("ACK").headers] }, from: hop })
    ends.server.receive({ message: request("OPTIONS"), from: hop })
    await time.pass(100)
    expect(wire).toEqual(["0 400"])
    expect(server).toEqual([])
    await close()
  })

  it("more requests at once than it can keep get a 503, and cost it nothing", async () => {
    const { close, ends, requestsTold, start, time, told } = await world(perfect, "udp", { maxServerTransactions: 2 })
    for (let i = 0; i < 4; i++) start(request("OPTIONS"))
    await time.pass(100)
    expect(requestsTold()).toBe(2)
    expect(ends.server.count()).toBe(2)
    expect(told).toEqual(["503", "503"])
    await close()
  })

  it("an answer goes to where the Via says, if it does not ask for the port that it came from", async () => {
    const { close, ends, server } = await world(perfect)
    for (const value of [
      "client.test:7000;branch=z9hG4bKa",
      "client.test;branch=z9hG4bKb",
      "client.test:7000;rport;branch=z9hG4bKc"
    ]) {
      const via = { name: "Via", value: `SIP/2.0/UDP ${value}` }
      ends.server.receive({
        message: { ...request("INFO"), headers: [via, ...request("INFO").headers] },
        from: { ...hop, port: 9 }
      })
    }
    expect(server.map((event) => (event._tag === "Request" ? event.transaction.from.port : 0))).toEqual([
      7_000, 5_060, 9
    ])
    await close()
  })
})

describe("over a network that loses, doubles and swaps", () => {
  const numRuns = process.env["NIGHTLY"] === "1" ? 3_000 : 150

  const scenario = FastCheck.record({
    method: FastCheck.constantFrom("INVITE", "OPTIONS", "BYE"),
    status: FastCheck.constantFrom(200, 200, 486, 404),
    provisional: FastCheck.boolean(),
    thinkMillis: FastCheck.nat(20_000),
    lost: FastCheck.oneof(
      { weight: 3, arbitrary: FastCheck.nat(60) },
      { weight: 1, arbitrary: FastCheck.constant(95) }
    ),
    doubled: FastCheck.nat(40),
    protocol: FastCheck.constantFrom("udp" as const, "udp" as const, "udp" as const, "tcp" as const),
    dice: FastCheck.infiniteStream(FastCheck.nat(99)),
    delays: FastCheck.infiniteStream(FastCheck.nat(240))
  })

  it("each request is told once, each final response once, and everything is forgotten", async () => {
    const outcomes = new Set<string>()
    await FastCheck.assert(
      FastCheck.asyncProperty(
        scenario,
        async ({ delays, dice, doubled, lost, method, protocol, provisional, status, thinkMillis }) => {
          const draw = (percent: number) => dice.next().value < percent
          const delay = () => delays.next().value
          const here = await world(() => (draw(lost) ? [] : draw(doubled) ? [delay(), delay()] : [delay()]), protocol)
          here.onServer((event) => {
            if (event._tag !== "Request") return
            const { request, respond } = event.transaction
            if (provisional) respond(Answer.response(request, method === "INVITE" ? 180 : 100, { tag: "2" }))
            here.time.after(thinkMillis, () => respond(Answer.response(request, status, { tag: "2" })))
          })
          here.start(request(method), (event) => {
            const answered = event._tag === "Response" && event.response.status >= 200 && event.response.status < 300
            if (method === "INVITE" && answered)
              here.ends.client.acknowledge({ ...hop, protocol }, ackOf(event.response))
          })
          await here.time.pass(5 * minute)
          const { ends, requestsSent, requestsTold, server, told, wire } = here
          const trace = `${told.join()} | ${server.map(({ _tag }) => _tag).join()} | ${wire.join()}`

          expect(requestsTold(), trace).toBeLessThanOrEqual(1)
          const finals = told.filter((event) => !/^1\d\d$/.test(event))
          const repeats = method === "INVITE" && status === 200
          // A client that was told that it rings waits for ever: when to stop is not for a transaction to say.
          const waits = method === "INVITE" && told.some((event) => event === "180")
          if (!waits) expect(finals.length, trace).toBeGreaterThanOrEqual(1)
          if (!repeats) expect(finals.length, trace).toBeLessThanOrEqual(1)
          expect(new Set(finals).size, trace).toBeLessThanOrEqual(1)
          const firstFinal = told.findIndex((event) => !/^1\d\d$/.test(event))
          if (firstFinal >= 0)
            expect(
              told.slice(firstFinal).every((event) => event === told[firstFinal]),
              trace
            ).toBe(true)
          // What the client was told is what the server said.
          if (finals.includes(String(status))) expect(requestsTold(), trace).toBe(1)
          if (lost === 0) expect(finals[0], trace).toBe(String(status))
          expect(requestsSent(method), trace).toBeLessThanOrEqual(protocol === "tcp" ? 1 : method === "INVITE" ? 7 : 11)
          // One that was acknowledged is not unacknowledged too.
          expect(server.filter(({ _tag }) => _tag !== "Request").length, trace).toBeLessThanOrEqual(1)
          if (firstFinal >= 0) expect(ends.client.count(), trace).toBe(0)
          expect(ends.server.count(), trace).toBe(0)
          outcomes.add(`${method} ${finals[0] ?? "rings"}`)
          if (server.some(({ _tag }) => _tag === "Unacknowledged")) outcomes.add("unacknowledged")
          if (finals.length > 1) outcomes.add("several 2xx")
          await here.close()
        }
      ),
      { numRuns }
    )
    for (const outcome of ["INVITE 200", "OPTIONS 200", "BYE TimedOut"]) {
      expect([...outcomes]).toContain(outcome)
    }
  }, 600_000)

  it("where no two in a row are lost in one direction, every exchange comes to its end, and every answer is acknowledged", async () => {
    await FastCheck.assert(
      FastCheck.asyncProperty(scenario, async ({ delays, dice, method, provisional, status, thinkMillis }) => {
        const lostLast = { client: false, server: false }
        const here = await world((from) => {
          lostLast[from] = !lostLast[from] && dice.next().value < 70
          return lostLast[from] ? [] : [delays.next().value]
        })
        here.onServer((event) => {
          if (event._tag !== "Request") return
          const { request, respond } = event.transaction
          if (provisional) respond(Answer.response(request, method === "INVITE" ? 180 : 100, { tag: "2" }))
          here.time.after(Math.min(thinkMillis, 4_000), () => respond(Answer.response(request, status, { tag: "2" })))
        })
        here.start(request(method), (event) => {
          const answered = event._tag === "Response" && event.response.status >= 200 && event.response.status < 300
          if (method === "INVITE" && answered) here.ends.client.acknowledge(hop, ackOf(event.response))
        })
        await here.time.pass(5 * minute)
        const trace = here.wire.join()
        expect(here.told.at(-1), trace).toBe(String(status))
        const ends = here.server.flatMap(({ _tag }) => (_tag === "Request" ? [] : _tag))
        expect(ends, trace).toEqual(method === "INVITE" && status === 200 ? ["Acknowledged"] : [])
        expect([here.ends.client.count(), here.ends.server.count()], trace).toEqual([0, 0])
        await here.close()
      }),
      { numRuns }
    )
  }, 600_000)
})

describe("RFC 3261, section 18.1.1: a request of more than 1,300 bytes", () => {
  it("goes over TCP, with a Via that says so, and its CANCEL and the ACK of its refusal too", async () => {
    const { close, ends, onServer, server, start, time, told, wire } = await world(perfect)
    onServer((event) => {
      if (event._tag !== "Request") return
      const { request, respond } = event.transaction
      respond(Answer.response(request, request.method === "INVITE" ? 180 : 200))
      const [invite] = server
      if (request.method === "CANCEL" && invite?._tag === "Request")
        invite.transaction.respond(Answer.response(invite.transaction.request, 487))
    })
    const invite = start(long("INVITE"))
    expect(Message.first(invite, "Via")).toContain("SIP/2.0/TCP")
    await time.pass(100)
    ends.client.cancel(hop, invite)
    await time.pass(minute)
    expect(told).toEqual(["180", "487"])
    const ours = wire.filter((line) => /[A-Z]$/.test(line))
    expect(ours.map((line) => line.slice(line.indexOf(" ") + 1))).toEqual(["tcp INVITE", "tcp CANCEL", "tcp ACK"])
    await close()
  })

  it("goes over UDP after all where nobody takes connections, which is not tried again for ten minutes", async () => {
    const { close, ends, onServer, refuseStreams, start, time, told, wire } = await world(perfect)
    refuseStreams()
    onServer((event) => {
      if (event._tag === "Request") event.transaction.respond(Answer.response(event.transaction.request, 486))
    })
    start(long("INVITE"))
    await time.pass(minute)
    ends.client.acknowledge(hop, long("ACK"))
    await time.pass(minute)
    expect(told).toEqual(["486"])
    expect(wire.map((line) => line.slice(line.indexOf(" ") + 1))).toEqual(["INVITE", "486", "ACK", "ACK"])
    expect(ends.client.count()).toBe(0)
    await close()
  })

  it("one of 1,300 is none", async () => {
    const { close, start, time, wire } = await world(perfect)
    const sized = (subject: number) => ({
      ...request("OPTIONS"),
      headers: [...request("OPTIONS").headers, { name: "Subject", value: "x".repeat(subject) }]
    })
    const empty = Message.toBytes(start(sized(0))).length
    start(sized(1_300 - empty))
    start(sized(1_301 - empty))
    await time.pass(1)
    expect(wire).toEqual(["0 OPTIONS", "0 OPTIONS", "0 tcp OPTIONS"])
    await close()
  })
})
