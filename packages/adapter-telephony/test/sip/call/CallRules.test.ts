import { type CallFailure, failureCauses } from "@vsms/core/dispatch/CallChannel"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import * as Dialog from "../../../src/sip/call/Dialog.ts"
import * as KeyPresses from "../../../src/sip/call/KeyPresses.ts"
import * as Outcome from "../../../src/sip/call/Outcome.ts"
import * as SessionTimer from "../../../src/sip/call/SessionTimer.ts"
import * as Envelope from "../../../src/sip/message/Envelope.ts"
import * as Message from "../../../src/sip/message/Message.ts"

const response = (
  status: number,
  headers: Readonly<Record<string, string | ReadonlyArray<string>>> = {}
): Message.Response => ({
  _tag: "Response",
  status,
  reason: "",
  headers: Object.entries(headers).flatMap(([name, values]) => [values].flat().map((value) => ({ name, value }))),
  body: Message.noBody
})

const request = (method: string, headers: Readonly<Record<string, string>> = {}, body = ""): Message.Request => ({
  _tag: "Request",
  method,
  uri: "sip:us@192.0.2.1",
  headers: Object.entries(headers).map(([name, value]) => ({ name, value })),
  body: Buffer.from(body)
})

const answer = {
  Via: "SIP/2.0/UDP us;branch=z9hG4bK1",
  From: "<sip:0755@trunk>;tag=ours",
  To: "<sip:+86138@trunk>;tag=theirs",
  "Call-ID": "c",
  CSeq: "3 INVITE",
  Contact: "<sip:callee@192.0.2.7:5070;transport=tcp>"
}

const dialogOf = (headers: Readonly<Record<string, string | ReadonlyArray<string>>> = {}) => {
  const message = response(200, { ...answer, ...headers })
  return Dialog.ofResponse(message, Either.getOrThrow(Envelope.of(message)))
}

const shown = ({ headers, method, uri }: Message.Request) => [
  `${method} ${uri}`,
  ...headers.filter(({ name }) => name === "Route" || name === "CSeq").map(({ name, value }) => `${name}: ${value}`)
]

