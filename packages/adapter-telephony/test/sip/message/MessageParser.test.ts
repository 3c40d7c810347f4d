import * as Either from "effect/Either"
import { describe, expect, it } from "vitest"
import * as Envelope from "../../../src/sip/message/Envelope.ts"
import type { Malformed } from "../../../src/sip/message/Malformed.ts"
import * as Message from "../../../src/sip/message/Message.ts"
import * as MessageParser from "../../../src/sip/message/MessageParser.ts"
import * as NameAddress from "../../../src/sip/message/NameAddress.ts"
import * as SipUri from "../../../src/sip/message/SipUri.ts"
import * as Via from "../../../src/sip/message/Via.ts"
import { shortTortuousInvite, tortures, unusualUser } from "./Torture.ts"

const text = (...lines: ReadonlyArray<string>): Uint8Array => Buffer.from(lines.join("\r\n"), "latin1")

const read = (bytes: Uint8Array): Message.Message => Either.getOrThrow(MessageParser.parse(bytes))

const flaw = (bytes: Uint8Array): Malformed | undefined =>
  Either.match(Either.flatMap(MessageParser.parse(bytes), Envelope.of), {
    onLeft: (malformed) => malformed,
    onRight: () => undefined
  })

describe("messages after RFC 4475", () => {
  it.each(tortures.map((torture) => [`${torture.section}: ${torture.name}`, torture] as const))("%s", (_, torture) => {
    expect(flaw(torture.bytes)?.field).toBe(torture.fails)
  })

  it("3.1.1.1: all that is folded, spaced out and shortened is read", () => {
    const message = read(shortTortuousInvite.bytes)
    const envelope = Either.getOrThrow(Envelope.of(message))
    expect(message).toMatchObject({ method: "INVITE", uri: "sip:vivekg@chair-dnrc.example.com;unknownparam" })
    expect(envelope.maxForwards).toBe(68)
    expect(envelope.cseq).toEqual({ number: 9, method: "INVITE" })
    expect(Envelope.toTag(envelope)).toBe("1918181833n")
    expect(Envelope.fromTag(envelope)).toBe("98asjd8")
    expect(envelope.from.name).toBe(`J Rosenberg \\"`)
    expect(Message.first(message, "Subject")).toBe("")
    expect(Message.first(message, "newfangledheader")).toBe("newfangled value continued newfangled value")
    const hops = Message.elements(message, "Via")!.map((hop) => Either.getOrThrow(Via.parse(hop)))
    expect(hops.map(({ host, params, transport }) => [transport, host, params.get("branch")])).toEqual([
      ["UDP", "192.0.2.2", "390skdjuw"],
      ["TCP", "spindle.example.com", "z9hG4bK9ikj8"],
      ["UDP", "192.168.255.111", "z9hG4bK30239"]
    ])
    const contact = Either.getOrThrow(NameAddress.parse(Message.first(message, "Contact")!, "Contact"))
    expect(contact.name).toBe(`Quoted string ""`)
    expect([...contact.params]).toEqual([
      ["newparam", "newvalue"],
      ["secondparam", ""],
      ["q", "0.33"]
    ])
    expect(Buffer.from(message.body).toString()).toBe("v=0\r\n")
  })

  it("3.1.1.8: what follows the announced body is not of it", () => {
    const torture = tortures.find(({ section }) => section === "3.1.1.8")!
    expect(read(torture.bytes).body).toHaveLength(0)
  })

  it("3.1.1.11: a body without an announced length goes on to the end, byte for byte", () => {
    const torture = tortures.find(({ section }) => section === "3.1.1.11")!
    const body = Buffer.from(read(torture.bytes).body).toString("latin1")
    expect(body).toContain("Hello\r\n\0\x01\xff\r\n")
    expect(body.endsWith("--7a9cbec02ceef655--\r\n")).toBe(true)
  })

  it("3.1.2.13: a URI in a Contact without brackets has no headers", () => {
    const address = NameAddress.parse("sip:user@example.com?Route=%3Csip:sip.example.com%3E", "Contact")
    expect(Either.isLeft(address)).toBe(true)
    expect(Either.isRight(NameAddress.parse("<sip:user@example.com?Route=%3Csip:sip.example.com%3E>", "Contact"))).toBe(
      true
    )
  })
})

