import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import * as Negotiation from "../../../src/sip/sdp/Negotiation.ts"
import * as SessionDescription from "../../../src/sip/sdp/SessionDescription.ts"

const local: Negotiation.Local = {
  sessionId: 7,
  version: 1,
  address: "127.0.0.1",
  port: 40_000,
  codecs: ["alaw", "mulaw"]
}

const sdp = (...lines: ReadonlyArray<string>): Uint8Array =>
  Buffer.from(["v=0", "o=- 1 1 IN IP4 192.0.2.1", "s=-", "c=IN IP4 192.0.2.1", "t=0 0", ...lines, ""].join("\r\n"))

const settled = (...lines: ReadonlyArray<string>) => Negotiation.settled(local, sdp(...lines))
const agreed = (...lines: ReadonlyArray<string>) => Either.getOrThrow(settled(...lines))
const audio = "m=audio 5004 RTP/AVP 8 0 101"
const keys = "a=rtpmap:101 telephone-event/8000"

describe("our offer", () => {
  it("is G.711 in both laws, with keys, 20 ms and both directions", () => {
    expect(Buffer.from(Negotiation.offer(local)).toString().split("\r\n")).toEqual([
      "v=0",
      "o=- 7 1 IN IP4 127.0.0.1",
      "s=-",
      "c=IN IP4 127.0.0.1",
      "t=0 0",
      "m=audio 40000 RTP/AVP 8 0 101",
      "a=rtpmap:8 PCMA/8000",
      "a=rtpmap:0 PCMU/8000",
      "a=rtpmap:101 telephone-event/8000",
      "a=fmtp:101 0-15",
      "a=ptime:20",
      "a=sendrecv",
      ""
    ])
  })

  it("names an IPv6 address as such", () => {
    const text = Buffer.from(Negotiation.offer({ ...local, address: "::1", codecs: ["mulaw"] })).toString()
    expect(text).toContain("c=IN IP6 ::1\r\n")
    expect(text).toContain("m=audio 40000 RTP/AVP 0 101\r\n")
  })
})

describe("an answer", () => {
  it("settles the codec, the keys, where to send, and the way of reports", () => {
    expect(agreed("m=audio 5004 RTP/AVP 0 101", keys)).toEqual({
      codec: "mulaw",
      payloadType: 0,
      keysPayloadType: 101,
      remote: { address: "192.0.2.1", port: 5004 },
      remoteControl: { address: "192.0.2.1", port: 5005 },
      packetMillis: 20,
      sends: true,
      receives: true
    })
  })

  it("has the order of the other end, and may name G.711 by a number of its own", () => {
    expect(agreed("m=audio 5004 RTP/AVP 18 96 0", "a=rtpmap:18 G729/8000", "a=rtpmap:96 pcma/8000/1")).toMatchObject({
      codec: "alaw",
      payloadType: 96,
      keysPayloadType: undefined
    })
  })

  it("may give the medium an address, a port for reports and a packet time of its own", () => {
    const lines = [audio, "c=IN IP4 192.0.2.9", "a=rtcp:6001 IN IP4 192.0.2.8", "a=ptime:40", keys]
    expect(agreed(...lines)).toMatchObject({
      remote: { address: "192.0.2.9", port: 5004 },
      remoteControl: { address: "192.0.2.8", port: 6001 },
      packetMillis: 40
    })
    expect(agreed(audio, "a=rtcp:6001").remoteControl).toEqual({ address: "192.0.2.1", port: 6001 })
  })

  it.each([
    ["30", 20],
    ["10", 20],
    ["0", 20],
    ["60", 60],
    ["200", 20],
    ["x", 20]
  ])("of ptime %s gets packets of %d ms", (ptime, millis) => {
    expect(agreed(audio, `a=ptime:${ptime}`).packetMillis).toBe(millis)
  })

  it.each([
    ["sendrecv", true, true],
    ["sendonly", false, true],
    ["recvonly", true, false],
    ["inactive", false, false]
  ])("%s: we send: %s, we receive: %s", (direction, sends, receives) => {
    expect(agreed(audio, `a=${direction}`)).toMatchObject({ sends, receives })
    // For the whole session, unless the medium says otherwise.
    expect(agreed(`a=${direction}`, audio)).toMatchObject({ sends, receives })
    expect(agreed("a=inactive", audio, `a=${direction}`)).toMatchObject({ sends, receives })
  })

  it("with an address of nowhere is a hold of RFC 2543", () => {
    expect(agreed(audio, "c=IN IP4 0.0.0.0")).toMatchObject({ sends: false, receives: true })
  })

  it.each([
    ["port 0", ["m=audio 0 RTP/AVP 8"], "refused"],
    ["only video", ["m=video 5004 RTP/AVP 31"], "refused"],
    ["encryption", ["m=audio 5004 RTP/SAVP 8"], "refused"],
    ["no medium", [], "refused"],
    ["a codec that we do not speak", ["m=audio 5004 RTP/AVP 18", "a=rtpmap:18 G729/8000"], "noCodec"],
    ["G.711 at another rate", ["m=audio 5004 RTP/AVP 8", "a=rtpmap:8 PCMA/16000"], "noCodec"],
    ["an address of the other family", [audio, "c=IN IP6 ::1"], "notUnderstood"],
    ["a name for an address", [audio, "c=IN IP4 media.example.com"], "notUnderstood"],
    ["an address that is not of its family", [audio, "c=IN IP6 192.0.2.1"], "notUnderstood"],
    ["an address that is none", [audio, "c=IN IP4 300.0.0.1"], "notUnderstood"],
    ["a medium without a port", ["m=audio"], "notUnderstood"]
  ] as const)("with %s settles nothing", (_, lines, why) => {
    expect(settled(...lines)).toEqual(Either.left(why))
  })

  it("is none if it is no description, or too long for one", () => {
    expect(Negotiation.settled(local, new Uint8Array(0))).toEqual(Either.left("notUnderstood"))
    expect(Negotiation.settled(local, Buffer.alloc(16_385, "v=0\n"))).toEqual(Either.left("notUnderstood"))
  })
})

