import * as dgram from "node:dgram"
import * as os from "node:os"
import type { Call, CallEvent } from "@vsms/core/dispatch/CallChannel"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import { describe, expect, it } from "vitest"
import * as RtpPacket from "../../../src/sip/rtp/RtpPacket.ts"
import * as TelephoneEvent from "../../../src/sip/rtp/TelephoneEvent.ts"
import type * as Hop from "../../../src/sip/transport/Hop.ts"
import * as SipTrunk from "../../../src/sip/trunk/SipTrunk.ts"
import * as TrunkUri from "../../../src/sip/trunk/TrunkUri.ts"
import * as TestCertificate from "../transport/TestCertificate.ts"
import * as Phones from "./Phones.ts"

const run = <A, E>(effect: Effect.Effect<A, E, Scope.Scope>) =>
  Effect.runPromise(Effect.scoped(Effect.timeout(effect, 20_000)))

const callOf = (id: string, parts: Partial<Call> = {}): Call => ({
  id,
  callee: "+8613800138000",
  display: "075512340001",
  audio: { codec: "alaw", payload: new Uint8Array(1_600).fill(0x2a) },
  plays: 1,
  ringTimeoutMillis: 5_000,
  longestCallMillis: 10_000,
  ...parts
})

const trunkTo = (phones: Phones.Phones, protocol: Hop.Protocol, parts: Partial<SipTrunk.SipTrunkOptions> = {}) =>
  SipTrunk.make({
    name: "trunk",
    trunk: { host: "trunk.test", port: undefined, protocol, account: undefined },
    hops: Effect.succeed([phones.hop(protocol)]),
    local: { address: phones.hop(protocol).address, port: 0 },
    rtpPorts: { first: 26_000, last: 27_999 },
    leadMillis: 40,
    ...parts
  })

/** A phone's ear, and its mouth. */
const ear = (address: string) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.async<dgram.Socket>((resume) => {
        const socket = dgram.createSocket(address.includes(":") ? "udp6" : "udp4")
        socket.bind(0, address, () => resume(Effect.succeed(socket)))
      }),
      (socket) => Effect.sync(() => void socket.close())
    ),
    (socket) => {
      const heard: Array<Uint8Array> = []
      let from = 0
      let whenHeard = (): void => {}
      socket.on("message", (bytes, { port }) => {
        from = port
        whenHeard()
        whenHeard = () => {}
        heard.push(RtpPacket.parse(bytes)!.payload)
      })
      return {
        port: socket.address().port,
        line: () => Buffer.concat(heard),
        /** Presses a key as soon as something is heard. */
        press: (key: string) => {
          whenHeard = () => {
            const payload = TelephoneEvent.toBytes({ key, ended: false, volume: 10, duration: 160 })
            socket.send(
              RtpPacket.toBytes({ payloadType: 101, marker: true, sequence: 1, timestamp: 1, source: 1, payload }),
              from,
              address
            )
          }
        }
      }
    }
  )

const hasIpv6 = Object.values(os.networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === "::1")
)

