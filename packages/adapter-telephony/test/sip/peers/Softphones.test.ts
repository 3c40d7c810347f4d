import { randomBytes } from "node:crypto"
import type { Call, CallEvent } from "@vsms/core/dispatch/CallChannel"
import type { Codec } from "@vsms/core/dispatch/TelephoneCodec"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import { beforeEach, describe, expect, it } from "vitest"
import * as SipTrunk from "../../../src/sip/trunk/SipTrunk.ts"
import * as TestCertificate from "../transport/TestCertificate.ts"
import * as Baresip from "./Baresip.ts"
import { missing } from "../../../../../tools/debian/Debian.ts"
import * as Linphone from "./Linphone.ts"
import { found, samplesOf } from "./Recording.ts"

const why = missing({ ...Baresip.programs, ...Linphone.programs })

const run = <A, E>(effect: Effect.Effect<A, E, Scope.Scope>) =>
  Effect.runPromise(Effect.scoped(Effect.timeout(effect, 40_000)))

const closing = <A extends { readonly close: () => Promise<void> }>(start: () => Promise<A>) =>
  Effect.acquireRelease(Effect.promise(start), ({ close }) => Effect.promise(close))

const baresip = (options?: Baresip.Options) => closing(() => Baresip.start(options))

const trunkTo = (port: number, parts: Partial<SipTrunk.SipTrunkOptions> = {}) =>
  SipTrunk.make({
    name: "softphone",
    trunk: { host: "127.0.0.1", port, protocol: "udp", account: undefined },
    local: { address: "127.0.0.1", port: 0 },
    ...parts
  })

/** Noise, which repeats itself nowhere: what arrives, arrives at its place. */
const speech = (millis: number, codec: Codec): Call["audio"] => ({ codec, payload: randomBytes(millis * 8) })

const callOf = (parts: Partial<Call> = {}): Call => ({
  id: "a",
  callee: "+8613800138000",
  display: "075512340001",
  audio: speech(1_500, "alaw"),
  plays: 1,
  ringTimeoutMillis: 15_000,
  longestCallMillis: 30_000,
  ...parts
})

/** A call on its way: its events as they come, and how it ends. */
const placed = (channel: Effect.Effect.Success<ReturnType<typeof trunkTo>>, call: Call) =>
  Effect.gen(function* () {
    const events: Array<CallEvent> = []
    const answered = yield* Effect.makeLatch()
    const fiber = yield* Effect.fork(
      channel.place(call, (event) =>
        Effect.zipRight(
          Effect.sync(() => void events.push(event)),
          event._tag === "Answered" ? answered.open : Effect.void
        )
      )
    )
    const shown = () =>
      events.map((event) =>
        event._tag === "KeyPressed" ? event.key : event._tag === "Failed" ? event.failure : event._tag
      )
    return { over: Fiber.join(fiber), answered: answered.await, shown }
  })

