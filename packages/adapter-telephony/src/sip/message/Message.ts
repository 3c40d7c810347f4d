/**
 * Rules: SIP messages (RFC 3261, section 7) and how they are written.
 *
 * **Details** Text is a string of bytes: a character is one byte of the wire, so that what is read is written again
 * byte for byte, whatever its encoding. Headers keep their order; folded ones come in one line.
 */
import { splitList } from "./Grammar.ts"

export interface Header {
  /** As `HeaderName.canonical` spells it. */
  readonly name: string
  readonly value: string
}

export interface Request {
  readonly _tag: "Request"
  readonly method: string
  readonly uri: string
  readonly headers: ReadonlyArray<Header>
  readonly body: Uint8Array
}

export interface Response {
  readonly _tag: "Response"
  /** 100 to 699. */
  readonly status: number
  readonly reason: string
  readonly headers: ReadonlyArray<Header>
  readonly body: Uint8Array
}

export type Message = Request | Response

export const noBody = new Uint8Array(0)

/** The value of the first header of this name. */
export const first = (message: Message, name: string): string | undefined => {
  for (const header of message.headers) if (header.name === name) return header.value
  return undefined
}

/** The values of all headers of this name, as they stand there. */
export const all = (message: Message, name: string): ReadonlyArray<string> =>
  message.headers.flatMap((header) => (header.name === name ? [header.value] : []))

/** The elements of a list that may be spread over several headers; `undefined` if a quotation does not end. */
export const elements = (message: Message, name: string): ReadonlyArray<string> | undefined => {
  const found: Array<string> = []
  for (const header of message.headers) {
    if (header.name !== name) continue
    const parts = splitList(header.value)
    if (parts === undefined) return undefined
    for (const part of parts) if (part !== "") found.push(part)
  }
  return found
}

/** Whether a list of tokens, such as Supported or Allow, has this one. */
export const lists = (message: Message, name: string, token: string): boolean =>
  elements(message, name)?.some((element) => element.toLowerCase() === token.toLowerCase()) ?? false

/** The same message with this header in the place of all of its name; at the end if there was none. */
export const withHeader = <M extends Message>(message: M, name: string, value: string): M => {
  const at = message.headers.findIndex((header) => header.name === name)
  const others = message.headers.filter((header) => header.name !== name)
  return { ...message, headers: others.toSpliced(at < 0 ? others.length : at, 0, { name, value }) }
}

export const withBody = <M extends Message>(message: M, type: string, body: Uint8Array): M => ({
  ...withHeader(message, "Content-Type", type),
  body
})

/**
 * The bytes of a message. Content-Length is that of its body, whatever its headers say.
 *
 * **Gotchas** Line ends and other control characters become spaces: no value can smuggle a header in.
 */
export const toBytes = (message: Message): Uint8Array => {
  let head =
    message._tag === "Request"
      ? `${clean(message.method)} ${clean(message.uri)} SIP/2.0\r\n`
      : `SIP/2.0 ${message.status} ${clean(message.reason)}\r\n`
  for (const { name, value } of message.headers) {
    if (name !== "Content-Length") head += `${clean(name)}: ${clean(value)}\r\n`
  }
  head += `Content-Length: ${message.body.length}\r\n\r\n`
  const bytes = Buffer.allocUnsafe(head.length + message.body.length)
  bytes.write(head, 0, "latin1")
  bytes.set(message.body, head.length)
  return bytes
}

/** Characters of more than one byte are not of this alphabet: they come as their UTF-8. */
const clean = (text: string): string => {
  if (!unclean.test(text)) return text
  const bytes = /[^\0-\xff]/.test(text) ? Buffer.from(text, "utf8").toString("latin1") : text
  return bytes.replaceAll(control, " ")
}

// oxlint-disable-next-line no-control-regex -- they are what is looked for
const control = /[\0-\x08\x0a-\x1f\x7f]+/g
// oxlint-disable-next-line no-control-regex
const unclean = /[\0-\x08\x0a-\x1f\x7f]|[^\0-\xff]/

/** The UTF-8 text that a string of bytes stands for. */
export const decoded = (text: string): string => Buffer.from(text, "latin1").toString("utf8")
