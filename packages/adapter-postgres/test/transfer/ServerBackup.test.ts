/** `npm run backup` and `npm run restore` on a server, by PostgreSQL's own programs, which have to be installed. */
import { execFile } from "node:child_process"
import * as fs from "node:fs"
import { createRequire } from "node:module"
import * as os from "node:os"
import * as path from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { expect, it, onTestFinished } from "vitest"
import { missing } from "../../../../tools/debian/Debian.ts"
import * as PostgresServer from "../../src/place/PostgresServer.ts"
import * as Migrations from "../../src/schema/Migrations.ts"
import { migrations } from "../../src/schema/Released.ts"
import * as TestServer from "../server/TestServer.ts"

const program = fileURLToPath(new URL("../../scripts/data.ts", import.meta.url))
const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href

/** The programs must be as new as the server: both come from Debian, whose `postgresql` brings this one too. */
const why = missing({ pg_ctlcluster: "postgresql" })

const run = (url: string, ...args: ReadonlyArray<string>) =>
  new Promise<{ readonly code: number; readonly text: string }>((resolve) => {
    const node = ["--conditions=@vsms/source", "--import", tsx, program, ...args]
    const env = { ...process.env, VSMS_DATABASE_URL: url }
    const child = execFile(process.execPath, node, { encoding: "utf8", env }, (_, out, err) =>
      resolve({ code: child.exitCode ?? -1, text: out + err })
    )
  })

const contentOf = async (url: string) => {
  const tables = await TestServer.query(
    url,
    "select tablename as name from pg_tables where schemaname = 'vsms' order by 1"
  )
  const content: Record<string, unknown> = {}
  for (const { name } of tables) {
    const rows = await TestServer.query(url, `select t::text as row from vsms.${name} t order by 1`)
    content[name] = rows.map(({ row }) => row)
  }
  return content
}

const name = "a server comes back from its backup as it was; nothing is written over anything"
if (why !== undefined) it.skip(`${name} [${why}]`, () => {})
else {
  it(name, { timeout: 120_000 }, async () => {
    const server = await TestServer.start({ source: "debian" })
    onTestFinished(server.stop)
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "vsms-backup-"))
    onTestFinished(() => fs.rmSync(folder, { recursive: true, force: true }))
    const url = await server.createDatabase()
    await Effect.runPromise(
      Effect.provide(Migrations.run(migrations), PostgresServer.layer({ url: Redacted.make(url) }))
    )
    await TestServer.query(
      url,
      `create table vsms.sends_2026_11 partition of vsms.sends for values from ('019a3') to ('019a4') with (fillfactor = 70);
      insert into vsms.sends (account_id, send_id, version, sequence, state)
        select 'one', '019a3' || i, 1, 0,
          '{"stage": "completed", "billedMinutes": 1, "overrunMinutes": 0, "receipt": 1}'
        from generate_series(1, 100) i;
      insert into vsms.number_holdings (account_id, key, version, sequence, state)
        values ('one', 'one', 1, 1, '{"held": [{"number": "075500000001"}]}');
      insert into vsms.certificates values ('one', '\\x00ff00');
      insert into vsms.work values ('one', 'dial', 'k', 1, 2, nextval('vsms.work_token'))`
    )
    const before = await contentOf(url)
    expect(before["sends_2026_11"]).toHaveLength(100)

    const file = path.join(folder, "backup")
    const saved = await run(url, "backup", "--to", file)
    expect([saved.code, fs.statSync(file).mode], saved.text).toEqual([0, 0o100600])
    const again = await run(url, "backup", "--to", file)
    expect([again.code, again.text]).toEqual([1, expect.stringContaining("not empty")])

    const over = await run(url, "restore", "--from", file)
    expect([over.code, over.text]).toEqual([1, expect.stringContaining("schema vsms is not empty")])
    const other = await server.createDatabase()
    const restored = await run(other, "restore", "--from", file)
    expect(restored.code, restored.text).toBe(0)
    expect(saved.text + over.text + restored.text).not.toContain(new URL(url).password)
    expect(await contentOf(other)).toEqual(before)
    const [next] = await TestServer.query(other, "select nextval('vsms.work_token')::int as token")
    expect(next.token).toBeGreaterThan(1)
    // The schema is whole: what the code would have made of it is not missing anything.
    const current = Effect.provide(Migrations.run(migrations), PostgresServer.layer({ url: Redacted.make(other) }))
    expect(await Effect.runPromise(current)).toEqual([])
    expect(await TestServer.query(other, "select number from vsms.held_numbers")).toEqual([{ number: "075500000001" }])
  })
}
