/**
 * Says a text and writes what a telephone would hear: `npm run say -- "您的验证码是：3842"`. For people who want to listen.
 *
 *     --engine espeak|tone   --codec alaw|mulaw|pcm   --language zh-CN|en-US   --voice <name>   --slow   --out <file>
 */
import * as fs from "node:fs"
import * as path from "node:path"
import { parseArgs } from "node:util"
import { SpeechSynthesizer } from "@vsms/core/dispatch/SpeechSynthesizer"
import { type Codec, TelephoneCodec } from "@vsms/core/dispatch/TelephoneCodec"
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Level from "../src/audio/Level.ts"
import * as TelephoneAudio from "../src/audio/TelephoneAudio.ts"
import * as Wav from "../src/audio/Wav.ts"
import * as EspeakSpeech from "../src/espeak/EspeakSpeech.ts"
import * as Spelling from "../src/text/Spelling.ts"
import * as SpokenRequest from "../src/text/SpokenRequest.ts"
import * as ToneSpeech from "../src/tone/ToneSpeech.ts"

const usage = `npm run say -- [--engine espeak|tone] [--codec alaw|mulaw|pcm] [--language zh-CN|en-US] [--voice <name>]
               [--slow] [--out <file>.wav] <text>`

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    engine: { type: "string", default: "espeak" },
    codec: { type: "string", default: "alaw" },
    language: { type: "string", default: "zh-CN" },
    voice: { type: "string" },
    slow: { type: "boolean", default: false },
    out: { type: "string", default: ".vsms/say.wav" }
  }
})

const isOneOf = <A extends string>(value: string, ...choices: ReadonlyArray<A>): value is A =>
  choices.some((choice) => choice === value)

const { codec, engine, language, out, slow, voice } = values
const text = positionals.join(" ")

const pace = slow ? Spelling.slower(Spelling.defaultPace, 1.6) : Spelling.defaultPace

const write = (bytes: Uint8Array) =>
  Effect.sync(() => {
    fs.mkdirSync(path.dirname(out), { recursive: true })
    fs.writeFileSync(out, bytes)
  })

const program = (language: Spelling.Language, codec: Codec | "pcm") =>
  Effect.gen(function* () {
    const segments = [{ _tag: "Text", text }] as const
    for (const piece of SpokenRequest.speaker({ pace, lexicon: {} })(segments, language)) {
      yield* Console.log(piece._tag === "Phrase" ? piece.text : `    ${piece.millis} ms`)
    }
    const speech = yield* SpeechSynthesizer
    const start = yield* Clock.currentTimeMillis
    const audio = yield* speech.synthesize({ segments, language, voice, ratePercent: slow ? 80 : 100 })
    const took = (yield* Clock.currentTimeMillis) - start
    const line = yield* Effect.flatMap(TelephoneCodec, (telephone) =>
      telephone.encode(audio, codec === "pcm" ? "alaw" : codec)
    )
    const heard = codec === "pcm" ? audio : TelephoneAudio.decode(line)
    const level = Level.activeLevel(Float32Array.from(heard.samples), heard.sampleRate)
    const peak = heard.samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0)
    const seconds = heard.samples.length / heard.sampleRate
    yield* Console.log(
      [
        `${speech.capabilities.engine}, ${codec} at ${heard.sampleRate} Hz: ${seconds.toFixed(2)} s, made in ${took} ms`,
        `level ${(20 * Math.log10(level / Level.telephoneLevel) - 19).toFixed(1)} dBm0, peak ${peak} of 32767`
      ].join("\n")
    )
    yield* write(codec === "pcm" ? Wav.write(audio) : Wav.writeTelephone(line))
    yield* Console.log(out)
  })

if (
  text === "" ||
  !isOneOf(engine, "espeak", "tone") ||
  !isOneOf(codec, "alaw", "mulaw", "pcm") ||
  !isOneOf(language, "zh-CN", "en-US")
) {
  console.error(usage)
  process.exitCode = 1
} else {
  const engines = { espeak: EspeakSpeech.layer({ pace }), tone: ToneSpeech.layer }
  process.exitCode = await program(language, codec).pipe(
    Effect.provide(Layer.merge(engines[engine], TelephoneAudio.layer)),
    Effect.as(0),
    Effect.catchAll((failure) => Effect.as(Console.error(failure.message), 1)),
    Effect.runPromise
  )
}
