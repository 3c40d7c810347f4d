/** What `npm run call` is told on its command line. Chinese first, as everything that people read here. */
import { isIP } from "node:net"
import { parseArgs } from "node:util"
import * as SipUri from "@vsms/adapter-telephony/sip/message/SipUri"
import * as TrunkUri from "@vsms/adapter-telephony/sip/trunk/TrunkUri"
import * as Engines from "@vsms/adapter-tts/composition/Engines"
import * as Either from "effect/Either"

/** Where the call goes: straight to a telephone, or over a trunk to a number. */
export type Way =
  | { readonly _tag: "Direct"; readonly to: SipUri.SipUri }
  | { readonly _tag: "Trunk"; readonly trunk: TrunkUri.TrunkUri; readonly to: string; readonly register: boolean }

export type Speech =
  | {
      readonly _tag: "Text"
      readonly text: string
      readonly engine: Engines.EngineName
      readonly voice: string | undefined
      readonly language: "zh-CN" | "en-US"
    }
  | { readonly _tag: "File"; readonly path: string }

export interface Options {
  readonly way: Way
  readonly speech: Speech
  /** How often it is played. */
  readonly plays: number
  /** What the callee's telephone shows. */
  readonly display: string
  /** Where we listen and send from; found out if absent. */
  readonly local: { readonly address: string | undefined; readonly port: number }
  /** Our address as the other end sees it, if that is another one. */
  readonly publicAddress: string | undefined
  readonly ringMillis: number
}

export const help = `打一个真正的电话，说一段话 · places a real call, and says something

  npm run call -- --to sip:bob@192.168.1.20 --text "您的验证码是：3842"      局域网话机 · a telephone on the network
  npm run call -- --to +8613800138000 --trunk sip:user:password@sip.example.com --text "…"      中继 · over a trunk

  --to        sip:用户@主机[:端口][;transport=tcp] 或号码 · a SIP address, or with --trunk a number
  --trunk     sip:用户:密码@主机[:端口][;transport=udp|tcp|tls]；也可放在环境变量 VSMS_SIP_TRUNK · the trunk
  --register  先向中继注册 · registers with the trunk first
  --text      说的话 · what is said
  --wav       播放文件而不是文字 · plays a file instead
  --play      播放几遍，1 到 3，默认 2 · how often
  --engine    ${Engines.names.join(" | ")}，默认 espeak · the speech engine
  --voice     引擎自己的音色名 · a voice of the engine
  --language  zh-CN | en-US，默认 zh-CN · language
  --display   主叫显示 · what the telephone shows
  --local     本机地址[:端口]，默认自动 · our own address
  --public    对方看到的地址（NAT）· our address as the other end sees it
  --ring      振铃最多几秒，默认 45 · seconds of ringing

  退出码 · exit code: 0 已接听并播放 · answered; 1 用法或语音有误 · usage, speech;
                      2 对方未接听 · not taken; 3 线路故障 · the way there failed
`

export interface Problem {
  readonly problem: string
}

