import * as TelephoneWav from "@vsms/core/dispatch/TelephoneWav"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import * as G711 from "../../src/audio/G711.ts"
import * as Wav from "../../src/audio/Wav.ts"

const speech = { sampleRate: 22_050, samples: Int16Array.of(0, 1, -1, 32_767, -32_768, 1_234) }

const little = (bytes: number, value: number): ReadonlyArray<number> =>
  Array.from({ length: bytes }, (_, at) => Math.floor(value / 2 ** (8 * at)) & 0xff)

const text = (characters: string): ReadonlyArray<number> =>
  Array.from(characters, (character) => character.charCodeAt(0))

interface Header {
  readonly tag: number
  readonly bits: number
  readonly channels?: number
  readonly rate?: number
  /** What the header says of the length of the data. */
  readonly says?: number
  readonly before?: ReadonlyArray<number>
  readonly after?: ReadonlyArray<number>
  readonly extensible?: boolean
}

/** A file as some engine would send it. */
const file = (header: Header, data: ReadonlyArray<number>): Uint8Array => {
  const {
    after = [],
    before = [],
    bits,
    channels = 1,
    extensible = false,
    rate = 24_000,
    says = data.length,
    tag
  } = header
  const stride = (channels * bits) / 8
  const format = [
    ...little(2, extensible ? 0xfffe : tag),
    ...little(2, channels),
    ...little(4, rate),
    ...little(4, rate * stride),
    ...little(2, stride),
    ...little(2, bits),
    ...(extensible
      ? [...little(2, 22), ...little(2, bits), ...little(4, 0), ...little(2, tag), ...text("\0".repeat(14))]
      : [])
  ]
  return Uint8Array.from([
    ...text("RIFF"),
    ...little(4, says),
    ...text("WAVE"),
    ...text("fmt "),
    ...little(4, format.length),
    ...format,
    ...before,
    ...text("data"),
    ...little(4, says),
    ...data,
    ...after
  ])
}

const samplesOf = (bytes: Uint8Array): ReadonlyArray<number> => [...Either.getOrThrow(Wav.read(bytes)).samples]

const problemOf = (bytes: Uint8Array): Wav.WavProblem | "read" =>
  Either.match(Wav.read(bytes), { onLeft: ({ problem }) => problem, onRight: () => "read" })

describe("written and read", () => {
  it("16-bit PCM is what it was", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.int16Array({ minLength: 1 }),
        FastCheck.integer({ min: 1_000, max: 384_000 }),
        (samples, sampleRate) => {
          expect(Either.getOrThrow(Wav.read(Wav.write({ sampleRate, samples })))).toEqual({ sampleRate, samples })
        }
      )
    )
  })

  it.each(["alaw", "mulaw"] as const)("%s is what the line carried", (codec) => {
    FastCheck.assert(
      FastCheck.property(FastCheck.uint8Array({ minLength: 1 }), (payload) => {
        expect(Either.getOrThrow(Wav.read(TelephoneWav.write({ codec, payload })))).toEqual({
          sampleRate: 8_000,
          samples: G711.decode(payload, codec)
        })
      })
    )
  })

  it("a header is byte for byte what the format asks for", () => {
    expect([...Wav.write({ sampleRate: 8_000, samples: Int16Array.of(258) })]).toEqual([
      ...text("RIFF"),
      ...little(4, 38),
      ...text("WAVEfmt "),
      ...little(4, 16),
      ...little(2, 1),
      ...little(2, 1),
      ...little(4, 8_000),
      ...little(4, 16_000),
      ...little(2, 2),
      ...little(2, 16),
      ...text("data"),
      ...little(4, 2),
      2,
      1
    ])
    expect([...TelephoneWav.write({ codec: "mulaw", payload: Uint8Array.of(9) })]).toEqual([
      ...text("RIFF"),
      ...little(4, 52),
      ...text("WAVEfmt "),
      ...little(4, 18),
      ...little(2, 7),
      ...little(2, 1),
      ...little(4, 8_000),
      ...little(4, 8_000),
      ...little(2, 1),
      ...little(2, 8),
      ...little(2, 0),
      ...text("fact"),
      ...little(4, 4),
      ...little(4, 1),
      ...text("data"),
      ...little(4, 1),
      9,
      0
    ])
  })
})

