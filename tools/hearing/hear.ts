/**
 * Has codes heard by a program: spoken, brought to the telephone by this package, and put before a speech recogniser
 * that knows nothing of how they were made. Reports how many codes it took down right, and how many of the controls.
 *
 *     node scripts/bootstrap.mjs tools/hearing/hear.ts [--codes 40] [--seed 1] [--install]
 *
 * It needs Debian's `flite`, `pocketsphinx` and `pocketsphinx-en-us`, and installs them with `--install`. Status 77:
 * they are not there. The numbers rank voices and catch what breaks them: they are not how well people understand.
 */
import { parseArgs } from "node:util"
import type { SpeechAudio } from "@vsms/core/dispatch/SpeechSynthesizer"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as G711 from "@vsms/adapter-tts/audio/G711"
import * as Level from "@vsms/adapter-tts/audio/Level"
import * as TelephoneAudio from "@vsms/adapter-tts/audio/TelephoneAudio"
import * as EspeakSpeech from "@vsms/adapter-tts/espeak/EspeakSpeech"
import { missing } from "../debian/Debian.ts"
import * as Flite from "./Flite.ts"
import * as Recogniser from "./Recogniser.ts"
import { english, type Expectation, extended, mandarin, randomOf, recognise } from "./Recogniser.ts"

// ---------------------------------------------------------------------------------------------------------------------
// the way to the telephone
// ---------------------------------------------------------------------------------------------------------------------

const flite = (code: string): Promise<SpeechAudio> => Promise.resolve(Flite.speak(Flite.spelt(code)))

const encode = TelephoneAudio.make()

type Way = (audio: SpeechAudio) => Int16Array

const line: Way = (audio) => G711.decode(Either.getOrThrow(encode(audio, "alaw")).payload, "alaw")

const wrongLaw: Way = (audio) => G711.decode(Either.getOrThrow(encode(audio, "alaw")).payload, "mulaw")

/** The engine's samples as they are: on the line they take twice or three times as long. */
const notResampled: Way = ({ sampleRate, samples }) => Level.levelled(Float32Array.from(samples), sampleRate)!

// ---------------------------------------------------------------------------------------------------------------------
// the report
// ---------------------------------------------------------------------------------------------------------------------

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
  readonly expectation: Expectation
  /** The per cent of the digits that may be wrong, or have to be: a control. */
  readonly atMost?: number
  readonly atLeast?: number
}

const main = async (codes: ReadonlyArray<string>, seed: number): Promise<boolean> => {
  const scope = await Effect.runPromise(Scope.make())
  const engine = await Effect.runPromise(Scope.extend(EspeakSpeech.make(), scope))
  const espeak = (language: "zh-CN" | "en-US", voice?: string) => (code: string) =>
    Effect.runPromise(engine.synthesize({ segments: [{ _tag: "Spell", text: code }], language, voice }))
  const trials: ReadonlyArray<Trial> = [
    { name: "flite rms, English", speak: flite, way: line, expectation: english, atMost: 10 },
    { name: "control: A-law heard as µ-law", speak: flite, way: wrongLaw, expectation: english, atLeast: 70 },
    { name: "control: without resampling", speak: flite, way: notResampled, expectation: english, atLeast: 70 },
    { name: "espeak-ng, English", speak: espeak("en-US", "en-us+m5"), way: line, expectation: english, atMost: 25 },
    { name: "espeak-ng, Mandarin", speak: espeak("zh-CN"), way: line, expectation: mandarin, atMost: 55 },
    { name: "control: English for Mandarin", speak: espeak("en-US"), way: line, expectation: mandarin, atLeast: 80 }
  ]
  let isFine = true
  try {
    console.log(`${codes.length} codes of four digits, A-law at 8,000 Hz, seed ${seed}`)
    for (const { atLeast, atMost, expectation, name, speak, way } of trials) {
      const random = randomOf(seed)
      const recordings: Array<Int16Array> = []
      for (const code of codes) recordings.push(extended(way(await speak(code)), random))
      const heard = await recognise(expectation, recordings)
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
  }
  return isFine
}

const { values } = parseArgs({
  options: {
    codes: { type: "string", default: "40" },
    seed: { type: "string", default: "1" },
    install: { type: "boolean", default: false }
  }
})

const why = missing({ ...Flite.programs, ...Recogniser.programs }, { install: values.install })
if (why !== undefined) {
  console.log(`nobody listens: ${why} (Debian), or run this with --install`)
  process.exitCode = 77
} else {
  const seed = Number(values.seed)
  const random = randomOf(seed)
  const codes = Array.from({ length: Number(values.codes) }, () =>
    Array.from({ length: 4 }, () => Math.floor(random() * 10)).join("")
  )
  process.exitCode = (await main(codes, seed)) ? 0 : 1
}
