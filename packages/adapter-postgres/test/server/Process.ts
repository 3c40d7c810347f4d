/** Another process of Node that runs TypeScript of ours from source, as the tests do. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import * as path from "node:path"

const root = path.resolve(import.meta.dirname, "../../../..")

export interface Process {
  readonly child: ChildProcess
  /** Waits for the next line that it prints. */
  readonly line: () => Promise<string>
  /** Ends it without a word. */
  readonly kill: () => Promise<void>
}

/** `program` is a module; its imports are relative to `test/server`, or of packages. */
export const run = (program: string): Process => {
  const child = spawn(
    process.execPath,
    ["--conditions=@vsms/source", "--import", "tsx", "--input-type=module", "--eval", program],
    { cwd: import.meta.dirname, stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, NODE_OPTIONS: "" } }
  )
  let text = ""
  const waiting: Array<(line: string) => void> = []
  const lines: Array<string> = []
  child.stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString()
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n")) {
      const line = text.slice(0, end)
      text = text.slice(end + 1)
      const next = waiting.shift()
      if (next === undefined) lines.push(line)
      else next(line)
    }
  })
  return {
    child,
    line: () =>
      new Promise((resolve, reject) => {
        const line = lines.shift()
        if (line !== undefined) return resolve(line)
        waiting.push(resolve)
        child.once("exit", () => reject(new Error("it has ended without a line")))
      }),
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill("SIGKILL")
      await once(child, "exit")
    }
  }
}

/** The path of a file of this package, for imports in a program. */
export const source = (inner: string): string => path.join(root, "packages/adapter-postgres", inner)
