/**
 * Adapter: a server of Node's own with the door in it, that waits for nobody for ever, and stops gracefully.
 */
import * as Http from "node:http"
import { PortFailure } from "@vsms/core/PortFailure"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { NativeDoor } from "../NativeDoor.ts"
import { Readiness } from "../door/Readiness.ts"
import * as NodeHandler from "./NodeHandler.ts"

export interface NodeServerOptions {
  /** 0: any that is free. */
  readonly port: number
  readonly host?: string | undefined
  /** How long a request may take to arrive, headers and body. */
  readonly requestTimeoutMillis?: number | undefined
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

const listen = ({ graceMillis = 10_000, host = "127.0.0.1", port, requestTimeoutMillis = 30_000 }: NodeServerOptions) =>
  Effect.gen(function* () {
    const handler = yield* NodeHandler.make
    const readiness = yield* Readiness
    const server = Http.createServer(
      {
        requestTimeout: requestTimeoutMillis,
        headersTimeout: Math.min(requestTimeoutMillis, 10_000),
        keepAliveTimeout: 30_000,
        connectionsCheckingInterval: Math.min(1_000, requestTimeoutMillis),
        maxHeaderSize: 16 * 1024
      },
      handler
    )
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
      server.closeIdleConnections()
    })
    const stop = Effect.sync(() => readiness.stop()).pipe(
      Effect.zipRight(
        Effect.raceFirst(
          closed,
          Effect.zipRight(
            Effect.sleep(Duration.millis(graceMillis)),
            Effect.sync(() => server.closeAllConnections())
          )
        )
      ),
      Effect.interruptible
    )
    return { host, port: yield* Effect.acquireRelease(opened, () => stop) }
  })
