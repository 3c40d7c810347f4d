import type { Call, CallEvent } from "@vsms/core/dispatch/CallChannel"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as SipTrunk from "../../../src/sip/trunk/SipTrunk.ts"
import * as Asterisk from "../../ari/Asterisk.ts"

const why = Asterisk.missing()
const scope = Effect.runSync(Scope.make())
let asterisk: Asterisk.Asterisk

beforeAll(async () => {
  if (why === undefined) asterisk = await Effect.runPromise(Scope.extend(Asterisk.start, scope))
})
afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

interface Row {
  readonly name: string
  /** A number of the Asterisk's own plan. */
  readonly callee: string
  readonly reports: ReadonlyArray<string>
  readonly call?: Partial<Call>
}

const rows: ReadonlyArray<Row> = [
  { name: "busy", callee: "601", reports: ["busy"] },
  { name: "rejects, by cause 21 in a 403", callee: "605", reports: ["rejected"] },
  { name: "congestion", callee: "606", reports: ["channel: no"] },
  { name: "no such number", callee: "699", reports: ["notInService"] },
  {
    name: "rings until it is given up",
    callee: "602",
    call: { ringTimeoutMillis: 500 },
    reports: ["Ringing", "noAnswer"]
  },
  { name: "early media, then busy", callee: "604", reports: ["busy"] },
  { name: "early media, then an answer", callee: "608", call: { plays: 3 }, reports: ["Answered", "HungUp"] },
  { name: "presses keys", callee: "603", call: { plays: 3 }, reports: ["Answered", "4", "2", "HungUp"] },
  { name: "records what it hears", callee: "7601", reports: ["Answered", "HungUp"] }
]

/** Half a second of which no two parts are alike. */
const speech = Uint8Array.from({ length: 4_000 }, (_, i) => (i * 7 + (i >> 8)) % 251)

const shown = (event: CallEvent) =>
  event._tag === "KeyPressed" ? event.key : event._tag === "Failed" ? event.failure : event._tag

const place = (row: Row, limitMillis: number) =>
  Effect.gen(function* () {
    const hop = { protocol: "udp", address: "127.0.0.1", port: asterisk.sipPort } as const
    const channel = yield* SipTrunk.make({
      name: "asterisk",
      trunk: { host: "127.0.0.1", port: asterisk.sipPort, protocol: "udp", account: undefined },
      hops: Effect.succeed([hop]),
      local: { address: "127.0.0.1", port: 0 },
      rtpPorts: { first: 24_000, last: 25_999 },
      lingerMillis: 500
    })
    const call: Call = {
      id: row.name,
      callee: row.callee,
      display: "075512340001",
      audio: { codec: "alaw", payload: speech },
      plays: 1,
      pauseMillis: 500,
      ringTimeoutMillis: 10_000,
      longestCallMillis: 20_000,
      ...row.call
    }
    const events: Array<CallEvent> = []
    const result = yield* Effect.either(channel.place(call, (event) => Effect.sync(() => void events.push(event))))
    const reports = events.map(shown)
    if (Either.isLeft(result)) reports.push(`channel: ${result.left.placed}`)
    expect(reports).toEqual(row.reports)
    return events
  }).pipe(Effect.timeout(limitMillis), Effect.scoped, Effect.runPromise)

describe.concurrent("SND-6: the SIP trunk and an Asterisk", () => {
  for (const row of rows) {
    it(row.name, async ({ skip }) => {
      if (why !== undefined) return skip(why)
      await place(row, 20_000)
      if (row.callee.startsWith("7")) {
        expect(await Effect.runPromise(asterisk.heard(row.callee, speech))).toBe(true)
      }
    })
  }

  // Its sessions are of 90 s, and are refreshed after half of them.
  it("keeps up a session that has to be refreshed", { timeout: 90_000 }, async ({ skip }) => {
    if (why !== undefined) return skip(why)
    if (process.env["NIGHTLY"] === undefined) return skip("takes a minute: NIGHTLY=1")
    const audio = { codec: "alaw" as const, payload: new Uint8Array(8_000 * 100).fill(0x2a) }
    const row = { name: "refreshed", callee: "607", reports: ["Answered", "HungUp"] }
    const [answer, end] = await place({ ...row, call: { audio, longestCallMillis: 60_000 } }, 80_000)
    expect(end!.at - answer!.at).toBeGreaterThanOrEqual(60_000)
  })
})
