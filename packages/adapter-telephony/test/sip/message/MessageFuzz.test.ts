import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import * as Envelope from "../../../src/sip/message/Envelope.ts"
import * as Message from "../../../src/sip/message/Message.ts"
import * as MessageParser from "../../../src/sip/message/MessageParser.ts"
import * as NameAddress from "../../../src/sip/message/NameAddress.ts"
import * as SipUri from "../../../src/sip/message/SipUri.ts"
import * as Via from "../../../src/sip/message/Via.ts"
import { tortures } from "./Torture.ts"

const numRuns = process.env["NIGHTLY"] === "1" ? 200_000 : 5_000

/** Reads all that can be read of these bytes; answers whether they were a message. */
const readAll = (bytes: Uint8Array): boolean => {
  const message = MessageParser.parse(bytes)
  if (Either.isLeft(message)) return false
  Envelope.of(message.right)
  if (message.right._tag === "Request") SipUri.parse(message.right.uri)
  for (const { name } of message.right.headers) {
    for (const element of Message.elements(message.right, name) ?? []) {
      Via.parse(element)
      const address = NameAddress.parse(element, name)
      if (Either.isRight(address)) SipUri.parse(address.right.uri)
    }
  }
  return true
}

/** One change of a message: bytes are cut out, put in, doubled, or changed. */
const mutation = FastCheck.tuple(
  FastCheck.constantFrom("cut", "insert", "double", "change", "splice"),
  FastCheck.nat(0xffff),
  FastCheck.nat(64),
  FastCheck.oneof(
    FastCheck.uint8Array({ minLength: 1, maxLength: 8 }),
    FastCheck.constantFrom(
      "\r\n",
      "\r\n ",
      '"',
      "<",
      ">",
      ";",
      ",",
      ":",
      "@",
      "[",
      "%",
      "\\",
      "=",
      "\0",
      "é",
      "sip:"
    ).map((piece) => Buffer.from(piece))
  )
)

type Mutation = typeof mutation extends FastCheck.Arbitrary<infer A> ? A : never

const mutated = (seed: Uint8Array, other: Uint8Array, changes: ReadonlyArray<Mutation>): Uint8Array => {
  let bytes = Buffer.from(seed)
  for (const [kind, position, length, piece] of changes) {
    const at = position % (bytes.length + 1)
    const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)]
    if (kind === "cut") bytes = Buffer.concat([before, after.subarray(length)])
    else if (kind === "insert") bytes = Buffer.concat([before, piece, after])
    else if (kind === "double") bytes = Buffer.concat([before, after.subarray(0, length), after])
    else if (kind === "change") bytes = Buffer.concat([before, piece, after.subarray(piece.length)])
    else bytes = Buffer.concat([before, other.subarray(position % (other.length + 1))])
  }
  return bytes
}

const torture = FastCheck.constantFrom(...tortures.map(({ bytes }) => bytes))

