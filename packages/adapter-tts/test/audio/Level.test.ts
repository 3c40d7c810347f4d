import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import * as Level from "../../src/audio/Level.ts"

const rate = 8_000

const tone = (amplitude: number, seconds: number): Float32Array =>
  Float32Array.from({ length: rate * seconds }, (_, at) => amplitude * Math.sin((2 * Math.PI * 503.7 * at) / rate))

const together = (...parts: ReadonlyArray<Float32Array>): Float32Array =>
  Float32Array.from(parts.flatMap((part) => [...part]))

const silence = (seconds: number): Float32Array => new Float32Array(rate * seconds)

const rms = (samples: ArrayLike<number>): number =>
  Math.sqrt(Array.from(samples).reduce((sum, sample) => sum + sample ** 2, 0) / samples.length)

describe("active level", () => {
  it("is the RMS of what is heard, however long the pauses are", () => {
    expect(Level.activeLevel(tone(1_000, 1), rate)).toBeCloseTo(1_000 / Math.SQRT2, 0)
    expect(Level.activeLevel(together(silence(3), tone(1_000, 1), silence(5)), rate)).toBeCloseTo(1_000 / Math.SQRT2, 0)
  })

  it("quiet syllables count, breath does not", () => {
    const loud = tone(1_000, 1)
    expect(Level.activeLevel(together(loud, tone(300, 1)), rate)).toBeLessThan(rms(loud) * 0.8)
    expect(Level.activeLevel(together(loud, tone(50, 1)), rate)).toBeCloseTo(rms(loud), 1)
  })

  it("silence has none, nor has nothing", () => {
    expect(Level.activeLevel(silence(1), rate)).toBe(0)
    expect(Level.activeLevel(tone(2, 1), rate)).toBe(0)
    expect(Level.activeLevel(new Float32Array(0), rate)).toBe(0)
  })
})

describe("speech at the level of the telephone", () => {
  it("SND-5: -19 dBm0, whatever it came as", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.integer({ min: 20, max: 32_000 }), (amplitude) => {
        const samples = Level.levelled(together(silence(1), tone(amplitude, 1)), rate)!
        expect(rms(samples.subarray(rate))).toBeCloseTo(Level.telephoneLevel, -1)
      }),
      { numRuns: 30 }
    )
  })

  it("SND-5: a peak beyond full scale is cut off there and never wraps around", () => {
    const samples = tone(1_000, 1)
    samples[4_000] = 32_767
    samples[4_001] = -32_767
    const levelled = Level.levelled(samples, rate)!
    expect(levelled[4_000]).toBe(32_767)
    expect(levelled[4_001]).toBe(-32_768)
  })

  it("is amplified before it is rounded: a quiet voice keeps its shape", () => {
    const levelled = Level.levelled(tone(8.3, 1), rate)!
    expect(new Set(levelled).size).toBeGreaterThan(16)
  })

  it("silence cannot be", () => {
    expect(Level.levelled(silence(1), rate)).toBeUndefined()
  })
})
