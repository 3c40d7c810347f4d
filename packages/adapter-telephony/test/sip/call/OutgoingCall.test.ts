import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Redacted from "effect/Redacted"
import { describe, expect, it } from "vitest"
import * as Envelope from "../../../src/sip/message/Envelope.ts"
import * as Message from "../../../src/sip/message/Message.ts"
import * as SipUri from "../../../src/sip/message/SipUri.ts"
import * as Digest from "../../../src/sip/auth/Digest.ts"
import { account, trunk, us, world } from "./CallWorld.ts"

type World = Awaited<ReturnType<typeof world>>

/** A callee who rings after a second, and answers after three. */
const answering = (here: World, parts: Parameters<World["respond"]>[2] = {}) => {
  here.script["INVITE"] = (invite) => {
    here.respond(invite, 100)
    here.time.after(1_000, () => here.respond(invite, 180))
    here.time.after(3_000, () => here.respond(invite, 200, { body: here.sdp(), ...parts }))
  }
}

const minute = 60_000

/** A call that is up at 3,010 ms. */
const talking = async (parts: Parameters<World["respond"]>[2] = {}, options: Parameters<typeof world>[0] = {}) => {
  const here = await world(options)
  answering(here, parts)
  await here.place({
    playback: {
      audio: { codec: "alaw", payload: new Uint8Array(8_000 * 600) },
      plays: 1,
      pauseMillis: 0,
      leadMillis: 0
    },
    longestMillis: 10 * minute
  })
  await here.time.pass(4_000)
  expect(here.reports).toEqual(["1010 Ringing", "3010 Answered"])
  return here
}

const expires = (value: string): ReadonlyArray<Message.Header> => [{ name: "Session-Expires", value }]

