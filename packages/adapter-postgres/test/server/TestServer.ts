/** A PostgreSQL server for one run of tests: made in a new folder, gone with the process that made it. */
import { type ChildProcess, execFile, spawn } from "node:child_process"
import { once } from "node:events"
import * as fs from "node:fs"
import * as net from "node:net"
import * as os from "node:os"
import * as path from "node:path"
import { promisify } from "node:util"
import * as Pg from "pg"
import { binaries, serverUser, type Source, sourceOfEnvironment } from "./Binaries.ts"

export interface Options {
  readonly source: Source
  /** Off, the data survives the death of every process, but not that of the machine. */
  readonly fsync: boolean
  readonly maxConnections: number
  readonly transport: "tcp" | "socket"
  /** How texts are ordered where a statement does not say: `C` by bytes, `language` as a dictionary does. */
  readonly order: "C" | "language"
  /** More settings of `postgresql.conf`. */
  readonly settings: Readonly<Record<string, string>>
}

const defaults: Omit<Options, "source"> = {
  fsync: false,
  maxConnections: 100,
  transport: "tcp",
  order: "language",
  settings: {}
}

export interface TestServer {
  /** Of the database `postgres`, as superuser. It stays the same when the server is started again. */
  readonly url: string
  readonly folder: string
  /** A new database, empty or a copy of another one to which nobody is connected. Answers its URL. */
  readonly createDatabase: (template?: string) => Promise<string>
  /** `crash` ends every process of the server at once, without a word to any of them. */
  readonly kill: (how: "crash" | "immediate" | "fast") => Promise<void>
  /** After `kill`. Answers when connections are accepted again. */
  readonly start: () => Promise<void>
  /** Ends the server and removes its data. */
  readonly stop: () => Promise<void>
}

