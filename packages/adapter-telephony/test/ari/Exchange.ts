/**
 * What is said between a channel and an Asterisk: written down as it passes (`recorder`), and said again without an
 * Asterisk (`replayer`), in the same order. Credentials are not in it, and numbers are those of the tests.
 */
import * as http from "node:http"
import type * as net from "node:net"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { WebSocket, WebSocketServer } from "ws"

/** `media` is what a call's audio socket says; `heard`: the number of bytes that it was sent until a command came. */
export type Entry =
  | {
      readonly _tag: "Request"
      readonly method: string
      readonly path: string
      readonly status: number
      readonly answer: string
    }
  | { readonly _tag: "Event"; readonly text: string }
  | { readonly _tag: "Opened"; readonly path: string }
  | { readonly _tag: "Command"; readonly text: string }
  | { readonly _tag: "Media"; readonly text: string }

export interface Server {
  readonly port: number
  /** What the audio sockets were sent. */
  readonly audio: () => Uint8Array
}

/** Each process of ours has an application's name of its own. */
const plain = (text: string): string => text.replaceAll(/vsms-[0-9a-f]{12}/g, "vsms-0")

const bodyOf = (request: http.IncomingMessage): Promise<Buffer> =>
  new Promise((resolve) => {
    const parts: Array<Buffer> = []
    request.on("data", (part: Buffer) => parts.push(part))
    request.on("end", () => resolve(Buffer.concat(parts)))
  })

const serve = (
  onRequest: (
    method: string,
    path: string,
    body: Buffer,
    authorization: string
  ) => Promise<{ status: number; answer: string }>,
  onSocket: (socket: WebSocket, request: http.IncomingMessage) => void,
  beforeSocket: (request: http.IncomingMessage, go: () => void) => void = (_, go) => go()
): Effect.Effect<number, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.async<http.Server>((resume) => {
      const server = http.createServer((request, response) => {
        const { headers, method = "", url = "" } = request
        void bodyOf(request)
          .then((body) => onRequest(method, url, body, headers.authorization ?? ""))
          .then(({ answer, status }) => response.writeHead(status).end(answer))
      })
      const verifyClient = ({ req }: { req: http.IncomingMessage }, done: (isIn: boolean) => void): void =>
        beforeSocket(req, () => done(true))
      const sockets = new WebSocketServer({ server, verifyClient })
      sockets.on("connection", (socket, request) => onSocket(socket, request))
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) =>
      Effect.sync(() => {
        server.close()
        server.closeAllConnections()
      })
  ).pipe(Effect.map((server) => (server.address() as net.AddressInfo).port))

/** One connection of a channel's, and its other half. */
interface Passage {
  readonly far: WebSocket
  readonly path: string
  readonly early: Array<readonly [string, boolean]>
  hand: (text: string, isBinary: boolean) => void
}

/** Stands before an Asterisk and writes down what passes, into `entries`. */
export const recorder = (target: number, entries: Array<Entry>): Effect.Effect<Server, never, Scope.Scope> => {
  const passages = new Map<http.IncomingMessage, Passage>()
  const heard: Array<Buffer> = []
  return Effect.map(
    serve(
      (method, path, body, authorization) => {
        // Its place is where it was asked: what comes of it may be told before it is answered.
        const at = entries.push({ _tag: "Request", method, path: plain(path), status: 0, answer: "" }) - 1
        return fetch(`http://127.0.0.1:${target}${path}`, {
          method,
          headers: { authorization, ...(body.length > 0 ? { "content-type": "application/json" } : {}) },
          ...(body.length > 0 ? { body } : {})
        }).then((response) =>
          response.text().then((answer) => {
            const { status } = response
            entries[at] = { _tag: "Request", method, path: plain(path), status, answer: plain(answer) }
            return { status, answer }
          })
        )
      },
      (near, request) => {
        const passage = passages.get(request)!
        const { far, path } = passage
        if (path.startsWith("/media/")) entries.push({ _tag: "Opened", path })
        near.on("message", (bytes: Buffer, isBinary) => {
          if (isBinary) heard.push(bytes)
          else entries.push({ _tag: "Command", text: bytes.toString() })
          far.send(bytes, { binary: isBinary })
        })
        passage.hand = (text, isBinary) => {
          // Variables that were set are most of what is told, and nothing to us.
          if (!isBinary && !text.includes(`"ChannelVarset"`)) {
            entries.push({ _tag: path.startsWith("/media/") ? "Media" : "Event", text: plain(text) })
          }
          if (!isBinary) near.send(text)
        }
        for (const [text, isBinary] of passage.early) passage.hand(text, isBinary)
        near.on("close", () => far.terminate())
        far.on("close", () => near.terminate())
      },
      // Nobody is let in before Asterisk knows of him: it would tell him nothing of what he asks for at once.
      (request, go) => {
        const { headers, url: path = "" } = request
        const isMedia = path.startsWith("/media/")
        const far = new WebSocket(`ws://127.0.0.1:${target}${path}`, isMedia ? ["media"] : [], {
          headers: isMedia ? {} : { authorization: headers.authorization ?? "" }
        })
        const early: Array<readonly [string, boolean]> = []
        const passage: Passage = { far, path, early, hand: (text, isBinary) => void early.push([text, isBinary]) }
        passages.set(request, passage)
        far.on("message", (bytes: Buffer, isBinary) => passage.hand(bytes.toString(), isBinary))
        far.on("error", () => far.terminate())
        far.on("open", go)
      }
    ),
    (port) => ({ port, audio: () => Buffer.concat(heard) })
  )
}

/** Says again what was written down: what Asterisk said comes as soon as everything was asked that had been asked before. */
export const replayer = (entries: ReadonlyArray<Entry>): Effect.Effect<Server, never, Scope.Scope> => {
  const heard: Array<Buffer> = []
  const done = new Set<number>()
  let next = 0
  let events: WebSocket | undefined
  let media: WebSocket | undefined
  const go = (): void => {
    for (; next < entries.length; next++) {
      const entry = entries[next]!
      if (entry._tag === "Event") events?.send(entry.text)
      else if (entry._tag === "Media") media?.send(entry.text)
      else if (!done.has(next)) return
    }
  }
  /** The first that was not asked yet. */
  const take = <Tag extends Entry["_tag"]>(
    tag: Tag,
    matches: (entry: Extract<Entry, { readonly _tag: Tag }>) => boolean
  ): Extract<Entry, { readonly _tag: Tag }> | undefined => {
    const index = entries.findIndex(
      (entry, i): boolean =>
        entry._tag === tag && !done.has(i) && matches(entry as Extract<Entry, { readonly _tag: Tag }>)
    )
    if (index < 0) return undefined
    done.add(index)
    // What follows comes after the answer.
    setImmediate(go)
    return entries[index] as Extract<Entry, { readonly _tag: Tag }>
  }
  return Effect.map(
    serve(
      (method, path) => {
        const entry = take("Request", (entry) => entry.method === method && entry.path === plain(path))
        return Promise.resolve(entry ?? { status: 404, answer: "" })
      },
      (socket, { url: path = "" }) => {
        if (!path.startsWith("/media/")) {
          events = socket
          setImmediate(go)
          return
        }
        media = socket
        take("Opened", (entry) => entry.path === path)
        socket.on("message", (bytes: Buffer, isBinary) => {
          if (isBinary) heard.push(bytes)
          else take("Command", (entry) => entry.text === bytes.toString())
        })
      }
    ),
    (port) => ({ port, audio: () => Buffer.concat(heard) })
  )
}