describe("a call that is answered", () => {
  it("rings, is spoken to after the answer and not before, and is hung up when all was played", async () => {
    const here = await world()
    answering(here)
    await here.place()
    await here.time.pass(minute)
    expect(here.reports).toEqual(["1010 Ringing", "3010 Answered", "5810 HungUp"])
    expect(here.played).toEqual(["3010 start alaw 192.0.2.1:6000 true", "5810 stop"])
    expect(here.wire).toEqual(["0 INVITE", "5 < 100", "1005 < 180", "3005 < 200", "3010 ACK", "5810 BYE", "5815 < 200"])
    expect(here.ends).toEqual({ late: 0, done: 1 })
    expect(here.agent.callsInProgress()).toBe(0)
    expect([here.agent.transactions.count(), here.callee.count()]).toEqual([0, 0])
    await here.stop()
  })

  it("says who calls whom, where to be reached, and what it speaks", async () => {
    const here = await world()
    await here.place()
    await here.time.pass(100)
    const { envelope, request } = here.invites()[0]!
    expect(request.uri).toBe("sip:+8613800138000@trunk.test")
    expect(envelope.from.uri).toBe("sip:075512340001@trunk.test")
    expect(envelope.to).toMatchObject({ uri: "sip:+8613800138000@trunk.test", params: new Map() })
    expect(Message.first(request, "Contact")).toBe("<sip:vsms@192.0.2.10:5060>")
    expect(Message.first(request, "Max-Forwards")).toBe("70")
    const body = Buffer.from(request.body).toString()
    expect(body).toContain("m=audio 40000 RTP/AVP 8 0 101")
    expect(Message.toBytes(request).length).toBeLessThan(1_300)
    await here.stop()
  })

  it("is hung up by the callee", async () => {
    const here = await talking()
    const bye = here.ask("BYE")
    await here.time.pass(minute)
    expect(here.reports.slice(2)).toEqual(["4005 HungUp"])
    expect(bye.responses.map(({ status }) => status)).toEqual([200])
    expect(here.sent()).toEqual(["INVITE", "ACK", "200"])
    expect(here.ends.done).toBe(1)
    await here.stop()
  })

  it.each([-3_600_000, 3_600_000])(
    "takes as long as it takes, though the clock is put by %d ms meanwhile",
    async (by) => {
      const here = await world()
      here.time.wallAhead = 500
      answering(here)
      await here.place()
      await here.time.pass(4_000)
      here.time.wallAhead += by
      await here.time.pass(minute)
      expect(here.reports).toEqual(["1510 Ringing", "3510 Answered", "6310 HungUp"])
      await here.stop()
    }
  )

  it("lasts no longer than it may", async () => {
    const here = await world()
    answering(here)
    await here.place({ longestMillis: 1_000 })
    await here.time.pass(minute)
    expect(here.reports.at(-1)).toBe("4010 HungUp")
    await here.stop()
  })

  it("is acknowledged again when its answer comes again, with the INVITE's number even after our BYE", async () => {
    const here = await talking()
    const answer = here.messages.find((message) => message._tag === "Response" && message.status === 200)!
    here.agent.transactions.receive({ message: answer, from: trunk })
    here.breakMedia()
    here.agent.transactions.receive({ message: answer, from: trunk })
    await here.time.pass(100)
    const acks = here.messages.filter((message) => message._tag === "Request" && message.method === "ACK")
    expect(acks.map((ack) => Message.first(ack, "CSeq"))).toEqual(["1 ACK", "1 ACK", "1 ACK"])
    expect(here.sent().filter((what) => what === "BYE")).toHaveLength(1)
    await here.stop()
  })

  it("uses the description of a 183 if the answer has none, and is silent until then", async () => {
    const here = await world()
    here.script["INVITE"] = (invite) => {
      here.respond(invite, 183, { body: here.sdp(7_000) })
      here.time.after(3_000, () => here.respond(invite, 200))
    }
    await here.place()
    await here.time.pass(minute)
    expect(here.reports).toEqual(["3010 Answered", "5810 HungUp"])
    expect(here.played[0]).toBe("3010 start alaw 192.0.2.1:7000 true")
    await here.stop()
  })

  it.each([
    ["no codec of ours", "m=audio 6000 RTP/AVP 18"],
    ["no audio", "m=audio 0 RTP/AVP 8"],
    ["no sense", "hello"]
  ])("with %s is acknowledged, ended, and has failed", async (_, line) => {
    const here = await world()
    here.script["INVITE"] = (invite) =>
      here.respond(invite, 200, { body: Buffer.from(`v=0\r\nc=IN IP4 192.0.2.1\r\n${line}\r\n`) })
    await here.place()
    await here.time.pass(minute)
    expect(here.reports).toEqual(["10 Failed channelFailure"])
    expect(here.sent()).toEqual(["INVITE", "ACK", "BYE"])
    expect(here.played).toEqual(["10 stop"])
    expect(here.ends.done).toBe(1)
    await here.stop()
  })

  it("without a contact is no call that we could end: it is taken back", async () => {
    const here = await world()
    here.script["INVITE"] = ({ request, respond }) => {
      const bare = {
        _tag: "Response" as const,
        status: 200,
        reason: "OK",
        headers: request.headers.filter(({ name }) => name !== "Contact"),
        body: here.sdp()
      }
      respond(bare)
    }
    await here.place()
    await here.time.pass(2 * minute)
    expect(here.reports).toEqual(["10 NotCarried unknown: an answer without To"])
    expect(here.ends.done).toBe(1)
    await here.stop()
  })

  it("by two phones at once is a call with the first; the other one is hung up on", async () => {
    const here = await world()
    here.script["INVITE"] = (invite) => {
      here.respond(invite, 200, { body: here.sdp(6_000), tag: "first" })
      // The proxy sends the second one on.
      const second = here.messages.at(-1)!
      const to = Message.first(second, "To")!.replace("first", "second")
      here.time.after(200, () =>
        here.agent.transactions.receive({ message: Message.withHeader(second, "To", to), from: trunk })
      )
    }
    await here.place()
    await here.time.pass(1_000)
    const byes = here.requests.filter(({ request }) => request.method === "BYE")
    expect(byes.map(({ envelope }) => Envelope.toTag(envelope))).toEqual(["second"])
    expect(here.sent()).toEqual(["INVITE", "ACK", "ACK", "BYE"])
    await here.time.pass(minute)
    expect(here.reports).toEqual(["10 Answered", "2810 HungUp"])
    expect(here.ends).toEqual({ late: 0, done: 1 })
    await here.stop()
  })

  it("goes by the recorded route", async () => {
    const here = await talking({ headers: [{ name: "Record-Route", value: "<sip:192.0.2.1:5060;lr>" }] })
    here.breakMedia()
    await here.time.pass(1_000)
    const bye = here.requests.at(-1)!.request
    expect([bye.method, bye.uri, Message.first(bye, "Route")]).toEqual([
      "BYE",
      "sip:callee@192.0.2.1:5060",
      "<sip:192.0.2.1:5060;lr>"
    ])
    await here.stop()
  })
})

