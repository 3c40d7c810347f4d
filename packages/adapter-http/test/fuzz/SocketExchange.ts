import * as Net from "node:net"
import * as Effect from "effect/Effect"
import { type Answered, bounded, type Carrier, type Request } from "./Exchange.ts"

/** A socket that tells an answer from the next, and knows nothing else of HTTP. */
class Line {
  private readonly socket: Net.Socket
  private received = Buffer.alloc(0)
  private waiting: (() => void) | undefined
  closed = false

  constructor(port: number) {
    this.socket = Net.connect(port, "127.0.0.1")
    this.socket.setNoDelay(true)
    this.socket.on("data", (piece) => {
      this.received = Buffer.concat([this.received, piece])
      this.waiting?.()
    })
    // Whatever ends a connection has ended it.
    this.socket.on("error", () => {})
    this.socket.on("close", () => {
      this.closed = true
      this.waiting?.()
    })
  }

  write(bytes: Buffer): void {
    this.socket.write(bytes)
  }

  drop(): void {
    this.socket.destroy()
  }

  /** The next answer; `undefined` if the connection ends before it is whole. */
  async answer(hasBody: boolean): Promise<Answered | undefined> {
    for (;;) {
      const whole = this.take(hasBody)
      if (whole !== undefined) return whole
      if (this.closed) return undefined
      await new Promise<void>((resolve) => (this.waiting = resolve))
    }
  }

  private take(hasBody: boolean): Answered | undefined {
    const end = this.received.indexOf("\r\n\r\n")
    if (end < 0) return undefined
    const [first = "", ...lines] = this.received.subarray(0, end).toString("latin1").split("\r\n")
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(first)?.[1])
    const headers: Record<string, string> = {}
    for (const line of lines) {
      const colon = line.indexOf(":")
      headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim()
    }
    const rest = this.received.subarray(end + 4)
    const found =
      !hasBody || status === 204 || status === 304
        ? { body: "", length: 0 }
        : headers["transfer-encoding"] === "chunked"
          ? chunked(rest, headers["content-type"] === "text/event-stream")
          : sized(rest, Number(headers["content-length"] ?? 0))
    if (found === undefined) return undefined
    this.received = rest.subarray(found.length)
    // Whatever is written after that may be carried out, and is answered by nobody.
    if (headers["connection"] === "close") this.closed = true
    // Not of the answer, but of the way that it came.
    for (const name of ["connection", "date", "keep-alive", "transfer-encoding"]) delete headers[name]
    return { status, headers, body: found.body }
  }
}

interface Body {
  readonly body: string
  readonly length: number
}

const sized = (rest: Buffer, length: number): Body | undefined =>
  rest.length < length ? undefined : { body: rest.subarray(0, length).toString(), length }

const chunked = (rest: Buffer, isEndless: boolean): Body | undefined => {
  const pieces: Array<Buffer> = []
  let at = 0
  for (;;) {
    const end = rest.indexOf("\r\n", at)
    if (end < 0) return undefined
    const size = Number.parseInt(rest.subarray(at, end).toString("latin1"), 16)
    if (rest.length < end + 2 + size + 2) return undefined
    at = end + 2 + size + 2
    if (size === 0) return { body: Buffer.concat(pieces).toString(), length: at }
    pieces.push(rest.subarray(end + 2, end + 2 + size))
    if (isEndless) return { body: Buffer.concat(pieces).toString(), length: rest.length }
  }
}

const head = ({ body, headers, method, target }: Request): Buffer =>
  Buffer.from(
    [
      `${method} ${target} HTTP/1.1`,
      ...headers.map(([name, value]) => `${name}: ${value}`),
      ...(body.length > 0 || (method !== "GET" && method !== "HEAD") ? [`content-length: ${body.length}`] : []),
      "",
      ""
    ].join("\r\n"),
    "latin1"
  )

/** Over sockets, on one connection for as long as it holds. */
export const overSockets = (port: number): Carrier => {
  let line: Line | undefined
  return (request) =>
    bounded(
      Effect.promise(async () => {
        for (let tries = 0; ; tries++) {
          if (line === undefined || line.closed) line = new Line(port)
          const mine = line
          mine.write(Buffer.concat([head(request), request.body]))
          const answer = await mine.answer(request.method !== "HEAD")
          if (answer?.headers["content-type"] === "text/event-stream") mine.drop()
          // A kept connection may be closed at the moment it is used.
          if (answer !== undefined || tries === 1) return answer ?? { status: 599, headers: {}, body: "closed" }
        }
      })
    )
}

/** Writes bytes, in pieces if there are several, and collects all that comes until the other side closes. */
export const talk = (port: number, pieces: ReadonlyArray<string | Buffer>, patienceMillis = 5_000): Promise<string> =>
  new Promise((resolve) => {
    let text = ""
    const socket = Net.connect(port, "127.0.0.1")
    const timer = setTimeout(() => {
      text += "[nothing more came]"
      socket.destroy()
    }, patienceMillis)
    socket.on("connect", () => {
      for (const piece of pieces) socket.write(piece)
    })
    socket.on("data", (piece) => (text += piece.toString("latin1")))
    socket.on("error", () => {})
    socket.on("close", () => {
      clearTimeout(timer)
      resolve(text)
    })
  })
