/**
 * Rules: the laws of the port `Hmac`: the published examples of RFC 4231, and what callers count on besides.
 */
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Redacted from "effect/Redacted"
import { Hmac } from "../../callback/Hmac.ts"
import { example, expect, expectEqual, forAll, type Law } from "../Law.ts"

type Needs = Hmac

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0))

const repeated = (byte: number, times: number): Uint8Array => new Uint8Array(times).fill(byte)

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")

const digest = (key: Redacted.Redacted<Uint8Array>, message: Uint8Array) =>
  Effect.flatMap(Hmac, ({ sha256 }) => Effect.map(sha256(key, message), hex))

/** RFC 4231, section 4, without its case 5, which is about truncation. */
const vectors: ReadonlyArray<readonly [key: Uint8Array, message: Uint8Array, digest: string]> = [
  [repeated(0x0b, 20), ascii("Hi There"), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"],
  [
    ascii("Jefe"),
    ascii("what do ya want for nothing?"),
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
  ],
  [repeated(0xaa, 20), repeated(0xdd, 50), "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"],
  [
    Uint8Array.from({ length: 25 }, (_, i) => i + 1),
    repeated(0xcd, 50),
    "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"
  ],
  [
    repeated(0xaa, 131),
    ascii("Test Using Larger Than Block-Size Key - Hash Key First"),
    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
  ],
  [
    repeated(0xaa, 131),
    ascii(
      "This is a test using a larger than block-size key and a larger than block-size data. " +
        "The key needs to be hashed before being used by the HMAC algorithm."
    ),
    "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
  ]
]

const published: Law<Needs> = example({
  rules: ["CBK-2"],
  sentence: "the digests of RFC 4231 come out, with keys shorter and longer than a block",
  then: Effect.forEach(
    vectors,
    ([key, message, expected], i) =>
      Effect.flatMap(digest(Redacted.make(key), message), (made) => expectEqual(made, expected, `example ${i + 1}`)),
    { discard: true }
  )
})

const bytes = FastCheck.uint8Array({ minLength: 1, maxLength: 150 })

const keyed: Law<Needs> = forAll({
  rules: ["CBK-2"],
  sentence:
    "key and message have each its own part: another key, another message or the two changed over sign otherwise",
  given: FastCheck.tuple(bytes, bytes),
  then: ([key, message]) =>
    Effect.gen(function* () {
      // A key is filled up with zeros to a block, so that a changed first byte is what makes another one.
      const otherKey = key.map((byte, i) => (i === 0 ? byte ^ 1 : byte))
      const otherMessage = Uint8Array.of(...message, 0)
      const signed = yield* digest(Redacted.make(key), message)
      yield* expect(signed !== (yield* digest(Redacted.make(otherKey), message)), "another key to sign otherwise")
      yield* expect(signed !== (yield* digest(Redacted.make(key), otherMessage)), "another message to sign otherwise")
      if (hex(key) !== hex(message))
        yield* expect(signed !== (yield* digest(Redacted.make(message), key)), "their order to matter")
    })
})

const again: Law<Needs> = forAll({
  rules: ["CBK-2", "ACC-5"],
  sentence: "a key signs the same whenever it is used: again, as a copy, between other keys and at once with them",
  given: FastCheck.tuple(bytes, bytes, bytes),
  then: ([bytesOfKey, bytesOfOther, message]) =>
    Effect.gen(function* () {
      const [key, other] = [Redacted.make(bytesOfKey), Redacted.make(bytesOfOther)]
      const [first, ofOther] = [yield* digest(key, message), yield* digest(other, message)]
      const uses = [key, other, Redacted.make(bytesOfKey.slice()), other, key]
      const made = yield* Effect.forEach(uses, (used) => digest(used, message), { concurrency: "unbounded" })
      yield* expectEqual(made, [first, ofOther, first, ofOther, first], "the digests")
    })
})

const leftAlone: Law<Needs> = forAll({
  rules: ["CBK-2"],
  sentence: "32 bytes of the caller's own come out, and the key and the message stay as they were",
  given: FastCheck.tuple(bytes, bytes),
  then: ([key, message]) =>
    Effect.gen(function* () {
      const { sha256 } = yield* Hmac
      const [keyBefore, messageBefore] = [hex(key), hex(message)]
      const secret = Redacted.make(key)
      const first = yield* sha256(secret, message)
      const signed = hex(first)
      yield* expectEqual(first.length, 32, "bytes")
      first.fill(0)
      yield* expectEqual(hex(yield* sha256(secret, message)), signed, "the digest after the first was overwritten")
      yield* expectEqual([hex(key), hex(message)], [keyBefore, messageBefore], "key and message")
    })
})

export const laws: ReadonlyArray<Law<Needs>> = [published, keyed, again, leftAlone]
