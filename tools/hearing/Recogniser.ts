/**
 * A program that listens: Debian's pocketsphinx takes down the digits of recordings. It knows nothing of how they were
 * made, so that what it hears right has arrived.
 */
import { spawn } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import * as Resampler from "@vsms/adapter-tts/audio/Resampler"
import * as Wav from "@vsms/adapter-tts/audio/Wav"

const model = "/usr/share/pocketsphinx/model/en-us/en-us"

/** What it needs, each with the Debian package that has it. */
export const programs = { pocketsphinx_batch: "pocketsphinx", [model]: "pocketsphinx-en-us" }

/** What it expects to hear. */
export interface Expectation {
  /** The digits' names, by digit. */
  readonly names: ReadonlyArray<string>
  /** How words sound: one a line, in the recogniser's phonemes; those of its English if absent. */
  readonly dictionary?: string
  /** What is said before the digits, in words of the dictionary. */
  readonly before?: string
  /** How many digits there are; any number if absent. It finds as many in any speech, so only equality proves anything. */
  readonly count?: number
}

export const english: Expectation = {
  names: ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
}

/** The digits in the phonemes of the recogniser's English, tones left out: 零幺二三四五六七八九. */
const mandarinSounds: ReadonlyArray<readonly [name: string, ...sounds: ReadonlyArray<string>]> = [
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

export const mandarin: Expectation = {
  names: mandarinSounds.map(([name]) => name),
  dictionary: mandarinSounds
    .flatMap(([name, ...sounds]) => sounds.map((sound, at) => `${name}${at === 0 ? "" : `(${at + 1})`} ${sound}\n`))
    .join("")
}

const grammarOf = ({ before = "", count, names }: Expectation): string => {
  const digits = count === undefined ? "<digit>+" : "<digit> ".repeat(count)
  return `#JSGF V1.0;\ngrammar code;\npublic <code> = ${before} ${digits};\n<digit> = ${names.join(" | ")};\n`
}

/** Takes down the digits of each recording, at 16,000 Hz; nothing where it understands nothing. */
export const recognise = async (
  expectation: Expectation,
  recordings: ReadonlyArray<Int16Array>
): Promise<ReadonlyArray<string>> => {
  const { dictionary, names } = expectation
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "vsms-hearing-"))
  const file = (name: string) => path.join(directory, name)
  try {
    recordings.forEach((samples, at) => fs.writeFileSync(file(`${at}.wav`), Wav.write({ sampleRate: wide, samples })))
    fs.writeFileSync(file("files"), recordings.map((_, at) => `${at}\n`).join(""))
    if (dictionary !== undefined) fs.writeFileSync(file("words.dict"), dictionary)
    fs.writeFileSync(file("code.gram"), grammarOf(expectation))
    const options = {
      hmm: model,
      dict: dictionary === undefined ? "/usr/share/pocketsphinx/model/en-us/cmudict-en-us.dict" : file("words.dict"),
      jsgf: file("code.gram"),
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
    await run(
      "pocketsphinx_batch",
      Object.entries(options).flatMap(([name, value]) => [`-${name}`, value])
    )
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
  } finally {
    fs.rmSync(directory, { recursive: true, force: true })
  }
}

const run = (program: string, args: ReadonlyArray<string>): Promise<void> =>
  new Promise((resolve, reject) => {
    const running = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] })
    let said = ""
    running.stderr.on("data", (text: Buffer) => (said = `${said}${text.toString()}`.slice(-500)))
    running.on("error", reject)
    running.on("exit", (code) =>
      code === 0 ? resolve() : reject(new Error(`${program} ended with ${code ?? "a signal"}: ${said}`))
    )
  })

// ---------------------------------------------------------------------------------------------------------------------
// what a recogniser for wideband speech needs of a telephone's
// ---------------------------------------------------------------------------------------------------------------------

const wide = 16_000
const toWide = Resampler.make({ from: 8_000, to: wide })
const toNarrow = Resampler.make({ from: wide, to: 8_000 })
const toTreble = Resampler.make({ from: wide, to: 5_000 })
const fromTreble = Resampler.make({ from: 5_000, to: wide })
const extension = 1.5

/**
 * Above 4 kHz a telephone carries nothing, where the recogniser looks for s and f: noise as loud as the treble below is
 * put there, and a little everywhere, as it listens badly where there is nothing at all.
 */
export const extended = (samples: Int16Array, random: () => number): Int16Array => {
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

/** Of a seed, numbers below 1 (mulberry32). */
export const randomOf = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
}
