import { Database } from "@vsms/adapter-postgres/place/Database"
import * as FolderLock from "@vsms/adapter-postgres/place/FolderLock"
import * as PgliteFolder from "@vsms/adapter-postgres/place/PgliteFolder"
import * as PostgresServer from "@vsms/adapter-postgres/place/PostgresServer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { describe, expect, inject, it, onTestFinished } from "vitest"
import { execFile } from "node:child_process"
import * as fs from "node:fs/promises"
import { createRequire } from "node:module"
import * as os from "node:os"
import * as path from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import * as Place from "../src/Place.ts"
import { aheadMillis } from "../src/story/StoryTime.ts"

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url))
/** What `npm run move` runs. */
const data = fileURLToPath(new URL("../../../packages/adapter-postgres/scripts/data.ts", import.meta.url))
const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href

/** The folder of a test, gone after it. */
const newFolder = async (): Promise<string> => {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), "vsms-quickstart-"))
  onTestFinished(() => fs.rm(folder, { recursive: true, force: true }))
  return folder
}

interface Run {
  readonly folder: string
  readonly args?: ReadonlyArray<string>
  readonly env?: { readonly [name: string]: string }
  /** Kills the process once it has said this. */
  readonly killAt?: string
}

/** Runs the quick start as `npm start` does, in a folder of its own. */
const start = ({ args = [], ...run }: Run) =>
  execute({ ...run, program: main, args: ["--once", "--speed", "20", ...args] })

const execute = ({ args = [], env = {}, folder, killAt, program }: Run & { readonly program: string }) =>
  new Promise<{ readonly code: number; readonly out: string; readonly err: string }>((resolve) => {
    const node = ["--conditions=@vsms/source", "--import", tsx, program, ...args]
    const options = { cwd: folder, encoding: "utf8", env: { ...process.env, ...env } } as const
    const child = execFile(process.execPath, node, options, (_, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err })
    )
    let said = ""
    child.stdout?.on("data", (text: string) => {
      said += text
      if (killAt !== undefined && said.includes(killAt)) child.kill("SIGKILL")
    })
    child.stdin?.end()
  })

const query = (url: string, sql: string): Promise<ReadonlyArray<any>> =>
  Effect.flatMap(Database, ({ pool }) => Effect.promise(() => pool.query(sql))).pipe(
    Effect.map(({ rows }) => rows),
    Effect.provide(PostgresServer.layer({ url: Redacted.make(url) })),
    Effect.runPromise
  )

/** Asks the database that runs in a folder have left. */
const ask = (folder: string, sql: string): Promise<ReadonlyArray<any>> =>
  Effect.flatMap(Database, ({ pool }) => Effect.promise(() => pool.query(sql))).pipe(
    Effect.map(({ rows }) => rows),
    Effect.provide(PgliteFolder.layer({ folder: path.join(folder, ".vsms") })),
    Effect.runPromise
  )

/** The last instant that anything stored bears. */
const lastInstant = `
  select greatest(
    (select max(recorded_at)::float8 from vsms.events),
    (select max((state->'accepted'->>'at')::float8) from vsms.sends)
  ) as instant`

/** The URL of a new database on the server of the run. */
const newDatabase = async (): Promise<string> => {
  const response = await fetch(inject("testDatabases" as never), { method: "POST" })
  expect(response.ok).toBe(true)
  return response.text()
}

const lastLine = (out: string) => JSON.parse(out.trimEnd().split("\n").at(-1)!)

