/**
 * What is done to data as a whole: `npm run backup`, `npm run restore`, `npm run move`. It is that of the gateway,
 * and of whatever else keeps it so: in the folder `VSMS_DATA`, or in the database `VSMS_DATABASE_URL`.
 */
import * as fs from "node:fs"
import { parseArgs } from "node:util"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { Database } from "../src/place/Database.ts"
import * as PgliteFolder from "../src/place/PgliteFolder.ts"
import * as PostgresServer from "../src/place/PostgresServer.ts"
import * as FolderArchive from "../src/transfer/FolderArchive.ts"
import * as Move from "../src/transfer/Move.ts"
import { ArchiveUnusable, NothingThere, TargetNotEmpty } from "../src/transfer/TransferError.ts"
import * as PgTools from "./PgTools.ts"

const help = `\
  npm run backup  -- --to file         saves everything in one file
  npm run restore -- --from file       makes it anew from the file; never over what is there
  npm run move    -- --from .vsms --to postgres://user:password@host/database

  VSMS_DATA=.vsms                      which folder (stop what is at work on it)
  VSMS_DATABASE_URL=postgres://…       which database, instead of a folder: by pg_dump and pg_restore
`

const folder = process.env["VSMS_DATA"] || ".vsms"
const url = process.env["VSMS_DATABASE_URL"] || undefined

/** For people. */
const nameOf = (text: string): string => {
  const { host, pathname } = new URL(text)
  return `${host}${pathname}`
}

const server = (text: string) =>
  Effect.map(
    Layer.build(
      PostgresServer.layer({
        url: Redacted.make(text),
        sessions: 2,
        applicationName: "vsms data",
        statementTimeoutMillis: hours,
        idleInTransactionTimeoutMillis: hours
      })
    ),
    (context) => Context.get(context, Database)
  )

const embedded = (at: string) =>
  Effect.map(Layer.build(PgliteFolder.layer({ folder: at, answerLimitMillis: hours })), (context) =>
    Context.get(context, Database)
  )

const hours = 24 * 3_600_000

const backup = (to: string) =>
  Effect.gen(function* () {
    if (url === undefined) {
      const length = yield* FolderArchive.save({ folder, file: to })
      return `${folder} 已备份到 ${to}（${length} 字节） · ${folder} is saved in ${to} (${length} bytes)`
    }
    if (fs.existsSync(to)) return yield* new TargetNotEmpty({ target: to })
    const draft = `${to}.part`
    yield* tools(to, () => {
      // Only its owner may read it: personal data is in it.
      fs.writeFileSync(draft, "", { mode: 0o600 })
      PgTools.run("pg_dump", ["--format=custom", "--schema=vsms", ...unowned, `--file=${draft}`], url)
      fs.linkSync(draft, to)
    }).pipe(Effect.ensuring(Effect.sync(() => fs.rmSync(draft, { force: true }))))
    return `${nameOf(url)} 已备份到 ${to} · ${nameOf(url)} is saved in ${to}`
  })

/** Whoever restores it owns it. */
const unowned = ["--no-owner", "--no-privileges"]

const restore = (from: string) =>
  Effect.gen(function* () {
    if (url === undefined) {
      yield* FolderArchive.restore({ folder, file: from })
      return `已从 ${from} 恢复到 ${folder} · ${folder} is restored from ${from}`
    }
    const { pool } = yield* server(url)
    const { rows } = yield* Effect.promise(() => pool.query("select from pg_namespace where nspname = 'vsms'"))
    if (rows.length > 0) return yield* new TargetNotEmpty({ target: `${nameOf(url)}, schema vsms` })
    const args = ["--single-transaction", "--exit-on-error", ...unowned, `--dbname=${new URL(url).pathname.slice(1)}`]
    yield* tools(from, () => PgTools.run("pg_restore", [...args, from], url))
    yield* Effect.promise(() => pool.query("analyze"))
    return `已从 ${from} 恢复到 ${nameOf(url)} · ${nameOf(url)} is restored from ${from}`
  })

const move = (from: string, to: string) =>
  Effect.gen(function* () {
    if (!FolderArchive.hasData(from)) return yield* new NothingThere({ place: from })
    const moved = yield* Effect.gen(function* () {
      return yield* Move.run({ from: yield* embedded(from), to: yield* server(to) })
    }).pipe(Effect.scoped)
    const aside = yield* FolderArchive.putAside(from)
    const rows = Object.values(moved.rows).reduce((sum, count) => sum + count, 0)
    const { available, held, spent } = moved.minutes
    return [
      `已迁移 ${rows} 行到 ${nameOf(to)}，逐表核对一致；余额 ${available} 分钟，冻结 ${held}，已用 ${spent}`,
      `${rows} rows moved to ${nameOf(to)}, each table compared; ${available} minutes left, ${held} held, ${spent} spent`,
      `原数据保留在 ${aside} · what was moved lies in ${aside}`,
      `此后请设置 VSMS_DATABASE_URL · from now on, set VSMS_DATABASE_URL`
    ].join("\n")
  })

const tools = (file: string, call: () => void) =>
  Effect.try({
    try: call,
    catch: (error) => new ArchiveUnusable({ file, detail: error instanceof Error ? error.message : String(error) })
  })

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { from: { type: "string" }, to: { type: "string" }, help: { type: "boolean", short: "h", default: false } }
})
const { from, to } = values
const [command] = positionals

const chosen = ((): Effect.Effect<string, Error, Scope.Scope> | undefined => {
  if (values.help) return undefined
  if (command === "backup" && to !== undefined) return backup(to)
  if (command === "restore" && from !== undefined) return restore(from)
  if (command === "move" && from !== undefined && to !== undefined && URL.canParse(to)) return move(from, to)
  return undefined
})()

if (chosen === undefined) {
  process.stderr.write(help)
  process.exitCode = values.help ? 0 : 2
} else {
  const exit = await Effect.runPromiseExit(Effect.scoped(chosen))
  if (Exit.isSuccess(exit)) process.stdout.write(`${exit.value}\n`)
  else {
    const error = Cause.squash(exit.cause)
    process.stderr.write(`✗ ${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  }
}
