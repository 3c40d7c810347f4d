import { createHash } from "node:crypto"
import { mulaw } from "alawmulaw"
import { describe, expect, it } from "vitest"
import * as G711 from "../../src/audio/G711.ts"

const samples = Int16Array.from({ length: 65_536 }, (_, bits) => (bits << 16) >> 16)
const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte)

const sha256 = (data: Int16Array | Uint8Array): string =>
  createHash("sha256")
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest("hex")

/** The lower ends of the 128 intervals of a law, from its segments: how many steps of which width. */
const intervals = (segments: ReadonlyArray<readonly [count: number, width: number]>): ReadonlyArray<number> => {
  const ends = [0]
  for (const [count, width] of segments) {
    for (let step = 0; step < count; step++) ends.push(ends.at(-1)! + width)
  }
  return ends
}

// Tables 1a and 2a of the recommendation, in units of 16-bit samples: there full scale is 4,096 and 8,159.
const alawEnds = intervals([32, 16, 16, 16, 16, 16, 16].map((count, at) => [count, 2 * 8 * 2 ** at]))
const mulawEnds = intervals([[1, 4], [15, 8], ...[4, 8, 16, 32, 64, 128, 256].map((width) => [16, width * 4] as const)])

/** Looks the interval up as the recommendation describes it, bit by bit nothing like the code under test. */
const lookUp = (ends: ReadonlyArray<number>, magnitude: number): number => {
  const above = ends.findIndex((end) => end > magnitude)
  return Math.min(127, above < 0 ? 127 : above - 1)
}

describe("A-law", () => {
  const encoded = G711.encode(samples, "alaw")

  it("all 65,536 samples: as the recommendation's table says", () => {
    samples.forEach((sample, at) => {
      const interval = lookUp(alawEnds, sample >= 0 ? sample : -sample - 1)
      const byte = ((sample >= 0 ? 0x80 : 0) | interval) ^ 0x55
      if (encoded[at] !== byte) expect([sample, encoded[at]]).toEqual([sample, byte])
    })
  })

  it("all 65,536 samples: as Python's audioop says", () => {
    expect(sha256(encoded)).toBe("f77c76aa923ee25617453f87514828a12896227f82ff383bf3bb53d6ac7c2a0f")
  })

  it("all 256 bytes become the middle of their interval", () => {
    const decoded = G711.decode(bytes, "alaw")
    expect(sha256(decoded)).toBe("e04788d110e58ff8c70c93b8480190d973e3b67876b6119abbaec766cc75c174")
    for (const byte of bytes) {
      const interval = (byte ^ 0x55) & 0x7f
      const middle = (alawEnds[interval]! + alawEnds[interval + 1]!) / 2
      expect(decoded[byte]).toBe((byte ^ 0x55) & 0x80 ? middle : -middle)
    }
  })

  it("what was encoded once is encoded the same again", () => {
    expect(G711.encode(G711.decode(bytes, "alaw"), "alaw")).toEqual(bytes)
  })
})

describe("µ-law", () => {
  const encoded = G711.encode(samples, "mulaw")

  it("all 65,536 samples: as the recommendation's table says", () => {
    samples.forEach((sample, at) => {
      const interval = lookUp(mulawEnds, Math.abs(sample))
      const byte = ~((sample < 0 ? 0x80 : 0) | interval) & 0xff
      if (encoded[at] !== byte) expect([sample, encoded[at]]).toEqual([sample, byte])
    })
  })

  it("all 65,536 samples: as another program says", () => {
    expect(encoded).toEqual(mulaw.encode(samples))
  })

  it("all 256 bytes become the middle of their interval", () => {
    const decoded = G711.decode(bytes, "mulaw")
    expect(sha256(decoded)).toBe("3dab54339e520bb2c924826e3b72a917a2b612e9fd12fc867500f1d983a75827")
    expect(decoded).toEqual(mulaw.decode(bytes))
  })

  it("what was encoded once is encoded the same again, but for the second zero", () => {
    const again = bytes.map((byte) => (byte === 0x7f ? 0xff : byte))
    expect(G711.encode(G711.decode(bytes, "mulaw"), "mulaw")).toEqual(again)
  })
})

it.each(["alaw", "mulaw"] as const)("%s keeps speech 35 dB above its noise", (codec) => {
  const tone = Int16Array.from({ length: 8_000 }, (_, at) =>
    Math.round(3_677 * Math.sin((2 * Math.PI * 1_000.3 * at) / 8_000))
  )
  const heard = G711.decode(G711.encode(tone, codec), codec)
  const power = (of: (sample: number, at: number) => number) =>
    tone.reduce((sum, sample, at) => sum + of(sample, at) ** 2, 0)
  expect(10 * Math.log10(power((sample) => sample) / power((sample, at) => sample - heard[at]!))).toBeGreaterThan(35)
})

it.each(["alaw", "mulaw"] as const)("%s: a quiet line carries its byte of silence", (codec) => {
  expect(G711.encode(Int16Array.of(0), codec)).toEqual(Uint8Array.of(G711.silence[codec]))
})
