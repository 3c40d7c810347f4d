/** What `npm run say` is told on its command line. Chinese first, as everything that people read here. */
import { parseArgs } from "node:util"
import * as Engines from "../src/composition/Engines.ts"

export interface Options {
  readonly text: string
  readonly engine: Engines.EngineName
  readonly codec: "alaw" | "mulaw" | "pcm"
  readonly language: "zh-CN" | "en-US"
  readonly voice: string | undefined
  /** Per cent of the engine's normal speed. */
  readonly ratePercent: number
  /** How many times as long the silences in codes are. */
  readonly pauses: number
  readonly out: string
}

export const help = `说一段话，写成电话里听到的 WAV 文件 · says a text, as a telephone would hear it

  npm run say -- "您的验证码是：3842"

  --engine   ${Engines.names.join(" | ")}    语音引擎，默认 espeak · engine
  --codec    alaw | mulaw | pcm        编码，默认 alaw；pcm 为引擎原声 · what the line carries; pcm: the engine's own
  --language zh-CN | en-US             语言，默认 zh-CN · language
  --voice    cmn+m5                    引擎自己的音色名 · a voice of the engine
  --slow                               慢速，停顿更长 · slower, with longer pauses
  --out      .vsms/say.wav             写到哪里 · where to write
`

const codecs = ["alaw", "mulaw", "pcm"] as const
const languages = ["zh-CN", "en-US"] as const

/** Reads the command line; a problem is what is wrong with it, in two languages. */
export const parse = (args: ReadonlyArray<string>): Options | "help" | { readonly problem: string } => {
  const found = parseArgs({ args: [...args], options, allowPositionals: true, strict: false, tokens: true })
  for (const token of found.tokens) {
    if (token.kind !== "option") continue
    const option = options[token.name as keyof typeof options] as { readonly type: string } | undefined
    if (option === undefined) return problem(`没有选项 ${token.rawName}`, `there is no option ${token.rawName}`)
    const wantsValue = option.type === "string"
    if (wantsValue && (token.value === undefined || token.value === ""))
      return problem(`选项 ${token.rawName} 缺少值`, `${token.rawName} needs a value`)
    if (!wantsValue && token.value !== undefined)
      return problem(`选项 ${token.rawName} 不带值`, `${token.rawName} takes no value`)
  }
  const { values } = found
  if (values.help === true) return "help"
  const text = found.positionals.join(" ")
  if (text.trim() === "") return problem("没有要说的话", "there is nothing to say")
  const engine = oneOf("engine", values.engine, Engines.names)
  const codec = oneOf("codec", values.codec, codecs)
  const language = oneOf("language", values.language, languages)
  if (typeof engine !== "string") return engine
  if (typeof codec !== "string") return codec
  if (typeof language !== "string") return language
  const slow = values.slow === true
  return {
    text,
    engine,
    codec,
    language,
    voice: values.voice === undefined ? undefined : String(values.voice),
    ratePercent: slow ? 80 : 100,
    pauses: slow ? 1.6 : 1,
    out: String(values.out)
  }
}

const options = {
  engine: { type: "string", default: "espeak" },
  codec: { type: "string", default: "alaw" },
  language: { type: "string", default: "zh-CN" },
  voice: { type: "string" },
  slow: { type: "boolean", default: false },
  out: { type: "string", default: ".vsms/say.wav" },
  help: { type: "boolean", short: "h", default: false }
} as const

const problem = (zh: string, en: string) => ({ problem: `${zh} · ${en}` })

const oneOf = <A extends string>(name: string, value: unknown, choices: ReadonlyArray<A>) =>
  choices.find((choice) => choice === value) ??
  problem(`--${name} 不能是 ${String(value)}，可选：${choices.join("、")}`, `--${name} is one of ${choices.join(", ")}`)
