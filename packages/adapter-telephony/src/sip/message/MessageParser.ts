/**
 * Rules: reads a SIP message from its bytes. It takes whatever RFC 3261 allows, and some of what it does not but
 * devices send: bare line feeds, folded and compact headers, white space before colons. Whatever it is given, it
 * answers, in time proportional to its length.
 */
import * as Either from "effect/Either"
import { isToken, natural } from "./Grammar.ts"
import * as HeaderName from "./HeaderName.ts"
import { type Malformed, malformed } from "./Malformed.ts"
import type { Header, Message } from "./Message.ts"

/** No datagram is longer. */
export const maxBytes = 65_535

const maxHeaders = 512

const lineFeed = 10
const carriageReturn = 13

/** The message that these bytes are. Without Content-Length the body is all that follows the headers. */
export const parse = (bytes: Uint8Array): Either.Either<Message, Malformed> => {
  if (bytes.length > maxBytes) return malformed("body", "tooLong")
  const start = messageStart(bytes, 0)
  const bodyStart = headersEnd(bytes, start)
  if (start === bytes.length) return malformed("startLine", "missing")
  if (bodyStart < 0) return malformed("headers", "truncated")
  const head = parseHead(Buffer.from(bytes.buffer, bytes.byteOffset + start, bodyStart - start).toString("latin1"))
  if (Either.isLeft(head)) return Either.left(head.left)
  const length = contentLength(head.right.headers)
  if (Either.isLeft(length)) return Either.left(length.left)
  const available = bytes.length - bodyStart
  if (length.right !== undefined && length.right > available) return malformed("body", "truncated")
  const body = bytes.subarray(bodyStart, bodyStart + (length.right ?? available))
  return Either.right({ ...head.right, body })
}

/** Where a message may begin: empty lines before it, which keep connections alive, are skipped. */
export const messageStart = (bytes: Uint8Array, from: number): number => {
  let at = from
  while (at < bytes.length && (bytes[at] === carriageReturn || bytes[at] === lineFeed)) at++
  return at
}

/** Where the body begins, after the first empty line; -1 if there is none yet. */
export const headersEnd = (bytes: Uint8Array, from: number): number => {
  for (let at = bytes.indexOf(lineFeed, from); at >= 0; at = bytes.indexOf(lineFeed, at + 1)) {
    if (bytes[at + 1] === lineFeed) return at + 2
    if (bytes[at + 1] === carriageReturn && bytes[at + 2] === lineFeed) return at + 3
  }
  return -1
}

/** What Content-Length announces; `undefined` without one. */
export const contentLength = (headers: ReadonlyArray<Header>): Either.Either<number | undefined, Malformed> => {
  let announced: number | undefined
  for (const { name, value } of headers) {
    if (name !== "Content-Length") continue
    const length = natural(value, 0xffff_ffff)
    if (length === undefined) return malformed("Content-Length", "syntax")
    // Whoever believed the one and whoever believed the other would see different messages.
    if (announced !== undefined && announced !== length) return malformed("Content-Length", "doubled")
    announced = length
  }
  return Either.right(announced)
}

type Head =
  | { readonly _tag: "Request"; readonly method: string; readonly uri: string; readonly headers: ReadonlyArray<Header> }
  | {
      readonly _tag: "Response"
      readonly status: number
      readonly reason: string
      readonly headers: ReadonlyArray<Header>
    }

/** The start line and the headers, with the empty line that ends them. */
export const parseHead = (text: string): Either.Either<Head, Malformed> => {
  // Only line ends, and the tabs of folded lines, are control characters that mean something here.
  if (control.test(text)) return malformed("headers", "syntax")
  const startEnd = text.indexOf("\n")
  const startLine = lineOf(text, 0, startEnd)
  const headers = parseHeaders(text, startEnd + 1)
  if (Either.isLeft(headers)) return Either.left(headers.left)
  return startLine.startsWith("SIP/") ? response(startLine, headers.right) : request(startLine, headers.right)
}

// oxlint-disable-next-line no-control-regex -- they are what is refused
const control = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)/

const lineOf = (text: string, from: number, feed: number): string =>
  text.slice(from, feed > from && text.charCodeAt(feed - 1) === carriageReturn ? feed - 1 : feed)

const request = (line: string, headers: ReadonlyArray<Header>): Either.Either<Head, Malformed> => {
  const [method = "", uri = "", version = "", more] = line.split(" ", 4)
  if (more !== undefined || !isToken(method) || !requestUri.test(uri)) return malformed("startLine", "syntax")
  if (version.toUpperCase() !== "SIP/2.0") {
    return malformed("startLine", /^SIP\/\d+\.\d+$/i.test(version) ? "version" : "syntax")
  }
  return Either.right({ _tag: "Request", method, uri, headers })
}

/** Any scheme, and nothing that is not of a URI. */
const requestUri = /^[A-Za-z][A-Za-z0-9+.-]*:[^\s<>"]+$/

const response = (line: string, headers: ReadonlyArray<Header>): Either.Either<Head, Malformed> => {
  const found = /^SIP\/(\d+\.\d+) (\d{3})(?: (.*))?$/.exec(line)
  if (found === null) return malformed("startLine", "syntax")
  if (found[1] !== "2.0") return malformed("startLine", "version")
  const status = Number(found[2])
  if (status < 100 || status > 699) return malformed("startLine", "range")
  return Either.right({ _tag: "Response", status, reason: found[3] ?? "", headers })
}

const parseHeaders = (text: string, from: number): Either.Either<ReadonlyArray<Header>, Malformed> => {
  const headers: Array<Header> = []
  let at = from
  for (;;) {
    const feed = text.indexOf("\n", at)
    const line = lineOf(text, at, feed < 0 ? text.length : feed)
    if (line === "") return Either.right(headers)
    if (headers.length === maxHeaders) return malformed("headers", "tooLong")
    at = feed < 0 ? text.length : feed + 1
    const colon = line.indexOf(":")
    const name = colon < 0 ? undefined : HeaderName.canonical(trimmedEnd(line, colon))
    if (name === undefined) return malformed("headers", "syntax")
    let value = line.slice(colon + 1).trim()
    if (isFolded(text, at)) {
      const lines = [value]
      while (isFolded(text, at)) {
        const next = text.indexOf("\n", at)
        const end = next < 0 ? text.length : next
        lines.push(lineOf(text, at, end).trim())
        at = next < 0 ? end : next + 1
      }
      value = lines.join(" ").trim()
    }
    headers.push({ name, value })
  }
}

const isFolded = (text: string, at: number): boolean => text[at] === " " || text[at] === "\t"

/** The text before `end` without the white space at its end. */
const trimmedEnd = (line: string, end: number): string => {
  const last = line.charCodeAt(end - 1)
  return last === 32 || last === 9 ? line.slice(0, end).trimEnd() : line.slice(0, end)
}
