/** The address by which this machine reaches another one. */
import * as Effect from "effect/Effect"
import { createSocket } from "node:dgram"
import { lookup } from "node:dns/promises"

/**
 * Asks the system's table of routes. Nothing is sent: a datagram socket that is connected has an address of its own.
 *
 * **Details** `undefined`: the name is not known, or no way leads there.
 */
export const towards = (host: string): Effect.Effect<string | undefined> =>
  Effect.promise(async () => {
    const found = await lookup(host.replace(/^\[|\]$/g, "")).catch(() => undefined)
    if (found === undefined) return undefined
    return new Promise<string | undefined>((resolve) => {
      const socket = createSocket(found.family === 6 ? "udp6" : "udp4")
      const done = (address: string | undefined): void => {
        socket.close()
        resolve(address)
      }
      socket.once("error", () => done(undefined))
      socket.connect(5_060, found.address, () => done(socket.address().address))
    })
  })
