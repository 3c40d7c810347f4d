import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import * as CertificateImage from "../../src/qualification/CertificateImage.ts"
import { bytes, chunk, frame, header, jfif, jpg, png, pngSignature, scan, segment } from "./Images.ts"

const notAnImage = Either.left(new CertificateImage.CertificateNotAnImage())
const { inspect, maxBytes } = CertificateImage

/** Pictures of one pixel that this test did not make. The jpg lacks its end marker. */
const smallestJpg = Buffer.from(
  "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP////////////////////////////////////////////////////////////////////////////////" +
    "//////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA=",
  "base64"
)
const smallestPng = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64"
)

describe("CertificateImage", () => {
  it("QUA-3: jpg and png are told by their content, with their size", () => {
    expect(inspect(jpg(640, 480))).toEqual(
      Either.right({ format: "jpg", bytes: jpg().length, width: 640, height: 480 })
    )
    expect(inspect(png(3, 2))).toEqual(Either.right({ format: "png", bytes: png().length, width: 3, height: 2 }))
    expect(inspect(smallestPng)).toEqual(Either.right({ format: "png", bytes: 70, width: 1, height: 1 }))
    // Progressive, with fill bytes before a marker, and with something appended.
    expect(
      Either.isRight(inspect(bytes(0xff, 0xd8, 0xff, 0xff, jfif, frame(1, 1, 0xc2), scan, 0xff, 0xd9, "more")))
    ).toBe(true)
    // A view into a larger buffer.
    expect(Either.isRight(inspect(bytes("xx", png(), "x").subarray(2, 2 + png().length)))).toBe(true)
  })

  it("QUA-3: other things are refused, whatever they are called", () => {
    const others = [
      bytes(),
      bytes(0),
      bytes("营业执照.jpg"),
      bytes("GIF89a", new Uint8Array(100)),
      bytes("%PDF-1.7\n", new Uint8Array(100)),
      bytes("RIFF\0\0\0\0WEBPVP8 ", new Uint8Array(100)),
      bytes("BM", new Uint8Array(100)),
      bytes("<svg xmlns='http://www.w3.org/2000/svg'/>"),
      // The signatures alone, before a text.
      bytes(0xff, 0xd8, 0xff, 0xe0, "this is a text that calls itself a jpg, and ends like one", 0xff, 0xd9),
      bytes(pngSignature, "this is a text that calls itself a png, and ends like one: IEND")
    ]
    for (const other of others) expect(inspect(other)).toEqual(notAnImage)
  })

  it("QUA-3: a picture cut off anywhere is refused", () => {
    for (const image of [jpg(), png(), smallestPng]) {
      for (let length = 0; length < image.length; length++) {
        // The checksum of the last chunk says nothing: all of the picture is there.
        expect(inspect(image.subarray(0, length)), `${length} of ${image.length}`).toEqual(notAnImage)
      }
    }
    // Many programs would show it, but it cannot be told from one that was cut off.
    expect(inspect(smallestJpg)).toEqual(notAnImage)
    expect(Either.isRight(inspect(bytes(smallestJpg, 0, 0xff, 0xd9)))).toBe(true)
  })

  it("QUA-3: a png whose header cannot be is refused", () => {
    const data = chunk("IDAT", bytes(1))
    const end = chunk("IEND", bytes())
    const withHeader = (head: Uint8Array) => inspect(bytes(pngSignature, head, data, end))
    expect(Either.isRight(withHeader(header(1, 1)))).toBe(true)
    expect(withHeader(header(0, 1))).toEqual(notAnImage)
    expect(withHeader(header(1, 0))).toEqual(notAnImage)
    expect(withHeader(header(2 ** 31, 1))).toEqual(notAnImage)
    expect(withHeader(header(1, 1, 4, 2))).toEqual(notAnImage)
    expect(withHeader(header(1, 1, 8, 5))).toEqual(notAnImage)
    for (const rest of [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 2]
    ])
      expect(withHeader(header(1, 1, 8, 2, rest))).toEqual(notAnImage)
    const flipped = header(1, 1)
    flipped[20]! ^= 1
    expect(withHeader(flipped)).toEqual(notAnImage)
    // The header must come first, and data before the end.
    expect(inspect(bytes(pngSignature, chunk("tEXt", bytes("a\0b")), header(1, 1), data, end))).toEqual(notAnImage)
    expect(inspect(bytes(pngSignature, header(1, 1), end, data))).toEqual(notAnImage)
    // An end that is said to be longer than what is left, and data that is.
    expect(inspect(bytes(pngSignature, header(1, 1), data, Uint8Array.of(0, 0, 0, 9), end.subarray(4)))).toEqual(
      notAnImage
    )
    expect(inspect(bytes(pngSignature, header(1, 1), Uint8Array.of(0, 0, 9, 0), data.subarray(4), end))).toEqual(
      notAnImage
    )
  })

  it("QUA-3: a jpg without a size, or with one of nothing, is refused", () => {
    const whole = (...parts: ReadonlyArray<Uint8Array>) => inspect(bytes(0xff, 0xd8, jfif, ...parts, scan, 0xff, 0xd9))
    expect(Either.isRight(whole(frame(1, 1)))).toBe(true)
    expect(whole()).toEqual(notAnImage)
    expect(whole(frame(0, 1))).toEqual(notAnImage)
    expect(whole(frame(1, 0))).toEqual(notAnImage)
    expect(whole(segment(0xc0, bytes(8, 0, 1)))).toEqual(notAnImage)
    expect(inspect(bytes(0xff, 0xd8, segment(0xc0, bytes(8, 0, 1))))).toEqual(notAnImage)
    expect(whole(segment(0xc0, bytes(8, 0, 1, 0, 1, 3)))).toEqual(notAnImage)
    // Tables whose markers stand among those of frames.
    for (const marker of [0xc4, 0xc8, 0xcc]) expect(whole(frame(1, 1, marker))).toEqual(notAnImage)
    expect(whole(bytes(0xff, 0xe1, 0, 1))).toEqual(notAnImage)
  })

  it("QUA-3: at most 5 × 1024 × 1024 bytes, and that before anything else is looked at", () => {
    const padded = (length: number) => {
      const image = new Uint8Array(length)
      const [start, end] = [png().subarray(0, 33), png().subarray(33)]
      const filler = length - start.length - end.length - 12
      image.set(bytes(start, filler >>> 24, (filler >>> 16) & 255, (filler >>> 8) & 255, filler & 255, "tEXt"))
      image.set(end, length - end.length)
      return image
    }
    expect(inspect(padded(maxBytes))).toEqual(Either.right({ format: "png", bytes: 5_242_880, width: 3, height: 2 }))
    const tooLarge = Either.left(new CertificateImage.CertificateTooLarge({ bytes: 5_242_881, maxBytes: 5_242_880 }))
    expect(inspect(padded(maxBytes + 1))).toEqual(tooLarge)
    expect(inspect(new Uint8Array(maxBytes + 1))).toEqual(tooLarge)
  })

  it("QUA-3: no bytes whatever make it fail, or read beyond them", () => {
    const broken = FastCheck.tuple(
      FastCheck.constantFrom(jpg(), png(), bytes(0xff, 0xd8), pngSignature),
      FastCheck.array(FastCheck.tuple(FastCheck.nat(100), FastCheck.nat(255)), { maxLength: 6 }),
      FastCheck.uint8Array({ maxLength: 40 })
    ).map(([image, edits, tail]) => {
      const copy = bytes(image, tail)
      for (const [at, value] of edits) copy[at % copy.length] = value
      return copy
    })
    FastCheck.assert(
      FastCheck.property(broken, (image) => {
        const found = inspect(image)
        if (Either.isRight(found)) expect(found.right.width * found.right.height).toBeGreaterThan(0)
        else expect(found).toEqual(notAnImage)
      }),
      { numRuns: 2_000 }
    )
  })
})
