/** Several processes on one file, and processes that are killed. */
import * as Effect from "effect/Effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type ChildProcess, spawn } from "node:child_process"
import * as fs from "node:fs"
import { createRequire } from "node:module"
import * as os from "node:os"
import * as path from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import * as SqliteStore from "../src/SqliteStore.ts"
import * as Books from "./support/Books.ts"

const program = fileURLToPath(new URL("support/Worker.ts", import.meta.url))
const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href

let folder = ""
beforeAll(() => void (folder = fs.mkdtempSync(path.join(os.tmpdir(), "vsms-own-adapter-"))))
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

interface Worker {
  readonly process: ChildProcess
  readonly ready: Promise<void>
  /** The lines that it has written so far, `ready` left out. */
  readonly lines: () => ReadonlyArray<string>
  readonly ended: Promise<number | null>
}

const workers: Array<ChildProcess> = []
afterAll(() => workers.forEach((worker) => worker.kill("SIGKILL")))

const start = (task: "fill" | "pay" | "work", file: string): Worker => {
  const child = spawn(process.execPath, ["--conditions=@vsms/source", "--import", tsx, program, task, file], {
    stdio: ["pipe", "pipe", "inherit"]
  })
  workers.push(child)
  let said = ""
  const ready = new Promise<void>((resolve, reject) => {
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said += text
      if (said.startsWith("ready\n")) resolve()
    })
    child.on("close", () => reject(new Error("it ended before it was ready")))
  })
  return {
    process: child,
    ready,
    // What follows the last line break was not said to the end.
    lines: () => said.split("\n").slice(1, -1),
    ended: new Promise((resolve) => child.on("close", resolve))
  }
}

const begin = (worker: Worker) => worker.process.stdin!.end()

/** Opens the file here, as the next process would. */
const inspect = (file: string) => Effect.runPromise(Books.counts.pipe(Effect.provide(SqliteStore.layer({ file }))))

describe("two processes on one file", () => {
  it("NUM-1, BAL-5, SND-10: a limit holds across them, and work is leased once", async () => {
    const file = path.join(folder, "shared.db")
    const fillers = [start("fill", file), start("fill", file)]
    await Promise.all(fillers.map(({ ready }) => ready))
    fillers.forEach(begin)
    expect(await Promise.all(fillers.map(({ ended }) => ended))).toEqual([0, 0])
    const accepted = fillers.map(({ lines }) => lines())
    expect(
      accepted
        .flat()
        .map(Number)
        .sort((a, b) => a - b)
    ).toEqual(Array.from({ length: 300 }, (_, i) => i + 1))
    expect(await inspect(file)).toEqual(Books.all(300))

    const leasers = [start("work", file), start("work", file)]
    await Promise.all(leasers.map(({ ready }) => ready))
    leasers.forEach(begin)
    expect(await Promise.all(leasers.map(({ ended }) => ended))).toEqual([0, 0])
    const done = leasers.map(({ lines }) => lines())
    expect(done.flat().sort()).toEqual(Array.from({ length: 300 }, (_, i) => String(i + 1).padStart(6, "0")))
    // A race in which one did everything is none.
    expect(Math.min(...[...accepted, ...done].map(({ length }) => length))).toBeGreaterThan(0)
  }, 60_000)
})

describe("a process that is killed", () => {
  it("SND-10, BAL-5: what it had answered for is there, and nothing is there in part", async () => {
    const file = path.join(folder, "killed.db")
    let before = 0
    for (let life = 1; life <= 4; life++) {
      const worker = start("pay", file)
      await worker.ready
      begin(worker)
      while (worker.lines().length < 40 * life) await new Promise((resolve) => setTimeout(resolve, 1))
      worker.process.kill("SIGKILL")
      await worker.ended
      const acknowledged = Number(worker.lines().at(-1))
      expect(acknowledged - before).toBe(worker.lines().length)
      const found = await inspect(file)
      // One decision may have been stored whose answer was never heard.
      expect([acknowledged, acknowledged + 1]).toContain(found.total)
      expect(found).toEqual(Books.all(found.total))
      before = found.total
    }
  }, 60_000)
})
