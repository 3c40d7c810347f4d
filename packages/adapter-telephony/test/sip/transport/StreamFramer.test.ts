import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import { StreamFramer } from "../../../src/sip/transport/StreamFramer.ts"

const message = (body: string, lineEnd = "\r\n"): string =>
  ["OPTIONS sip:a@b SIP/2.0", "To: sip:a@b", `l: ${Buffer.byteLength(body)}`, "", body].join(lineEnd)

/** Pushes a text in pieces of these lengths, over and over. */
const pushed = (framer: StreamFramer, bytes: Uint8Array, lengths: ReadonlyArray<number>): Array<string> => {
  const found: Array<string> = []
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const length = lengths[turn % lengths.length]!
    for (const frame of Either.getOrThrow(framer.push(bytes.subarray(at, at + length)))) {
      found.push(frame._tag === "Ping" ? "ping" : Buffer.from(frame.bytes).toString())
    }
    at += length
  }
  return found
}

describe("the framer", () => {
  it("finds the same messages however the stream is cut", () => {
    const body = FastCheck.oneof(
      FastCheck.string(),
      FastCheck.constantFrom("\r\n\r\n", "OPTIONS sip:a@b SIP/2.0\r\n\r\n")
    )
    const one = FastCheck.tuple(body, FastCheck.constantFrom("\r\n", "\n"), FastCheck.constantFrom("", "\r\n", "\n"))
    FastCheck.assert(
      FastCheck.property(
        FastCheck.array(one, { maxLength: 6 }),
        FastCheck.array(FastCheck.integer({ min: 1, max: 80 }), { minLength: 1, maxLength: 8 }),
        (messages, lengths) => {
          const texts = messages.map(([text, lineEnd]) => message(text, lineEnd))
          const stream = Buffer.from(messages.map(([, , before], i) => before + texts[i]!).join(""))
          expect(pushed(new StreamFramer(), stream, lengths)).toEqual(texts)
        }
      ),
      { numRuns: process.env["NIGHTLY"] === "1" ? 20_000 : 1_000 }
    )
  })

  it("tells of empty lines that ask for an answer, and of no more than one answer at a time", () => {
    const framer = new StreamFramer()
    expect(pushed(framer, Buffer.from("\r\n"), [1])).toEqual([])
    expect(pushed(framer, Buffer.from(`\r\n${message("x")}`), [9])).toEqual(["ping", message("x")])
    expect(pushed(framer, Buffer.from("\r\n".repeat(500)), [1_000])).toEqual(["ping"])
    expect(pushed(framer, Buffer.from("\r\n\r\n"), [1])).toEqual(["ping"])
  })

  it.each([
    ["without a Content-Length", "OPTIONS sip:a@b SIP/2.0\r\n\r\n", "Content-Length", "missing"],
    ["with a doubtful one", "OPTIONS sip:a@b SIP/2.0\r\nl: 1\r\nl: 2\r\n\r\n", "Content-Length", "doubled"],
    ["that announce too much", "OPTIONS sip:a@b SIP/2.0\r\nl: 65535\r\n\r\n", "body", "tooLong"],
    ["that are of another protocol", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "startLine", "syntax"],
    ["whose headers never end", `OPTIONS sip:a@b SIP/2.0\r\nTo: ${"a".repeat(66_000)}`, "headers", "tooLong"]
  ])("gives up a stream with messages %s", (_, text, field, problem) => {
    expect(new StreamFramer().push(Buffer.from(text))).toEqual(Either.left({ _tag: "Malformed", field, problem }))
  })

  it("takes time in proportion to the length, though bytes come one by one", () => {
    const text = Buffer.from(message("b".repeat(5_000)).replace("To: sip:a@b", `To: ${"a\r\n ".repeat(12_000)}a`))
    const started = process.cpuUsage()
    expect(pushed(new StreamFramer(), text, [1])).toHaveLength(1)
    const { system, user } = process.cpuUsage(started)
    expect((system + user) / 1_000).toBeLessThan(700)
  })
})
