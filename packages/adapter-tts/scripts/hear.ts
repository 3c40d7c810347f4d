/**
 * Has codes heard by a program: spoken, brought to the telephone by this package, and put before a speech recogniser
 * that knows nothing of how they were made. Reports how many codes it took down right, and how many of the controls.
 *
 *     node scripts/bootstrap.mjs packages/adapter-tts/scripts/hear.ts [--codes 40] [--seed 1] [--install]
 *
 * It needs Debian's `flite`, `pocketsphinx` and `pocketsphinx-en-us`, and installs them with `--install`. Status 77:
 * they are not there. The numbers rank voices and catch what breaks them: they are not how well people understand.
 */
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { parseArgs } from "node:util"
import type { SpeechAudio } from "@vsms/core/dispatch/SpeechSynthesizer"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as G711 from "../src/audio/G711.ts"
import * as Level from "../src/audio/Level.ts"
import * as Resampler from "../src/audio/Resampler.ts"
import * as TelephoneAudio from "../src/audio/TelephoneAudio.ts"
import * as Wav from "../src/audio/Wav.ts"
import * as EspeakSpeech from "../src/espeak/EspeakSpeech.ts"

const packages = ["flite", "pocketsphinx", "pocketsphinx-en-us"]
const model = "/usr/share/pocketsphinx/model/en-us/en-us"

// ---------------------------------------------------------------------------------------------------------------------
// who speaks, and who listens
// ---------------------------------------------------------------------------------------------------------------------

const english = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]

/** The digits in the phonemes of the recogniser's English, tones left out: 零幺二三四五六七八九. */
const mandarin: ReadonlyArray<readonly [name: string, ...sounds: ReadonlyArray<string>]> = [
  ["ling", "L IH NG"],
  ["yao", "Y AW", "Y AA OW"],
  ["er", "AA R", "ER", "AH R", "AA", "AH"],
  ["san", "S AA N"],
  ["si", "S IH", "S AH", "S UH", "S ER", "S"],
  ["wu", "W UW"],
  ["liu", "L IY OW", "L Y OW"],
  ["qi", "CH IY"],
  ["ba", "B AA", "P AA"],
  ["jiu", "JH IY OW", "JH Y OW"]
]

interface Recogniser {
  /** The digits' names, by digit. */
  readonly names: ReadonlyArray<string>
  readonly dictionary: string
}

const recognisers = {
  english: {
    names: english,
    dictionary: "/usr/share/pocketsphinx/model/en-us/cmudict-en-us.dict"
  },
  mandarin: { names: mandarin.map(([name]) => name), dictionary: "mandarin.dict" }
} satisfies Readonly<Record<string, Recogniser>>

