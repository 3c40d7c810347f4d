/** Gateway processes on one database, and what becomes of them. */
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import * as path from "node:path"
import { bundle } from "../../packages/adapter-postgres/test/processes/Bundle.ts"
import type { Start } from "./Program.ts"

export interface Gateway {
  readonly port: number
  readonly child: ChildProcess
}

export class Fleet {
  /** Those that take requests. */
  readonly up: Array<Gateway> = []
  /** When those were gone that were asked to stop: by process id, epoch milliseconds by the machine's clock. */
  readonly stopped = new Map<number, number>()
  private readonly all = new Set<ChildProcess>()
  private readonly starting: Omit<Start, "name">
  /** What they say, on what they print: errors, and nothing else. */
  words = ""

  constructor(starting: Omit<Start, "name">) {
    this.starting = starting
  }

  async start(): Promise<Gateway> {
    const program = await bundle(path.join(import.meta.dirname, "Program"))
    const name = `gateway-${this.all.size + 1}`
    const child = fork(program, [JSON.stringify({ ...this.starting, name } satisfies Start)], {
      execArgv: ["--max-old-space-size=512"],
      stdio: ["ignore", "pipe", "pipe", "ipc"]
    })
    this.all.add(child)
    for (const stream of [child.stdout!, child.stderr!])
      stream.on("data", (piece: Buffer) => (this.words = (this.words + piece.toString()).slice(-8_000)))
    const port = await new Promise<number>((resolve, reject) => {
      child.once("message", (message) => resolve((message as { port: number }).port))
      child.once("exit", () => reject(new Error(`a gateway ended before it was up:\n${this.words}`)))
    })
    const gateway = { port, child }
    this.up.push(gateway)
    return gateway
  }

  /** Without a word to it. */
  async kill(gateway: Gateway): Promise<void> {
    const gone = once(gateway.child, "exit")
    gateway.child.kill("SIGKILL")
    await gone
    this.forget(gateway)
  }

  /** As a rolling restart does it. Answers with how it ended. */
  async stop(gateway: Gateway): Promise<number | null> {
    const gone = once(gateway.child, "exit")
    this.forget(gateway)
    gateway.child.kill("SIGTERM")
    const [code] = (await gone) as [number | null]
    this.stopped.set(gateway.child.pid!, Date.now())
    return code
  }

  close(): void {
    for (const child of this.all) if (child.exitCode === null) child.kill("SIGKILL")
  }

  private forget(gateway: Gateway): void {
    const at = this.up.indexOf(gateway)
    if (at >= 0) this.up.splice(at, 1)
  }
}