describe("quick start", () => {
  it("ONB-1: a code is spoken, heard, billed and told; the last line is JSON, the recording real speech", async () => {
    const folder = await newFolder()
    const { code, err, out } = await start({ folder })
    expect(code, err).toBe(0)
    const result = lastLine(out)
    expect(result).toEqual({
      call: expect.stringMatching(/^[0-9a-f]{32}$/),
      state: "completed",
      billedMinutes: 1,
      balanceMinutes: 9_999,
      earlierCalls: 0,
      audio: `.vsms/recordings/${result.call}.wav`
    })
    for (const step of [
      "实名认证",
      "开通",
      "资质审核通过",
      "测试语音短信",
      "语音号码",
      "已通过",
      "套餐包",
      "五分钟",
      "接听",
      "计费 1 分钟",
      "签名正确",
      "成功率 100.00%"
    ]) {
      expect(out).toContain(step)
    }
    // Standing by itself: identifiers are random, and one in a few hundred has these digits somewhere.
    expect(out).not.toMatch(/(?<![\w-])3842(?![\w-])/)
    const wav = await fs.readFile(path.join(folder, result.audio))
    // RIFF, format 6 (A-law), one channel, 8,000 samples a second of one byte.
    expect([wav.toString("latin1", 0, 4), wav.readUInt16LE(20), wav.readUInt16LE(22), wav.readUInt32LE(24)]).toEqual([
      "RIFF",
      6,
      1,
      8_000
    ])
    const heard = wav.subarray(wav.indexOf("data") + 8)
    const seconds = heard.length / 8_000
    expect(seconds).toBeGreaterThan(5)
    expect(seconds).toBeLessThan(30)
    // Silence is 0xd5; speech is mostly something else.
    const spoken = heard.filter((byte) => (byte & 0x7f) !== 0x55).length / heard.length
    expect(spoken).toBeGreaterThan(0.3)

    const second = await start({ folder })
    expect(second.code, second.err).toBe(0)
    expect(lastLine(second.out)).toMatchObject({ state: "completed", balanceMinutes: 9_998, earlierCalls: 1 })
    expect(second.out).toContain("在 .vsms 中找到上次的数据：账号 quickstart")
    expect(second.out).toContain("余额 9999 分钟，此前呼叫 1 次")
    expect(second.out).toContain("found in .vsms: account quickstart")
    const id = (text: string, pattern: RegExp) => pattern.exec(text)?.[1]
    for (const pattern of [/SDKAppID (\d+)/, /模板 ID (\d+)/, /语音号码 (\d+)/]) {
      expect(id(second.out, pattern)).toBe(id(out, pattern))
    }
    expect(second.out).not.toContain("已购买")
    expect(second.out).toContain("签名正确")
    expect(second.out).toContain("发送 2，成功 2")
  }, 240_000)

  it("ONB-1: runs that are killed anywhere are gone on with: nothing is bought twice, and time does not run back", async () => {
    const folder = await newFolder()
    for (const killAt of ["已添加应用", "已购买 1 万分钟", "已受理"]) {
      const killed = await start({ folder, killAt })
      expect(killed.out).toContain(killAt)
      expect(killed.code).toBe(-1)
    }
    const [last] = await ask(folder, lastInstant)
    const { code, err, out } = await start({ folder })
    expect(code, err).toBe(0)
    expect(lastLine(out)).toMatchObject({ state: "completed", earlierCalls: 1 })
    const [left] = await ask(
      folder,
      `select
        (select count(*)::int from vsms.accounts) as accounts,
        (select count(*)::int from vsms.applications) as applications,
        (select count(*)::int from vsms.templates) as templates,
        (select count(*)::int from vsms.held_numbers) as numbers,
        (select count(*)::int from vsms.packages) as packages,
        (select array_agg((state->'accepted'->>'at')::float8 order by send_id) from vsms.sends) as accepted,
        (select state from vsms.things where kind = 'storyTime') as time`
    )
    const { accepted, time, ...counts } = left
    expect(counts).toEqual({ accounts: 1, applications: 1, templates: 1, numbers: 1, packages: 1 })
    expect(accepted).toHaveLength(2)
    expect(accepted[0]).toBeLessThanOrEqual(last.instant)
    expect(accepted[1]).toBeGreaterThan(last.instant)
    // It ended in peace, and left its time without what was reserved.
    expect(time.until).toBeGreaterThan(accepted[1])
    expect(time.until).toBeLessThan(accepted[1] + aheadMillis)
  }, 240_000)

  it("on a server: the second run finds the first one's data, and a database of others is left alone", async () => {
    const folder = await newFolder()
    const url = await newDatabase()
    const first = await start({ folder, env: { VSMS_DATABASE_URL: url } })
    expect(first.code, first.err).toBe(0)
    const second = await start({ folder, env: { VSMS_DATABASE_URL: url } })
    expect(second.code, second.err).toBe(0)
    expect(lastLine(second.out)).toMatchObject({ balanceMinutes: 9_998, earlierCalls: 1 })
    expect(second.out).not.toContain(new URL(url).password)
    expect(await fs.readdir(path.join(folder, ".vsms"))).toEqual(["recordings"])

    const beside = await Layer.build(
      Place.layer({ folder, url: Redacted.make(url) }).pipe((opened) => Layer.provideMerge(Place.alone, opened))
    ).pipe(
      Effect.zipRight(Effect.promise(() => start({ folder, env: { VSMS_DATABASE_URL: url } }))),
      Effect.scoped,
      Effect.runPromise
    )
    expect([beside.code, beside.err]).toEqual([1, expect.stringContaining("another quick start is at work")])

    await query(url, "delete from vsms.things where kind = 'storyTime'")
    const others = await start({ folder, env: { VSMS_DATABASE_URL: url } })
    expect([others.code, others.err]).toEqual([1, expect.stringContaining("no demo account")])

    await query(url, "insert into vsms.migrations values (9999, '9999_later', 'x', 0)")
    const older = await start({ folder, env: { VSMS_DATABASE_URL: url } })
    expect([older.code, older.err]).toEqual([1, expect.stringContaining("9999_later")])
  }, 240_000)

  it("ONB-1, BAL-6: moved to a server in the middle of a call, it goes on there with nothing lost or doubled", async () => {
    const folder = await newFolder()
    const killed = await start({ folder, killAt: "拨号中" })
    expect(killed.code).toBe(-1)
    const sendId = /已受理 ([0-9a-f]{32})/.exec(killed.out)?.[1]
    const url = await newDatabase()
    const moving = await execute({ folder, program: data, args: ["move", "--from", ".vsms", "--to", url] })
    expect(moving.code, moving.err).toBe(0)
    expect(moving.out).toContain("each table compared; 9999 minutes left, 1 held, 0 spent")
    expect(moving.out).not.toContain(new URL(url).password)
    expect((await fs.readdir(path.join(folder, ".vsms"))).sort()).toEqual(["data.moved"])
    const { code, err, out } = await start({ folder, env: { VSMS_DATABASE_URL: url } })
    expect(code, err).toBe(0)
    expect(lastLine(out)).toMatchObject({ state: "completed", earlierCalls: 1 })
    expect(out).not.toContain("已购买")

    // The call that was under way comes to its end, and only once.
    const later = await start({ folder, env: { VSMS_DATABASE_URL: url }, args: ["--phone", "13900139000"] })
    expect(later.code, later.err).toBe(0)
    const [books] = await query(
      url,
      `select (state->>'granted')::int as granted, (state->>'spent')::int as spent, (state->>'held')::int as held,
        (select sum((state->>'billedMinutes')::int)::int from vsms.sends) as billed,
        (select count(*)::int from vsms.sends) as sends,
        (select state->>'stage' from vsms.sends where send_id = '${sendId}') as stage
      from vsms.balances`
    )
    expect(books).toMatchObject({ granted: 10_000, sends: 3, spent: books.billed })
    expect(["completed", "failed"]).toContain(books.stage)
    expect(books.held).toBe(0)

    // The folder begins anew.
    const again = await execute({ folder, program: data, args: ["move", "--from", ".vsms", "--to", url] })
    expect([again.code, again.err]).toEqual([1, expect.stringContaining("there is no data in .vsms")])
  }, 240_000)

  it("says what hinders it, in two languages: who has the folder, and where no database answers", async () => {
    const folder = await newFolder()
    const inUse = await FolderLock.hold(path.join(folder, "data of mine")).pipe(
      Effect.zipRight(Effect.promise(() => start({ folder, env: { VSMS_DATA: "data of mine" } }))),
      Effect.scoped,
      Effect.runPromise
    )
    expect(inUse).toEqual({ code: 1, out: "", err: expect.stringContaining(`正被进程 ${process.pid}（`) })
    expect(inUse.err).toContain(`is in use by process ${process.pid} on`)
    const url = "postgres://somebody:secret@127.0.0.1:1/vsms"
    const unreachable = await start({ folder, env: { VSMS_DATABASE_URL: url } })
    expect(unreachable).toEqual({ code: 1, out: "", err: expect.stringContaining("无法连接数据库 127.0.0.1:1/vsms") })
    expect(unreachable.err).not.toContain("secret")
  }, 60_000)

  it.each([
    ["CalleeNotServed", ["--phone", "12345"]],
    ["BadVerificationCode", ["--code", "a!"]],
    ["OnlyVariables", ["--text", "{1}"]],
    ["ParameterCount", ["--code", "38,42"]]
  ])(
    "ONB-1: bad input gets the refusal of the rules: %s",
    async (refusal, args) => {
      const { code, err, out } = await start({ folder: await newFolder(), args })
      expect(code).toBe(1)
      expect(err).toContain(refusal)
      expect(err + out).not.toContain("12345")
    },
    60_000
  )

  it("SND-6: a phone that is busy costs nothing, and the reason is told", async () => {
    const { code, out } = await start({ folder: await newFolder(), args: ["--phone", "13800130002"] })
    expect(code).toBe(0)
    expect(out).toContain("用户正忙")
    expect(lastLine(out)).toEqual({
      call: expect.any(String),
      state: "failed",
      billedMinutes: 0,
      balanceMinutes: 10_000,
      earlierCalls: 0
    })
  }, 120_000)
})