/** Reads the command line; a problem is what is wrong with it, and never repeats a password. */
export const parse = (args: ReadonlyArray<string>, environmentTrunk?: string): Options | "help" | Problem => {
  const found = parseArgs({ args: [...args], options, allowPositionals: true, strict: false, tokens: true })
  for (const token of found.tokens) {
    if (token.kind === "positional") return problem(`不认识 ${token.value}`, `what is ${token.value}?`)
    if (token.kind !== "option") continue
    const option = options[token.name as keyof typeof options] as { readonly type: string } | undefined
    if (option === undefined) return problem(`没有选项 ${token.rawName}`, `there is no option ${token.rawName}`)
    if (option.type === "string" && (token.value === undefined || token.value === ""))
      return problem(`选项 ${token.rawName} 缺少值`, `${token.rawName} needs a value`)
  }
  const { values } = found
  if (values.help === true) return "help"
  const text = (name: keyof typeof values): string | undefined =>
    values[name] === undefined ? undefined : String(values[name])

  const way = wayOf(text("to"), text("trunk") ?? environmentTrunk, values.register === true)
  if ("problem" in way) return way
  const speech = speechOf(text("text"), text("wav"), text("engine") ?? "espeak", text("voice"), text("language"))
  if ("problem" in speech) return speech
  const plays = Number(text("play") ?? "2")
  if (!(Number.isInteger(plays) && plays >= 1 && plays <= 3)) return problem("--play 应为 1 到 3", "--play: 1 to 3")
  const ring = Number(text("ring") ?? "45")
  if (!(ring >= 1 && ring <= 180)) return problem("--ring 应为 1 到 180 秒", "--ring: 1 to 180 seconds")
  const local = localOf(text("local"))
  if ("problem" in local) return local
  const publicAddress = text("public")
  if (publicAddress !== undefined && isIP(publicAddress) === 0)
    return problem("--public 应为 IP 地址", "--public is an IP address")
  const account = way._tag === "Trunk" ? way.trunk.account?.user : undefined
  const display = text("display") ?? account ?? "vsms"
  if (!/^[A-Za-z0-9+_.-]{1,32}$/.test(display))
    return problem("--display 只能含字母和数字", "--display has letters and digits alone")
  return { way, speech, plays, display, local, publicAddress, ringMillis: ring * 1_000 }
}

const wayOf = (to: string | undefined, line: string | undefined, register: boolean): Way | Problem => {
  if (to === undefined) return problem("缺少 --to：打给谁？", "--to is missing: whom to call?")
  if (/^sips?:/i.test(to)) {
    const uri = SipUri.parse(to)
    if (Either.isLeft(uri)) return problem(`--to 不是 SIP 地址：${to}`, `--to is no SIP address: ${to}`)
    return { _tag: "Direct", to: uri.right }
  }
  if (TrunkUri.numberIn("plus", to) === undefined)
    return problem(`--to 应为 sip: 地址或 3 到 15 位号码：${to}`, `--to is a sip: address or a number: ${to}`)
  if (line === undefined) return problem("打号码需要 --trunk", "a number needs a --trunk to go over")
  const trunk = TrunkUri.parse(line)
  if (Either.isLeft(trunk))
    return problem("--trunk 应为 sip:用户:密码@主机", "--trunk looks like sip:user:password@host")
  return { _tag: "Trunk", trunk: trunk.right, to, register }
}

const speechOf = (
  text: string | undefined,
  wav: string | undefined,
  engine: string,
  voice: string | undefined,
  language = "zh-CN"
): Speech | Problem => {
  if (wav !== undefined)
    return text === undefined
      ? { _tag: "File", path: wav }
      : problem("--text 与 --wav 只能选一个", "either --text or --wav")
  if (text === undefined || text.trim() === "")
    return problem("缺少 --text：说什么？", "--text is missing: what to say?")
  if (!Engines.isName(engine))
    return problem(`--engine 可选：${Engines.names.join("、")}`, `--engine is one of ${Engines.names.join(", ")}`)
  if (language !== "zh-CN" && language !== "en-US")
    return problem("--language 可选：zh-CN、en-US", "--language is zh-CN or en-US")
  return { _tag: "Text", text, engine, voice, language }
}

const localOf = (text: string | undefined): Options["local"] | Problem => {
  if (text === undefined) return { address: undefined, port: 0 }
  const [, bracketed, plain, digits = "0"] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text) ?? []
  const address = bracketed ?? plain ?? text
  const port = Number(digits)
  if (isIP(address) === 0 || port > 65_535) return problem("--local 应为 IP[:端口]", "--local is an IP address[:port]")
  return { address, port }
}

const options = {
  to: { type: "string" },
  trunk: { type: "string" },
  register: { type: "boolean" },
  text: { type: "string" },
  wav: { type: "string" },
  play: { type: "string" },
  engine: { type: "string" },
  voice: { type: "string" },
  language: { type: "string" },
  display: { type: "string" },
  local: { type: "string" },
  public: { type: "string" },
  ring: { type: "string" },
  help: { type: "boolean", short: "h" }
} as const

const problem = (zh: string, en: string): Problem => ({ problem: `${zh} · ${en}` })