describe("a call over TLS", () => {
  const hop = { ...trunk, protocol: "tls" as const, serverName: "trunk.test" }

  it.each([
    ["a contact that forgets to say TLS", []],
    ["a route at an address", [{ name: "Record-Route", value: "<sip:192.0.2.1:5060;transport=tls;lr>" }]]
  ])("stays on its connection, with whom it trusts: %s", async (_, headers) => {
    const here = await talking({ headers }, { protocol: "tls", plan: { hops: [hop] } })
    here.breakMedia()
    await here.time.pass(1_000)
    const ours = here.hops.filter(({ address }) => address === trunk.address)
    expect(ours).toHaveLength(3)
    for (const one of ours) expect(one).toEqual(hop)
    expect(here.requests.at(-1)!.request.method).toBe("BYE")
    await here.stop()
  })
})

describe("a call that has to be encrypted", () => {
  const key = Buffer.alloc(30, 7).toString("base64")
  const secured = (here: World, line = `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${key}`) =>
    Buffer.from(`${Buffer.from(here.sdp()).toString().replace("RTP/AVP", "RTP/SAVP")}${line}\r\n`)

  it("offers its key, is spoken to with both, and never again in the clear", async () => {
    const here = await world({ plan: { srtp: "required", longestMillis: 10 * minute } })
    here.script["INVITE"] = (invite) => here.respond(invite, 200, { body: secured(here) })
    await here.place()
    await here.time.pass(100)
    const offer = Buffer.from(here.invites()[0]!.request.body).toString()
    expect(offer).toMatch(/RTP\/SAVP 8 0 101\r\n[^]*a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:[A-Za-z0-9+/]{40}\r\n/)
    expect(here.played).toHaveLength(1)
    const clear = here.ask("INVITE", { body: here.sdp() })
    const again = here.ask("INVITE", { body: secured(here) })
    await here.time.pass(100)
    expect([clear, again].map(({ responses }) => responses.at(-1)?.status)).toEqual([488, 200])
    await here.stop()
  })

  it.each([
    ["in the clear", (here: World) => here.sdp()],
    ["with another suite", (here: World) => secured(here, `a=crypto:1 AES_CM_128_HMAC_SHA1_32 inline:${key}`)],
    [
      "with a line that we did not offer",
      (here: World) => secured(here, `a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:${key}`)
    ]
  ])("and is answered %s is hung up, and nothing is said", async (_, body) => {
    const here = await world({ plan: { srtp: "required" } })
    here.script["INVITE"] = (invite) => here.respond(invite, 200, { body: body(here) })
    await here.place()
    await here.time.pass(1_000)
    expect(here.reports).toEqual(["10 Failed channelFailure"])
    expect(here.sent()).toEqual(["INVITE", "ACK", "BYE"])
    expect(here.played.filter((line) => line.includes("start"))).toEqual([])
    await here.stop()
  })
})

