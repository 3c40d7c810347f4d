/** A link that loses datagrams, the same share in both directions, between one caller and one server. */
import * as dgram from "node:dgram"

export interface Link {
  readonly port: number
  /** How many datagrams came, and how many of them were lost. */
  readonly counts: () => { readonly came: number; readonly lost: number }
  readonly close: () => Promise<void>
}

/** `lose` is asked for each datagram. `server`: the port that it leads to, known only later: it may lead back here. */
export const start = async (server: () => number, lose: () => boolean): Promise<Link> => {
  const [front, back] = await Promise.all([bound(), bound()])
  let caller = 0
  let came = 0
  let lost = 0
  const pass = (bytes: Buffer, socket: dgram.Socket, port: number) => {
    came++
    if (lose()) lost++
    else socket.send(bytes, port, "127.0.0.1")
  }
  front.on("message", (bytes, { port }) => {
    // Others may come by here on their way to the server; the caller comes first.
    if (caller === 0) caller = port
    pass(bytes, back, server())
  })
  back.on("message", (bytes) => pass(bytes, front, caller))
  return {
    port: front.address().port,
    counts: () => ({ came, lost }),
    close: async () => {
      await Promise.all([front, back].map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))))
    }
  }
}

const bound = () =>
  new Promise<dgram.Socket>((resolve) => {
    const socket = dgram.createSocket("udp4")
    socket.bind(0, "127.0.0.1", () => resolve(socket))
  })