/** Takes down the digits of each recording. */
const recognise = (
  directory: string,
  { dictionary, names }: Recogniser,
  recordings: ReadonlyArray<Int16Array>
): ReadonlyArray<string> => {
  const file = (name: string) => path.join(directory, name)
  recordings.forEach((samples, at) => fs.writeFileSync(file(`${at}.wav`), Wav.write({ sampleRate: wide, samples })))
  fs.writeFileSync(file("files"), recordings.map((_, at) => `${at}\n`).join(""))
  fs.writeFileSync(
    file("mandarin.dict"),
    mandarin
      .flatMap(([name, ...sounds]) => sounds.map((sound, at) => `${name}${at === 0 ? "" : `(${at + 1})`} ${sound}\n`))
      .join("")
  )
  fs.writeFileSync(
    file("digits.gram"),
    `#JSGF V1.0;\ngrammar digits;\npublic <digits> = <digit>+;\n<digit> = ${names.join(" | ")};\n`
  )
  const options = {
    hmm: model,
    dict: dictionary.startsWith("/") ? dictionary : file(dictionary),
    jsgf: file("digits.gram"),
    // As it comes, it makes two digits of one, and one of none.
    wip: "0.02",
    ctl: file("files"),
    cepdir: directory,
    cepext: ".wav",
    adcin: "yes",
    adchdr: "44",
    hyp: file("heard"),
    logfn: "/dev/null"
  }
  const { status, stderr } = spawnSync(
    "pocketsphinx_batch",
    Object.entries(options).flatMap(([name, value]) => [`-${name}`, value]),
    { encoding: "utf8" }
  )
  if (status !== 0) throw new Error(`pocketsphinx_batch ended with ${status}: ${stderr.slice(-500)}`)
  const lines = fs.readFileSync(file("heard"), "utf8").trim().split("\n")
  return recordings.map((_, at) => {
    const line = lines.find((line) => line.includes(`(${at} `)) ?? ""
    return line
      .replace(/\(.*$/, "")
      .trim()
      .split(/\s+/)
      .map((word) => names.indexOf(word.replace(/\(\d+\)$/, "")))
      .filter((digit) => digit >= 0)
      .join("")
  })
}

/** Debian's flite, which the recogniser understands best of all voices: what is lost, was lost on our way. */
const flite =
  (voice: string) =>
  (code: string): Promise<SpeechAudio> => {
    const file = path.join(os.tmpdir(), `hear-${process.pid}.wav`)
    const text = [...code].map((digit) => english[Number(digit)]).join(". ")
    const { status } = spawnSync("flite", ["-voice", voice, "-t", `${text}.`, "-o", file])
    if (status !== 0) throw new Error(`flite ended with ${status}`)
    const bytes = fs.readFileSync(file)
    fs.rmSync(file)
    return Promise.resolve(Either.getOrThrow(Wav.read(bytes)))
  }

// ---------------------------------------------------------------------------------------------------------------------
// the way to the telephone, and what a recogniser for wideband speech needs of it
// ---------------------------------------------------------------------------------------------------------------------

const wide = 16_000
const encode = TelephoneAudio.make()
const toWide = Resampler.make({ from: 8_000, to: wide })
const toNarrow = Resampler.make({ from: wide, to: 8_000 })
const toTreble = Resampler.make({ from: wide, to: 5_000 })
const fromTreble = Resampler.make({ from: 5_000, to: wide })

type Way = (audio: SpeechAudio) => Int16Array

const line: Way = (audio) => G711.decode(Either.getOrThrow(encode(audio, "alaw")).payload, "alaw")

const wrongLaw: Way = (audio) => G711.decode(Either.getOrThrow(encode(audio, "alaw")).payload, "mulaw")

/** The engine's samples as they are: on the line they take twice or three times as long. */
const notResampled: Way = ({ sampleRate, samples }) => Level.levelled(Float32Array.from(samples), sampleRate)!

/**
 * Above 4 kHz a telephone carries nothing, where the recogniser looks for s and f: noise as loud as the treble below is
 * put there, and a little everywhere, as it listens badly where there is nothing at all.
 */
const extended = (samples: Int16Array, random: () => number): Int16Array => {
  const speech = toWide(samples)
  const bass = fromTreble(toTreble(speech))
  const noise = Float32Array.from(speech, () => random() * 2 - 1)
  const low = toWide(toNarrow(noise))
  let envelope = 0
  return Int16Array.from(speech, (sample, at) => {
    envelope += 0.02 * (Math.abs(sample - (bass[at] ?? 0)) - envelope)
    const treble = extension * envelope * (noise[at]! - (low[at] ?? 0))
    const floor = 200 * (random() - 0.5)
    return Math.max(-32_768, Math.min(32_767, Math.round(sample + treble + floor)))
  })
}

const extension = 1.5

// ---------------------------------------------------------------------------------------------------------------------
// the report
// ---------------------------------------------------------------------------------------------------------------------

/** Of a seed, numbers below 1 (mulberry32). */
const randomOf = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
}

/** How many characters have to be changed, put in or left out. */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (let i = 1; i <= a.length; i++) {
    row = row.reduce<Array<number>>((next, above, j) => {
      next.push(
        j === 0 ? i : Math.min(above + 1, next[j - 1]! + 1, row[j - 1]! + (a.charAt(i - 1) === b.charAt(j - 1) ? 0 : 1))
      )
      return next
    }, [])
  }
  return row[b.length]!
}

