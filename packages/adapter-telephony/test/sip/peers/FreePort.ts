/** Ports for programs that have to be told theirs. */
import { randomInt } from "node:crypto"
import * as dgram from "node:dgram"
import * as net from "node:net"

/** Below those that systems give out, so that nobody takes one between its being found free and its being used. */
const [first, last] = [10_000, 15_999]
const given = new Set<number>()

/** A port that is free for UDP and TCP, and the next one too. */
export const freePort = async (address = "127.0.0.1"): Promise<number> => {
  for (;;) {
    const port = randomInt(first, last)
    if (given.has(port) || given.has(port + 1)) continue
    if (!(await isFree(port, address)) || !(await isFree(port + 1, address))) continue
    given.add(port).add(port + 1)
    return port
  }
}

const isFree = async (port: number, address: string): Promise<boolean> => {
  const server = net.createServer()
  const socket = dgram.createSocket("udp4")
  const opened = await Promise.all([
    new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false))
      server.listen(port, address, () => resolve(true))
    }),
    new Promise<boolean>((resolve) => {
      socket.once("error", () => resolve(false))
      socket.bind(port, address, () => resolve(true))
    })
  ])
  await Promise.all([
    new Promise<void>((resolve) => server.close(() => resolve())),
    new Promise<void>((resolve) => socket.close(() => resolve()))
  ])
  return opened.every((one) => one)
}
