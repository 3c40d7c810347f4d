import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import * as Resampler from "../../src/audio/Resampler.ts"

const tone = (hertz: number, rate: number, seconds: number): Float32Array =>
  Float32Array.from({ length: Math.round(rate * seconds) }, (_, at) => Math.sin((2 * Math.PI * hertz * at) / rate))

/** The middle of a signal, where no edge reaches. */
const middle = (samples: Float32Array): Float32Array =>
  samples.subarray(Math.round(samples.length / 4), Math.round((samples.length * 3) / 4))

const power = (samples: Float32Array): number => samples.reduce((sum, sample) => sum + sample ** 2, 0) / samples.length

const decibels = (ratio: number): number => 10 * Math.log10(ratio)

/** Takes the best-fitting sine of a frequency out of a signal: what it was, and what is left. */
const fit = (samples: Float32Array, hertz: number, rate: number) => {
  let [ss, cc, sc, ys, yc] = [0, 0, 0, 0, 0]
  samples.forEach((y, at) => {
    const [s, c] = [Math.sin((2 * Math.PI * hertz * at) / rate), Math.cos((2 * Math.PI * hertz * at) / rate)]
    ss += s * s
    cc += c * c
    sc += s * c
    ys += y * s
    yc += y * c
  })
  const det = ss * cc - sc * sc
  const [a, b] = [(ys * cc - yc * sc) / det, (yc * ss - ys * sc) / det]
  const rest = samples.map(
    (y, at) => y - a * Math.sin((2 * Math.PI * hertz * at) / rate) - b * Math.cos((2 * Math.PI * hertz * at) / rate)
  )
  return { amplitude: Math.hypot(a, b), rest: power(rest) }
}

const rates = [11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000]

describe.each(rates)("from %d Hz to the telephone", (from) => {
  const resample = Resampler.make({ from, to: 8_000 })

  it.each([300, 1_000, 2_000, 3_000, 3_400])(
    "SND-5: a tone of %d Hz comes through whole, its noise 80 dB below",
    (hertz) => {
      const { amplitude, rest } = fit(middle(resample(tone(hertz, from, 1))), hertz, 8_000)
      expect(Math.abs(20 * Math.log10(amplitude))).toBeLessThan(0.05)
      expect(decibels(amplitude ** 2 / 2 / rest)).toBeGreaterThan(80)
    }
  )

  it("SND-5: what the telephone cannot carry does not fold down: 80 dB below", () => {
    for (let hertz = 4_600; hertz < from / 2; hertz += 317) {
      const heard = middle(resample(tone(hertz, from, 0.5)))
      expect(decibels(power(heard) / 0.5)).toBeLessThan(-80)
    }
  })

  it("as many samples as the same time takes, and a pulse stays where it was", () => {
    const samples = new Float32Array(from)
    samples[Math.round(from / 2)] = 1
    const heard = resample(samples)
    expect(heard.length).toBe(8_000)
    expect(Math.abs(heard.indexOf(Math.max(...heard)) - 4_000)).toBeLessThanOrEqual(1)
  })

  it("a steady level stays that level", () => {
    for (const sample of middle(resample(new Float32Array(from).fill(0.5)))) expect(sample).toBeCloseTo(0.5, 4)
  })
})

describe("any rates", () => {
  it("the same rate changes nothing", () => {
    expect([...Resampler.make({ from: 8_000, to: 8_000 })(Int16Array.of(1, -2, 3))]).toEqual([1, -2, 3])
  })

  it("up and down again is what it was", () => {
    const speech = tone(1_234, 8_000, 0.5)
    const up = Resampler.make({ from: 8_000, to: 22_050 })(speech)
    const again = Resampler.make({ from: 22_050, to: 8_000 })(up)
    middle(again).forEach((sample, at) => expect(sample).toBeCloseTo(speech[Math.round(again.length / 4) + at]!, 3))
  })

  it("as a filter should: two signals together are their sum", () => {
    const resample = Resampler.make({ from: 22_050, to: 8_000 })
    FastCheck.assert(
      FastCheck.property(
        FastCheck.array(
          FastCheck.tuple(
            FastCheck.integer({ min: -9_999, max: 9_999 }),
            FastCheck.integer({ min: -9_999, max: 9_999 })
          ),
          {
            maxLength: 300
          }
        ),
        (pairs) => {
          const [a, b, sum] = [pairs.map(([x]) => x), pairs.map(([, y]) => y), pairs.map(([x, y]) => x + y)].map((of) =>
            resample(Float32Array.from(of))
          ) as [Float32Array, Float32Array, Float32Array]
          sum.forEach((sample, at) => expect(sample).toBeCloseTo(a[at]! + b[at]!, 1))
          expect(sum.length).toBe(Math.ceil((pairs.length * 160) / 441))
        }
      )
    )
  })

  it.each([0, -1, 3_999, 8_000.5, 384_001, Number.NaN])("%d is no rate", (rate) => {
    expect(Resampler.isRate(rate)).toBe(false)
  })
})