interface Trial {
  readonly name: string
  readonly speak: (code: string) => Promise<SpeechAudio>
  readonly way: Way
  readonly recogniser: Recogniser
  /** The per cent of the digits that may be wrong, or have to be: a control. */
  readonly atMost?: number
  readonly atLeast?: number
}

const main = async (codes: ReadonlyArray<string>, seed: number): Promise<boolean> => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "hear-"))
  const scope = await Effect.runPromise(Scope.make())
  const engine = await Effect.runPromise(Scope.extend(EspeakSpeech.make(), scope))
  const espeak = (language: "zh-CN" | "en-US", voice?: string) => (code: string) =>
    Effect.runPromise(engine.synthesize({ segments: [{ _tag: "Spell", text: code }], language, voice }))
  const { english, mandarin } = recognisers
  const trials: ReadonlyArray<Trial> = [
    { name: "flite rms, English", speak: flite("rms"), way: line, recogniser: english, atMost: 10 },
    { name: "control: A-law heard as µ-law", speak: flite("rms"), way: wrongLaw, recogniser: english, atLeast: 70 },
    { name: "control: without resampling", speak: flite("rms"), way: notResampled, recogniser: english, atLeast: 70 },
    { name: "espeak-ng, English", speak: espeak("en-US", "en-us+m5"), way: line, recogniser: english, atMost: 25 },
    { name: "espeak-ng, Mandarin", speak: espeak("zh-CN"), way: line, recogniser: mandarin, atMost: 55 },
    { name: "control: English for Mandarin", speak: espeak("en-US"), way: line, recogniser: mandarin, atLeast: 80 }
  ]
  let isFine = true
  try {
    console.log(`${codes.length} codes of four digits, A-law at 8,000 Hz, seed ${seed}`)
    for (const { atLeast, atMost, name, recogniser, speak, way } of trials) {
      const random = randomOf(seed)
      const recordings: Array<Int16Array> = []
      for (const code of codes) recordings.push(extended(way(await speak(code)), random))
      const heard = recognise(directory, recogniser, recordings)
      const right = codes.filter((code, at) => heard[at] === code).length
      const wrong = codes.reduce((sum, code, at) => sum + distance(code, heard[at]!), 0)
      const share = (wrong * 100) / (codes.length * 4)
      const isFailed = share > (atMost ?? Infinity) || share < (atLeast ?? 0)
      const wanted = atMost === undefined ? `at least ${atLeast} %` : `at most ${atMost} %`
      console.log(
        `  ${name.padEnd(32)} ${String(right).padStart(3)} of ${codes.length} codes right; digits wrong: ${share.toFixed(1).padStart(5)} %, ${wanted}${isFailed ? ": FAILED" : ""}`
      )
      isFine &&= !isFailed
    }
  } finally {
    await Effect.runPromise(Scope.close(scope, Exit.void))
    fs.rmSync(directory, { recursive: true, force: true })
  }
  return isFine
}

const isThere = (): boolean =>
  fs.existsSync(model) && ["flite", "pocketsphinx_batch"].every((program) => spawnSync("which", [program]).status === 0)

const { values } = parseArgs({
  options: {
    codes: { type: "string", default: "40" },
    seed: { type: "string", default: "1" },
    install: { type: "boolean", default: false }
  }
})

if (!isThere() && values.install) {
  console.log(`apt-get install ${packages.join(" ")}`)
  spawnSync("apt-get", ["update", "--quiet"], { stdio: "ignore" })
  spawnSync("apt-get", ["install", "--yes", "--quiet", "--no-install-recommends", ...packages], { stdio: "ignore" })
}

if (!isThere()) {
  console.log(`nobody listens: apt-get install ${packages.join(" ")} (Debian), or run this with --install`)
  process.exitCode = 77
} else {
  const seed = Number(values.seed)
  const random = randomOf(seed)
  const codes = Array.from({ length: Number(values.codes) }, () =>
    Array.from({ length: 4 }, () => Math.floor(random() * 10)).join("")
  )
  process.exitCode = (await main(codes, seed)) ? 0 : 1
}
