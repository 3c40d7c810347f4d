/**
 * The thread in which the embedded database runs: a query blocks it for as long as it takes, and no other.
 *
 * Plain JavaScript: a worker thread on Node 20 starts no TypeScript, and so its file has one name in `src` and in
 * `dist`. Types come from the comments.
 */
import fs from "node:fs"
import path from "node:path"
import { fileURLToPath } from "node:url"
import { inspect } from "node:util"
import { parentPort, workerData } from "node:worker_threads"

/** @import { Reply, Request, WorkerData } from "./Protocol.ts" */
/** @import { PGlite } from "@electric-sql/pglite" */

const port = /** @type {import("node:worker_threads").MessagePort} */ (parentPort)

const { folder, pgliteModule, snapshots } = /** @type {WorkerData} */ (workerData)

/** @type {(reply: Reply, transfer?: ReadonlyArray<ArrayBuffer>) => void} */
const send = (reply, transfer = []) => port.postMessage(reply, transfer)

/** The last lines that the server wrote while it started: why it did not. @type {Array<string>} */
const log = []

/** Of `PGlite.defaultStartParams`, with a cache and a log of the size of one host's database. */
const settings = ["shared_buffers=64MB", "max_wal_size=256MB", "min_wal_size=32MB", "max_stack_depth=512kB"]

/** @type {(fault: unknown) => boolean} */
const isAbsence = (fault) => fault instanceof Error && "code" in fault && fault.code === "ERR_MODULE_NOT_FOUND"

/** @type {(fault: unknown) => string} */
const wordsOf = (fault) => (fault instanceof Error ? fault.message : inspect(fault, { breakLength: Infinity }))

/** @type {(at: string) => boolean} */
const isDatabase = (at) => fs.existsSync(path.join(at, "PG_VERSION"))

/** The folder of an empty database of this version, made at most once on this machine. */
const snapshotOf = async (/** @type {typeof import("@electric-sql/pglite")} */ { PGlite }) => {
  if (snapshots === undefined) return undefined
  const snapshot = path.join(snapshots, `pglite-${versionOf(pgliteModule)}`)
  if (isDatabase(snapshot)) return snapshot
  const draft = `${snapshot}.${process.pid}.${Math.trunc(performance.timeOrigin)}`
  try {
    fs.mkdirSync(snapshots, { recursive: true, mode: 0o700 })
    for (const name of fs.readdirSync(snapshots)) {
      // What another process was making when it was killed.
      const other = path.join(snapshots, name)
      const old = performance.timeOrigin + performance.now() - fs.statSync(other).mtimeMs > 3_600_000
      if (other.startsWith(`${snapshot}.`) && old) fs.rmSync(other, { recursive: true, force: true })
    }
    const database = await PGlite.create(draft)
    await database.close()
    fs.renameSync(draft, snapshot)
  } catch {
    // No rights, no room, or another process was quicker: nobody depends on it.
    if (fs.existsSync(draft)) fs.rmSync(draft, { recursive: true, force: true })
  }
  return isDatabase(snapshot) ? snapshot : undefined
}

const versionOf = (/** @type {string} */ module) => {
  for (let at = fileURLToPath(import.meta.resolve(module)); at !== path.dirname(at); at = path.dirname(at)) {
    const manifest = path.join(at, "package.json")
    if (fs.existsSync(manifest)) return JSON.parse(fs.readFileSync(manifest, "utf8")).version
  }
  return "unknown"
}

