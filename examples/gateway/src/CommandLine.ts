/** What the gateway is told on its command line; everything else is in the environment. */
import { parseArgs } from "node:util"

export interface Options {
  /** Places one call and ends; otherwise it serves. */
  readonly once: boolean
  /** Serves without the demo. */
  readonly empty: boolean
  /** The template's content. */
  readonly text: string
  /** The values of its variables, separated by commas. */
  readonly code: string
  readonly phone: string
  /** How many seconds of the story pass in one. */
  readonly speed: number
}

export const help = `VSMS 语音短信 · gateway

  npm start                          启动网关 · the gateway, with a demo tenant if there is nothing yet
  npm start -- --empty               不建演示数据 · without the demo
  npm start -- --once                只打一个电话 · one call, and the end; the last line is JSON

只用于 --once · with --once:

  --text  "您的验证码是：{1}"          模板正文 · what is spoken, with variables
  --code  3842                       变量的值 · their values, separated by commas
  --phone 13800138000                被叫号码 · the phone that rings (…0001 does not answer, …0002 is busy, …)
  --speed 10                         时间倍速 · seconds of the story in one second, 1 to 100

环境变量 · the environment: examples/gateway/README.md
`

/** Reads the command line; a text is what is wrong with it. */
export const parse = (args: ReadonlyArray<string>): Options | "help" | { readonly problem: string } => {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        once: { type: "boolean", default: false },
        empty: { type: "boolean", default: false },
        text: { type: "string", default: "您的验证码是：{1}" },
        code: { type: "string", default: "3842" },
        phone: { type: "string", default: "13800138000" },
        speed: { type: "string", default: "10" },
        help: { type: "boolean", short: "h", default: false }
      }
    })
    if (values.help) return "help"
    const speed = Number(values.speed)
    if (!(speed >= 1 && speed <= 100)) return { problem: "--speed: 1 … 100" }
    const { code, empty, once, phone, text } = values
    return { once, empty, text, code, phone, speed }
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) }
  }
}
