import type { Call, CallEvent } from "@vsms/core/dispatch/CallChannel"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { describe, expect, it } from "vitest"
import * as SipTrunk from "../../../src/sip/trunk/SipTrunk.ts"
import { missing } from "../../../../../tools/debian/Debian.ts"
import {
  accept,
  ask,
  end,
  guarded,
  hear,
  invite,
  pause,
  play,
  programs,
  receive,
  respond,
  respondToInvite,
  sdp
} from "./Scenario.ts"

const why = missing(programs)

const account = { user: "alice", password: Redacted.make("s3cret") }

interface Row {
  readonly name: string
  readonly steps: ReadonlyArray<string>
  /** The events, and the failure if there is one; a channel's own failure as `channel: placed`. */
  readonly reports: ReadonlyArray<string>
  readonly account?: typeof account
  readonly call?: Partial<Call>
}

const ok = respond("200 OK", sdp(), [], `retrans="500"`)
const answered = [invite, respond("180 Ringing"), pause(100), ok, receive("ACK")]
const refused = (status: string, headers: ReadonlyArray<string> = []) => [
  invite,
  respond(status, [], headers, `retrans="500"`),
  receive("ACK")
]
const spoken = ["Ringing", "Answered", "HungUp"]

const held = (direction: string) =>
  sdp("m=audio 9 RTP/AVP 8 101", "a=rtpmap:101 telephone-event/8000", `a=${direction}`)
const type = (name: string) => `Content-Type: application/${name}`

const rows: ReadonlyArray<Row> = [
  { name: "answers, listens, is hung up on", steps: [...answered, receive("BYE"), accept], reports: spoken },
  { name: "486", steps: refused("486 Busy Here"), reports: ["busy"] },
  { name: "480", steps: refused("480 Temporarily Unavailable"), reports: ["unreachable"] },
  { name: "404", steps: refused("404 Not Found"), reports: ["notInService"] },
  { name: "603", steps: refused("603 Decline"), reports: ["rejected"] },
  {
    name: "302 is not followed",
    steps: refused("302 Moved", ["Contact: <sip:+8613900139000@127.0.0.1:9>"]),
    reports: ["channel: no"]
  },
  { name: "503", steps: refused("503 Service Unavailable", ["Retry-After: 5"]), reports: ["channel: no"] },
  {
    name: "503 that is a busy callee",
    steps: refused("503 Service Unavailable", [`Reason: Q.850;cause=17;text="User busy"`]),
    reports: ["busy"]
  },
  {
    name: "rings until it is taken back",
    steps: [
      invite,
      respond("180 Ringing"),
      receive("CANCEL"),
      accept,
      respondToInvite("487 Request Terminated", [], { attributes: `retrans="500"` }),
      receive("ACK")
    ],
    call: { ringTimeoutMillis: 700 },
    reports: ["Ringing", "noAnswer"]
  },
  {
    name: "early media, then an answer without a description",
    steps: [
      invite,
      respond("183 Session Progress", sdp()),
      pause(200),
      respond("200 OK", [], [], `retrans="500"`),
      receive("ACK"),
      receive("BYE"),
      accept
    ],
    reports: ["Answered", "HungUp"]
  },
  {
    name: "a codec that we do not speak",
    steps: [
      invite,
      respond("200 OK", sdp("m=audio 9 RTP/AVP 18"), [], `retrans="500"`),
      receive("ACK"),
      receive("BYE"),
      accept
    ],
    reports: ["channelFailure"]
  },
  {
    name: "the right password",
    account,
    steps: [...guarded, ok, receive("ACK"), receive("BYE"), accept, end],
    reports: ["Answered", "HungUp"]
  },
  {
    name: "the wrong password",
    account: { ...account, password: Redacted.make("wrong") },
    steps: [...guarded, ok, receive("ACK"), receive("BYE"), accept, end],
    reports: ["callerBarred"]
  },
  { name: "hangs up", steps: [...answered, pause(200), ask("BYE", 1), hear(200)], reports: spoken, call: { plays: 3 } },
  {
    name: "holds the call and takes it back",
    steps: [
      ...answered,
      ...[1, 2].flatMap((sequence) => [
        ask("INVITE", sequence, [type("sdp")], held(sequence === 1 ? "sendonly" : "sendrecv")),
        hear(200),
        ask("ACK", sequence),
        pause(300)
      ]),
      receive("BYE"),
      accept
    ],
    reports: spoken
  },
  {
    name: "presses keys by INFO",
    steps: [
      ...answered,
      ask("INFO", 1, [type("dtmf-relay")], ["Signal=5", "Duration=160"]),
      hear(200),
      ask("INFO", 2, [type("dtmf")], ["#"]),
      hear(200),
      receive("BYE"),
      accept
    ],
    call: { plays: 3 },
    reports: ["Ringing", "Answered", "5", "#", "HungUp"]
  },
  {
    name: "two phones answer: the second one is hung up on",
    steps: [
      invite,
      respond("180 Ringing"),
      respond("200 OK", sdp()),
      // Sipp takes one thing at a time: an ACK that comes while it has something to send ends its call.
      receive("ACK"),
      respondToInvite("200 OK", sdp(), { phone: "other" }),
      receive("ACK"),
      receive("BYE"),
      accept,
      receive("BYE"),
      accept
    ],
    call: { plays: 3 },
    reports: spoken
  },
  {
    name: "answers while it is taken back",
    steps: [
      invite,
      respond("180 Ringing"),
      receive("CANCEL"),
      accept,
      respondToInvite("200 OK", sdp(), { attributes: `retrans="500"` }),
      receive("ACK"),
      receive("BYE"),
      accept
    ],
    call: { ringTimeoutMillis: 700 },
    reports: ["Ringing", "noAnswer"]
  },
  {
    name: "wants a longer session timer",
    steps: [...refused("422 Session Interval Too Small", ["Min-SE: 1800"]), ...answered, receive("BYE"), accept],
    reports: spoken
  },
  {
    name: "asks what we can do",
    steps: [...answered, ask("OPTIONS", 1), hear(200), receive("BYE"), accept],
    reports: spoken
  }
]