describe("the parser", () => {
  it("answers whatever it is given, and reads again what it has written", () => {
    let understood = 0
    let refused = 0
    FastCheck.assert(
      FastCheck.property(
        torture,
        torture,
        FastCheck.array(mutation, { minLength: 1, maxLength: 6 }),
        (seed, other, changes) => {
          const bytes = mutated(seed, other, changes)
          if (!readAll(bytes)) {
            refused++
            return
          }
          understood++
          const message = Either.getOrThrow(MessageParser.parse(bytes))
          const again = Either.getOrThrow(MessageParser.parse(Message.toBytes(message)))
          const but = (one: Message.Message) => ({
            ...one,
            body: Buffer.from(one.body),
            headers: one.headers.filter(({ name }) => name !== "Content-Length")
          })
          expect(but(again)).toEqual(but(message))
        }
      ),
      { numRuns }
    )
    // Neither side of the coin goes untested.
    expect(understood).toBeGreaterThan(numRuns / 20)
    expect(refused).toBeGreaterThan(numRuns / 20)
  }, 600_000)

  it("answers bytes that never were a message", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.uint8Array({ maxLength: 512 }), (bytes) => void readAll(bytes)),
      { numRuns: numRuns / 5 }
    )
  })

  // A scan that went back over what it has seen would take seconds for each of these.
  it.each([
    ["white space", "Subject: ", " ", ""],
    ["white space that ends in something", "To: a", " ", "x"],
    ["folds", "Subject: a", "\r\n ", ""],
    ["quotes", "To: ", '"', ""],
    ["open quotes with escapes", 'To: "', "\\", ""],
    ["open brackets", "To: ", "<", ""],
    ["closed brackets", "Contact: ", "<>", ""],
    ["commas", "Via: ", ",", ""],
    ["hops", "Via: a", ",SIP/2.0/UDP a;b", ""],
    ["semicolons", "To: sip:a", ";", ""],
    ["parameters", "To: <sip:a@b>", ";a", ""],
    ["colons", "To: sip:a", ":", ""],
    ["slashes", "Via: SIP", " /", ""],
    ["brackets of addresses", "Via: SIP/2.0/UDP [", ":", "]"],
    ["percent signs", "To: <sip:", "%41", "@b>"],
    ["digits", "CSeq: ", "1", " INVITE"],
    ["at signs", "To: <sip:a", "@", ">"],
    ["question marks", "To: <sip:a", "?", ">"]
  ])("takes time in proportion to the length: 60,000 bytes of %s", (_, before, piece, after) => {
    const line = before + piece.repeat(Math.floor(60_000 / piece.length)) + after
    const rest = "Via: SIP/2.0/UDP a;branch=z9hG4bKx\r\nFrom: sip:a@b\r\nTo: sip:a@b\r\nCSeq: 1 A\r\nCall-ID: c\r\n"
    const own = before.slice(0, before.indexOf(":") + 1)
    const others = rest.split("\r\n").filter((other) => !other.startsWith(own))
    const bytes = Buffer.from(`A sip:a@b SIP/2.0\r\n${line}\r\n${others.join("\r\n")}\r\n`, "latin1")
    const started = process.cpuUsage()
    const message = MessageParser.parse(bytes)
    if (Either.isRight(message)) Envelope.of(message.right)
    readAll(bytes)
    const { system, user } = process.cpuUsage(started)
    expect((system + user) / 1_000).toBeLessThan(400)
  })
})

const name = FastCheck.stringMatching(/^[A-Za-z0-9]{1,8}$/)
const host = FastCheck.oneof(
  FastCheck.ipV4(),
  FastCheck.ipV6().map((address) => `[${address}]`),
  FastCheck.domain()
).map((text) => text.toLowerCase())
const params = FastCheck.dictionary(
  name.map((text) => text.toLowerCase()),
  FastCheck.string16bits({ maxLength: 8 }),
  { maxKeys: 4 }
)

describe("what is written is read again", () => {
  it("SIP URIs", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.constantFrom("sip" as const, "sips" as const),
        FastCheck.option(name, { nil: undefined }),
        host,
        FastCheck.option(FastCheck.integer({ min: 1, max: 65_535 }), { nil: undefined }),
        FastCheck.dictionary(
          name.map((text) => text.toLowerCase()),
          FastCheck.oneof(name, FastCheck.constant(""))
        ),
        (scheme, user, host, port, given) => {
          const uri = SipUri.make({ scheme, user, host, port, params: new Map(Object.entries(given)) })
          expect(Either.getOrThrow(SipUri.parse(SipUri.format(uri)))).toEqual(uri)
        }
      ),
      { numRuns: 1_000 }
    )
  })

  it("addresses with any display name and any parameters", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.string16bits({ maxLength: 12 }), host, params, (display, host, given) => {
        const address = { name: display, uri: `sip:${host}`, params: new Map(Object.entries(given)) }
        expect(Either.getOrThrow(NameAddress.parse(NameAddress.format(address), "To"))).toEqual(address)
      }),
      { numRuns: 1_000 }
    )
  })

  it("hops", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.constantFrom("UDP", "TCP", "TLS"), host, params, (transport, host, given) => {
        const via = { transport, host, port: undefined, params: new Map(Object.entries(given)) }
        expect(Either.getOrThrow(Via.parse(Via.format(via)))).toEqual(via)
      }),
      { numRuns: 1_000 }
    )
  })
})