describe("the parser", () => {
  it("takes bare line feeds, and empty lines before the message", () => {
    const message = read(Buffer.from("\r\n\r\nOPTIONS sip:a@b SIP/2.0\nTo: sip:a@b\nSubject: one\n two\n\nbody"))
    expect(message).toMatchObject({ method: "OPTIONS" })
    expect(Message.first(message, "Subject")).toBe("one two")
    expect(Buffer.from(message.body).toString()).toBe("body")
  })

  it.each([
    ["nothing", "", "startLine", "missing"],
    ["only a keep-alive", "\r\n\r\n", "startLine", "missing"],
    ["headers that do not end", "OPTIONS sip:a@b SIP/2.0\r\nTo: sip:a@b\r\n", "headers", "truncated"],
    ["a header without a colon", "OPTIONS sip:a@b SIP/2.0\r\nTo\r\n\r\n", "headers", "syntax"],
    ["a header without a name", "OPTIONS sip:a@b SIP/2.0\r\n: x\r\n\r\n", "headers", "syntax"],
    ["a name with white space", "OPTIONS sip:a@b SIP/2.0\r\nT o: x\r\n\r\n", "headers", "syntax"],
    ["a continuation of nothing", "OPTIONS sip:a@b SIP/2.0\r\n To: x\r\n\r\n", "headers", "syntax"],
    ["a null", "OPTIONS sip:a@b SIP/2.0\r\nTo: \0\r\n\r\n", "headers", "syntax"],
    ["a carriage return alone", "OPTIONS sip:a@b SIP/2.0\r\nTo: a\rVia: b\r\n\r\n", "headers", "syntax"],
    ["another protocol", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "startLine", "syntax"],
    ["a STUN request", "\x00\x01\x00\x00\x21\x12\xa4\x42abcdefghijkl", "headers", "truncated"],
    ["a Content-Length in words", "OPTIONS sip:a@b SIP/2.0\r\nl: five\r\n\r\n", "Content-Length", "syntax"]
  ])("refuses %s", (_, wire, field, problem) => {
    expect(flaw(Buffer.from(wire, "latin1"))).toEqual({ _tag: "Malformed", field, problem })
  })

  it("refuses more than a datagram, and more headers than anybody needs", () => {
    expect(flaw(Buffer.alloc(65_536, "a"))).toMatchObject({ field: "body", problem: "tooLong" })
    const many = text("OPTIONS sip:a@b SIP/2.0", ...Array.from({ length: 513 }, () => "a:b"), "", "")
    expect(flaw(many)).toMatchObject({ field: "headers", problem: "tooLong" })
  })

  it("two Content-Lengths that agree are one", () => {
    expect(read(text("OPTIONS sip:a@b SIP/2.0", "l: 2", "Content-Length: 02", "", "abc")).body).toHaveLength(2)
  })
})

describe("lists of values", () => {
  const message = read(
    text(
      "OPTIONS sip:a@b SIP/2.0",
      `Route: "a, \\"b" <sip:one@h,x;lr>, <sip:two;lr>,`,
      "Supported: timer, 100rel",
      "Route: <sip:three>",
      "k: path",
      "",
      ""
    )
  )

  it("are split outside of quotes and brackets, over all headers of the name", () => {
    expect(Message.elements(message, "Route")).toEqual([`"a, \\"b" <sip:one@h,x;lr>`, "<sip:two;lr>", "<sip:three>"])
    expect(Message.lists(message, "Supported", "Path")).toBe(true)
    expect(Message.lists(message, "Supported", "100re")).toBe(false)
  })

  it("are not understood if a quotation does not end", () => {
    expect(Message.elements(Message.withHeader(message, "Route", `"a, <sip:b>`), "Route")).toBeUndefined()
  })
})