describe("a dialog (RFC 3261, 12)", () => {
  it("sends to the contact, with a sequence of its own, and the ACK with that of the INVITE", () => {
    const dialog = Either.getOrThrow(dialogOf())
    const bye = Dialog.request(dialog, "BYE")
    expect(shown(bye.request)).toEqual(["BYE sip:callee@192.0.2.7:5070;transport=tcp", "CSeq: 4 BYE"])
    expect(Message.first(bye.request, "From")).toBe("<sip:0755@trunk>;tag=ours")
    expect(Message.first(bye.request, "To")).toBe("<sip:+86138@trunk>;tag=theirs")
    expect(shown(Dialog.acknowledgement(bye.dialog, 3))).toContain("CSeq: 3 ACK")
    expect(Dialog.nextHop(dialog)).toBe("sip:callee@192.0.2.7:5070;transport=tcp")
  })

  it("goes by the recorded route, the last one first", () => {
    const dialog = Either.getOrThrow(dialogOf({ "Record-Route": ["<sip:far;lr>, <sip:middle;lr>", "<sip:near;lr>"] }))
    expect(shown(Dialog.request(dialog, "BYE").request)).toEqual([
      "BYE sip:callee@192.0.2.7:5070;transport=tcp",
      "Route: <sip:near;lr>",
      "Route: <sip:middle;lr>",
      "Route: <sip:far;lr>",
      "CSeq: 4 BYE"
    ])
    expect(Dialog.nextHop(dialog)).toBe("sip:near;lr")
  })

  it("swaps the target and the first route for a strict router", () => {
    const dialog = Either.getOrThrow(dialogOf({ "Record-Route": ["<sip:far;lr>", "<sip:near>"] }))
    expect(shown(Dialog.request(dialog, "BYE").request)).toEqual([
      "BYE sip:near",
      "Route: <sip:far;lr>",
      "Route: <sip:callee@192.0.2.7:5070;transport=tcp>",
      "CSeq: 4 BYE"
    ])
  })

  it.each([
    ["a tag of theirs", { To: "<sip:+86138@trunk>" }, "To"],
    ["a tag of ours", { From: "<sip:0755@trunk>" }, "From"],
    ["a contact", { Contact: [] }, "Contact"],
    ["a contact that can be called", { Contact: "<mailto:a@b>" }, "uri"],
    ["a route that is understood", { "Record-Route": "sip:a b" }, "Record-Route"]
  ])("is none without %s", (_, headers, field) => {
    expect(dialogOf(headers)).toMatchObject({ left: { field } })
  })

  it("takes their requests in order, and a new contact from those that may change it", () => {
    const dialog = Either.getOrThrow(dialogOf())
    const their = (method: string, number: number, contact: string) => {
      const message = request(method, {
        ...answer,
        From: answer.To,
        To: answer.From,
        CSeq: `${number} ${method}`,
        Contact: contact
      })
      return [message, Either.getOrThrow(Envelope.of(message))] as const
    }
    const [invite, envelope] = their("INVITE", 10, "<sip:new@192.0.2.8>")
    expect(Dialog.owns(dialog, envelope)).toBe(true)
    expect(Dialog.owns({ ...dialog, remoteTag: "other" }, envelope)).toBe(false)
    const moved = Dialog.receive(dialog, invite, envelope)!
    expect(moved).toMatchObject({ target: "sip:new@192.0.2.8", remoteSequence: 10 })
    expect(Dialog.receive(moved, ...their("BYE", 9, "<sip:x@y>"))).toBeUndefined()
    expect(Dialog.receive(moved, ...their("BYE", 10, "<sip:x@y>"))).toBeUndefined()
    expect(Dialog.receive(moved, ...their("INFO", 11, "<sip:x@y>"))?.target).toBe("sip:new@192.0.2.8")
  })
})

describe("why a call failed", () => {
  const table: ReadonlyArray<readonly [number, string | undefined, boolean, CallFailure]> = [
    [486, undefined, true, "busy"],
    [600, undefined, false, "busy"],
    [503, undefined, false, "congestion"],
    [503, "Q.850;cause=17", false, "busy"],
    [500, `SIP ;cause=600, Q.850 ;cause=19 ;text="no answer, really"`, false, "noAnswer"],
    [480, undefined, false, "unreachable"],
    [480, undefined, true, "noAnswer"],
    [480, "Q.850;cause=20", true, "poweredOff"],
    [404, "Q.850;cause=1", false, "notInService"],
    [404, "Q.850;cause=127", false, "notInService"],
    [404, "Q.850;cause=abc", false, "notInService"],
    [404, `Q.850;cause="17`, false, "notInService"],
    [484, undefined, false, "invalidNumber"],
    [403, undefined, false, "callerBarred"],
    [403, "q.850;cause=21", false, "rejected"],
    [603, undefined, true, "rejected"],
    [608, undefined, false, "blocked"],
    [408, undefined, true, "noAnswer"],
    [302, undefined, false, "channelFailure"],
    [401, undefined, false, "channelFailure"],
    [488, undefined, false, "channelFailure"],
    [500, "Q.850;cause=38", false, "congestion"]
  ]

  it.each(table)("%d with %s, after ringing: %s, is %s", (status, reason, rang, failure) => {
    expect(Outcome.failure(response(status, reason === undefined ? {} : { Reason: reason }), rang)).toBe(failure)
  })

  it("is always something that has a cause", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.integer({ min: 300, max: 699 }),
        FastCheck.nat(200),
        FastCheck.boolean(),
        (status, cause, rang) => {
          const failure = Outcome.failure(response(status, { Reason: `Q.850;cause=${cause}` }), rang)
          expect(failureCauses[failure]).toMatch(/^(callee|caller|channel)$/)
        }
      ),
      { numRuns: 500 }
    )
  })
})

