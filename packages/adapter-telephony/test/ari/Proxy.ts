/** A wire that can be cut: everything that is sent to it goes on to another port of this machine, and back. */
import * as net from "node:net"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

export interface Proxy {
  readonly port: number
  /** Cuts what is connected; nobody is let in while it is down. Is done when both sides must have noticed. */
  readonly setDown: (isDown: boolean) => Effect.Effect<void>
}

export const make = (target: number): Effect.Effect<Proxy, never, Scope.Scope> =>
  Effect.gen(function* () {
    const sockets = new Set<net.Socket>()
    const server = net.createServer((near) => {
      const far = net.connect(target, "127.0.0.1")
      for (const [one, other] of [
        [near, far],
        [far, near]
      ] as const) {
        sockets.add(one)
        one.setNoDelay(true)
        one.pipe(other)
        one.on("error", () => other.destroy())
        one.on("close", () => {
          sockets.delete(one)
          other.destroy()
        })
      }
    })
    const listen = (port: number) =>
      Effect.async<void>((resume) => void server.listen(port, "127.0.0.1", () => resume(Effect.void)))
    const close = Effect.async<void>((resume) => {
      server.close(() => resume(Effect.void))
      for (const socket of sockets) socket.destroy()
    })
    yield* Effect.acquireRelease(listen(0), () => close)
    const { port } = server.address() as net.AddressInfo
    const noticed = Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 50)))
    return {
      port,
      setDown: (isDown) => Effect.zipRight(isDown ? close : listen(port), noticed)
    }
  })
