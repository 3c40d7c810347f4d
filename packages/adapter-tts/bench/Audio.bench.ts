/**
 * What becomes of speech on its way to the telephone, beside the libraries that npm has for it. How good each one is, is
 * measured before how fast: a resampler that lets everything through is soon done.
 */
import { createRequire } from "node:module"
import * as G711 from "../src/audio/G711.ts"
import * as Level from "../src/audio/Level.ts"
import * as Resampler from "../src/audio/Resampler.ts"
import * as Wav from "../src/audio/Wav.ts"
import { line, number, shown, spread, title } from "./Figures.ts"

export const group = "speech"

const from = 22_050
const to = 8_000
const rounds = 9

const tone = (hertz: number, seconds: number, amplitude = 10_000): Float32Array =>
  Float32Array.from(
    { length: Math.round(from * seconds) },
    (_, at) => amplitude * Math.sin((2 * Math.PI * hertz * at) / from)
  )

/** Something like speech: many tones up to 9 kHz that come and go. */
const speech = Float32Array.from({ length: from * 2 }, (_, at) => {
  const seconds = at / from
  const syllable = Math.max(0, Math.sin(2 * Math.PI * 4 * seconds))
  let sum = 0
  for (let k = 1; k <= 40; k++) sum += Math.sin(2 * Math.PI * 220 * k * seconds + k * k) / k
  return 4_000 * syllable * sum
})

type Resample = (samples: Float32Array) => ArrayLike<number>

// CommonJS, all of them: their types are of names that an import does not find.
const load = createRequire(import.meta.url)
const { ConverterType, create } = load(
  "@alexanderolsen/libsamplerate-js"
) as typeof import("@alexanderolsen/libsamplerate-js")
const { alaw, mulaw } = load("alawmulaw") as typeof import("alawmulaw")
const waveResampler = load("wave-resampler") as typeof import("wave-resampler")
const wavefile = load("wavefile") as typeof import("wavefile")

interface Contestant<A> {
  readonly name: string
  readonly run: (input: A) => unknown
}

const libsamplerate = async (type: 0 | 1 | 2 | 3 | 4): Promise<Resample> => {
  const source = await create(1, from, to, { converterType: type })
  // It takes floating point up to 1 and keeps what it heard last, so silence flushes it.
  return (samples) => source.full(samples.map((sample) => sample / 32_768)).map((sample) => sample * 32_768)
}

const sinc = { method: "sinc" } as const

const byWavefile: Resample = (samples) => {
  const wav = new wavefile.WaveFile()
  wav.fromScratch(1, from, "32f", samples)
  wav.toSampleRate(to, sinc)
  return Float32Array.from(wav.getSamples() as ArrayLike<number>)
}

const power = (samples: ArrayLike<number>): number =>
  Array.from(samples).reduce((sum, sample) => sum + sample ** 2, 0) / samples.length

const decibels = (ratio: number): number => 10 * Math.log10(Math.max(ratio, 1e-30))

const middle = (samples: ArrayLike<number>): ReadonlyArray<number> => {
  const all = Array.from(samples)
  return all.slice(Math.round(all.length / 4), Math.round((all.length * 3) / 4))
}

/** How far what is left of a tone, once the tone is taken out of it, lies below the tone. */
const signalToNoise = (samples: ReadonlyArray<number>, hertz: number): number => {
  let [ss, cc, sc, ys, yc] = [0, 0, 0, 0, 0]
  const angle = (at: number) => (2 * Math.PI * hertz * at) / to
  samples.forEach((y, at) => {
    const [s, c] = [Math.sin(angle(at)), Math.cos(angle(at))]
    ss += s * s
    cc += c * c
    sc += s * c
    ys += y * s
    yc += y * c
  })
  const det = ss * cc - sc * sc
  const [a, b] = [(ys * cc - yc * sc) / det, (yc * ss - ys * sc) / det]
  const rest = samples.map((y, at) => y - a * Math.sin(angle(at)) - b * Math.cos(angle(at)))
  return decibels((a * a + b * b) / 2 / power(rest))
}

interface Quality {
  /** The worst of three tones, in decibels. */
  readonly noise: number
  /** The strongest of what folds down, in decibels. */
  readonly alias: number
  /** What becomes of a tone at the upper end of the telephone's band, 3,400 Hz, in decibels. */
  readonly upper: number
}

/** As exact as G.711 (37 dB) will ever need, no aliases, and the whole band. */
const isGood = ({ alias, noise, upper }: Quality): boolean => noise >= 80 && alias <= -80 && Math.abs(upper) < 0.5

const qualityOf = (resample: Resample): Quality => ({
  upper: decibels(power(middle(resample(tone(3_400, 1)))) / power(tone(3_400, 1))),
  noise: Math.min(...[300, 1_000, 3_000].map((hertz) => signalToNoise(middle(resample(tone(hertz, 1))), hertz))),
  alias: Math.max(
    ...[4_700, 5_300, 6_700, 8_100, 9_900].map((hertz) =>
      decibels(power(middle(resample(tone(hertz, 1)))) / power(tone(hertz, 1)))
    )
  )
})