describe("an offer of the other end", () => {
  it("is answered in its order of media, all but the audio refused, in the direction that fits", () => {
    const offered = sdp(
      "m=video 6000 RTP/AVP 31",
      "m=audio 5004 RTP/AVP 0 8 98",
      "a=rtpmap:98 telephone-event/8000",
      "a=sendonly"
    )
    const { agreed, body } = Either.getOrThrow(Negotiation.answer({ ...local, version: 2 }, offered))
    expect(agreed).toMatchObject({ codec: "mulaw", keysPayloadType: 98, sends: false, receives: true })
    expect(Buffer.from(body).toString().split("\r\n").slice(5)).toEqual([
      "m=video 0 RTP/AVP 31",
      "m=audio 40000 RTP/AVP 0 98",
      "a=rtpmap:0 PCMU/8000",
      "a=rtpmap:98 telephone-event/8000",
      "a=fmtp:98 0-15",
      "a=ptime:20",
      "a=recvonly",
      ""
    ])
  })

  it("that has no audio for us is not answered", () => {
    expect(Negotiation.answer(local, sdp("m=audio 5004 RTP/AVP 18"))).toEqual(Either.left("noCodec"))
    expect(Negotiation.answer(local, sdp("m=video 5004 RTP/AVP 31"))).toEqual(Either.left("refused"))
  })
})

describe("two ends like us", () => {
  const codec = FastCheck.constantFrom("alaw" as const, "mulaw" as const)
  const end = FastCheck.record({
    sessionId: FastCheck.nat(),
    version: FastCheck.nat(),
    address: FastCheck.ipV4(),
    port: FastCheck.integer({ min: 512, max: 32_000 }).map((half) => half * 2),
    codecs: FastCheck.uniqueArray(codec, { minLength: 1 })
  })

  it("agree on a codec that both speak, on each other's address, and are of one mind", () => {
    FastCheck.assert(
      FastCheck.property(end, end, (caller, callee) => {
        FastCheck.pre(caller.address !== "0.0.0.0" && callee.address !== "0.0.0.0")
        const both = caller.codecs.filter((one) => callee.codecs.includes(one))
        const answered = Negotiation.answer(callee, Negotiation.offer(caller))
        if (both.length === 0) {
          expect(answered).toEqual(Either.left("noCodec"))
          return
        }
        const theirs = Either.getOrThrow(answered)
        const ours = Either.getOrThrow(Negotiation.settled(caller, theirs.body))
        expect(ours.codec).toBe(both[0])
        expect(theirs.agreed.codec).toBe(ours.codec)
        expect(ours.remote).toEqual({ address: callee.address, port: callee.port })
        expect(theirs.agreed.remote).toEqual({ address: caller.address, port: caller.port })
        expect(ours.keysPayloadType).toBe(theirs.agreed.keysPayloadType)
      }),
      { numRuns: 500 }
    )
  })
})

