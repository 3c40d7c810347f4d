/** A server that does what a test tells it to, and remembers what it was asked. */
import * as http from "node:http"
import type { AddressInfo } from "node:net"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

export interface Asked {
  readonly path: string
  readonly method: string
  readonly headers: http.IncomingHttpHeaders
  readonly body: Buffer
  /** Settles when the connection is gone. */
  readonly closed: Promise<void>
}

export type Behaviour = (asked: Asked, response: http.ServerResponse) => void | Promise<void>

export interface FakeServer {
  readonly url: string
  readonly asked: Array<Asked>
  /** How it behaves to the requests that follow; the last one to all further ones. */
  readonly behave: (...behaviours: ReadonlyArray<Behaviour>) => void
  /** Waits until it was asked so often. */
  readonly untilAsked: (times: number) => Effect.Effect<void>
}

export const start: Effect.Effect<FakeServer, never, Scope.Scope> = Effect.gen(function* () {
  const asked: Array<Asked> = []
  let behaviours: ReadonlyArray<Behaviour> = [status(404)]
  let listeners: ReadonlyArray<() => void> = []
  const server = http.createServer((request, response) => {
    const chunks: Array<Buffer> = []
    const closed = new Promise<void>((resolve) => response.on("close", resolve))
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      const { headers, method = "", url: path = "" } = request
      const one = { path, method, headers, body: Buffer.concat(chunks), closed }
      asked.push(one)
      const [behaviour, ...others] = behaviours
      if (others.length > 0) behaviours = others
      Promise.resolve(behaviour!(one, response)).catch((error: unknown) => {
        response.writeHead(599, { "x-fault": String(error).replaceAll(/[^\x20-\x7e]/g, "?") }).end()
      })
      for (const listener of listeners) listener()
    })
  })
  yield* Effect.acquireRelease(
    Effect.async<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
    () =>
      Effect.async<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      })
  )
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    behave: (...next) => void (behaviours = next),
    untilAsked: (times) =>
      Effect.async<void>((resume) => {
        const check = () => {
          if (asked.length < times) return
          listeners = listeners.filter((listener) => listener !== check)
          resume(Effect.void)
        }
        listeners = [...listeners, check]
        check()
      })
  }
})

export const status =
  (code: number, headers: http.OutgoingHttpHeaders = {}, body = ""): Behaviour =>
  (_, response) => {
    response.writeHead(code, headers).end(body)
  }

export const answer =
  (contentType: string, bytes: Uint8Array | string): Behaviour =>
  (_, response) => {
    response.writeHead(200, { "content-type": contentType }).end(bytes)
  }

/** Takes the request, and says nothing. */
export const silent: Behaviour = () => {}

/** Begins to answer, and goes no further. */
export const hanging =
  (contentType: string, bytes: Uint8Array): Behaviour =>
  (_, response) => {
    response.writeHead(200, { "content-type": contentType }).write(bytes)
  }

/** Promises more than it sends, and hangs up. */
export const truncated =
  (contentType: string, bytes: Uint8Array): Behaviour =>
  (_, response) => {
    response.writeHead(200, { "content-type": contentType, "content-length": bytes.length * 2 })
    response.write(bytes, () => response.destroy())
  }

/** Writes for as long as somebody reads. */
export const endless =
  (contentType: string): Behaviour =>
  ({ closed }, response) => {
    response.writeHead(200, { "content-type": contentType })
    let more = () => {
      while (response.write(Buffer.alloc(65_536, 1)));
      response.once("drain", () => more())
    }
    void closed.then(() => (more = () => {}))
    more()
  }