describe.concurrent("a SIP trunk", () => {
  const places: ReadonlyArray<readonly [Hop.Protocol, string]> = [
    ["udp", "127.0.0.1"],
    ["tcp", "127.0.0.1"],
    ["tls", "127.0.0.1"]
  ]
  it.each(hasIpv6 ? [...places, ["udp", "::1"] as const] : places)(
    "SND-5: over %s at %s, each callee hears what is meant for him, byte for byte, and nobody else's",
    (protocol, address) =>
      run(
        Effect.gen(function* () {
          const phones = yield* Phones.make(address, protocol === "tls" ? TestCertificate : undefined)
          const channel = yield* trunkTo(phones, protocol, { tls: { ca: TestCertificate.certificate } })
          const calls = []
          for (let i = 0; i < 6; i++) {
            const callee = `+8613800138${String(i).padStart(3, "0")}`
            const listener = yield* ear(address)
            phones.set(callee, { answers: true, rings: 50, audioPort: listener.port })
            const payload = Uint8Array.from({ length: 1_600 }, (_, at) => (at * (i + 3) + i) % 256)
            const events: Array<CallEvent> = []
            const call = callOf(`${protocol}${i}`, {
              callee,
              audio: { codec: "alaw", payload },
              plays: 2,
              pauseMillis: 100
            })
            const fiber = yield* Effect.fork(channel.place(call, (event) => Effect.sync(() => void events.push(event))))
            calls.push({ listener, payload, events, fiber, call })
          }
          for (const { call, events, fiber, listener, payload } of calls) {
            yield* Fiber.join(fiber)
            expect(events.map(({ _tag }) => _tag)).toEqual(["Ringing", "Answered", "HungUp"])
            const expected = Buffer.concat([Buffer.alloc(320, 0xd5), payload, Buffer.alloc(800, 0xd5), payload])
            // The last packets may still be on their way.
            yield* Effect.repeat(Effect.delay(Effect.sync(listener.line), 10), {
              until: (line) => line.length >= expected.length
            })
            expect(listener.line().subarray(0, expected.length).equals(expected)).toBe(true)
            const fate = yield* channel.ask(call.id)
            expect(fate).toEqual({ _tag: "Completed", answeredAt: events[1]!.at, hungUpAt: events[2]!.at })
          }
        })
      )
  )

  it("hears the keys of the callee, and that he hangs up", () =>
    run(
      Effect.gen(function* () {
        const phones = yield* Phones.make()
        const channel = yield* trunkTo(phones, "udp")
        const listener = yield* ear("127.0.0.1")
        listener.press("7")
        phones.set("+8613800138000", { answers: true, rings: 0, audioPort: listener.port, listens: 1_500 })
        const events: Array<CallEvent> = []
        const call = callOf("keys", { audio: { codec: "alaw", payload: new Uint8Array(80_000) } })
        yield* channel.place(call, (event) => Effect.sync(() => void events.push(event)))
        expect(events.map((event) => (event._tag === "KeyPressed" ? event.key : event._tag))).toEqual([
          "Ringing",
          "Answered",
          "7",
          "HungUp"
        ])
        expect(phones.asked).toEqual(["INVITE", "ACK"])
      })
    ))

  it.each([
    ["+86138\r\nVia: x", "075512340001", "invalidNumber"],
    ["sip:+8613800138000@elsewhere", "075512340001", "invalidNumber"],
    ["12", "075512340001", "invalidNumber"],
    ["+8613800138000", "0755;tag=1", "callerBarred"]
  ])("a call to %j from %j fails as %s, and nothing leaves", (callee, display, failure) =>
    run(
      Effect.gen(function* () {
        const phones = yield* Phones.make()
        const channel = yield* trunkTo(phones, "udp")
        const events: Array<CallEvent> = []
        yield* channel.place(callOf("x", { callee, display }), (event) => Effect.sync(() => void events.push(event)))
        expect(events).toMatchObject([{ _tag: "Failed", failure }])
        expect(phones.asked).toEqual([])
        expect(yield* channel.ask("x")).toEqual(events[0])
      })
    )
  )

  it.each([
    ["plus", "+8613800138000"],
    ["digits", "8613800138000"],
    ["national", "13800138000"]
  ] as const)("dials numbers as the trunk wants them: %s", (numbers, dialled) =>
    run(
      Effect.gen(function* () {
        const phones = yield* Phones.make()
        const channel = yield* trunkTo(phones, "udp", { numbers })
        phones.set(dialled, { refuses: 486 })
        yield* channel.place(callOf("n"), () => Effect.void)
        expect(phones.dialled(dialled)).toBe(1)
      })
    )
  )

  it("SND-9: a trunk that leads nowhere, or where nobody listens, has placed nothing, and fails its probe", () =>
    run(
      Effect.gen(function* () {
        const phones = yield* Phones.make()
        const nowhere = yield* trunkTo(phones, "udp", { hops: Effect.succeed([]) })
        expect(yield* Effect.flip(nowhere.place(callOf("a"), () => Effect.void))).toMatchObject({ placed: "no" })
        expect(yield* nowhere.ask("a")).toEqual({ _tag: "Unknown" })
        expect(Exit.isFailure(yield* Effect.exit(nowhere.probe))).toBe(true)
        const dead = yield* trunkTo(phones, "tcp", {
          hops: Effect.succeed([{ protocol: "tcp", address: "127.0.0.1", port: 9 }])
        })
        expect(yield* Effect.flip(dead.place(callOf("b"), () => Effect.void))).toMatchObject({ placed: "no" })
        expect(Exit.isFailure(yield* Effect.exit(dead.probe))).toBe(true)
        const alive = yield* trunkTo(phones, "tcp")
        yield* alive.probe
      })
    ))

  it("cannot be where everybody is, unless it says where others find it", () =>
    run(
      Effect.gen(function* () {
        const phones = yield* Phones.make()
        const local = { address: "0.0.0.0", port: 0 }
        expect(yield* Effect.flip(trunkTo(phones, "udp", { local }))).toMatchObject({ reason: "unsupported" })
        const channel = yield* trunkTo(phones, "udp", { local, publicAddress: "127.0.0.1" })
        const events: Array<CallEvent> = []
        yield* channel.place(callOf("p"), (event) => Effect.sync(() => void events.push(event)))
        expect(events.at(-1)?._tag).toBe("HungUp")
      })
    ))

  it("does not begin where encryption is required and its keys would stand in the clear", () =>
    run(
      Effect.gen(function* () {
        const phones = yield* Phones.make()
        const trunk = {
          host: "trunk.test",
          port: undefined,
          protocol: "udp",
          account: undefined,
          srtp: "required"
        } as const
        expect(yield* Effect.flip(trunkTo(phones, "udp", { trunk }))).toMatchObject({ reason: "unsupported" })
        yield* trunkTo(phones, "udp", { trunk, srtp: "preferred" })
        yield* trunkTo(phones, "udp", { trunk, keysInClear: true })
      })
    ))

  it("SND-9: over UDP nobody can say whether a silent trunk has placed it", () =>
    run(
      Effect.gen(function* () {
        const phones = yield* Phones.make()
        const silent = yield* trunkTo(phones, "udp", {
          hops: Effect.succeed([{ protocol: "udp", address: "127.0.0.1", port: 9 }]),
          responseMillis: 100,
          lingerMillis: 50
        })
        expect(yield* Effect.flip(silent.place(callOf("a"), () => Effect.void))).toMatchObject({
          placed: "unknown",
          detail: "no response"
        })
        expect(yield* silent.ask("a")).toEqual({ _tag: "Unknown" })
        expect(yield* silent.ask("never heard of")).toEqual({ _tag: "Unknown" })
      })
    ))

  it.each([
    ["rings", false, "Ringing", "CANCEL", "Failed"],
    ["is up", true, "Answered", "BYE", "Completed"]
  ])("SND-10: whoever lets go of a call that %s ends it", (_, answers, until, sent, fate) =>
    run(
      Effect.gen(function* () {
        const phones = yield* Phones.make()
        const channel = yield* trunkTo(phones, "udp")
        phones.set("+8613800138000", { answers, rings: 0 })
        const reached = yield* Effect.makeLatch()
        const call = callOf("a", { audio: { codec: "alaw", payload: new Uint8Array(80_000) } })
        const fiber = yield* Effect.fork(
          channel.place(call, ({ _tag }) => (_tag === until ? reached.open : Effect.void))
        )
        yield* reached.await
        expect((yield* channel.ask("a"))._tag).toBe("InProgress")
        yield* Fiber.interrupt(fiber)
        expect((yield* channel.ask("a"))._tag).toBe(fate)
        yield* Effect.repeat(
          Effect.delay(
            Effect.sync(() => phones.asked),
            10
          ),
          { until: (asked) => asked.includes(sent) }
        )
      })
    )
  )

  it("ends its calls before it stops", () =>
    run(
      Effect.gen(function* () {
        const phones = yield* Phones.make()
        const scope = yield* Scope.make()
        const channel = yield* Scope.extend(trunkTo(phones, "udp"), scope)
        phones.set("+8613800138000", { answers: true, rings: 0 })
        const answered = yield* Effect.makeLatch()
        const events: Array<CallEvent> = []
        const fiber = yield* Effect.fork(
          channel.place(callOf("a", { audio: { codec: "alaw", payload: new Uint8Array(80_000) } }), (event) =>
            Effect.zipRight(
              Effect.sync(() => void events.push(event)),
              event._tag === "Answered" ? answered.open : Effect.void
            )
          )
        )
        yield* answered.await
        yield* Scope.close(scope, Exit.void)
        yield* Fiber.join(fiber)
        expect(events.map(({ _tag }) => _tag)).toEqual(["Ringing", "Answered", "HungUp"])
        expect(phones.asked.at(-1)).toBe("BYE")
      })
    ))
})