describe("a call that is not answered", () => {
  it.each([
    [[486], "Failed busy"],
    [[180, 486], "Failed busy"],
    [[180, 480], "Failed noAnswer"],
    [[480], "Failed unreachable"],
    [[404], "Failed notInService"],
    [[603], "Failed rejected"],
    [[100, 503], "NotCarried no: refused with 503"],
    [[180, 503], "Failed congestion"],
    [[183, 500], "Failed channelFailure"],
    [[302], "NotCarried no: refused with 302"],
    [[401], "NotCarried no: refused with 401"]
  ])("with %j ends as %s", async (statuses, end) => {
    const here = await world()
    here.script["INVITE"] = (invite) => {
      for (const status of statuses)
        here.respond(invite, status, { headers: [{ name: "Contact", value: "<sip:elsewhere@192.0.2.9>" }] })
    }
    await here.place()
    await here.time.pass(2 * minute)
    expect(here.reports.at(-1)).toBe(`10 ${end}`)
    expect(here.sent()).toEqual(["INVITE", "ACK"])
    expect(here.played).toEqual(["10 stop"])
    expect(here.ends.done).toBe(1)
    expect(here.agent.transactions.count()).toBe(0)
    await here.stop()
  })

  it("is the network's cause before the gateway's status", async () => {
    const here = await world()
    here.script["INVITE"] = (invite) =>
      here.respond(invite, 503, { headers: [{ name: "Reason", value: "Q.850;cause=17" }] })
    await here.place()
    await here.time.pass(1_000)
    expect(here.reports).toEqual(["10 Failed busy"])
    await here.stop()
  })

  const cancelled = (here: World) => {
    here.script["CANCEL"] = ({ request, respond }) => {
      respond({ _tag: "Response", status: 200, reason: "", headers: request.headers, body: Message.noBody })
      here.respond(here.invites()[0]!, 487)
    }
  }

  it("rings no longer than it may, and is taken back", async () => {
    const here = await world()
    here.script["INVITE"] = (invite) => here.respond(invite, 180)
    cancelled(here)
    await here.place()
    await here.time.pass(2 * minute)
    expect(here.reports).toEqual(["10 Ringing", "30010 Failed noAnswer"])
    expect(here.sent()).toEqual(["INVITE", "CANCEL", "ACK"])
    expect(here.ends).toEqual({ late: 0, done: 1 })
    await here.stop()
  })

  it("that is never even set up is taken back too", async () => {
    const here = await world()
    cancelled(here)
    await here.place()
    await here.time.pass(2 * minute)
    expect(here.reports).toEqual(["20010 Failed unreachable"])
    expect(here.sent()).toEqual(["INVITE", "CANCEL", "ACK"])
    await here.stop()
  })

  it("but is answered while it is taken back, is acknowledged and ended, and that is told", async () => {
    const here = await world()
    here.script["INVITE"] = (invite) => here.respond(invite, 180)
    here.script["CANCEL"] = ({ request, respond }) => {
      here.respond(here.invites()[0]!, 200, { body: here.sdp() })
      respond({ _tag: "Response", status: 200, reason: "", headers: request.headers, body: Message.noBody })
    }
    await here.place()
    await here.time.pass(2 * minute)
    expect(here.reports).toEqual(["10 Ringing", "30010 Failed noAnswer"])
    expect(here.sent()).toEqual(["INVITE", "CANCEL", "ACK", "BYE"])
    expect(here.ends).toEqual({ late: 1, done: 1 })
    expect(here.played).toEqual(["30010 stop"])
    await here.stop()
  })

  it.each([
    ["rings", 180, ["INVITE", "CANCEL", "ACK"]],
    ["is answered", 200, ["INVITE", "ACK", "BYE"]]
  ])("because nothing came back in 5 s is given up; when it %s later, it is ended", async (_, status, sent) => {
    const here = await world()
    here.script["INVITE"] = (invite) =>
      here.time.after(8_000, () => here.respond(invite, status, status === 200 ? { body: here.sdp() } : {}))
    cancelled(here)
    await here.place()
    await here.time.pass(2 * minute)
    expect(here.reports).toEqual(["5000 NotCarried unknown: no response"])
    expect(here.sent().filter((what, i, all) => what !== "INVITE" || all.indexOf("INVITE") === i)).toEqual(sent)
    expect(here.ends.done).toBe(1)
    await here.stop()
  })

  it("because nobody is there is over without anybody having rung, or nobody knows", async () => {
    const refused = await world()
    refused.dead.add(trunk.address)
    await refused.place()
    expect(refused.reports).toEqual(["0 NotCarried no: unreachable"])
    expect(refused.ends.done).toBe(1)
    await refused.stop()
    const silent = await world({ link: () => [] })
    await silent.place({ responseMillis: 100_000 })
    await silent.time.pass(2 * minute)
    expect(silent.reports).toEqual(["32000 NotCarried unknown: no response"])
    expect(silent.ends.done).toBe(1)
    await silent.stop()
  })
})

describe("whoever wanted the call can end it", () => {
  it("while it rings: it is taken back", async () => {
    const here = await world()
    here.script["INVITE"] = (invite) => here.respond(invite, 180)
    const call = await here.place()
    await here.time.pass(1_000)
    call.hangUp()
    call.hangUp()
    await here.time.pass(100)
    expect(here.reports).toEqual(["10 Ringing", "1000 Failed noAnswer"])
    expect(here.sent()).toEqual(["INVITE", "CANCEL"])
    // The other end never answers the CANCEL's INVITE: it is forgotten all the same.
    await here.time.pass(2 * minute)
    expect(here.ends.done).toBe(1)
    expect(here.reports).toHaveLength(2)
    await here.stop()
  })

  it("before anything came back: it waits for something to take back", async () => {
    const here = await world()
    here.script["INVITE"] = (invite) => here.time.after(400, () => here.respond(invite, 180))
    const call = await here.place()
    call.hangUp()
    await here.time.pass(300)
    expect(here.sent()).toEqual(["INVITE"])
    await here.time.pass(200)
    expect(here.sent()).toEqual(["INVITE", "CANCEL"])
    await here.time.pass(2 * minute)
    expect(here.ends.done).toBe(1)
    await here.stop()
  })

  it("by stopping the agent: calls are ended before it goes", async () => {
    const here = await talking()
    await here.stop()
    expect(here.reports.at(-1)).toBe("4000 HungUp")
    expect(here.sent()).toEqual(["INVITE", "ACK", "BYE"])
    expect(here.ends.done).toBe(1)
  })
})

