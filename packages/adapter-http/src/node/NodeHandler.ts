/**
 * Adapter: the door for Node's own server, and for hosts that hand on its requests: Express, Fastify, Koa.
 */
import type * as Http from "node:http"
import * as Discretion from "@vsms/core/Discretion"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import * as Runtime from "effect/Runtime"
import * as Stream from "effect/Stream"
import { BodyTooLarge, MalformedBody } from "../api/HttpRefusals.ts"
import type { Answer, Incoming } from "../door/Exchange.ts"
import * as Mount from "../door/Mount.ts"
import { Readiness } from "../door/Readiness.ts"
import { NativeDoor } from "../NativeDoor.ts"

export type NodeHandler = (request: Http.IncomingMessage, response: Http.ServerResponse) => void

/**
 * The handler.
 *
 * **Gotchas** It reads the body itself: in Express it stands before body parsers; in Fastify these are removed for its
 * routes, and the reply is hijacked. A host that stops calls `Readiness.stop` first: from then on no connection is kept
 * after its answer, which the host's server would wait for.
 */
export const make = (options: Mount.MountOptions = {}): Effect.Effect<NodeHandler, never, NativeDoor | Readiness> =>
  Effect.map(Effect.all([NativeDoor, Readiness, Effect.runtime()]), ([door, readiness, runtime]) => {
    const fork = Runtime.runFork(runtime)
    const prefix = Mount.prefixOf(options)
    return (request, response) => {
      const incoming = incomingOf(request, prefix)
      const fiber = fork(Effect.flatMap(door.handle(incoming), (answer) => write(answer, request, response)))
      response.once("finish", () => {
        if (readiness.isStopping()) request.socket.end()
      })
      // Whoever hangs up waits for nothing any more; what changes something goes on to its end.
      response.once("close", () => {
        if (!response.writableFinished) fiber.unsafeInterruptAsFork(FiberId.none)
      })
    }
  })

const incomingOf = (request: Http.IncomingMessage, prefix: string): Incoming => {
  const { headers, method = "GET", url = "/" } = request
  const mark = url.indexOf("?")
  return {
    method,
    path: Mount.inner(prefix, mark < 0 ? url : url.slice(0, mark)),
    prefix,
    query: mark < 0 ? "" : url.slice(mark + 1),
    header: (name) => {
      const value = headers[name]
      return Array.isArray(value) ? value.join(", ") : value
    },
    body: (maxBytes) => bodyOf(request, maxBytes)
  }
}

const aborted = new MalformedBody({ problem: "aborted" })

const bodyOf = (
  request: Http.IncomingMessage,
  maxBytes: number
): Effect.Effect<Uint8Array, BodyTooLarge | MalformedBody> =>
  Effect.async((resume) => {
    const pieces: Array<Buffer> = []
    let length = 0
    const done = (result: Effect.Effect<Uint8Array, BodyTooLarge | MalformedBody>): void => {
      request.off("data", onData).off("end", onEnd).off("error", onBreak).off("close", onBreak)
      resume(result)
    }
    const onData = (piece: Buffer): void => {
      length += piece.length
      if (length > maxBytes) return done(new BodyTooLarge({ maxBytes }))
      pieces.push(piece)
    }
    const onEnd = (): void => done(Effect.succeed(pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)))
    const onBreak = (): void => done(aborted)
    if (request.readableEnded) return onEnd()
    if (request.destroyed) return onBreak()
    request.on("data", onData).on("end", onEnd).on("error", onBreak).on("close", onBreak)
  })

const write = (
  { body, headers, status }: Answer,
  request: Http.IncomingMessage,
  response: Http.ServerResponse
): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (response.destroyed) return Effect.void
    // What was not read of a body would be taken for the next request.
    const { "content-length": length = "0", "transfer-encoding": encoding } = request.headers
    const unread = !request.complete && (length !== "0" || encoding !== undefined)
    response.writeHead(status, unread ? { ...headers, connection: "close" } : headers)
    if (body === undefined || request.method === "HEAD" || typeof body === "string" || body instanceof Uint8Array) {
      response.end(request.method === "HEAD" ? undefined : body)
      return Effect.void
    }
    return Stream.runForEach(body, (piece) => written(response, piece)).pipe(
      Effect.zipRight(Effect.sync(() => void response.end())),
      // Half an answer must not look like a whole one.
      Effect.catchAllCause((cause) =>
        Effect.zipRight(
          Effect.logError("an answer broke off", Discretion.ofCause(cause)),
          Effect.sync(() => void response.destroy())
        )
      )
    )
  })

/** Writes a piece, and waits where the other side is slower than we are. */
const written = (response: Http.ServerResponse, piece: Uint8Array): Effect.Effect<void> =>
  Effect.async<void>((resume) => {
    if (response.destroyed || response.write(piece)) return resume(Effect.void)
    const go = (): void => {
      response.off("drain", go).off("close", go)
      resume(Effect.void)
    }
    response.on("drain", go).on("close", go)
    return Effect.sync(() => void response.off("drain", go).off("close", go))
  })
