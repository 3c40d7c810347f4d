/**
 * Adapter: a server of Node's own with the door in it, that waits for nobody for ever, and stops gracefully.
 */
import * as Http from "node:http"
import { Socket } from "node:net"
import type { Duplex } from "node:stream"
import { PortFailure } from "@vsms/core/PortFailure"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as HttpRefusals from "../api/HttpRefusals.ts"
import { contentType } from "../api/Problem.ts"
import * as Problems from "../api/Problems.ts"
import type { NativeDoor } from "../NativeDoor.ts"
import { Readiness } from "../door/Readiness.ts"
import * as NodeHandler from "./NodeHandler.ts"

export interface NodeServerOptions extends NodeHandler.NodeHandlerOptions {
  /** 0: any that is free. */
  readonly port: number
  readonly host?: string | undefined
  /** How long a request may take to arrive, headers and body. */
  readonly requestTimeoutMillis?: number | undefined
  /** Connections that are open at once; one more is closed as soon as it is opened. 10,000 if absent. */
  readonly maxConnections?: number | undefined
  /** How long a stop goes on answering, being not ready, so that whoever spreads the load notices. */
  readonly drainMillis?: number | undefined
  /** How long a stop waits for answers that are under way. */
  readonly graceMillis?: number | undefined
}

export class NodeServer extends Context.Tag("@vsms/adapter-http/node/NodeServer")<
  NodeServer,
  {
    readonly host: string
    readonly port: number
  }
>() {
  /** Listens for as long as the layer is in use. */
  static readonly layer = (options: NodeServerOptions): Layer.Layer<NodeServer, PortFailure, NativeDoor | Readiness> =>
    Layer.scoped(NodeServer, listen(options))
}

const listen = (options: NodeServerOptions) =>
  Effect.gen(function* () {
    const { drainMillis = 0, graceMillis = 10_000, host = "127.0.0.1", port, requestTimeoutMillis = 30_000 } = options
    const handler = yield* NodeHandler.make(options)
    const readiness = yield* Readiness
    const connections = new Connections()
    /** The last answer on each connection. */
    const answers = new WeakMap<Duplex, Http.ServerResponse>()
    const server = Http.createServer(
      {
        requestTimeout: requestTimeoutMillis,
        headersTimeout: Math.min(requestTimeoutMillis, 10_000),
        keepAliveTimeout: 30_000,
        connectionsCheckingInterval: Math.min(1_000, requestTimeoutMillis),
        maxHeaderSize: 16 * 1024,
        // Node would say so without a word of why.
        requireHostHeader: false
      },
      (request, response) => {
        connections.begin(request.socket)
        answers.set(request.socket, response)
        response.once("close", () => connections.end(request.socket))
        const isWhole = request.headers.host !== undefined || request.httpVersion !== "1.1"
        if (isWhole) handler(request, response)
        else refuse(new Error("no host"), request.socket, undefined)
      }
    )
    server.maxConnections = options.maxConnections ?? 10_000
    server
      .on("clientError", (error, socket) => refuse(error, socket, answers.get(socket)))
      .on("connection", (socket: Socket) => connections.open(socket))
    // What Node would answer by itself with nothing in it, or by hanging up.
    server
      .on("checkExpectation", handler)
      .on("connect", (_, socket) => refuse(new Error("no proxy"), socket, undefined))
    const opened = Effect.async<number, PortFailure>((resume) => {
      const failed = (cause: Error): void =>
        resume(new PortFailure({ port: "NodeServer", operation: "listen", retry: "later", cause }))
      server.once("error", failed).listen(port, host, () => {
        server.off("error", failed)
        const address = server.address()
        resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : port))
      })
    })
    const closed = Effect.async<void>((resume) => {
      server.close(() => resume(Effect.void))
      connections.stop()
    })
    const stop = Effect.sync(() => readiness.stop()).pipe(
      Effect.zipRight(drainMillis === 0 ? Effect.void : Effect.sleep(Duration.millis(drainMillis))),
      Effect.zipRight(
        Effect.raceFirst(
          closed,
          Effect.zipRight(
            Effect.sleep(Duration.millis(graceMillis)),
            Effect.sync(() => server.closeAllConnections())
          )
        )
      )
    )
    // Whoever ran the server may have been interrupted, and a fiber that was cannot wait for what must be able to end
    // early: another one stops the server.
    const stopped = Effect.flatMap(Effect.forkDaemon(Effect.interruptible(stop)), Fiber.join)
    return { host, port: yield* Effect.acquireRelease(opened, () => stopped) }
  })

/**
 * Which connections are being answered on. A stop closes the others at once and these as soon as they are answered: Node
 * itself would wait for one that was opened and never used.
 */
class Connections {
  private readonly busy = new Map<Socket, boolean>()
  private stopping = false

  open(socket: Socket): void {
    this.busy.set(socket, false)
    socket.once("close", () => this.busy.delete(socket))
  }

  begin(socket: Socket): void {
    this.busy.set(socket, true)
  }

  end(socket: Socket): void {
    if (!this.busy.has(socket)) return
    this.busy.set(socket, false)
    if (this.stopping) socket.end()
  }

  stop(): void {
    this.stopping = true
    for (const [socket, busy] of this.busy) if (!busy) socket.destroy()
  }
}

/** What never became a request is told so, too; but not within an answer, or after one that was the last. */
const refuse = (error: NodeJS.ErrnoException, socket: Duplex, last: Http.ServerResponse | undefined): void => {
  const isTold = last?.headersSent === true && !(last.writableFinished && last.req.complete)
  if (error.code === "ECONNRESET" || !socket.writable || isTold) return void socket.destroy()
  const problem =
    error.code === "ERR_HTTP_REQUEST_TIMEOUT"
      ? Problems.RequestTooSlow.body(new HttpRefusals.RequestTooSlow())
      : error.code === "HPE_HEADER_OVERFLOW"
        ? Problems.HeadersTooLarge.body(new HttpRefusals.HeadersTooLarge())
        : Problems.MalformedRequest.body(new HttpRefusals.MalformedRequest())
  const body = JSON.stringify(problem)
  const head = [
    `HTTP/1.1 ${problem.status} ${Http.STATUS_CODES[problem.status]}`,
    `content-type: ${contentType}`,
    `content-length: ${body.length}`,
    "connection: close"
  ]
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`)
  // Node leaves its half open until the other side closes, too. Whoever does not is not waited for.
  if (socket instanceof Socket) socket.setTimeout(lingerMillis, () => socket.destroy())
}

const lingerMillis = 1_000
