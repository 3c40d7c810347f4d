/**
 * Adapter: the door for Node's own server, and for hosts that hand on its requests: Express, Fastify, Koa.
 */
import type * as Http from "node:http"
import type { Socket } from "node:net"
import * as Discretion from "@vsms/core/Discretion"
import * as Duration from "effect/Duration"
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

export interface NodeHandlerOptions extends Mount.MountOptions {
  /**
   * How long whoever asked may take nothing of an answer that waits for him, before the connection is closed; it may be
   * noticed as much later. A stream that has nothing to tell waits for nobody, and is not cut. 30 s if absent.
   */
  readonly answerTimeoutMillis?: number | undefined
}

/**
 * The handler.
 *
 * **Gotchas** It reads the body itself: in Express it stands before body parsers; in Fastify these are removed for its
 * routes, and the reply is hijacked. A host that stops calls `Readiness.stop` first: from then on no connection is kept
 * after its answer, which the host's server would wait for.
 */
export const make = (options: NodeHandlerOptions = {}): Effect.Effect<NodeHandler, never, NativeDoor | Readiness> =>
  Effect.map(Effect.all([NativeDoor, Readiness, Effect.runtime()]), ([door, readiness, runtime]) => {
    const fork = Runtime.runFork(runtime)
    const prefix = Mount.prefixOf(options)
    const patience = Duration.millis(options.answerTimeoutMillis ?? 30_000)
    return (request, response) => {
      const incoming = incomingOf(request, prefix)
      const fiber = fork(Effect.flatMap(door.handle(incoming), (answer) => write(answer, request, response, patience)))
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
  response: Http.ServerResponse,
  patience: Duration.Duration
): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (response.destroyed) return Effect.void
    // What was not read of a body would be taken for the next request.
    const { "content-length": length = "0", "transfer-encoding": encoding } = request.headers
    const unread = !request.complete && (length !== "0" || encoding !== undefined)
    const head = unread ? { ...headers, connection: "close" } : headers
    const { socket } = request
    const end = (last?: string | Uint8Array): Effect.Effect<void> => {
      response.end(last)
      // Nearly always the system has it by now.
      return response.writableFinished ? Effect.void : whileTaken(socket, patience, next(response, "finish"))
    }
    const written = (bytes: Uint8Array): Effect.Effect<void> =>
      Effect.forEach(
        piecesOf(bytes),
        (piece) =>
          Effect.suspend(() =>
            response.destroyed || response.write(piece)
              ? Effect.void
              : whileTaken(socket, patience, next(response, "drain"))
          ),
        { discard: true }
      )
    if (body === undefined || request.method === "HEAD") {
      response.writeHead(status, head)
      return end()
    }
    if (typeof body === "string" || body instanceof Uint8Array) {
      if (body.length <= pieceBytes) {
        response.writeHead(status, head)
        return end(body)
      }
      const bytes = typeof body === "string" ? Buffer.from(body) : body
      response.writeHead(status, { ...head, "content-length": String(bytes.length) })
      return Effect.zipRight(written(bytes), Effect.suspend(end))
    }
    response.writeHead(status, head)
    return Stream.runForEach(body, written).pipe(
      Effect.zipRight(Effect.suspend(end)),
      // Half an answer must not look like a whole one.
      Effect.catchAllCause((cause) =>
        Effect.zipRight(
          Effect.logError("an answer broke off", Discretion.ofCause(cause)),
          Effect.sync(() => void response.destroy())
        )
      )
    )
  })

/** Of a larger piece nobody could tell whether any of it is taken: Node says of a piece that it is gone, or that it is not. */
const pieceBytes = 64 * 1024

const piecesOf = (bytes: Uint8Array): ReadonlyArray<Uint8Array> =>
  bytes.length <= pieceBytes
    ? [bytes]
    : Array.from({ length: Math.ceil(bytes.length / pieceBytes) }, (_, i) =>
        bytes.subarray(i * pieceBytes, (i + 1) * pieceBytes)
      )

/**
 * The next event of its kind, or the end of the connection. It is listened for from the call on: what was written may be
 * gone before a fiber gets to wait for that.
 */
const next = (response: Http.ServerResponse, event: "drain" | "finish"): Effect.Effect<void> => {
  let over = false
  let resume = (): void => {}
  const go = (): void => {
    over = true
    response.off(event, go).off("close", go)
    resume()
  }
  response.on(event, go).on("close", go)
  return Effect.async<void>((done) => {
    if (over) return done(Effect.void)
    resume = () => done(Effect.void)
    return Effect.sync(() => void response.off(event, go).off("close", go))
  })
}

/**
 * Waits where the other side is slower than we are, and hangs up on whoever takes nothing at all.
 *
 * **Gotchas** What he sends meanwhile is no sign of his reading, so the timeouts of sockets, which begin anew with it, are
 * of no use here. An answer that waits behind another one on its connection has nothing that could be taken yet.
 */
const whileTaken = (socket: Socket, patience: Duration.Duration, waiting: Effect.Effect<void>): Effect.Effect<void> => {
  const look = (before: number): Effect.Effect<void> =>
    Effect.flatMap(Effect.sleep(patience), () => {
      const now = takenOf(socket)
      if (socket.writableLength === 0 || now !== before) return look(now)
      // This closes the answer, too, which ends the waiting.
      socket.destroy()
      return Effect.never
    })
  return Effect.raceFirst(
    waiting,
    Effect.suspend(() => look(takenOf(socket)))
  )
}

/** How much the system has taken of what was written, in bytes. */
const takenOf = (socket: Socket): number => socket.bytesWritten - socket.writableLength