describe("SIP URIs", () => {
  it.each([
    ["sip:alice@atlanta.com", { user: "alice", host: "atlanta.com", port: undefined }],
    ["sip:alice:secretword@Atlanta.COM:5061", { user: "alice:secretword", host: "atlanta.com", port: 5061 }],
    ["sips:[2001:db8::10]:5070", { scheme: "sips", user: undefined, host: "[2001:db8::10]", port: 5070 }],
    ["sip:[::1];transport=tcp", { host: "[::1]", port: undefined }],
    ["sip:+13;phone-context=x@h;user=phone", { user: "+13;phone-context=x", host: "h" }],
    ["SIP:carol@chicago.com?subject=project%20x", { host: "chicago.com", headers: "subject=project%20x" }],
    [unusualUser, { host: "example.com" }]
  ])("%s", (uri, parts) => {
    expect(Either.getOrThrow(SipUri.parse(uri))).toMatchObject(parts)
  })

  it("parameters are named in lower case, and `lr` has no value", () => {
    const { params } = Either.getOrThrow(SipUri.parse("sip:h;Transport=TCP;lr;maddr=[::1]"))
    expect([...params]).toEqual([
      ["transport", "TCP"],
      ["lr", ""],
      ["maddr", "[::1]"]
    ])
  })

  it.each([
    "tel:+8613800138000",
    "sip:",
    "sip:@h",
    "sip:a@",
    "sip:a@b@c",
    "sip:a@h:0",
    "sip:a@h:65536",
    "sip:a@h:x",
    "sip:a b@h",
    "sip:a%4@h",
    "sip:a@[::1",
    "sip:a@::1",
    "sip:a@h;x=1;x=2",
    "sip:a@h; lr",
    "sip:a@h?x=a b",
    "sip:a@-h",
    "alice"
  ])("%s is none", (uri) => {
    expect(SipUri.parse(uri)).toEqual(Either.left({ _tag: "Malformed", field: "uri", problem: "syntax" }))
  })

  it("an address for sockets has no brackets", () => {
    expect([SipUri.address("[::1]"), SipUri.address("h")]).toEqual(["::1", "h"])
  })
})

describe("a message that is written", () => {
  const request: Message.Request = {
    _tag: "Request",
    method: "INVITE",
    uri: "sip:a@b",
    headers: [
      { name: "To", value: "<sip:a@b>" },
      { name: "Subject", value: "one\r\nVia: two\0\x7fthree" },
      { name: "Content-Length", value: "99" }
    ],
    body: Buffer.from("body")
  }

  it("smuggles no header in, and announces the length of its body", () => {
    const wire = Buffer.from(Message.toBytes(request)).toString("latin1")
    expect(wire).toBe(
      "INVITE sip:a@b SIP/2.0\r\nTo: <sip:a@b>\r\nSubject: one Via: two three\r\nContent-Length: 4\r\n\r\nbody"
    )
  })

  it("has characters of more than a byte as UTF-8, whose bytes are never a line end", () => {
    const wire = Message.toBytes(Message.withHeader(request, "Subject", "\u010d\u010a 验证码"))
    const back = Message.first(read(wire), "Subject")!
    expect(Message.decoded(back)).toBe("\u010d\u010a 验证码")
  })

  it("replaces a header where it stood, and adds one at the end", () => {
    const changed = Message.withHeader(Message.withHeader(request, "To", "x"), "CSeq", "1 INVITE")
    expect(changed.headers.map(({ name, value }) => `${name}:${value}`)).toEqual([
      "To:x",
      "Subject:one\r\nVia: two\0\x7fthree",
      "Content-Length:99",
      "CSeq:1 INVITE"
    ])
    expect(Message.withBody(request, "application/sdp", Message.noBody).headers.at(-1)?.value).toBe("application/sdp")
  })
})
