/** Adapter: runs a program of the workspace and collects what it prints. */
import { spawn } from "node:child_process"
import * as path from "node:path"
import type { Outcome } from "./Gate.ts"

export const root = path.resolve(import.meta.dirname, "../..")

export interface CommandOptions {
  /** Show the output while it comes, instead of collecting it. */
  readonly live?: boolean
  readonly env?: Readonly<Record<string, string>>
}

export const command = (file: string, args: ReadonlyArray<string>, options: CommandOptions = {}): Promise<Outcome> =>
  new Promise((resolve) => {
    const child = spawn(file, args, {
      cwd: root,
      stdio: options.live === true ? ["ignore", "inherit", "inherit"] : ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...options.env },
      shell: process.platform === "win32" && !file.endsWith(".exe")
    })
    const chunks: Array<Buffer> = []
    child.stdout?.on("data", (chunk: Buffer) => chunks.push(chunk))
    child.stderr?.on("data", (chunk: Buffer) => chunks.push(chunk))
    child.on("error", (error) => resolve({ state: "failed", report: error.message }))
    child.on("close", (code) =>
      resolve({ state: code === 0 ? "passed" : "failed", report: Buffer.concat(chunks).toString("utf8").trim() })
    )
  })

/** A program that a package of the workspace brings. */
export const local = (name: string, args: ReadonlyArray<string>, options: CommandOptions = {}): Promise<Outcome> =>
  command(path.join(root, "node_modules/.bin", name), args, options)

export const pnpm = (args: ReadonlyArray<string>): Promise<Outcome> =>
  command(process.execPath, [path.join(root, "scripts/pnpm.mjs"), ...args])

/** A TypeScript program of the workspace, from source. */
export const program = (file: string, args: ReadonlyArray<string> = []): Promise<Outcome> =>
  command(process.execPath, ["--conditions=@vsms/source", "--import", "tsx", path.join(root, file), ...args])