export const start = async (options: Partial<Options> = {}): Promise<TestServer> => {
  const settings = { source: sourceOfEnvironment(), ...defaults, ...options }
  const programs = binaries(settings.source)
  const user = serverUser()
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "vsms-postgres-"))
  const data = path.join(folder, "data")
  const watchdog = spawn(process.execPath, [path.join(import.meta.dirname, "Watchdog.js"), folder], {
    detached: true,
    stdio: ["pipe", "pipe", "inherit"]
  })
  // Nothing is started that nobody would end.
  await new Promise<void>((resolve, reject) => {
    watchdog.stdout.once("data", resolve)
    watchdog.once("exit", () => reject(new Error("the watchdog does not start")))
  })
  const end = async () => {
    if (watchdog.exitCode !== null) throw new Error(`the watchdog of ${folder} has ended before its time`)
    watchdog.ref()
    watchdog.stdin.end()
    await once(watchdog, "exit")
  }
  let ending: Promise<void> | undefined
  const stop = () => (ending ??= end())
  // Neither keeps the process alive.
  watchdog.unref()
  for (const pipe of [watchdog.stdin, watchdog.stdout]) (pipe as unknown as net.Socket).unref()

  const password = "secret-of-the-test-server"
  const env = { PATH: process.env["PATH"] ?? "", LC_ALL: "C", TZ: "UTC" }
  try {
    fs.writeFileSync(path.join(folder, "password"), password)
    if (user !== undefined)
      for (const at of [folder, path.join(folder, "password")]) fs.chownSync(at, user.uid, user.gid)
    const collation =
      settings.order === "C" ? ["--locale=C"] : ["--locale=C", "--locale-provider=icu", "--icu-locale=en-US"]
    await promisify(execFile)(
      path.join(programs, "initdb"),
      ["-D", data, "-U", "postgres", "-A", "password", "--pwfile", path.join(folder, "password")].concat(
        ["--encoding=UTF8", "--no-sync", "--no-instructions"],
        collation
      ),
      { ...user, env, cwd: folder }
    )
    const port = await freePort()
    const configuration = {
      listen_addresses: settings.transport === "tcp" ? "127.0.0.1" : "",
      port: String(port),
      unix_socket_directories: settings.transport === "socket" ? folder : "",
      max_connections: String(settings.maxConnections),
      fsync: settings.fsync ? "on" : "off",
      timezone: "UTC",
      // What is written to it is read when a start fails.
      log_min_messages: "warning",
      ...settings.settings
    }
    fs.appendFileSync(
      path.join(data, "postgresql.conf"),
      Object.entries(configuration)
        .map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`)
        .join("")
    )
    const address = settings.transport === "tcp" ? `127.0.0.1:${port}` : `:${port}`
    const urlOf = (database: string) =>
      settings.transport === "tcp"
        ? `postgres://postgres:${password}@${address}/${database}`
        : `postgres://postgres:${password}@localhost:${port}/${database}?host=${encodeURIComponent(folder)}`
    const url = urlOf("postgres")

    let server: ChildProcess | undefined
    const launch = () => {
      const log = fs.openSync(path.join(folder, "log"), "a")
      const launched = spawn(path.join(programs, "postgres"), ["-D", data], {
        ...user,
        env,
        cwd: folder,
        stdio: ["ignore", log, log]
      })
      fs.closeSync(log)
      launched.unref()
      return launched
    }
    const run = async () => {
      server = launch()
      for (let tries = 0; tries < 1_500; tries++) {
        if (await answers(url)) return
        // After a crash the memory of the old server is in use until the last of its processes is gone.
        if (server.exitCode !== null) server = launch()
        await sleep(20)
      }
      throw new Error(`the server does not start:\n${fs.readFileSync(path.join(folder, "log"), "utf8").slice(-2_000)}`)
    }
    await run()

    let databases = 0
    let creating: Promise<unknown> = Promise.resolve()
    return {
      url,
      folder,
      createDatabase: (template = "template1") => {
        const name = `test_${++databases}`
        const create = async () => {
          await query(url, `CREATE DATABASE ${name} TEMPLATE ${Pg.escapeIdentifier(template)}`)
          return urlOf(name)
        }
        // Two at a time would disturb each other at the template.
        const created = creating.then(create)
        creating = created.catch(() => {})
        return created
      },
      kill: async (how) => {
        const postmaster = server
        if (postmaster?.pid === undefined || postmaster.exitCode !== null || postmaster.signalCode !== null) return
        postmaster.ref()
        const gone = once(postmaster, "exit")
        if (how === "crash") {
          // The children first stop, so that none of them notices the death of the others and acts on it.
          const family = [postmaster.pid, ...childrenOf(postmaster.pid)]
          for (const signal of ["SIGSTOP", "SIGKILL"] as const) family.forEach((pid) => send(pid, signal))
        } else {
          postmaster.kill(how === "immediate" ? "SIGQUIT" : "SIGINT")
        }
        await gone
      },
      start: run,
      stop
    }
  } catch (error) {
    await stop()
    throw error
  }
}

const sleep = (millis: number) => new Promise((resolve) => setTimeout(resolve, millis))

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = net.createServer().on("error", reject)
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as net.AddressInfo
      probe.close(() => resolve(port))
    })
  })

const answers = (url: string): Promise<boolean> =>
  query(url, "SELECT 1").then(
    () => true,
    () => false
  )

export const query = async (url: string, sql: string): Promise<ReadonlyArray<any>> => {
  const client = new Pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  client.on("error", () => {})
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

const childrenOf = (parent: number): ReadonlyArray<number> =>
  fs.readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return []
    try {
      const stat = fs.readFileSync(`/proc/${name}/stat`, "utf8")
      // The name of the program stands in brackets, and may hold anything.
      const [, ppid] = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
      return Number(ppid) === parent ? [Number(name)] : []
    } catch {
      return []
    }
  })

const send = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal)
  } catch {}
}

/** Processor time of the server and of its connections so far, microseconds. */
export const processorMicros = ({ folder }: TestServer): number => {
  const [postmaster] = fs.readFileSync(path.join(folder, "data/postmaster.pid"), "utf8").split("\n")
  const family = [Number(postmaster), ...childrenOf(Number(postmaster))]
  return family.reduce((sum, pid) => sum + ticksOf(pid), 0) * microsPerTick
}

/** Of a process that is gone, nothing is known. */
const ticksOf = (pid: number): number => {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8")
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    return Number(fields[11]) + Number(fields[12])
  } catch {
    return 0
  }
}

/** The kernel counts in hundredths of a second. */
const microsPerTick = 10_000
