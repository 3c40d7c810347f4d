/** A process that a test starts, asks, and kills. It ends with the process of the test, however that one ends. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { bundle } from "./Bundle.ts"
import { type Handlers, Line } from "./Line.ts"

export interface Child {
  readonly pid: number
  readonly ask: <A>(name: string, input?: unknown) => Promise<A>
  /** At once, without a word to it. */
  readonly kill: () => Promise<void>
  readonly isAlive: () => boolean
  /** The end of what it wrote to stderr. */
  readonly words: () => string
}

/** Starts `programs/<name>.ts`, which may ask back. Answers when it has come up. */
export const start = async (name: string, handlers: Handlers = {}): Promise<Child> => {
  const child = spawn(process.execPath, ["--max-old-space-size=512", await bundle(name)], {
    stdio: ["ignore", "ignore", "pipe", "ipc"]
  })
  let words = ""
  child.stderr?.on("data", (chunk: Buffer) => {
    words = (words + chunk.toString("utf8")).slice(-8_000)
  })
  const line = new Line((message) => tell(child, message), handlers)
  const started = new Promise<void>((resolve, reject) => {
    child.once("exit", () => reject(new Error(`${name} ended before it had begun:\n${words}`)))
    child.on("message", (message) => {
      if (message === "up") resolve()
      else line.receive(message)
    })
  })
  child.on("exit", (code, signal) => line.end(new Error(`${name} has ended (${code ?? signal}):\n${words}`)))
  const isAlive = () => child.exitCode === null && child.signalCode === null
  await started
  return {
    pid: child.pid!,
    ask: (question, input) => line.ask(question, input),
    kill: async () => {
      if (!isAlive()) return
      const gone = once(child, "exit")
      child.kill("SIGKILL")
      await gone
    },
    isAlive,
    words: () => words
  }
}

/** Several at once. */
export const startAll = (name: string, count: number, handlers: Handlers = {}): Promise<ReadonlyArray<Child>> =>
  Promise.all(Array.from({ length: count }, () => start(name, handlers)))

const tell = (child: ChildProcess, message: unknown): void => {
  if (child.connected) child.send(message as object, () => {})
}
