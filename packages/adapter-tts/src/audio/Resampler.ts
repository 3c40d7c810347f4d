/**
 * Rules: speech at another sample rate. A polyphase filter with a Kaiser window: flat to 0.1 dB up to 87.5 % of the
 * lower rate's half, what would fold down 80 dB under from 112.5 % on (for 8,000 Hz: 3,500 and 4,500 Hz).
 */

export interface Rates {
  readonly from: number
  readonly to: number
}

/** The rates between which speech can be resampled, in hertz. */
export const isRate = (rate: number): boolean => Number.isInteger(rate) && rate >= 4_000 && rate <= 384_000

/**
 * Makes a resampler. Costs up to some milliseconds for the filter, so one is kept for each pair of rates.
 *
 * **Details** The samples come out without delay, as many as the same time takes at the new rate; around them is
 * silence.
 */
export const make = (rates: Rates): ((samples: Int16Array | Float32Array) => Float32Array) => {
  if (rates.from === rates.to) return (samples) => Float32Array.from(samples)
  const divisor = greatestDivisor(rates.from, rates.to)
  const phases = rates.to / divisor
  const step = rates.from / divisor
  const taps = tapsOf(rates)
  const filter = polyphase(rates, phases, taps)
  return (samples) => {
    // Silence around them: so that no output sample has to ask where the input ends.
    const padded = new Float64Array(samples.length + taps)
    padded.set(samples, taps / 2 - 1)
    const resampled = new Float32Array(Math.ceil((samples.length * phases) / step))
    for (let at = 0, position = 0; at < resampled.length; at++, position += step) {
      const phase = position % phases
      const first = (position - phase) / phases
      const coefficients = phase * taps
      let sum = 0
      for (let tap = 0; tap < taps; tap++) sum += padded[first + tap]! * filter[coefficients + tap]!
      resampled[at] = sum
    }
    return resampled
  }
}

/** Of the Kaiser window: 80 dB between pass band and stop band. */
const attenuation = 80

const beta = 0.1102 * (attenuation - 8.7)

/** How many input samples one output sample is made of, an even number. */
const tapsOf = ({ from, to }: Rates): number => {
  const transition = Math.min(from, to) / 8
  return 2 * Math.ceil(((attenuation - 7.95) * from) / (14.36 * transition * 2)) + 2
}

/** The coefficients of phase 0, of phase 1 and so on. */
const polyphase = ({ from, to }: Rates, phases: number, taps: number): Float64Array => {
  const filter = new Float64Array(phases * taps)
  const cutoff = Math.min(from, to) / 2 / from
  for (let phase = 0; phase < phases; phase++) {
    for (let tap = 0; tap < taps; tap++) {
      // Of the input sample from the output sample; the latter lies between the two in the middle.
      const distance = tap - (taps / 2 - 1) - phase / phases
      filter[phase * taps + tap] = 2 * cutoff * sinc(2 * cutoff * distance) * kaiser((2 * distance) / taps)
    }
  }
  return filter
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x))

const kaiser = (x: number): number => (Math.abs(x) > 1 ? 0 : besselI0(beta * Math.sqrt(1 - x * x)) / besselI0(beta))

/** The modified Bessel function of the first kind and order zero, by its power series. */
const besselI0 = (x: number): number => {
  let term = 1
  let sum = 1
  for (let k = 1; term > sum * 1e-17; k++) {
    term *= (x / (2 * k)) ** 2
    sum += term
  }
  return sum
}

const greatestDivisor = (a: number, b: number): number => (b === 0 ? a : greatestDivisor(b, a % b))
