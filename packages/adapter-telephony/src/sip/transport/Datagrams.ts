/** Adapter: one UDP socket. What it was given has left before it closes. */
import * as dgram from "node:dgram"
import { isIP } from "node:net"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Hop from "./Hop.ts"
import { ofSystem, TransportFailure } from "./TransportFailure.ts"

export interface Datagrams {
  readonly port: number
  readonly send: (hop: Hop.Hop, bytes: Uint8Array) => Effect.Effect<void, TransportFailure>
}

export const open = (
  address: string,
  port: number,
  take: (bytes: Uint8Array, from: Hop.Hop) => void
): Effect.Effect<Datagrams, TransportFailure, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(bind(address, port), ({ close }) => close),
    ({ send, socket }) => {
      socket.on("message", (bytes, { address: from, port: fromPort }) => {
        // Keep-alives, of both sides, are a few bytes of nothing.
        if (bytes.length > 4) take(bytes, { protocol: "udp", address: from, port: fromPort })
      })
      return { port: socket.address().port, send }
    }
  )

const bind = (address: string, port: number) =>
  Effect.async<ReturnType<typeof opened>, TransportFailure>((resume) => {
    const socket = dgram.createSocket({ type: isIP(address) === 6 ? "udp6" : "udp4", ipv6Only: isIP(address) === 6 })
    const failed = (error: NodeJS.ErrnoException) => {
      socket.close()
      resume(ofSystem(error))
    }
    socket.once("error", failed)
    socket.bind({ address, port }, () => {
      socket.off("error", failed)
      // What the network says of single datagrams is of no use: their senders have timers.
      socket.on("error", () => {})
      resume(Effect.succeed(opened(socket)))
    })
  })

const opened = (socket: dgram.Socket) => {
  let sending = 0
  let closed = false
  let whenIdle = (): void => {}
  const send = ({ address, port }: Hop.Hop, bytes: Uint8Array): Effect.Effect<void, TransportFailure> =>
    Effect.async((resume) => {
      if (closed) return resume(new TransportFailure({ reason: "closed", detail: "udp" }))
      if (bytes.length > Hop.largestDatagram) {
        return resume(new TransportFailure({ reason: "tooLong", detail: `${bytes.length} bytes` }))
      }
      sending++
      socket.send(bytes, port, address, (error) => {
        if (--sending === 0) whenIdle()
        resume(error === null ? Effect.void : ofSystem(error))
      })
    })
  // The system takes datagrams a little after `send`: a socket that closes at once loses its last ones.
  const close = Effect.async<void>((resume) => {
    closed = true
    whenIdle = () => socket.close(() => resume(Effect.void))
    if (sending === 0) whenIdle()
  })
  return { socket, send, close }
}
