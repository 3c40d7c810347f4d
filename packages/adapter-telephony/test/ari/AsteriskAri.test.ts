import * as fs from "node:fs"
import * as path from "node:path"
import type { Call, CallEvent } from "@vsms/core/dispatch/CallChannel"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as AriUri from "../../src/ari/AriUri.ts"
import * as AsteriskAri from "../../src/ari/AsteriskAri.ts"
import * as Phones from "../sip/trunk/Phones.ts"
import * as Asterisk from "./Asterisk.ts"
import * as Exchange from "./Exchange.ts"

const why = Asterisk.missing()
const scope = Effect.runSync(Scope.make())
let asterisk: Asterisk.Asterisk

beforeAll(async () => {
  if (why === undefined) asterisk = await Effect.runPromise(Scope.extend(Asterisk.start, scope))
})
afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

const run = <A, E>(effect: Effect.Effect<A, E, Scope.Scope>) =>
  Effect.runPromise(Effect.scoped(Effect.timeout(effect, 20_000)))

/** No two seconds of it are alike. */
const speech = Uint8Array.from({ length: 4_000 }, (_, i) => (i * 7 + (i >> 8)) % 251)

const callOf = (id: string, callee: string, parts: Partial<Call> = {}): Call => ({
  id,
  callee,
  display: "075512340001",
  audio: { codec: "alaw", payload: speech },
  plays: 1,
  pauseMillis: 200,
  ringTimeoutMillis: 10_000,
  longestCallMillis: 20_000,
  ...parts
})

const lineTo = (port: number, sip: number, password = "password") =>
  Either.getOrThrow(
    AriUri.parse(`http://vsms:${password}@127.0.0.1:${port}/ari?endpoint=PJSIP/out/sip:{number}@127.0.0.1:${sip}`)
  )

const shown = (event: CallEvent) =>
  event._tag === "KeyPressed" ? event.key : event._tag === "Failed" ? event.failure : event._tag

/** The events; a channel's own failure as `channel: placed`. */
const reported = (channel: Effect.Effect.Success<ReturnType<typeof AsteriskAri.make>>, call: Call) =>
  Effect.gen(function* () {
    const reports: Array<string> = []
    const result = yield* Effect.either(
      channel.place(call, (event) => Effect.sync(() => void reports.push(shown(event))))
    )
    if (Either.isLeft(result)) reports.push(`channel: ${result.left.placed}`)
    return reports
  })

interface Row {
  readonly name: string
  /** A number of the test's Asterisk itself (see its plan), called over SIP; or what a phone of ours answers. */
  readonly callee: string
  readonly phone?: Phones.Habit
  readonly call?: Partial<Call>
  readonly reports: ReadonlyArray<string>
  /** The callee hears all of it, as often as it is played. */
  readonly isHeard?: true
}

const rows: ReadonlyArray<Row> = [
  { name: "answers-and-records", callee: "701", call: { plays: 3 }, reports: ["Answered", "HungUp"], isHeard: true },
  {
    name: "records-mulaw",
    callee: "702",
    call: { audio: { codec: "mulaw", payload: speech } },
    reports: ["Answered", "HungUp"]
  },
  {
    name: "rings-and-answers",
    callee: "+8613800138001",
    phone: { rings: 100, answers: true },
    reports: ["Ringing", "Answered", "HungUp"]
  },
  {
    name: "hangs-up",
    callee: "+8613800138002",
    phone: { rings: 100, answers: true, listens: 300 },
    call: { plays: 3 },
    reports: ["Ringing", "Answered", "HungUp"]
  },
  { name: "busy", callee: "601", reports: ["busy"] },
  { name: "declined", callee: "+8613800138003", phone: { refuses: 603 }, reports: ["rejected"] },
  { name: "away", callee: "+8613800138004", phone: { refuses: 480 }, reports: ["unreachable"] },
  { name: "unallocated", callee: "699", reports: ["notInService"] },
  { name: "congestion", callee: "606", reports: ["channel: no"] },
  { name: "failure", callee: "+8613800138005", phone: { refuses: 503 }, reports: ["channel: no"] },
  { name: "forbidden", callee: "605", reports: ["callerBarred"] },
  { name: "key-presses", callee: "603", call: { plays: 3 }, reports: ["Answered", "4", "2", "HungUp"] },
  { name: "ring-timeout", callee: "602", call: { ringTimeoutMillis: 700 }, reports: ["Ringing", "noAnswer"] },
  { name: "early-media-then-busy", callee: "604", reports: ["busy"] },
  {
    name: "early-media-then-answer",
    callee: "608",
    call: { plays: 3, pauseMillis: 1_000 },
    reports: ["Answered", "HungUp"]
  },
  {
    name: "longest-call",
    callee: "607",
    call: { plays: 3, pauseMillis: 1_000, longestCallMillis: 800 },
    reports: ["Answered", "HungUp"]
  }
]

const file = (name: string) => path.join(import.meta.dirname, "recorded", `${name}.json`)

/** What a callee is to hear, without the silence around it. */
const spoken = ({ audio, pauseMillis = 1_000, plays }: Call): Buffer => {
  const pause = Buffer.alloc(pauseMillis * 8, audio.codec === "alaw" ? 0xd5 : 0xff)
  return Buffer.concat(
    Array.from({ length: plays }, (_, i) => (i === 0 ? [audio.payload] : [pause, audio.payload])).flat()
  )
}

const place = (row: Row, server: Exchange.Server, sip: number, password?: string) =>
  Effect.gen(function* () {
    const channel = yield* AsteriskAri.make({ name: "asterisk", asterisk: lineTo(server.port, sip, password) })
    const call = callOf(row.name, row.callee, row.call)
    expect(yield* reported(channel, call)).toEqual(row.reports)
    const isOver = row.reports.includes("HungUp")
    expect((yield* channel.ask(row.name))._tag).toBe(
      isOver ? "Completed" : row.reports.at(-1) === "channel: no" ? "Unknown" : "Failed"
    )
    if (row.isHeard === true) expect(Buffer.from(server.audio()).includes(spoken(call))).toBe(true)
    return call
  })

describe.concurrent("SND-6: calls through Asterisk", () => {
  for (const row of rows) {
    it(row.name, ({ skip }) => {
      if (why !== undefined) return skip(why)
      return run(
        Effect.gen(function* () {
          const phones = yield* Phones.make()
          if (row.phone !== undefined) phones.set(row.callee, row.phone)
          const entries: Array<Exchange.Entry> = []
          const server = yield* Exchange.recorder(asterisk.httpPort, entries)
          const sip = row.phone === undefined ? asterisk.sipPort : phones.hop("udp").port
          const call = yield* place(row, server, sip, asterisk.password)
          if (row.isHeard === true) expect(yield* asterisk.heard(row.callee, spoken(call))).toBe(true)
          if (process.env["RECORD"] === undefined) return
          const text = JSON.stringify({ version: asterisk.version, entries }, null, 1)
          fs.writeFileSync(file(row.name), `${text.replaceAll(String(sip), "5060")}\n`)
        })
      )
    })
  }
})

describe.concurrent("SND-6: the same calls, as an Asterisk was recorded", () => {
  for (const row of rows) {
    it(row.name, () =>
      run(
        Effect.gen(function* () {
          const { entries } = JSON.parse(fs.readFileSync(file(row.name), "utf8")) as {
            readonly entries: ReadonlyArray<Exchange.Entry>
          }
          yield* place(row, yield* Exchange.replayer(entries), 5060)
        })
      )
    )
  }
})