describe("a trunk in one line", () => {
  it.each([
    ["sip:trunk.test", { host: "trunk.test", port: undefined, protocol: "udp", account: undefined }],
    ["sip:[::1]:5070;transport=TCP", { host: "[::1]", port: 5070, protocol: "tcp" }],
    ["sips:trunk.test", { protocol: "tls" }],
    ["sip:trunk.test;transport=tls", { protocol: "tls" }],
    ["sips:trunk.test;srtp=required", { protocol: "tls", srtp: "required" }]
  ])("%s", (line, parts) => {
    expect(Either.getOrThrow(TrunkUri.parse(line))).toMatchObject(parts)
  })

  it("has a name and a password, which may have signs that had to be escaped, and is not shown", () => {
    const { account } = Either.getOrThrow(TrunkUri.parse("sip:a%40b:p%3A%C3%A4ss@trunk.test"))
    expect(account?.user).toBe("a@b")
    expect(Redacted.value(account!.password)).toBe("p:äss")
    expect(JSON.stringify(account)).not.toContain("äss")
  })

  it.each(["trunk.test", "sip:a:secret@b@c", "sip:trunk.test;transport=sctp", "sips:a:secret@trunk.test;srtp=maybe"])(
    "%s is none, and says no secret",
    (line) => {
      const result = TrunkUri.parse(line)
      expect(Either.isLeft(result)).toBe(true)
      expect(JSON.stringify(result)).not.toContain("secret")
    }
  )
})