describe("credentials", () => {
  const asks = (status: 401 | 407, nonce: string, more = ""): ReadonlyArray<Message.Header> => [
    {
      name: status === 401 ? "WWW-Authenticate" : "Proxy-Authenticate",
      value: `Digest realm="trunk", nonce="${nonce}", qop="auth"${more}`
    }
  ]

  /** Whether a request has credentials for this nonce that prove the password. */
  const proves = (request: Message.Request, header: string, nonce: string): boolean => {
    const value = Message.first(request, header)
    if (value === undefined) return false
    const param = (name: string) => new RegExp(`${name}="?([^",]+)`).exec(value)?.[1] ?? ""
    const challenge = {
      by: "server",
      realm: "trunk",
      nonce,
      opaque: undefined,
      algorithm: "MD5",
      qop: "auth",
      stale: false
    } as const
    const count = Number.parseInt(param("nc"), 16)
    return (
      param("response") ===
      Digest.response({ challenge, account, method: request.method, uri: request.uri, cnonce: param("cnonce"), count })
    )
  }

  it.each([
    [401, "Authorization"],
    [407, "Proxy-Authorization"]
  ] as const)("asked for with %d are given, for the INVITE, its ACK and the BYE", async (status, header) => {
    const here = await world({ plan: { account } })
    const guarded = (method: string, then: (transaction: World["requests"][number]) => void) => {
      here.script[method] = (transaction) =>
        proves(transaction.request, header, "n1")
          ? then(transaction)
          : here.respond(transaction, status, { headers: asks(status, "n1") })
    }
    guarded("INVITE", (invite) => here.respond(invite, 200, { body: here.sdp() }))
    guarded("BYE", (bye) => here.respond(bye, 200))
    await here.place()
    await here.time.pass(minute)
    expect(here.reports).toEqual(["20 Answered", "2820 HungUp"])
    expect(here.sent()).toEqual(["INVITE", "ACK", "INVITE", "ACK", "BYE"])
    const numbers = here.invites().map(({ envelope }) => envelope.cseq.number)
    expect(numbers).toEqual([1, 2])
    expect(new Set(here.invites().map(({ envelope }) => envelope.via.params.get("branch"))).size).toBe(2)
    expect(new Set(here.invites().map(({ envelope }) => envelope.callId)).size).toBe(1)
    expect(Message.first(here.acknowledged[0]!, header)).toBe(Message.first(here.invites()[1]!.request, header))
    // The same nonce is not used twice with the same count.
    expect(Message.first(here.requests.at(-1)!.request, header)).toContain("nc=00000002")
    await here.stop()
  })

  it("that are wrong are tried once", async () => {
    const here = await world({ plan: { account: { ...account, password: Redacted.make("wrong") } } })
    here.script["INVITE"] = (invite) => here.respond(invite, 401, { headers: asks(401, "n1") })
    await here.place()
    await here.time.pass(minute)
    expect(here.reports).toEqual(["20 NotCarried no: refused with 401"])
    expect(here.invites()).toHaveLength(2)
    expect(JSON.stringify(here.messages)).not.toContain("wrong")
    await here.stop()
  })

  it("with a stale nonce are given again, for a BYE too", async () => {
    const here = await world({ plan: { account } })
    let nonce = 0
    const ask = (transaction: World["requests"][number]) => {
      nonce++
      here.respond(transaction, 401, { headers: asks(401, `n${nonce}`, nonce > 1 ? ", stale=true" : "") })
    }
    here.script["INVITE"] = (invite) => (nonce < 2 ? ask(invite) : here.respond(invite, 200, { body: here.sdp() }))
    here.script["BYE"] = (bye) => (nonce < 3 ? ask(bye) : here.respond(bye, 200))
    await here.place()
    await here.time.pass(minute)
    expect(here.sent()).toEqual(["INVITE", "ACK", "INVITE", "ACK", "INVITE", "ACK", "BYE", "BYE"])
    expect(proves(here.requests.at(-1)!.request, "Authorization", "n3")).toBe(true)
    expect(here.ends.done).toBe(1)
    await here.stop()
  })
})

