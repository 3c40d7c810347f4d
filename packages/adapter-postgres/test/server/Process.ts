/** Another process of Node that runs TypeScript of ours from source, as the tests do. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import * as path from "node:path"
import * as readline from "node:readline"

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
  // Undefined: there are no more.
  const lines: Array<string | undefined> = []
  const waiting: Array<(line: string | undefined) => void> = []
  const give = (line: string | undefined) => {
    const next = waiting.shift()
    if (next === undefined) lines.push(line)
    else next(line)
  }
  readline
    .createInterface(child.stdout)
    .on("line", give)
    .on("close", () => give(undefined))
  return {
    child,
    line: async () => {
      const line =
        lines.length > 0 ? lines.shift() : await new Promise<string | undefined>((hear) => waiting.push(hear))
      if (line === undefined) throw new Error("it has ended without a line")
      return line
    },
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill("SIGKILL")
      await once(child, "exit")
    }
  }
}

/** The path of a file of this package, for imports in a program. */
export const source = (inner: string): string => path.join(root, "packages/adapter-postgres", inner)
