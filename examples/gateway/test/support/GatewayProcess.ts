/** A gateway as a process of its own, as `npm start` runs it. */
import { type ChildProcess, spawn } from "node:child_process"
import * as fs from "node:fs/promises"
import { createRequire } from "node:module"
import * as os from "node:os"
import * as path from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { inject, onTestFinished } from "vitest"
import type { Credentials } from "../../src/demo/Demo.ts"

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url))
const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href

/** A folder of the test's, gone after it. */
export const newFolder = async (): Promise<string> => {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), "vsms-gateway-"))
  onTestFinished(() => fs.rm(folder, { recursive: true, force: true }))
  return folder
}

/** The URL of a new database on the server of the run. */
export const newDatabase = async (): Promise<string> => {
  const response = await fetch(inject("testDatabases" as never), { method: "POST" })
  if (!response.ok) throw new Error("no database for tests")
  return response.text()
}

/** What it prints last when it is up. */
const isUp = "Ctrl-C"

export class GatewayProcess {
  readonly folder: string
  out = ""
  err = ""
  private readonly child: ChildProcess
  private readonly exited: Promise<number>
  private wake = () => {}

  /** Starts in the folder, and ends with the test at the latest. */
  constructor(given: {
    readonly folder: string
    readonly env?: Readonly<Record<string, string>>
    readonly args?: ReadonlyArray<string>
  }) {
    const { args = [], env = {}, folder } = given
    this.folder = folder
    const node = ["--conditions=@vsms/source", "--import", tsx, main, ...args]
    const child = spawn(process.execPath, node, { cwd: folder, env: { ...process.env, PORT: "0", ...env } })
    this.child = child
    const heard = (): void => this.wake()
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.out += text
      heard()
    })
    child.stderr.setEncoding("utf8").on("data", (text: string) => (this.err += text))
    this.exited = new Promise((resolve) =>
      child.once("close", (code, signal) => {
        resolve(code ?? (signal === null ? -1 : 128 + os.constants.signals[signal]))
        heard()
      })
    )
    onTestFinished(() => void child.kill("SIGKILL"))
  }

  /** Waits until it has printed this. */
  async says(text: string): Promise<void> {
    while (!this.out.includes(text)) {
      if (this.child.exitCode !== null) throw new Error(`it has ended: ${this.out}\n${this.err}`)
      await new Promise<void>((resolve) => (this.wake = resolve))
    }
  }

  up = (): Promise<void> => this.says(isUp)

  /** Sends a signal. */
  signal(name: NodeJS.Signals): void {
    this.child.kill(name)
  }

  /** Its exit code; 128 and more for one that was killed. */
  end = (): Promise<number> => this.exited

  stop(): Promise<number> {
    this.signal("SIGTERM")
    return this.exited
  }

  /** Where it listens. */
  get address(): string {
    const found = /the gateway is up: (\S+)/.exec(this.out)?.[1]
    if (found === undefined) throw new Error("it is not up")
    return found
  }

  demo = async (): Promise<Credentials> =>
    JSON.parse(await fs.readFile(path.join(this.folder, ".vsms", "demo.json"), "utf8")) as Credentials

  recordings = async (): Promise<ReadonlyArray<string>> =>
    fs.readdir(path.join(this.folder, ".vsms", "recordings")).catch(() => [])
}

/** Asks the native API as the demo's application, and answers what is in the body. */
export const ask = async (
  { appKey, baseUrl, sdkAppId }: Credentials,
  resource: string,
  body?: unknown
): Promise<any> => {
  const response = await fetch(`${baseUrl}/v1/applications/${sdkAppId}/${resource}`, {
    method: body === undefined ? "GET" : "POST",
    headers: {
      authorization: `Basic ${Buffer.from(`${sdkAppId}:${appKey}`).toString("base64")}`,
      ...(body === undefined ? {} : { "content-type": "application/json" })
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) })
  })
  const answer = await response.json()
  if (!response.ok) throw new Error(JSON.stringify(answer))
  return answer
}

/** All receipts of the demo's application, as soon as there are so many. */
export const receipts = async (known: Credentials, count: number): Promise<ReadonlyArray<any>> => {
  for (;;) {
    const all: Array<any> = []
    for (let cursor: string | undefined = ""; cursor !== undefined;) {
      const page: any = await ask(known, `receipts?limit=100${cursor === "" ? "" : `&after=${cursor}`}`)
      all.push(...page.items)
      cursor = page.items.length < 100 ? undefined : String(page.next)
    }
    if (all.length >= count) return all
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

/** The balance of the demo's account, as its operator sees it. */
export const balance = async ({ baseUrl, operatorToken }: Credentials): Promise<any> => {
  const headers = { authorization: `Bearer ${operatorToken}` }
  return (await fetch(`${baseUrl}/v1/accounts/quickstart/balance`, { headers })).json()
}
