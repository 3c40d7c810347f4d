import type { SpeechAudio, SpeechRequest } from "@vsms/core/dispatch/SpeechSynthesizer"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import * as Wav from "../../src/audio/Wav.ts"
import * as AudioAnswer from "../../src/engine/AudioAnswer.ts"
import * as RequestLimits from "../../src/engine/RequestLimits.ts"
import * as Splice from "../../src/engine/Splice.ts"
import { faultOf } from "../../src/engine/SpeechClient.ts"
import { pcmBytes, streamedWav } from "../support/Vendors.ts"

const tone = (length: number, sampleRate = 8_000): SpeechAudio => ({
  sampleRate,
  samples: Int16Array.from({ length }, (_, at) => 8_000 * Math.sin(at / 3))
})

describe("what a server sends", () => {
  it("a WAV file, with its length or without", () => {
    const audio = tone(4_000, 24_000)
    for (const bytes of [Wav.write(audio), streamedWav(audio)]) {
      expect(Either.getOrThrow(AudioAnswer.wav(bytes))).toEqual(audio)
    }
  })

  it("SND-5: a WAV file that is shorter than its header says is no speech, however much is missing", () => {
    const bytes = Wav.write(tone(4_000))
    FastCheck.assert(
      FastCheck.property(FastCheck.integer({ min: 0, max: bytes.length - 2 }), (length) => {
        expect(Either.isLeft(AudioAnswer.wav(bytes.subarray(0, length)))).toBe(true)
      })
    )
  })

  it("a streamed one that is cut off cannot be told from a short one, so it is what came", () => {
    const bytes = streamedWav(tone(4_000)).subarray(0, 2_044)
    expect(Either.getOrThrow(AudioAnswer.wav(bytes)).samples.length).toBe(1_000)
  })

  it("bare samples, wherever in a buffer they begin", () => {
    const { samples } = tone(1_000)
    const shifted = new Uint8Array(2_001)
    shifted.set(pcmBytes(samples), 1)
    expect(Either.getOrThrow(AudioAnswer.pcm(shifted.subarray(1), 8_000)).samples).toEqual(samples)
  })

  it("garbage is never speech by accident, and never a crash", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(Either.isLeft(AudioAnswer.wav(bytes))).toBe(true)
        AudioAnswer.alaw(bytes)
        expect(Either.isLeft(AudioAnswer.pcm(bytes, 8_000))).toBe(
          bytes.length % 2 === 1 ||
            Splice.isSilent({ sampleRate: 8_000, samples: new Int16Array(bytes.slice().buffer) })
        )
      })
    )
  })

  it.each([
    ["audio/wav", true],
    ["application/octet-stream", true],
    [undefined, true],
    ["text/html; charset=utf-8", false],
    ["application/json", false],
    [" Application/Problem+JSON", false],
    ["application/xml", false]
  ])("content type %s may be audio: %s", (contentType, may) => expect(AudioAnswer.maybeAudio(contentType)).toBe(may))
})

describe("pieces of speech", () => {
  it("are put together with their silences", () => {
    const joined = Splice.join([tone(100), { silenceMillis: 50 }, tone(200), { silenceMillis: 25 }])
    expect(joined?.samples.length).toBe(100 + 400 + 200 + 200)
    expect(joined?.samples.subarray(100, 500).every((sample) => sample === 0)).toBe(true)
    expect(joined?.samples.subarray(500, 700)).toEqual(tone(200).samples)
  })

  it("of two sample rates are none", () => {
    expect(Splice.join([tone(100), tone(100, 16_000)])).toBeUndefined()
    expect(Splice.join([{ silenceMillis: 50 }])).toBeUndefined()
  })

  it("are trimmed to what can be heard, and end softly", () => {
    const samples = new Int16Array(8_000)
    samples.set(
      tone(4_000).samples.map((sample) => sample || 100),
      2_000
    )
    const trimmed = Splice.trimmed({ sampleRate: 8_000, samples }, 20)
    expect(Math.abs(trimmed.samples.length - 4_000 - 2 * 160)).toBeLessThan(10)
    const hard = Splice.trimmed({ sampleRate: 8_000, samples: new Int16Array(1_000).fill(9_000) }, 20).samples
    expect([hard[0], hard.at(-1)]).toEqual([0, 0])
    expect(Math.abs(hard[1]! - hard[0]!)).toBeLessThan(300)
    expect(hard[500]).toBe(9_000)
  })
})

it.each([
  [302, "Unavailable", false],
  [400, "Rejected", false],
  [401, "Unavailable", false],
  [404, "Unsupported", false],
  [408, "Unavailable", true],
  [418, "Rejected", false],
  [425, "Unavailable", true],
  [429, "Unavailable", true],
  [500, "Unavailable", true],
  [504, "Unavailable", true]
])("status %d is %s, to be tried again: %s", (status, reason, retryable) => {
  expect(faultOf(status)).toMatchObject({ reason, retryable })
})

describe("what an engine takes", () => {
  const limits: RequestLimits.RequestLimits = { ...RequestLimits.defaults, ratePercent: [50, 200] }
  const text = (text: string) => ({ _tag: "Text", text }) as const
  const pause = (millis: number) => ({ _tag: "Pause", millis }) as const

  it.each<readonly [string, Partial<SpeechRequest>, string | undefined]>([
    ["a text", { segments: [text("好")] }, undefined],
    ["the longest text", { segments: [text("好".repeat(500)), text("好".repeat(500))] }, undefined],
    ["a longer one", { segments: [text("好".repeat(500)), text("好".repeat(501))] }, "Rejected"],
    ["the longest pause", { segments: [pause(30_000)] }, undefined],
    ["a longer one", { segments: [pause(30_001)] }, "Rejected"],
    ["a pause before its time", { segments: [pause(-1)] }, "Rejected"],
    ["no number", { segments: [pause(Number.NaN)] }, "Rejected"],
    ["many pauses", { segments: Array.from({ length: 5 }, () => pause(25_000)) }, "Rejected"],
    ["half the speed", { ratePercent: 50 }, undefined],
    ["less", { ratePercent: 49 }, "Unsupported"],
    ["no speed", { ratePercent: Number.NaN }, "Unsupported"]
  ])("%s", (_, request, reason) => {
    expect(RequestLimits.refusal({ segments: [], language: "zh-CN", ...request }, limits)?.reason).toBe(reason)
  })
})
