import * as dgram from "node:dgram"
import type { Call, CallEvent } from "@vsms/core/dispatch/CallChannel"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { beforeEach, describe, expect, it } from "vitest"
import * as SipTrunk from "../../../src/sip/trunk/SipTrunk.ts"
import * as TestCertificate from "../transport/TestCertificate.ts"
import * as Baresip from "./Baresip.ts"
import { missing } from "../../../../../tools/debian/Debian.ts"
import * as Kamailio from "./Kamailio.ts"
import * as LossyLink from "./LossyLink.ts"

const why = missing({ ...Baresip.programs, ...Kamailio.programs })
const isLong = process.env["NIGHTLY"] === "1"

const run = <A, E>(effect: Effect.Effect<A, E, Scope.Scope>) => Effect.runPromise(Effect.scoped(effect))

const closing = <A extends { readonly close: () => Promise<void> }>(start: () => Promise<A>) =>
  Effect.acquireRelease(Effect.promise(start), ({ close }) => Effect.promise(close))

const callOf = (id: string, millis: number): Call => ({
  id,
  callee: "+8613800138000",
  display: "075512340001",
  audio: { codec: "alaw", payload: new Uint8Array(millis * 8).fill(0x2a) },
  plays: 1,
  ringTimeoutMillis: 60_000,
  longestCallMillis: 60_000
})

/** What becomes of a call, in a word: its events, or the channel's failure. */
const outcome = (channel: Effect.Effect.Success<ReturnType<typeof SipTrunk.make>>, call: Call) =>
  Effect.gen(function* () {
    const events: Array<CallEvent> = []
    const result = yield* Effect.either(channel.place(call, (event) => Effect.sync(() => void events.push(event))))
    if (Either.isLeft(result)) return `${result.left.placed}: ${result.left.detail}`
    const last = events.at(-1)
    return last?._tag === "Failed" ? last.failure : events.map(({ _tag }) => _tag).join()
  })