const start = async () => {
  const pglite = /** @type {typeof import("@electric-sql/pglite")} */ (await import(pgliteModule))
  const { MemoryFS, PGlite } = pglite
  const options = {
    startParams: [...PGlite.defaultStartParams, ...settings.flatMap((setting) => ["-c", setting])],
    onStderr: (/** @type {string} */ line) => {
      log.push(line)
      if (log.length > 5) log.shift()
      return false
    }
  }
  if (folder !== undefined) {
    if (!isDatabase(folder)) await prepare(pglite, folder)
    return PGlite.create(folder, options)
  }
  const snapshot = await snapshotOf(pglite)
  if (snapshot === undefined) return PGlite.create(options)
  /** @type {(files: NonNullable<InstanceType<typeof MemoryFS>["pg"]>["Module"]["FS"], from: string, to: string) => void} */
  const copy = (files, from, to) => {
    files.mkdirTree(to, 0o700)
    for (const entry of fs.readdirSync(from, { withFileTypes: true })) {
      const inner = path.join(from, entry.name)
      if (entry.isDirectory()) copy(files, inner, `${to}/${entry.name}`)
      else files.writeFile(`${to}/${entry.name}`, fs.readFileSync(inner))
    }
  }
  const empty = snapshot
  class SnapshotFS extends MemoryFS {
    /** @override */
    async initialSyncFs() {
      const { Module } = /** @type {NonNullable<typeof this.pg>} */ (this.pg)
      copy(Module.FS, empty, PGlite.paths.PGDATA)
    }
  }
  return PGlite.create({ ...options, fs: new SnapshotFS() })
}

/** An empty database in the folder, wholly or not at all. */
const prepare = async (/** @type {typeof import("@electric-sql/pglite")} */ pglite, /** @type {string} */ at) => {
  // Whoever has files there that are no database of ours, keeps them.
  if (fs.existsSync(at) && fs.readdirSync(at).length > 0) throw new Error("there is something else in it")
  const draft = `${at}.new`
  fs.rmSync(draft, { recursive: true, force: true })
  const snapshot = await snapshotOf(pglite)
  if (snapshot === undefined) await (await pglite.PGlite.create(draft)).close()
  else fs.cpSync(snapshot, draft, { recursive: true, mode: fs.constants.COPYFILE_FICLONE })
  fs.rmSync(at, { recursive: true, force: true })
  fs.renameSync(draft, at)
}

/** A message of the protocol that is a statement of its own. @type {(sql: string) => Uint8Array} */
const simple = (sql) => {
  const text = Buffer.from(`${sql}\0`)
  const head = Buffer.from([0x51, 0, 0, 0, 0])
  head.writeInt32BE(text.length + 4, 1)
  return Buffer.concat([head, text])
}

const reset = [simple("ROLLBACK"), simple("DISCARD ALL")]

/** Answers are sent on in pieces of this size at the least, the last one aside. */
const pieceBytes = 65_536

/** @type {(database: PGlite, bytes: Uint8Array, connection: number | undefined) => Promise<void>} */
const execute = async (database, bytes, connection) => {
  /** @type {Array<Uint8Array>} */
  let pieces = []
  let length = 0
  const flush = () => {
    if (length === 0 || connection === undefined) return
    const answer = new Uint8Array(length)
    let at = 0
    for (const piece of pieces) {
      answer.set(piece, at)
      at += piece.length
    }
    pieces = []
    length = 0
    send({ _tag: "Bytes", connection, bytes: answer }, [answer.buffer])
  }
  await database.execProtocolRawStream(bytes, {
    onRawData: (piece) => {
      // It is a view of the database's memory, and changes with the next one.
      pieces.push(piece.slice())
      length += piece.length
      if (length >= pieceBytes) flush()
    }
  })
  flush()
}

/** @type {(database: PGlite, request: Request) => Promise<void>} */
const carryOut = async (database, request) => {
  switch (request._tag) {
    case "Connect":
      for (const statement of reset) await execute(database, statement, undefined)
      return
    case "Bytes":
      return execute(database, request.bytes, request.connection)
    case "Dump": {
      const archive = new Uint8Array(await (await database.dumpDataDir("gzip")).arrayBuffer())
      return send({ _tag: "Dumped", archive }, [archive.buffer])
    }
    case "Close":
      await database.close()
      process.exit(0)
  }
}

try {
  const database = await start()
  let turn = Promise.resolve()
  port.on("message", (/** @type {Request} */ request) => {
    // What it throws here is a fault of the database itself, not of a statement: its memory is not to be trusted.
    turn = turn.then(() => carryOut(database, request)).catch(() => process.exit(1))
  })
  send({ _tag: "Ready" })
} catch (fault) {
  send(isAbsence(fault) ? { _tag: "Missing" } : { _tag: "Broken", detail: [...log, wordsOf(fault)].join("; ") })
}