describe("when the first hop does not carry it", () => {
  const second = { ...trunk, address: "192.0.2.2" } as const

  it("because it cannot be reached, the next one is asked", async () => {
    const here = await world()
    here.dead.add(second.address)
    answering(here)
    await here.place({ hops: [second, trunk] })
    await here.time.pass(minute)
    expect(here.reports.at(-1)).toBe("5810 HungUp")
    await here.stop()
  })

  it("because it is overloaded, the next one is asked; but not once a phone may have rung", async () => {
    const here = await world()
    let rings = false
    here.script["INVITE"] = (invite) => {
      if (rings) here.respond(invite, 180)
      here.respond(invite, 503)
    }
    await here.place({ hops: [trunk, trunk] })
    await here.time.pass(minute)
    expect(here.invites()).toHaveLength(2)
    expect(here.reports).toEqual(["20 NotCarried no: refused with 503"])
    rings = true
    await here.place({ hops: [trunk, trunk] })
    await here.time.pass(minute)
    expect(here.invites()).toHaveLength(3)
    await here.stop()
  })
})

describe("during the call", () => {
  it("keys come by the audio and by INFO, and one by both is one", async () => {
    const here = await talking()
    here.key("1")
    const info = here.ask("INFO", {
      headers: [{ name: "Content-Type", value: "application/dtmf-relay" }],
      body: Buffer.from("Signal=1\r\nDuration=100\r\n")
    })
    await here.time.pass(2_000)
    here.key("2")
    await here.time.pass(100)
    expect(here.reports.slice(2)).toEqual(["4000 KeyPressed 1", "6000 KeyPressed 2"])
    expect(info.responses[0]?.status).toBe(200)
    await here.stop()
  })

  const held = (direction: string, version: number) =>
    Buffer.from(
      `v=0\r\no=- 1 ${version} IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 6000 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=${direction}\r\n`
    )

  it.each(["INVITE", "UPDATE"])("%s puts it on hold and takes it back", async (method) => {
    const here = await talking()
    const hold = here.ask(method, { body: held("sendonly", 2) })
    await here.time.pass(1_000)
    const resume = here.ask(method, { body: held("sendrecv", 3) })
    await here.time.pass(1_000)
    expect(here.played.slice(1)).toEqual([
      "4005 update alaw 192.0.2.1:6000 false",
      "5005 update alaw 192.0.2.1:6000 true"
    ])
    const answers = [hold, resume].map(({ responses }) => Buffer.from(responses.at(-1)!.body).toString())
    expect(answers[0]).toContain("a=recvonly")
    expect(answers[1]).toContain("a=sendrecv")
    // A changed description has a new version.
    const versions = answers.map((text) => /o=- \d+ (\d+)/.exec(text)?.[1])
    expect(versions).toEqual(["2", "3"])
    expect(here.reports).toHaveLength(2)
    await here.stop()
  })

  it("an INVITE without a description gets our offer, and its answer comes with the ACK", async () => {
    const here = await talking()
    const { message, responses } = here.ask("INVITE")
    await here.time.pass(100)
    expect(Buffer.from(responses.at(-1)!.body).toString()).toContain("m=audio 40000 RTP/AVP 8 0 101")
    const ack = {
      ...message,
      method: "ACK",
      headers: message.headers.map((header) =>
        header.name === "CSeq" ? { name: "CSeq", value: header.value.replace("INVITE", "ACK") } : header
      )
    }
    here.callee.acknowledge(us, { ...ack, body: here.sdp(8_000) })
    await here.time.pass(100)
    expect(here.played.at(-1)).toBe("4105 update alaw 192.0.2.1:8000 true")
    await here.stop()
  })

  it("an INVITE that we cannot follow is refused, and the call goes on", async () => {
    const here = await talking()
    const { responses } = here.ask("INVITE", { body: Buffer.from("v=0\r\nm=video 5 RTP/AVP 31\r\n") })
    await here.time.pass(100)
    expect(responses.at(-1)?.status).toBe(488)
    expect(here.reports).toHaveLength(2)
    await here.stop()
  })

  it.each([
    ["OPTIONS", {}, 200],
    ["REFER", {}, 405],
    ["BYE", { tag: "stranger" }, 481],
    ["INFO", { sequence: 100 }, 200],
    ["UPDATE", { headers: [{ name: "Require", value: "timer" }] }, 200],
    ["UPDATE", { headers: [{ name: "Require", value: "timer, precondition" }] }, 420]
  ])("%s %j gets %d, and the call goes on", async (method, parts, status) => {
    const here = await talking()
    const { responses } = here.ask(method, parts)
    await here.time.pass(100)
    expect(responses.at(-1)?.status).toBe(status)
    expect(here.reports).toHaveLength(2)
    await here.stop()
  })

  it("a request that comes after a later one is refused", async () => {
    const here = await talking()
    here.ask("INFO", { sequence: 200 })
    await here.time.pass(100)
    const { responses } = here.ask("BYE", { sequence: 199 })
    await here.time.pass(100)
    expect(responses.at(-1)?.status).toBe(500)
    expect(here.reports).toHaveLength(2)
    await here.stop()
  })

  it("a new contact of theirs is where we send from then on", async () => {
    const here = await talking()
    here.ask("UPDATE", { contact: "<sip:moved@192.0.2.2:5070>" })
    await here.time.pass(100)
    here.breakMedia()
    await here.time.pass(100)
    expect(here.messages.at(-1)).toMatchObject({ method: "BYE", uri: "sip:moved@192.0.2.2:5070" })
    expect(here.hops.at(-1)).toMatchObject({ address: "192.0.2.2", port: 5_070 })
    await here.stop()
  })
})

