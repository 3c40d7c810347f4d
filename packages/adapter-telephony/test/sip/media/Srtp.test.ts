import { createCipheriv } from "node:crypto"
import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import * as Srtp from "../../../src/sip/media/worker/Srtp.js"

const bytes = (hex: string) => Buffer.from(hex.replaceAll(" ", ""), "hex")
const hex = (found: Uint8Array) => Buffer.from(found).toString("hex")

const master = bytes("e1f97a0d3e018be0d64fa32c06de4139 0ec675ad498afeebb6960b3aabe6")

describe("SRTP, by the vectors that others publish", () => {
  it("derives session keys: RFC 3711, appendix B.3", () => {
    expect(hex(Srtp.derived(master, 0, 16))).toBe("c61e7a93744f39ee10734afe3ff7a087")
    expect(hex(Srtp.derived(master, 2, 14))).toBe("30cbbc08863d8c85d49db34a9ae1")
    expect(hex(Srtp.derived(master, 1, 94))).toBe(
      "cebe321f6ff7716b6fd4ab49af256a156d38baa48f0a0acf3c34e2359e6cdbcee049646c43d9327ad175578ef72270986371c10c9a369ac2" +
        "f94a8c5fbcdddc256d6e919a48b610ef17c2041e474035766b68642c59bbfc2f34db60dbdfb2"
    )
  })

  it("makes the key stream: RFC 3711, appendix B.2", () => {
    const cipher = createCipheriv("aes-128-ecb", bytes("2b7e151628aed2a6abf7158809cf4f3c"), null)
    const stream = Srtp.keyStream(cipher.setAutoPadding(false), bytes("f0f1f2f3f4f5f6f7f8f9fafbfcfd0000"), 0xff02 * 16)
    const block = (at: number) => hex(stream.subarray(at * 16, at * 16 + 16))
    expect([block(0), block(1), block(2)]).toEqual([
      "e03ead0935c95e80e166b16dd92b4eb4",
      "d23513162b02d0f72a43a2fe4a5f97ab",
      "41e95b3bb0a2e8dd477901e4fca894c0"
    ])
    expect([block(0xfeff), block(0xff00), block(0xff01)]).toEqual([
      "ec8cdf7398607cb0f2d21675ea9ea1e4",
      "362b7c3c6773516318a077d7fc5073ae",
      "6a2cc3787889374fbeb4c81b17ba6c44"
    ])
  })

  it("protects a packet as libsrtp's own test has it", () => {
    const packet = Buffer.concat([bytes("800f1234decafbadcafebabe"), Buffer.alloc(16, 0xab), Buffer.alloc(10)])
    Srtp.protect(Srtp.locksOf(master).audio, packet, 0)
    expect(hex(packet)).toBe("800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb")
  })

  it("protects a control packet as libsrtp's own test has it", () => {
    const plain = Buffer.concat([bytes("81c8000bcafebabe"), Buffer.alloc(16, 0xab)])
    expect(hex(Srtp.protectControl(Srtp.locksOf(master).control, plain, 1))).toBe(
      "81c8000bcafebabe7128035be487b9bdbef89041f977a5a880000001993e08cd54d6c1230798"
    )
  })
})

const packetOf = (index: number, payload: Uint8Array): Buffer => {
  const packet = Buffer.alloc(12 + payload.length + Srtp.tagBytes)
  packet.writeUInt16BE(0x8008, 0)
  packet.writeUInt16BE(index % 0x1_0000, 2)
  packet.writeUInt32BE(index * 160, 4)
  packet.writeUInt32BE(0xcafebabe, 8)
  packet.set(payload, 12)
  Srtp.protect(lock, packet, Math.floor(index / 0x1_0000))
  return packet
}

const { audio: lock, control } = Srtp.locksOf(master)
const payload = Buffer.from("one two three four")

describe("SRTP", () => {
  it("opens what was protected, over every turn of the sequence number, lost, late and swapped, once", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.integer({ min: 0, max: 0xffff }),
        FastCheck.array(FastCheck.integer({ min: -60, max: 3_000 }), { maxLength: 200 }),
        (first, steps) => {
          const sources = new Map()
          const seen = new Set<number>()
          let highest = first
          const take = (index: number) => Srtp.open(lock, sources, packetOf(index, payload))
          expect(take(first)?.subarray(12).equals(payload)).toBe(true)
          seen.add(first)
          for (const step of steps) {
            const index = highest + step
            if (index < first) continue
            const opened = take(index)
            expect(opened === undefined).toBe(seen.has(index))
            seen.add(index)
            highest = Math.max(highest, index)
          }
        }
      )
    )
  })

  it("takes nothing that was changed by a bit, or that came 64 packets late", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.nat(8 * (12 + payload.length + Srtp.tagBytes) - 1), (bit) => {
        const packet = packetOf(7, payload)
        packet[bit >> 3]! ^= 1 << (bit & 7)
        expect(Srtp.open(lock, new Map(), packet)).toBeUndefined()
      })
    )
    const sources = new Map()
    expect(Srtp.open(lock, sources, packetOf(100, payload))).toBeDefined()
    expect(Srtp.open(lock, sources, packetOf(36, payload))).toBeUndefined()
    expect(Srtp.open(lock, sources, packetOf(37, payload))).toBeDefined()
  })

  it("opens control packets once, and none of another key", () => {
    const sources = new Map()
    const plain = Buffer.concat([bytes("81c8000bcafebabe"), payload])
    const packet = Srtp.protectControl(control, plain, 5)
    expect(Srtp.openControl(Srtp.locksOf(Buffer.alloc(30)).control, sources, Buffer.from(packet))).toBeUndefined()
    expect(Srtp.openControl(control, sources, Buffer.from(packet))?.equals(plain)).toBe(true)
    expect(Srtp.openControl(control, sources, Buffer.from(packet))).toBeUndefined()
  })

  it("is not stopped by bytes of anybody's", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.uint8Array({ maxLength: 60 }), (found) => {
        expect(Srtp.open(lock, new Map(), Buffer.from(found))).toBeUndefined()
        expect(Srtp.openControl(control, new Map(), Buffer.from(found))).toBeUndefined()
      })
    )
  })
})
