/** What the quick start is told on its command line. */
import { parseArgs } from "node:util"

export interface Options {
  /** Ends after one call; otherwise it asks for more. */
  readonly once: boolean
  /** The template's content. */
  readonly text: string
  /** The values of its variables, separated by commas. */
  readonly code: string
  readonly phone: string
  /** How many seconds of the story pass in one. */
  readonly speed: number
}

export const help = `VSMS 语音短信 · quick start

  npm start                          the quick start, then more calls as you type them
  npm start -- --once                one call; the last line is JSON

  --text  "您的验证码是：{1}"          模板正文 · what is spoken, with variables
  --code  3842                       变量的值 · their values, separated by commas
  --phone 13800138000                被叫号码 · the phone that rings (…0001 does not answer, …0002 is busy, …)
  --speed 10                         时间倍速 · seconds of the story in one second, 1 to 100

  VSMS_DATA=.vsms                    数据目录 · the folder that keeps the data; a later run goes on with it
  VSMS_DATABASE_URL=postgres://…     改用数据库 · keeps the data in a database on a server, for the quick start alone
`

/** Reads the command line; a text is what is wrong with it. */
export const parse = (args: ReadonlyArray<string>): Options | "help" | { readonly problem: string } => {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        once: { type: "boolean", default: false },
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
    const { code, once, phone, text } = values
    return { once, text, code, phone, speed }
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) }
  }
}
