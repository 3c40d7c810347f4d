/**
 * Says a text and writes what a telephone would hear: `npm run say -- "您的验证码是：3842"`. For people who want to listen.
 * `SayOptions.ts` has the options.
 */
import * as fs from "node:fs"
import * as path from "node:path"
import { FetchHttpClient } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { type SpeechSegment, SpeechSynthesizer } from "@vsms/core/dispatch/SpeechSynthesizer"
import { TelephoneCodec } from "@vsms/core/dispatch/TelephoneCodec"
import * as TelephoneWav from "@vsms/core/dispatch/TelephoneWav"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Level from "../src/audio/Level.ts"
import * as TelephoneAudio from "../src/audio/TelephoneAudio.ts"
import * as Wav from "../src/audio/Wav.ts"
import * as Engines from "../src/composition/Engines.ts"
import * as Spelling from "../src/text/Spelling.ts"
import * as SpokenRequest from "../src/text/SpokenRequest.ts"
import type { Utterance } from "../src/text/Utterance.ts"
import * as SayOptions from "./SayOptions.ts"

/** What is said, word for word. Tones are for the characters as they were typed. */
const utteranceOf = ({ engine, language, pauses, text }: SayOptions.Options): Utterance => {
  if (engine === "tone") return [{ _tag: "Phrase", text }]
  const pace = Spelling.slower(Spelling.defaultPace, pauses)
  return SpokenRequest.speaker({ pace, lexicon: {} })([{ _tag: "Text", text }], language)
}

const segmentOf = (piece: Utterance[number]): SpeechSegment =>
  piece._tag === "Phrase" ? { _tag: "Text", text: piece.text } : { _tag: "Pause", millis: piece.millis }

const decibels = (ratio: number): string => (20 * Math.log10(ratio)).toFixed(1)

const program = (options: SayOptions.Options) =>
  Effect.gen(function* () {
    const { codec, language, out, ratePercent, voice } = options
    const utterance = utteranceOf(options)
    yield* Console.log("分段 · segments")
    for (const piece of utterance) {
      yield* Console.log(piece._tag === "Phrase" ? `  ${piece.text}` : `    （停顿 ${piece.millis} 毫秒）`)
    }
    const speech = yield* SpeechSynthesizer
    const start = yield* Clock.currentTimeMillis
    const audio = yield* speech.synthesize({ segments: utterance.map(segmentOf), language, voice, ratePercent })
    const took = (yield* Clock.currentTimeMillis) - start
    const line = yield* Effect.flatMap(TelephoneCodec, (telephone) =>
      telephone.encode(audio, codec === "pcm" ? "alaw" : codec)
    )
    const heard = codec === "pcm" ? audio : TelephoneAudio.decode(line)
    const level = Level.activeLevel(Float32Array.from(heard.samples), heard.sampleRate)
    const peak = heard.samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0)
    const seconds = heard.samples.length / heard.sampleRate
    const bytes = codec === "pcm" ? Wav.write(audio) : TelephoneWav.write(line)
    yield* Effect.try({
      try: () => {
        fs.mkdirSync(path.dirname(path.resolve(out)), { recursive: true })
        fs.writeFileSync(out, bytes)
      },
      catch: (error) => ({
        message: `无法写入 ${out} · cannot write: ${error instanceof Error ? error.message : String(error)}`
      })
    })
    yield* Console.log(
      [
        `时长 · length  ${seconds.toFixed(2)} 秒`,
        `电平 · level   ${decibels((level / Level.telephoneLevel) * 10 ** (-19 / 20))} dBm0，峰值 · peak ${decibels(peak / 32_767)} dB`,
        `引擎 · engine  ${speech.capabilities.engine}，合成用时 ${took} 毫秒，${codec} ${heard.sampleRate} Hz`,
        `文件 · file    ${out}（${bytes.length} 字节）`
      ].join("\n")
    )
  })

const reasons = {
  EngineMissing: "引擎未安装 · the engine is not installed",
  Unsupported: "引擎不支持 · the engine cannot do that",
  Rejected: "引擎拒绝了这段话 · the engine will not say this",
  Unavailable: "引擎暂时不可用 · the engine is not available",
  BadAudio: "没有声音 · there is nothing to hear"
} as const

const fail = (message: string) => Effect.as(Console.error(`✗ ${message}`), 1)

const parsed = SayOptions.parse(process.argv.slice(2))
if (parsed === "help") {
  console.log(SayOptions.help)
} else if ("problem" in parsed) {
  console.error(`✗ ${parsed.problem}\n\n${SayOptions.help}`)
  process.exitCode = 1
} else {
  const host = Layer.merge(FetchHttpClient.layer, NodeContext.layer)
  process.exitCode = await program(parsed).pipe(
    Effect.provide(Layer.merge(Layer.provide(Engines.layer(parsed.engine), host), TelephoneAudio.layer)),
    Effect.as(0),
    Effect.catchTags({
      ConfigError: (error) =>
        fail(`引擎 ${parsed.engine} 缺少配置 · the engine is not configured: ${Cause.pretty(Cause.fail(error))}`),
      SpeechFailure: (failure) => fail(`${reasons[failure.reason]}：${failure.message}`)
    }),
    Effect.catchAll((failure) => fail(failure.message)),
    Effect.runPromise
  )
}