it("whatever a description holds, it is understood or not", () => {
  const word = FastCheck.constantFrom(
    "m=audio ",
    "5004",
    " RTP/AVP",
    " 8",
    " 0",
    "\r\n",
    "\n",
    "c=IN IP4 ",
    "192.0.2.1",
    "a=",
    "rtpmap:",
    "8 ",
    "PCMA/8000",
    "sendonly",
    "constructor",
    "v=0\r\n",
    "a=rtcp:",
    "a=ptime:",
    "é",
    "\0"
  )
  FastCheck.assert(
    FastCheck.property(FastCheck.array(word, { maxLength: 30 }), (words) => {
      const body = Buffer.from(`v=0\r\n${words.join("")}`, "latin1")
      SessionDescription.parse(body)
      const settled = Negotiation.settled(local, body)
      const answered = Negotiation.answer(local, body)
      for (const one of [settled, Either.map(answered, (answer) => answer.agreed)]) {
        if (Either.isRight(one)) expect([typeof one.right.sends, one.right.codec.length > 3]).toEqual(["boolean", true])
      }
    }),
    { numRuns: process.env["NIGHTLY"] === "1" ? 50_000 : 3_000 }
  )
})

describe("keys of encrypted audio", () => {
  const theirs = Buffer.alloc(30, 1)
  const line = (tag: number, more = "", suite = "AES_CM_128_HMAC_SHA1_80") =>
    `a=crypto:${tag} ${suite} inline:${theirs.toString("base64")}${more}`
  const secured = (profile: "RTP/AVP" | "RTP/SAVP", isNeeded = false): Negotiation.Local => ({
    ...local,
    security: { key: new Uint8Array(30).fill(2), profile, isNeeded }
  })
  const both = { ours: new Uint8Array(30).fill(2), theirs: Uint8Array.from(theirs) }

  it.each([
    ["RTP/AVP", "RTP/AVP", [line(1)], both],
    ["RTP/AVP", "RTP/AVP", [line(1, "|2^31")], both],
    ["RTP/AVP", "RTP/AVP", [], undefined],
    ["RTP/AVP", "RTP/AVP", [line(1, "|2^31|1:1")], undefined],
    ["RTP/AVP", "RTP/AVP", [line(1, " UNENCRYPTED_SRTP")], undefined],
    ["RTP/AVP", "RTP/AVP", [line(1, "", "AES_256_CM_HMAC_SHA1_80")], undefined],
    ["RTP/SAVP", "RTP/SAVP", [line(1)], both]
  ] as const)("offered as %s and answered as %s with %j", (profile, answered, lines, found) => {
    const answer = sdp(`m=audio 5004 ${answered} 8`, ...lines)
    expect(Either.getOrThrow(Negotiation.settled(secured(profile), answer)).keys).toEqual(found)
  })

  it.each([
    ["RTP/SAVP", false, "RTP/SAVP", [], "notEncrypted"],
    ["RTP/SAVP", false, "RTP/AVP", [line(1)], "refused"],
    ["RTP/AVP", true, "RTP/AVP", [], "notEncrypted"]
  ] as const)("offered as %s, needed %s, and answered as %s with %j: %s", (profile, isNeeded, answered, lines, why) => {
    const answer = sdp(`m=audio 5004 ${answered} 8`, ...lines)
    expect(Negotiation.settled(secured(profile, isNeeded), answer)).toEqual(Either.left(why))
  })

  it("are taken of the first line that we understand, and answered with ours", () => {
    const offer = sdp("m=audio 5004 RTP/SAVP 8", line(1, "", "AES_256_CM_HMAC_SHA1_80"), line(2))
    const { agreed, body } = Either.getOrThrow(Negotiation.answer(secured("RTP/AVP"), offer))
    expect(agreed.keys).toEqual(both)
    const text = Buffer.from(body).toString()
    expect(text).toContain("m=audio 40000 RTP/SAVP 8\r\n")
    expect(text).toContain(`a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:${Buffer.alloc(30, 2).toString("base64")}\r\n`)
    expect(Either.isLeft(Negotiation.answer(local, offer))).toBe(true)
  })
})
