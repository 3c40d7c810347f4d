import { spawn } from "node:child_process"
import * as path from "node:path"
import * as fs from "node:fs"
import type { Call, CallEvent, Channel } from "@vsms/core/dispatch/CallChannel"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as AriUri from "../../src/ari/AriUri.ts"
import * as AsteriskAri from "../../src/ari/AsteriskAri.ts"
import * as Phones from "../sip/trunk/Phones.ts"
import * as Asterisk from "./Asterisk.ts"
import * as Proxy from "./Proxy.ts"

const why = Asterisk.missing()
const scope = Effect.runSync(Scope.make())
let asterisk: Asterisk.Asterisk

beforeAll(async () => {
  if (why === undefined) asterisk = await Effect.runPromise(Scope.extend(Asterisk.start, scope))
})
afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

const run = <A, E>(effect: Effect.Effect<A, E, Scope.Scope>) =>
  Effect.runPromise(Effect.scoped(Effect.timeout(effect, 55_000)))

const lineTo = (port: number, sip: number) =>
  `http://${asterisk.user}:${asterisk.password}@127.0.0.1:${port}/ari?endpoint=PJSIP/out/sip:{number}@127.0.0.1:${sip}`

const channelTo = (port: number, sip: number) =>
  AsteriskAri.make({ name: "asterisk", asterisk: Either.getOrThrow(AriUri.parse(lineTo(port, sip))) })

/** Four seconds. */
const speech = Uint8Array.from({ length: 32_000 }, (_, i) => (i * 7 + (i >> 8)) % 251)

const callOf = (id: string, callee: string, parts: Partial<Call> = {}): Call => ({
  id,
  callee,
  display: "075512340001",
  audio: { codec: "alaw", payload: speech },
  plays: 1,
  ringTimeoutMillis: 10_000,
  longestCallMillis: 30_000,
  ...parts
})

/** A call under way, and a wait for what it reports. */
const follow = (channel: Channel, call: Call) =>
  Effect.gen(function* () {
    const events: Array<CallEvent> = []
    const fiber = yield* Effect.fork(
      Effect.either(channel.place(call, (event) => Effect.sync(() => void events.push(event))))
    )
    const until = (tag: CallEvent["_tag"]) =>
      Effect.repeat(
        Effect.delay(
          Effect.sync(() => events.some(({ _tag }) => _tag === tag)),
          10
        ),
        { until: (isThere) => isThere }
      )
    const tags = () => events.map(({ _tag }) => _tag)
    return { until, tags, over: Fiber.join(fiber), letGo: Fiber.interrupt(fiber) }
  })

const suite = why === undefined ? describe : describe.skip
const title = (name: string) => (why === undefined ? name : `${name} [${why}]`)