describe("what engines really send", () => {
  const two = [...little(2, 100), ...little(2, 0xffff - 99)]

  it.each([0xffffffff, 0x7fffffff, 0, 1_000])("a streamed header that says %d: to the end", (says) => {
    expect(samplesOf(file({ tag: 1, bits: 16, says }, two))).toEqual([100, -100])
  })

  it("other chunks before and after, padded or not", () => {
    const list = [...text("LIST"), ...little(4, 3), 1, 2, 3]
    const after = [...text("id3 "), ...little(4, 2), 9, 9]
    expect(samplesOf(file({ tag: 1, bits: 16, before: [...list, 0], after }, two))).toEqual([100, -100])
    expect(samplesOf(file({ tag: 1, bits: 16, before: list, after }, two))).toEqual([100, -100])
  })

  it("an extensible header", () => {
    expect(samplesOf(file({ tag: 1, bits: 16, extensible: true }, two))).toEqual([100, -100])
  })

  it("8, 24 and 32 bits, floating point, both laws", () => {
    const bytesOf = (floats: Float32Array | Float64Array) => [...new Uint8Array(floats.buffer)]
    expect(samplesOf(file({ tag: 1, bits: 8 }, [128, 129, 0]))).toEqual([0, 256, -32_768])
    expect(samplesOf(file({ tag: 1, bits: 24 }, [0, 1, 0, 255, 255, 255, 200, 0, 0]))).toEqual([1, 0, 1])
    expect(samplesOf(file({ tag: 1, bits: 32 }, little(4, 65_536 * 3)))).toEqual([3])
    const floats = [0.5, -1, 2, Number.NaN, Number.NEGATIVE_INFINITY]
    const expected = [16_384, -32_768, 32_767, 0, -32_768]
    expect(samplesOf(file({ tag: 3, bits: 32 }, bytesOf(Float32Array.from(floats))))).toEqual(expected)
    expect(samplesOf(file({ tag: 3, bits: 64 }, bytesOf(Float64Array.from(floats))))).toEqual(expected)
    expect(samplesOf(file({ tag: 6, bits: 8 }, [0xd5]))).toEqual([8])
    expect(samplesOf(file({ tag: 7, bits: 8 }, [0xff]))).toEqual([0])
  })

  it("several channels become their mean, a cut sample is left out", () => {
    const data = [...little(2, 100), ...little(2, 300), ...little(2, 5), 1]
    expect(samplesOf(file({ tag: 1, bits: 16, channels: 2 }, data))).toEqual([200])
  })

  it("bytes in the middle of a buffer", () => {
    const bytes = Wav.write(speech)
    const larger = new Uint8Array(bytes.length + 7)
    larger.set(bytes, 3)
    expect(Either.getOrThrow(Wav.read(larger.subarray(3, 3 + bytes.length)))).toEqual(speech)
  })
})

describe("what cannot be read", () => {
  const two = [...little(2, 100), ...little(2, 0xffff - 99)]

  it.each([
    ["nothing", new Uint8Array(0), "NotWav"],
    ["another format", Uint8Array.from(text("ID3 an MP3 file, longer than a header")), "NotWav"],
    ["a JSON error with the right content type", Uint8Array.from(text('{"error":"quota exceeded"}')), "NotWav"],
    ["a header alone", Wav.write(speech).subarray(0, 12), "NoFormat"],
    ["a header without data", Wav.write(speech).subarray(0, 36), "NoSamples"],
    ["no samples", Wav.write({ ...speech, samples: new Int16Array(0) }), "NoSamples"],
    ["half a sample", file({ tag: 1, bits: 16 }, [1]), "NoSamples"],
    ["MP3 in a WAV file", file({ tag: 0x55, bits: 16 }, two), "UnknownFormat"],
    ["12 bits", file({ tag: 1, bits: 12 }, two), "UnknownFormat"],
    ["no channel", file({ tag: 1, bits: 16, channels: 0 }, two), "UnlikelyFormat"],
    ["a rate of 0", file({ tag: 1, bits: 16, rate: 0 }, two), "UnlikelyFormat"]
  ] as const)("%s", (_, bytes, problem) => {
    expect(problemOf(bytes)).toBe(problem)
  })

  it("10,000 damaged files give samples or a typed fault, never anything else", { timeout: 60_000 }, () => {
    const sound = [
      Wav.write(speech),
      TelephoneWav.write({ codec: "alaw", payload: Uint8Array.from(text("a quick brown fox")) }),
      file({ tag: 3, bits: 32, extensible: true, before: [...text("LIST"), ...little(4, 2), 1, 2] }, little(4, 1.5)),
      file({ tag: 1, bits: 24, channels: 3, says: 0xffffffff }, little(4, 77_777))
    ]
    const outcomes = new Set<string>()
    const damaged = FastCheck.tuple(
      FastCheck.constantFrom(...sound),
      FastCheck.array(
        FastCheck.tuple(
          FastCheck.nat({ max: 90 }),
          FastCheck.oneof(FastCheck.nat(255), FastCheck.constantFrom(0, 255))
        ),
        {
          maxLength: 6
        }
      ),
      FastCheck.nat({ max: 120 })
    ).map(([bytes, changes, length]) => {
      const copy = bytes.slice(0, Math.max(length, 8))
      for (const [at, byte] of changes) if (at < copy.length) copy[at] = byte
      return copy
    })
    FastCheck.assert(
      FastCheck.property(FastCheck.oneof(damaged, FastCheck.uint8Array({ maxLength: 64 })), (bytes) => {
        const outcome = Wav.read(bytes)
        if (Either.isRight(outcome)) {
          expect(outcome.right.samples.length).toBeGreaterThan(0)
          expect(outcome.right.samples.length).toBeLessThanOrEqual(bytes.length)
        } else {
          expect(outcome.left).toBeInstanceOf(Wav.WavFault)
        }
        outcomes.add(problemOf(bytes))
      }),
      { numRuns: 10_000 }
    )
    // The damage reached every branch.
    expect([...outcomes].sort()).toEqual(["NoFormat", "NoSamples", "NotWav", "UnknownFormat", "UnlikelyFormat", "read"])
  })
})