const run = <A, E>(effect: Effect.Effect<A, E, Scope.Scope>) =>
  Effect.runPromise(Effect.scoped(Effect.timeout(effect, 25_000)))

const place = (row: Row, protocol: "udp" | "tcp", port: number) =>
  run(
    Effect.gen(function* () {
      const sipp = yield* Effect.acquireRelease(
        Effect.sync(() => play(row.name, row.steps, port, protocol)),
        ({ kill }) => Effect.sync(kill)
      )
      const channel = yield* SipTrunk.make({
        name: "sipp",
        trunk: { host: "127.0.0.1", port, protocol, account: row.account },
        hops: Effect.succeed([{ protocol, address: "127.0.0.1", port }]),
        local: { address: "127.0.0.1", port: 0 },
        rtpPorts: { first: 28_000, last: 29_999 },
        leadMillis: 40,
        lingerMillis: 500
      })
      yield* Effect.repeat(Effect.delay(Effect.sync(sipp.listens), 20), { until: (listens) => listens })
      const reports: Array<string> = []
      const call: Call = {
        id: row.name,
        callee: "+8613800138000",
        display: "075512340001",
        audio: { codec: "alaw", payload: new Uint8Array(2_400).fill(0x2a) },
        plays: 1,
        pauseMillis: 100,
        ringTimeoutMillis: 10_000,
        longestCallMillis: 20_000,
        ...row.call
      }
      const shown = (event: CallEvent) =>
        event._tag === "KeyPressed" ? event.key : event._tag === "Failed" ? event.failure : event._tag
      const result = yield* Effect.either(
        channel.place(call, (event) => Effect.sync(() => void reports.push(shown(event))))
      )
      if (Either.isLeft(result)) reports.push(`channel: ${result.left.placed}`)
      const { verdict } = yield* Effect.promise(() => sipp.over)
      expect({ verdict, reports }).toEqual({ verdict: "passed", reports: row.reports })
    })
  )

describe.concurrent.each(["udp", "tcp"] as const)("SND-6: a callee of sipp's, over %s", (protocol) => {
  for (const [i, row] of rows.entries()) {
    it(row.name, ({ skip }) => {
      if (why !== undefined) return skip(why)
      return place(row, protocol, (protocol === "udp" ? 30_100 : 30_200) + i)
    })
  }
})