suite(title("SND-10: an Asterisk that is lost sight of"), { concurrent: true, timeout: 60_000 }, () => {
  it("a call that rang on while the connection was cut is followed to its end, and is dialled once", () =>
    run(
      Effect.gen(function* () {
        const phones = yield* Phones.make()
        const wire = yield* Proxy.make(asterisk.httpPort)
        phones.set("+8613800138000", { answers: false })
        const channel = yield* channelTo(wire.port, phones.hop("udp").port)
        const call = yield* follow(channel, callOf("cutRinging", "+8613800138000"))
        yield* call.until("Ringing")
        yield* wire.setDown(true)
        expect(Either.isLeft(yield* Effect.either(channel.ask("another")))).toBe(true)
        yield* wire.setDown(false)
        yield* channel.probe
        // What was found on connecting is asked for; the phone may be answered before that.
        phones.pickUp("+8613800138000")
        expect(yield* call.over).toEqual(Either.right(undefined))
        expect(call.tags()).toEqual(["Ringing", "Answered", "HungUp"])
        expect(phones.dialled("+8613800138000")).toBe(1)
      })
    ))

  it("whoever was being spoken to hears all of it from the beginning once the connection is back", () =>
    run(
      Effect.gen(function* () {
        const wire = yield* Proxy.make(asterisk.httpPort)
        const channel = yield* channelTo(wire.port, asterisk.sipPort)
        const call = yield* follow(channel, callOf("cutTalking", "7001"))
        yield* call.until("Answered")
        const recording = path.join(asterisk.recordings, "7001.alaw")
        // Somewhere within the speech.
        yield* Effect.repeat(
          Effect.delay(
            Effect.sync(() => fs.existsSync(recording) && fs.statSync(recording).size > 8_000),
            10
          ),
          { until: (isThere) => isThere }
        )
        yield* wire.setDown(true)
        yield* wire.setDown(false)
        expect(yield* call.over).toEqual(Either.right(undefined))
        expect(call.tags()).toEqual(["Answered", "HungUp"])
        expect(yield* asterisk.heard("7001", speech)).toBe(true)
      })
    ))

  it("a callee who hangs up once the connection is back is noticed", () =>
    run(
      Effect.gen(function* () {
        const phones = yield* Phones.make()
        const wire = yield* Proxy.make(asterisk.httpPort)
        phones.set("+8613800138000", { rings: 0, answers: true })
        const channel = yield* channelTo(wire.port, phones.hop("udp").port)
        const call = yield* follow(channel, callOf("hangsUpLater", "+8613800138000", { plays: 3, pauseMillis: 5_000 }))
        yield* call.until("Answered")
        yield* wire.setDown(true)
        yield* wire.setDown(false)
        yield* channel.probe
        phones.putDown("+8613800138000")
        // Told, or seen to be gone: then nobody knows when it ended.
        const isTold = Either.isRight(yield* Effect.timeout(call.over, 12_000))
        expect(call.tags()).toEqual(["Ringing", "Answered", ...(isTold ? ["HungUp"] : [])])
      })
    ))

  it.each([
    ["rings", { answers: false }, "Ringing", "CANCEL"],
    ["is up", { rings: 0, answers: true }, "Answered", "BYE"]
  ] as const)("whoever lets go of a call that %s ends it at the far end", (name, habit, tag, sent) =>
    run(
      Effect.gen(function* () {
        const phones = yield* Phones.make()
        phones.set("+8613800138000", habit)
        const channel = yield* channelTo(asterisk.httpPort, phones.hop("udp").port)
        const call = yield* follow(channel, callOf(`letsGo ${name}`, "+8613800138000"))
        yield* call.until(tag)
        yield* call.letGo
        const ended = Effect.delay(
          Effect.sync(() => phones.asked.includes(sent)),
          10
        )
        // Long before Asterisk would end it by itself.
        yield* Effect.timeout(Effect.repeat(ended, { until: (isThere) => isThere }), 15_000)
      })
    )
  )

  it("a call that ended meanwhile is reported as what it is: nobody knows when", () =>
    run(
      Effect.gen(function* () {
        const phones = yield* Phones.make()
        const wire = yield* Proxy.make(asterisk.httpPort)
        phones.set("+8613800138000", { rings: 100, answers: true })
        const channel = yield* channelTo(wire.port, phones.hop("udp").port)
        const call = yield* follow(channel, callOf("endsUnseen", "+8613800138000", { plays: 3 }))
        yield* call.until("Answered")
        yield* wire.setDown(true)
        phones.putDown("+8613800138000")
        const other = yield* channelTo(asterisk.httpPort, phones.hop("udp").port)
        yield* Effect.repeat(Effect.delay(other.ask("endsUnseen"), 20), { until: ({ _tag }) => _tag === "Unknown" })
        yield* wire.setDown(false)
        expect(yield* call.over).toMatchObject({ _tag: "Left", left: { placed: "unknown" } })
        expect(call.tags()).toEqual(["Ringing", "Answered"])
        expect(yield* channel.ask("endsUnseen")).toEqual({ _tag: "Unknown" })
      })
    ))

  it("a phone that is picked up while nobody is there is hung up, by Asterisk", () =>
    run(
      Effect.gen(function* () {
        const phones = yield* Phones.make()
        const wire = yield* Proxy.make(asterisk.httpPort)
        phones.set("+8613800138000", { answers: false })
        const channel = yield* channelTo(wire.port, phones.hop("udp").port)
        const call = yield* follow(channel, callOf("pickedUpUnseen", "+8613800138000"))
        yield* call.until("Ringing")
        yield* wire.setDown(true)
        phones.pickUp("+8613800138000")
        const other = yield* channelTo(asterisk.httpPort, phones.hop("udp").port)
        yield* Effect.repeat(Effect.delay(other.ask("pickedUpUnseen"), 20), { until: ({ _tag }) => _tag === "Unknown" })
        expect(phones.asked).toContain("BYE")
        yield* wire.setDown(false)
        expect(yield* call.over).toMatchObject({ _tag: "Left", left: { placed: "unknown" } })
        expect(call.tags()).toEqual(["Ringing"])
        expect(phones.dialled("+8613800138000")).toBe(1)
      })
    ))

  it("ends its calls before it stops, and places none afterwards", () =>
    run(
      Effect.gen(function* () {
        const phones = yield* Phones.make()
        phones.set("+8613800138001", { rings: 0, answers: true })
        phones.set("+8613800138002", { answers: false })
        const own = yield* Scope.make()
        const channel = yield* Scope.extend(channelTo(asterisk.httpPort, phones.hop("udp").port), own)
        const talking = yield* follow(channel, callOf("stopsTalking", "+8613800138001"))
        const ringing = yield* follow(channel, callOf("stopsRinging", "+8613800138002"))
        yield* talking.until("Answered")
        yield* ringing.until("Ringing")
        yield* Scope.close(own, Exit.void)
        yield* talking.over
        yield* ringing.over
        expect(talking.tags()).toEqual(["Ringing", "Answered", "HungUp"])
        expect(ringing.tags()).toEqual(["Ringing", "Failed"])
        expect(phones.asked).toEqual(expect.arrayContaining(["BYE", "CANCEL"]))
        expect(yield* Effect.flip(channel.place(callOf("late", "+8613800138001"), () => Effect.void))).toMatchObject({
          placed: "no",
          detail: "closed"
        })
      })
    ))

  it("a process that dies leaves a call that any other can ask after, nobody can dial again, and Asterisk ends", () =>
    run(
      Effect.gen(function* () {
        const phones = yield* Phones.make()
        phones.set("+8613800138000", { rings: 100, answers: true })
        const line = lineTo(asterisk.httpPort, phones.hop("udp").port)
        const caller = yield* Effect.acquireRelease(
          Effect.sync(() =>
            spawn(
              process.execPath,
              [
                "--conditions=@vsms/source",
                "--import",
                "tsx",
                path.join(import.meta.dirname, "Caller.ts"),
                line,
                "orphan",
                "+8613800138000",
                "3000"
              ],
              { stdio: ["ignore", "pipe", "inherit"] }
            )
          ),
          (child) => Effect.sync(() => child.kill("SIGKILL"))
        )
        let said = ""
        caller.stdout.on("data", (bytes: Buffer) => (said += bytes.toString()))
        yield* Effect.repeat(
          Effect.delay(
            Effect.sync(() => said.includes("Answered")),
            10
          ),
          { until: (isUp) => isUp }
        )
        caller.kill("SIGKILL")
        const other = yield* channelTo(asterisk.httpPort, phones.hop("udp").port)
        expect(yield* other.ask("orphan")).toEqual({ _tag: "InProgress" })
        const again = yield* Effect.flip(other.place(callOf("orphan", "+8613800138000"), () => Effect.void))
        expect(again).toMatchObject({ placed: "unknown" })
        expect(yield* other.ask("orphan")).toEqual({ _tag: "InProgress" })
        yield* Effect.repeat(Effect.delay(other.ask("orphan"), 50), { until: ({ _tag }) => _tag === "Unknown" })
        expect(phones.dialled("+8613800138000")).toBe(1)
      })
    ))
})

suite(title("SND-10: an Asterisk that crashes"), { timeout: 60_000 }, () => {
  it("loses its calls, which are reported as lost; the next one is placed as if nothing had been", () =>
    run(
      Effect.gen(function* () {
        const channel = yield* channelTo(asterisk.httpPort, asterisk.sipPort)
        const call = yield* follow(channel, callOf("crash", "607", { plays: 3 }))
        yield* call.until("Answered")
        yield* asterisk.restart
        expect(yield* call.over).toMatchObject({ _tag: "Left", left: { placed: "unknown" } })
        expect(yield* channel.ask("crash")).toEqual({ _tag: "Unknown" })
        yield* channel.probe
        const next = yield* follow(channel, callOf("next", "7002"))
        expect(yield* next.over).toEqual(Either.right(undefined))
        expect(next.tags()).toEqual(["Answered", "HungUp"])
      })
    ))
})