/** Processor nanoseconds per sample, all contestants in turn within a round. */
const race = <A>(input: A, samples: number, contestants: ReadonlyArray<Contestant<A>>) => {
  const times = contestants.map(() => new Array<number>())
  for (const { run } of contestants) run(input)
  for (let round = 0; round < rounds; round++) {
    contestants.forEach(({ run }, at) => {
      const before = process.cpuUsage()
      let turns = 0
      let used = 0
      do {
        run(input)
        turns++
        const { system, user } = process.cpuUsage(before)
        used = system + user
      } while (used < 60_000)
      times[at]!.push((used * 1_000) / (turns * samples))
    })
  }
  return times.map(spread)
}

const resamplers = async (): Promise<void> => {
  const own = Resampler.make({ from, to })
  const all: ReadonlyArray<readonly [name: string, resample: Resample]> = [
    ["this package", own],
    ["libsamplerate-js, best", await libsamplerate(ConverterType.SRC_SINC_BEST_QUALITY)],
    ["libsamplerate-js, medium", await libsamplerate(ConverterType.SRC_SINC_MEDIUM_QUALITY)],
    ["libsamplerate-js, fastest", await libsamplerate(ConverterType.SRC_SINC_FASTEST)],
    ["wave-resampler, sinc", (samples) => waveResampler.resample(samples, from, to, sinc)],
    ["wavefile, sinc", byWavefile]
  ]
  const qualities = all.map(([, resample]) => qualityOf(resample))
  if (!isGood(qualities[0]!)) throw new Error(`our resampler: ${JSON.stringify(qualities[0])}`)
  const figures = race(
    speech,
    speech.length,
    all.map(([name, run]) => ({ name, run }))
  )
  title(`resampling from ${from} to ${to} Hz: ns per sample; noise below a tone; what folds down; 3,400 Hz`)
  all.forEach(([name], at) => {
    const { alias, noise, upper } = qualities[at]!
    line(
      name,
      shown(figures[at]!),
      `×${(figures[at]!.median / figures[0]!.median).toFixed(2)}`.padStart(8),
      `${number(noise)} dB`.padStart(8),
      `${number(alias)} dB`.padStart(9),
      `${upper.toFixed(1)} dB`.padStart(8),
      isGood(qualities[at]!) ? "" : "not good enough"
    )
  })
}

const samples = Int16Array.from({ length: 80_000 }, (_, at) => ((at * 40_503) & 0xffff) - 32_768)
const everySample = Int16Array.from({ length: 65_536 }, (_, bits) => (bits << 16) >> 16)

const differing = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).filter((value, at) => value !== b[at]).length

const companding = (): void => {
  const laws = [
    ["A-law", "alaw", alaw],
    ["µ-law", "mulaw", mulaw]
  ] as const
  for (const [name, codec, theirs] of laws) {
    const ours = G711.encode(everySample, codec)
    const different = differing(ours, theirs.encode(everySample))
    if (codec === "mulaw" && different > 0) throw new Error("µ-law: the two disagree")
    const payload = G711.encode(samples, codec)
    const [encode, encodeTheirs] = race(samples, samples.length, [
      { name: "encode", run: (input) => G711.encode(input, codec) },
      { name: "encode", run: (input) => theirs.encode(input) }
    ])
    const [decode, decodeTheirs] = race(payload, payload.length, [
      { name: "decode", run: (input) => G711.decode(input, codec) },
      { name: "decode", run: (input) => theirs.decode(input) }
    ])
    title(`G.711 ${name}: ns per sample; alawmulaw encodes ${different} of 65,536 samples otherwise`)
    const factor = (one: { readonly median: number }, other: { readonly median: number }) =>
      `×${(other.median / one.median).toFixed(2)}`
    line("this package, encode", shown(encode!))
    line("alawmulaw, encode", shown(encodeTheirs!), factor(encode!, encodeTheirs!))
    line("this package, decode", shown(decode!))
    line("alawmulaw, decode", shown(decodeTheirs!), factor(decode!, decodeTheirs!))
  }
}

const whole = (): void => {
  const resample = Resampler.make({ from, to })
  const telephone = resample(speech)
  const wav = Wav.write({ sampleRate: from, samples: Int16Array.from(speech) })
  const [level] = race(telephone, telephone.length, [{ name: "level", run: (input) => Level.levelled(input, to) }])
  const [read] = race(wav, speech.length, [{ name: "read", run: (input) => Wav.read(input) }])
  title("the rest of the way: ns per sample")
  line("level, RFC 7874", shown(level!))
  line("WAV file read, 16 bits", shown(read!))
}

export const run = async (): Promise<void> => {
  await resamplers()
  companding()
  whole()
}