describe("SND-6: a trunk of other people's, with an account", () => {
  beforeEach(({ skip }) => {
    if (why !== undefined) skip(why)
  })

  it.each(["MD5", "SHA-256"] as const)("kamailio asks for it by 407 and %s, over UDP, TCP and TLS", (algorithm) =>
    run(
      Effect.gen(function* () {
        const phone = yield* closing(() => Baresip.start({ lines: 4 }))
        const proxy = yield* closing(() => Kamailio.start({ algorithm, phone: phone.port }))
        const outcomes = yield* Effect.forEach(["udp", "tcp", "tls"] as const, (protocol) =>
          Effect.gen(function* () {
            const port = protocol === "tls" ? proxy.tlsPort : proxy.port
            const channel = yield* SipTrunk.make({
              name: "kamailio",
              trunk: { host: "127.0.0.1", port, protocol, account: Kamailio.account },
              domain: "trunk.test",
              local: { address: "127.0.0.1", port: 0 },
              tls: { ca: TestCertificate.certificate }
            })
            yield* channel.probe
            return yield* outcome(channel, callOf(protocol, 500))
          })
        )
        // Its processes take turns: a 180 may be overtaken by the answer.
        for (const one of outcomes) expect(one).toMatch(/^(Ringing,)?Answered,HungUp$/)
        yield* Effect.promise(() => phone.event("CALL_CLOSED", 3))
        expect(phone.events.filter(({ type }) => type === "CALL_ESTABLISHED")).toHaveLength(3)
      })
    )
  )

  it("kamailio is told where we are, finds us there, and is told when we go", () =>
    run(
      Effect.gen(function* () {
        const proxy = yield* closing(() => Kamailio.start({ algorithm: "SHA-256", phone: 9 }))
        const stranger = yield* Effect.acquireRelease(
          Effect.async<dgram.Socket>((resume) => {
            const socket = dgram.createSocket("udp4")
            socket.bind(0, "127.0.0.1", () => resume(Effect.succeed(socket)))
          }),
          (socket) => Effect.sync(() => void socket.close())
        )
        let asked = 0
        /** The status of an OPTIONS of a stranger's to alice. */
        const ask = Effect.async<number>((resume) => {
          stranger.once("message", (bytes) => resume(Effect.succeed(Number(bytes.toString("latin1", 8, 11)))))
          const { port } = stranger.address()
          const lines = [
            "OPTIONS sip:alice@trunk.test SIP/2.0",
            `Via: SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bKstranger${++asked};rport`,
            "Max-Forwards: 70",
            `From: <sip:stranger@127.0.0.1>;tag=${asked}`,
            "To: <sip:alice@trunk.test>",
            `Call-ID: stranger${asked}`,
            "CSeq: 1 OPTIONS",
            "Content-Length: 0",
            "",
            ""
          ]
          stranger.send(lines.join("\r\n"), proxy.port, "127.0.0.1")
        })
        const until = (status: number) =>
          Effect.repeat(Effect.delay(ask, 50), { until: (found) => found === status }).pipe(Effect.timeout(10_000))
        expect(yield* ask).toBe(404)
        const here = yield* Scope.make()
        yield* Scope.extend(
          SipTrunk.make({
            name: "kamailio",
            trunk: { host: "127.0.0.1", port: proxy.port, protocol: "udp", account: Kamailio.account },
            domain: "trunk.test",
            register: true,
            local: { address: "127.0.0.1", port: 0 }
          }),
          here
        )
        yield* until(200)
        yield* Scope.close(here, Exit.void)
        yield* until(404)
      })
    ))

  it.each(isLong ? [10, 25] : [10])(
    "with %d %% of the datagrams lost both ways, every call has one end, and the phone knows it",
    (percent) =>
      run(
        Effect.gen(function* () {
          const [batches, atOnce] = isLong ? [12, 20] : [1, 10]
          const phone = yield* closing(() => Baresip.start({ lines: 50 }))
          let port = 0
          const link = yield* closing(() =>
            LossyLink.start(
              () => port,
              () => Math.random() * 100 < percent
            )
          )
          const proxy = yield* closing(() =>
            Kamailio.start({ algorithm: "SHA-256", phone: phone.port, advertised: link.port })
          )
          port = proxy.port
          const channel = yield* SipTrunk.make({
            name: "kamailio",
            trunk: { host: "127.0.0.1", port: link.port, protocol: "udp", account: Kamailio.account },
            domain: "trunk.test",
            local: { address: "127.0.0.1", port: 0 },
            // As long as RFC 3261 tries.
            responseMillis: 32_000,
            lingerMillis: 32_000
          })
          const outcomes = new Map<string, number>()
          for (let batch = 0; batch < batches; batch++) {
            const all = yield* Effect.forEach(
              Array.from({ length: atOnce }, (_, at) => at),
              (at) => Effect.delay(outcome(channel, callOf(`${batch}/${at}`, 1_000)), at * 50),
              { concurrency: "unbounded" }
            )
            for (const one of all) outcomes.set(one, (outcomes.get(one) ?? 0) + 1)
          }
          const { came, lost } = link.counts()
          const calls = batches * atOnce
          // The 180 may be lost: it is sent once, and nobody asks for it again.
          const answered = [...outcomes].reduce((sum, [one, n]) => sum + (one.endsWith("Answered,HungUp") ? n : 0), 0)
          process.stderr.write(
            `${percent} %: ${answered} of ${calls} calls answered; ${lost} of ${came} datagrams lost; ${JSON.stringify([...outcomes])}\n`
          )
          // A request is sent seven times at most: all of them are lost now and then.
          expect(answered).toBeGreaterThanOrEqual(calls - Math.ceil(calls / 50))
          // None is left: what was answered was hung up, also where we had given up.
          const told = (type: string) => phone.events.filter((event) => event.type === type).length
          const begun = () => told("CALL_REMOTE_SDP")
          yield* Effect.repeat(
            Effect.delay(
              Effect.sync(() => told("CALL_CLOSED") - begun()),
              50
            ),
            {
              until: (more) => more >= 0
            }
          )
          expect(begun()).toBeGreaterThanOrEqual(answered)
        })
      ),
    isLong ? 900_000 : 60_000
  )
})