describe("session timers (RFC 4028)", () => {
  it.each([
    ["1800;refresher=uac", true, { intervalMillis: 1_800_000, refresher: "us" }],
    ["1800;refresher=uas", true, { intervalMillis: 1_800_000, refresher: "them" }],
    ["90", true, { intervalMillis: 90_000, refresher: "us" }],
    ["10 ; Refresher=UAC", true, { intervalMillis: 90_000, refresher: "us" }],
    ["soon", true, undefined]
  ])("of a response with %s", (value, sentByUs, timer) => {
    expect(SessionTimer.of(response(200, { "Session-Expires": value }), sentByUs)).toEqual(timer)
  })

  it.each([
    ["120;refresher=uac", { intervalMillis: 120_000, refresher: "them" }],
    ["120;refresher=uas", { intervalMillis: 120_000, refresher: "us" }],
    ["120", { intervalMillis: 120_000, refresher: "us" }]
  ])("of a request of theirs with %s", (value, timer) => {
    expect(SessionTimer.of(request("UPDATE", { "Session-Expires": value }), false)).toEqual(timer)
  })

  it("we refresh at half time, and give up before the end, as RFC 4028 says", () => {
    expect(SessionTimer.dueAfter({ intervalMillis: 90_000, refresher: "us" })).toBe(45_000)
    expect(SessionTimer.dueAfter({ intervalMillis: 90_000, refresher: "them" })).toBe(60_000)
    expect(SessionTimer.dueAfter({ intervalMillis: 1_800_000, refresher: "them" })).toBe(1_768_000)
    expect(SessionTimer.accepted({ intervalMillis: 90_000, refresher: "us" })[0]?.value).toBe("90;refresher=uas")
    expect(SessionTimer.least(response(422, { "Min-SE": "120" }))).toBe(120)
    expect(SessionTimer.least(response(422, { "Min-SE": "12" }))).toBe(90)
    expect(SessionTimer.least(response(422))).toBeUndefined()
  })
})

describe("key presses", () => {
  it.each([
    ["application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", "5"],
    ["application/dtmf-relay", "Duration=160\r\nsignal = *", "*"],
    ["application/dtmf-relay;x=y", "Signal=11", "#"],
    ["application/dtmf", " d ", "D"],
    ["application/dtmf", "55", undefined],
    ["application/dtmf", "", undefined],
    ["application/dtmf-relay", "Signal=", undefined],
    ["text/plain", "5", undefined]
  ])("of an INFO with %s %j: %s", (type, body, key) => {
    expect(KeyPresses.ofInfo(request("INFO", { "Content-Type": type }, body))).toBe(key)
  })

  it("by both ways are one; twice by one way they are two", () => {
    const pressed = (...presses: ReadonlyArray<KeyPresses.Press>) => {
      let unmatched = KeyPresses.none
      return presses.map((one) => {
        const result = KeyPresses.press(unmatched, one)
        unmatched = result.unmatched
        return result.isNew
      })
    }
    const [audio, info] = [
      { key: "1", way: "audio" },
      { key: "1", way: "info" }
    ] as const
    expect(pressed({ ...audio, at: 0 }, { ...info, at: 300 })).toEqual([true, false])
    expect(pressed({ ...info, at: 0 }, { ...audio, at: 300 }, { ...audio, at: 500 }, { ...info, at: 900 })).toEqual([
      true,
      false,
      true,
      false
    ])
    expect(pressed({ ...audio, at: 0 }, { ...audio, at: 300 })).toEqual([true, true])
    expect(pressed({ ...audio, at: 0 }, { ...info, at: 1_000 })).toEqual([true, true])
    expect(pressed({ ...audio, at: 0 }, { ...info, at: 10, key: "2" })).toEqual([true, true])
  })
})
