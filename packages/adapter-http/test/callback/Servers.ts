import { once } from "node:events"
import * as Http from "node:http"
import * as Net from "node:net"
import type { CallbackTransport } from "@vsms/core/callback/CallbackTransport"
import { LawReceiver } from "@vsms/core/testing/laws/CallbackTransportLaws"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { HostLookup } from "../../src/callback/HostLookup.ts"

export interface Listening {
  readonly port: number
  /** Every connection so far, the oldest first. */
  readonly connections: ReadonlyArray<Net.Socket>
}

/** A server on this machine, until the scope closes. */
export const listening = (server: Net.Server, host = "127.0.0.1"): Effect.Effect<Listening, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const connections: Array<Net.Socket> = []
      server.on("connection", (socket: Net.Socket) => {
        socket.on("error", () => {})
        connections.push(socket)
      })
      server.listen(0, host)
      await once(server, "listening")
      return { server, port: (server.address() as Net.AddressInfo).port, connections }
    }),
    ({ connections, server }) =>
      Effect.promise(async () => {
        server.close()
        for (const connection of connections) connection.destroy()
        if (server.listening) await once(server, "close")
      })
  )

/** Lets the event loop turn until what has arrived is dealt with: an answer's body comes with its headers. */
export const settled: Effect.Effect<void> = Effect.promise(async () => {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
})

/** A server that writes these bytes to whoever sends it something, and reads on. */
export const saying = (...texts: ReadonlyArray<string>): Net.Server =>
  Net.createServer((socket) => socket.once("data", () => texts.forEach((text) => socket.write(text))))

/** A server that listens to everything and says nothing. */
export const silent = (): Net.Server => Net.createServer((socket) => socket.resume())

/** Comes when the other side has closed the connection. */
export const closing = (socket: Net.Socket): Effect.Effect<void> =>
  Effect.async((resume) => {
    if (socket.destroyed) resume(Effect.void)
    else socket.once("close", () => resume(Effect.void))
  })

/** A receiver over HTTP on this machine, and the transport that reaches it by a name which only this lookup knows. */
export const lawReceiver = (
  transport: (lookup: HostLookup) => Layer.Layer<CallbackTransport>
): Layer.Layer<CallbackTransport | LawReceiver> =>
  Layer.merge(
    transport((host) => Effect.succeed(host === "receiver.example" ? ["127.0.0.1"] : [])),
    Layer.scoped(
      LawReceiver,
      Effect.gen(function* () {
        const received: Array<{ path: string; headers: { readonly [name: string]: string }; body: string }> = []
        let how: Parameters<typeof LawReceiver.Service.answer>[0] = { status: 200 }
        const server = Http.createServer(async (request, response) => {
          const chunks: Array<Buffer> = []
          for await (const chunk of request) chunks.push(chunk as Buffer)
          const headers = Object.fromEntries(
            Object.entries(request.headers).map(([name, value]) => [name, [value].flat().join(", ")])
          )
          received.push({ path: request.url ?? "", headers, body: Buffer.concat(chunks).toString("utf8") })
          if (how.hang !== true)
            response.writeHead(how.status, how.headers).end(how.status === 204 ? undefined : "taken")
        })
        const { port } = yield* listening(server)
        return {
          origin: `http://receiver.example:${port}`,
          address: "127.0.0.1",
          answer: (next) => Effect.sync(() => void (how = next)),
          received: Effect.sync(() => received.slice())
        }
      })
    )
  )