describe("session timers", () => {
  it("that are ours to refresh are refreshed at half time, by UPDATE where they take it", async () => {
    const here = await talking({
      headers: [...expires("90;refresher=uac"), { name: "Allow", value: "INVITE, UPDATE" }]
    })
    await here.time.pass(2 * minute)
    expect(here.requests.filter(({ request }) => request.method === "UPDATE")).toHaveLength(2)
    expect(here.wire).toContain("48010 UPDATE")
    expect(here.reports).toHaveLength(2)
    await here.stop()
  })

  it("by INVITE where they do not, which is acknowledged", async () => {
    const here = await talking({ headers: expires("90;refresher=uac") })
    here.script["INVITE"] = (invite) =>
      here.respond(invite, 200, { body: here.sdp(), headers: expires("90;refresher=uac") })
    await here.time.pass(minute)
    expect(here.sent()).toEqual(["INVITE", "ACK", "INVITE", "ACK"])
    expect(here.acknowledged.map((ack) => Message.first(ack, "CSeq"))).toEqual(["1 ACK", "2 ACK"])
    expect(here.reports).toHaveLength(2)
    await here.stop()
  })

  it("that they do not refresh end the call; those that they do, do not", async () => {
    const here = await talking({ headers: expires("90;refresher=uas") })
    await here.time.pass(50_000)
    const { responses } = here.ask("UPDATE", { headers: expires("90;refresher=uac") })
    await here.time.pass(40_000)
    expect(here.reports).toHaveLength(2)
    expect(Message.first(responses.at(-1)!, "Session-Expires")).toBe("90;refresher=uac")
    await here.time.pass(minute)
    expect(here.reports.at(-1)).toBe("114005 HungUp")
    await here.stop()
  })

  it("a refresh that finds nobody ends the call", async () => {
    const here = await talking({ headers: [...expires("90;refresher=uac"), { name: "Allow", value: "UPDATE" }] })
    here.script["UPDATE"] = (update) => here.respond(update, 481)
    await here.time.pass(minute)
    expect(here.reports.at(-1)).toBe("48020 HungUp")
    await here.stop()
  })

  it("that are insisted on are offered, once", async () => {
    const here = await world()
    here.script["INVITE"] = (invite) => here.respond(invite, 422, { headers: [{ name: "Min-SE", value: "120" }] })
    await here.place()
    await here.time.pass(1_000)
    expect(here.invites().map(({ request }) => Message.first(request, "Session-Expires"))).toEqual([undefined, "120"])
    expect(here.reports).toEqual(["20 NotCarried no: refused with 422"])
    await here.stop()
  })
})

describe("strangers", () => {
  it.each([
    ["OPTIONS", 200],
    ["INVITE", 403],
    ["BYE", 481],
    ["CANCEL", 481],
    ["MESSAGE", 405]
  ])("who send %s get %d", async (method, status) => {
    const here = await world()
    const statuses: Array<number> = []
    here.callee.start(
      us,
      {
        _tag: "Request",
        method,
        uri: "sip:vsms@192.0.2.10",
        headers: [
          { name: "From", value: "<sip:stranger@192.0.2.1>;tag=1" },
          { name: "To", value: "<sip:vsms@192.0.2.10>" },
          { name: "Call-ID", value: "strange" },
          { name: "CSeq", value: `1 ${method}` }
        ],
        body: Message.noBody
      },
      (event) => event._tag === "Response" && statuses.push(event.response.status)
    )
    await here.time.pass(1_000)
    expect(statuses).toEqual([status])
    await here.stop()
  })
})

