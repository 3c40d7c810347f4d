/**
 * Next itself, which takes 340 MB and a build: in long runs only. It is installed into a folder of its own, beside a copy
 * of the routes, with the packages of this workspace as they are built.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import * as Fs from "node:fs"
import * as Http from "node:http"
import { createRequire } from "node:module"
import * as Path from "node:path"

const versions = {
  next: "16.4.6",
  react: "19.3.1",
  "react-dom": "19.3.1",
  typescript: "5.9.3",
  "@types/react": "19.2.2"
}

const example = Path.resolve(import.meta.dirname, "..")
const workspace = Path.resolve(example, "../..")

/** Why it cannot be tried; `undefined` if it can. */
export const missing = (): string | undefined => {
  if (process.env["NIGHTLY"] === undefined) return "Next takes 340 MB and a build: in long runs (NIGHTLY=1) only"
  const built = Path.join(workspace, "packages/adapter-http/dist/index.js")
  return Fs.existsSync(built) ? undefined : "the packages are not built: tsc -b"
}

/** The folder of a built app. */
export const prepare = async (): Promise<string> => {
  const folder = Path.join(workspace, ".tmp/next")
  Fs.rmSync(Path.join(folder, "app"), { recursive: true, force: true })
  Fs.mkdirSync(folder, { recursive: true })
  for (const name of ["app", "src", "next.config.mjs"])
    Fs.cpSync(Path.join(example, name), Path.join(folder, name), { recursive: true })
  Fs.writeFileSync(Path.join(folder, "package.json"), JSON.stringify({ type: "module", dependencies: versions }))
  await run("npm", ["install", "--no-audit", "--no-fund", "--no-package-lock"], folder)
  for (const name of ["@vsms/adapter-http", "@vsms/core", "@vsms/example-embed-tour", "effect"]) {
    const link = Path.join(folder, "node_modules", name)
    Fs.mkdirSync(Path.dirname(link), { recursive: true })
    Fs.rmSync(link, { recursive: true, force: true })
    Fs.symlinkSync(Fs.realpathSync(Path.join(example, "node_modules", name)), link)
  }
  await run("npx", ["next", "build", "--webpack"], folder)
  return folder
}

const run = async (file: string, args: ReadonlyArray<string>, cwd: string): Promise<void> => {
  const env = { ...process.env, NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" }
  const child = spawn(file, args, { cwd, stdio: ["ignore", "inherit", "inherit"], env })
  const [code] = (await once(child, "exit")) as [number | null]
  if (code !== 0) throw new Error(`${file} ${args.join(" ")} ended with ${String(code)}`)
}

interface App {
  readonly prepare: () => Promise<void>
  readonly getRequestHandler: () => (request: Http.IncomingMessage, response: Http.ServerResponse) => Promise<void>
}

/** Next as a server of one's own (`next({ dir })`), in this process, on a free port. */
export const listen = async (dir: string): Promise<Http.Server> => {
  const next = createRequire(Path.join(dir, "package.json"))("next") as (options: object) => App
  const app = next({ dev: false, dir, hostname: "127.0.0.1", port: 0 })
  await app.prepare()
  const handle = app.getRequestHandler()
  const server = Http.createServer((request, response) => void handle(request, response))
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  return server
}
