/** Programs of other people's that tests talk to: Debian has them. */
import { spawnSync } from "node:child_process"
import { randomInt } from "node:crypto"
import * as dgram from "node:dgram"
import * as fs from "node:fs"
import * as net from "node:net"

/**
 * Installs what is missing where a run is allowed to change the machine (CI) or told to. Answers why a program is not there;
 * `undefined`: all are. `programs` names the package of each; what begins with a slash is a file of its.
 */
export const missing = (
  programs: Readonly<Record<string, string>>,
  { install: isWanted = process.env["CI"] !== undefined }: { readonly install?: boolean } = {}
): string | undefined => {
  const absent = () =>
    Object.entries(programs).filter(([name]) =>
      name.startsWith("/") ? !fs.existsSync(name) : spawnSync("which", [name]).status !== 0
    )
  if (absent().length > 0 && isWanted && process.getuid?.() === 0) {
    const packages = Object.values(programs)
    // Several tests may want to at once.
    const apt = (...args: ReadonlyArray<string>) =>
      spawnSync("flock", ["/tmp/vsms-apt.lock", "apt-get", "--quiet", "-o", "DPkg::Lock::Timeout=120", ...args], {
        stdio: "ignore"
      })
    const install = () => apt("install", "--yes", "--no-install-recommends", ...packages)
    // A fresh machine has no list of packages, or an old one.
    if (install().status !== 0 && apt("update").status === 0) install()
  }
  const [first] = absent()
  return first === undefined ? undefined : `the machine has no ${first[0]}: apt-get install ${first[1]}`
}

/** Below those that systems give out, so that nobody takes one between its being found free and its being used. */
const [first, last] = [10_000, 15_999]
const given = new Set<number>()

/** A port that is free for UDP and TCP, and the next one too: for programs that have to be told theirs. */
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
