import * as Crypto from "node:crypto"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import * as PlainDecoder from "../../src/testing/PlainDecoder.ts"
import * as Sha1 from "../../src/voicefile/Sha1.ts"
import * as SoundFile from "../../src/voicefile/SoundFile.ts"
import { frame, joined, mp3 } from "./Mp3.ts"

const both = ["wav", "mp3"] as const
const wav = PlainDecoder.wav(PlainDecoder.humming(100))
const inspect = (file: Uint8Array) => SoundFile.inspect(file, both)
const notTaken = Either.left(new SoundFile.SoundNotTaken({ taken: both }))

describe("SoundFile", () => {
  it("VOF-2: an id is what another implementation of SHA-1 makes of the bytes", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(Sha1.hex(bytes)).toBe(Crypto.createHash("sha1").update(bytes).digest("hex"))
      })
    )
    const large = new Uint8Array(SoundFile.maxBytes).map((_, i) => i * 31)
    expect(Sha1.hex(large)).toBe(Crypto.createHash("sha1").update(large).digest("hex"))
    expect(SoundFile.idOf(new Uint8Array(), "mp3")).toBe("da39a3ee5e6b4b0d3255bfef95601890afd80709.mp3")
    expect(SoundFile.ids.test(SoundFile.idOf(wav, "wav"))).toBe(true)
  })

  it("VOF-1: WAV and MP3 are told by their content; tags, padding and what stands behind do no harm", () => {
    expect(inspect(wav)).toEqual(
      Either.right({ format: "wav", fileId: SoundFile.idOf(wav, "wav"), bytes: wav.length, aboutMillis: undefined })
    )
    const plain = mp3({ frames: 10 })
    const tag = Uint8Array.of(0x49, 0x44, 0x33, 4, 0, 0, 0, 0, 1, 0, ...new Uint8Array(128).fill(0xff))
    for (const file of [
      plain,
      joined(tag, plain),
      joined(tag, tag, new Uint8Array(9), plain),
      joined(plain, new TextEncoder().encode("TAG"), new Uint8Array(125)),
      plain.slice(0, -20)
    ]) {
      const found = Either.getOrThrow(inspect(file))
      expect([found.format, found.aboutMillis]).toEqual(["mp3", 720])
    }
    // Of each version, and of changing bit rates.
    const mixed = joined(frame({ version: 3, bitRate: 9, rate: 0 }), frame({ version: 3, bitRate: 5, rate: 0 }))
    expect(Either.getOrThrow(inspect(mixed)).aboutMillis).toBe(Math.ceil((2 * 1_152 * 1_000) / 44_100))
    const low = joined(frame({ version: 2, bitRate: 8, rate: 2 }), frame({ version: 2, bitRate: 8, rate: 2 }))
    expect(Either.getOrThrow(inspect(low)).aboutMillis).toBe((2 * 576 * 1_000) / 16_000)
  })

  it("VOF-1: what is too large, or no file of a format that is taken, is refused by name", () => {
    const bytes = SoundFile.maxBytes + 1
    expect(inspect(new Uint8Array(bytes))).toEqual(
      Either.left(new SoundFile.SoundTooLarge({ bytes, maxBytes: 409_600 }))
    )
    expect(inspect(new Uint8Array(SoundFile.maxBytes))).toEqual(notTaken)
    for (const file of [
      new Uint8Array(),
      new TextEncoder().encode("RIFF....AVI LIST"),
      new TextEncoder().encode("<script>alert(1)</script>"),
      wav.slice(0, 11),
      Uint8Array.of(0xff, 0xfb, 0x90, 0x64),
      mp3({ frames: 1 }),
      // A second frame that is not where the first one ends.
      joined(mp3({ frames: 1 }), Uint8Array.of(1), mp3({ frames: 1 })),
      // Layers I and II, a version that is none, rates that are none.
      ...[0xfd, 0xff, 0xea].map((second) => mp3({ frames: 10 }).map((byte, i) => (i % 72 === 1 ? second : byte))),
      ...[0x08, 0xf8, 0x1c].map((third) => mp3({ frames: 10 }).map((byte, i) => (i % 72 === 2 ? third : byte)))
    ])
      expect(inspect(file)).toEqual(notTaken)
    expect(SoundFile.inspect(mp3({ frames: 10 }), ["wav"])).toEqual(
      Either.left(new SoundFile.SoundNotTaken({ taken: ["wav"] }))
    )
  })

  it("VOF-1: no bytes whatever make it fail, or read beyond them", () => {
    const anything = FastCheck.oneof(
      FastCheck.uint8Array({ maxLength: 200 }),
      FastCheck.tuple(FastCheck.uint8Array({ maxLength: 40 }), FastCheck.nat(720)).map(([end, cut]) =>
        joined(mp3({ frames: 10 }).slice(0, cut), end)
      ),
      FastCheck.uint8Array({ maxLength: 30 }).map((end) => joined(new TextEncoder().encode("ID3"), end))
    )
    FastCheck.assert(FastCheck.property(anything, (bytes) => void inspect(bytes)))
  })

  it("VOF-1: what is decoded is heard, and fits into a call", () => {
    const hum = PlainDecoder.humming(1_000)
    expect(SoundFile.playable(hum, 1_000)).toEqual(Either.right(1_000))
    expect(SoundFile.playable(hum, 999)).toEqual(
      Either.left(new SoundFile.SoundTooLong({ durationMillis: 1_000, maxMillis: 999 }))
    )
    const silence = { sampleRate: 8_000, samples: new Int16Array(8_000).map((_, i) => (i % 17) - 8) }
    expect(SoundFile.playable(silence, 1_000)).toEqual(Either.left(new SoundFile.SoundSilent()))
    // A part of a millisecond counts whole, as on the line.
    expect(SoundFile.millisOf({ sampleRate: 44_100, samples: new Int16Array(1) })).toBe(1)
  })
})