describe("over a network that loses, doubles and swaps", () => {
  const numRuns = process.env["NIGHTLY"] === "1" ? 2_000 : 60

  it("every call has one end, both sides know it, and nothing is left", async () => {
    const outcomes = new Set<string>()
    const scenario = FastCheck.record({
      lost: FastCheck.oneof(
        { weight: 3, arbitrary: FastCheck.nat(45) },
        { weight: 1, arbitrary: FastCheck.constant(95) }
      ),
      doubled: FastCheck.nat(30),
      dice: FastCheck.infiniteStream(FastCheck.nat(99)),
      delays: FastCheck.infiniteStream(FastCheck.nat(240)),
      end: FastCheck.constantFrom("plays", "callee", "busy", "rings", "us"),
      password: FastCheck.boolean()
    })
    await FastCheck.assert(
      FastCheck.asyncProperty(scenario, async ({ delays, dice, doubled, end, lost, password }) => {
        const draw = (percent: number) => dice.next().value < percent
        const delay = () => delays.next().value
        const here = await world({
          link: () => (draw(lost) ? [] : draw(doubled) ? [delay(), delay()] : [delay()]),
          plan: { account }
        })
        here.script["INVITE"] = (invite) => {
          if (password && Message.first(invite.request, "Authorization") === undefined) {
            here.respond(invite, 401, {
              headers: [{ name: "WWW-Authenticate", value: `Digest realm="trunk", nonce="n", qop="auth"` }]
            })
            return
          }
          here.respond(invite, 180)
          if (end === "busy") here.time.after(1_000, () => here.respond(invite, 486))
          else if (end !== "rings") here.time.after(1_000, () => here.respond(invite, 200, { body: here.sdp() }))
          if (end === "callee") here.time.after(3_000, () => here.ask("BYE"))
        }
        here.script["CANCEL"] = ({ request, respond }) => {
          respond({ _tag: "Response", status: 200, reason: "", headers: request.headers, body: Message.noBody })
          const invite = here.invites().at(-1)
          if (invite !== undefined) here.respond(invite, 487)
        }
        const call = await here.place()
        if (end === "us") here.time.after(2_000, () => call.hangUp())
        await here.time.pass(5 * minute)
        const trace = `${here.reports.join()} | ${here.wire.join()}`
        const last = here.reports.filter((report) => /HungUp|Failed|NotCarried/.test(report))
        expect(last, trace).toHaveLength(1)
        expect(here.reports.at(-1), trace).toBe(last[0])
        expect(here.ends.done, trace).toBe(1)
        expect(here.agent.callsInProgress(), trace).toBe(0)
        expect(here.agent.transactions.count(), trace).toBe(0)
        const tags = here.reports.map((report) => report.split(" ")[1])
        expect(new Set(tags).size, trace).toBe(tags.length)
        if (tags.includes("HungUp")) expect(tags, trace).toContain("Answered")
        // Nothing is played before the answer, nor after the end.
        const [started, stopped] = ["start", "stop"].map((what) => here.played.filter((line) => line.includes(what)))
        expect(started, trace).toHaveLength(tags.includes("Answered") ? 1 : 0)
        expect(stopped!.length, trace).toBeGreaterThanOrEqual(1)
        outcomes.add(tags.at(-1)!)
        if (here.ends.late > 0) outcomes.add("late")
        await here.stop()
      }),
      { numRuns }
    )
    for (const outcome of ["HungUp", "Failed", "NotCarried"]) expect([...outcomes]).toContain(outcome)
  }, 600_000)
})

it("a URI that names an address leads there by itself", async () => {
  const { literal } = await import("../../../src/sip/call/UserAgent.ts")
  const hop = (uri: string) => literal(Either.getOrThrow(SipUri.parse(uri)))
  expect(hop("sip:a@192.0.2.1")).toEqual({ protocol: "udp", address: "192.0.2.1", port: 5060 })
  expect(hop("sip:[2001:db8::1]:7000;transport=TCP")).toEqual({ protocol: "tcp", address: "2001:db8::1", port: 7000 })
  expect(hop("sips:192.0.2.1")).toEqual({ protocol: "tls", address: "192.0.2.1", port: 5061 })
  expect(hop("sip:a@name.test;maddr=192.0.2.3")).toMatchObject({ address: "192.0.2.3" })
  expect(hop("sip:a@name.test")).toBeUndefined()
})