describe.concurrent("SND-6: a softphone of other people's", () => {
  beforeEach(({ skip }) => {
    if (why !== undefined) skip(why)
  })

  it.each([
    ["udp", "alaw"],
    ["udp", "mulaw"],
    ["tcp", "alaw"]
  ] as const)("baresip, over %s in %s, records sample for sample what was played, twice", (protocol, codec) => {
    return run(
      Effect.gen(function* () {
        const phone = yield* baresip()
        const trunk = { host: "127.0.0.1", port: phone.port, protocol, account: undefined }
        const channel = yield* trunkTo(phone.port, { trunk })
        const audio = speech(1_500, codec)
        const call = yield* placed(channel, callOf({ audio, plays: 2, pauseMillis: 500 }))
        yield* call.over
        yield* Effect.promise(() => phone.event("CALL_CLOSED"))
        expect(call.shown()).toEqual(["Ringing", "Answered", "HungUp"])
        const [recording, ...others] = phone.recordings()
        expect(others).toEqual([])
        const sent = samplesOf(audio)
        const first = found(recording!, sent)
        const second = found(recording!, sent, first + 1)
        expect({ first, pause: second - first - sent.length }).toEqual({ first: 3_200, pause: 4_000 })
      })
    )
  })

  it.each([
    ["preferred", "srtp", "mulaw", {}],
    ["required", "srtp-mand", "alaw", {}],
    ["required", "srtp-mand", "alaw", { protocol: "tls" }]
  ] as const)(
    "baresip hears %s encryption, and answers with %s: sample for sample, in %s %j",
    (srtp, encryption, codec, via) =>
      run(
        Effect.gen(function* () {
          const { certificate, key } = TestCertificate
          const isTls = "protocol" in via
          const phone = yield* baresip({ encryption, ...(isTls ? { certificate: `${certificate}${key}` } : {}) })
          const trunk = isTls
            ? { host: "127.0.0.1", port: phone.tlsPort, protocol: "tls" as const, account: undefined }
            : { host: "127.0.0.1", port: phone.port, protocol: "tcp" as const, account: undefined }
          const channel = yield* trunkTo(phone.port, { trunk, srtp, keysInClear: !isTls, tls: { ca: certificate } })
          const audio = speech(2_000, codec)
          const call = yield* placed(channel, callOf({ audio, plays: 2, pauseMillis: 100 }))
          yield* call.answered
          phone.command("sndcode 8")
          yield* call.over
          yield* Effect.promise(() => phone.event("CALL_CLOSED"))
          expect(call.shown()).toEqual(["Ringing", "Answered", "8", "HungUp"])
          expect(found(phone.recordings()[0]!, samplesOf(audio))).toBe(3_200)
        })
      )
  )

  it("baresip cannot encrypt: preferred encryption is given up, and without required encryption nothing is said", () =>
    run(
      Effect.gen(function* () {
        const phone = yield* baresip()
        const audio = speech(500, "alaw")
        const clear = yield* placed(
          yield* trunkTo(phone.port, { srtp: "preferred", keysInClear: true }),
          callOf({ audio })
        )
        yield* clear.over
        yield* Effect.promise(() => phone.event("CALL_CLOSED"))
        expect(clear.shown()).toEqual(["Ringing", "Answered", "HungUp"])
        expect(found(phone.recordings()[0]!, samplesOf(audio))).toBe(3_200)
        const channel = yield* trunkTo(phone.port, { srtp: "required", keysInClear: true })
        const refused = yield* Effect.either(channel.place(callOf({ id: "b" }), () => Effect.void))
        expect(Either.isLeft(refused)).toBe(true)
        expect(phone.recordings()).toHaveLength(1)
      })
    ))

  it("baresip presses keys, and hangs up", () =>
    run(
      Effect.gen(function* () {
        const phone = yield* baresip()
        const call = yield* placed(yield* trunkTo(phone.port), callOf({ audio: speech(20_000, "alaw") }))
        yield* call.answered
        for (const key of ["4", "#", "4"]) phone.command(`sndcode ${key}`)
        yield* Effect.repeat(Effect.delay(Effect.sync(call.shown), 20), { until: (shown) => shown.length >= 5 })
        phone.command("hangup")
        yield* call.over
        expect(call.shown()).toEqual(["Ringing", "Answered", "4", "#", "4", "HungUp"])
      })
    ))

  it("baresip does not take the call: busy", () =>
    run(
      Effect.gen(function* () {
        const phone = yield* baresip({ answers: "manual" })
        const call = yield* placed(yield* trunkTo(phone.port), callOf())
        yield* Effect.promise(() => phone.event("CALL_INCOMING"))
        phone.command("hangup")
        yield* call.over
        expect(call.shown()).toEqual(["Ringing", "busy"])
      })
    ))

  it("baresip rings until nobody is waited for any more, and knows that it was missed", () =>
    run(
      Effect.gen(function* () {
        const phone = yield* baresip({ answers: "manual" })
        const call = yield* placed(yield* trunkTo(phone.port), callOf({ ringTimeoutMillis: 700 }))
        yield* call.over
        yield* Effect.promise(() => phone.event("CALL_CLOSED"))
        expect(call.shown()).toEqual(["Ringing", "noAnswer"])
      })
    ))

  it("baresip holds the call: what is played waits", () =>
    run(
      Effect.gen(function* () {
        const phone = yield* baresip()
        const audio = speech(4_000, "alaw")
        const established = Effect.promise(() => phone.event("CALL_ESTABLISHED"))
        const closed = Effect.promise(() => phone.event("CALL_CLOSED"))
        const call = yield* placed(yield* trunkTo(phone.port), callOf({ audio }))
        yield* call.answered
        yield* Effect.sleep(1_500)
        phone.command("hold")
        yield* Effect.sleep(1_500)
        phone.command("resume")
        yield* call.over
        yield* closed
        expect(call.shown()).toEqual(["Ringing", "Answered", "HungUp"])
        const recording = phone.recordings()[0]!
        // Its recorder ends with the hold; how long the call took says that the rest was played after it.
        expect(found(recording, samplesOf(audio).subarray(0, 4_000))).toBe(3_200)
        const millis = (yield* closed).at - (yield* established).at
        expect(millis).toBeGreaterThan(400 + 4_000 + 200 + 1_300)
        expect(millis).toBeLessThan(400 + 4_000 + 200 + 1_500 + 2_000)
      })
    ))

  it("linphone answers, presses a key, records what was played, and is hung up on", () =>
    run(
      Effect.gen(function* () {
        const phone = yield* closing(Linphone.start)
        const audio = speech(6_000, "alaw")
        const call = yield* placed(yield* trunkTo(phone.port), callOf({ audio, ringTimeoutMillis: 20_000 }))
        yield* Effect.promise(() => phone.said(/Receiving new incoming call/))
        phone.command("answer")
        yield* call.answered
        yield* Effect.sleep(1_000)
        phone.command("5")
        yield* call.over
        yield* Effect.promise(() => phone.said(/ended/))
        expect(call.shown()).toEqual(["Ringing", "Answered", "5", "HungUp"])
        const second = samplesOf(audio).subarray(24_000, 32_000)
        expect(found(phone.recording(), second)).toBeGreaterThan(0)
      })
    ))

  it("linphone declines", () =>
    run(
      Effect.gen(function* () {
        const phone = yield* closing(Linphone.start)
        const call = yield* placed(yield* trunkTo(phone.port), callOf())
        yield* Effect.promise(() => phone.said(/Receiving new incoming call/))
        phone.command("terminate")
        yield* call.over
        expect(call.shown()).toEqual(["Ringing", "rejected"])
      })
    ))
})
