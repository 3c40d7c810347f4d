import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import * as zlib from "node:zlib"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { describe, expect, it, vi } from "vitest"
import { Database } from "../../src/place/Database.ts"
import * as PgliteFolder from "../../src/place/PgliteFolder.ts"
import * as PgliteMemory from "../../src/place/PgliteMemory.ts"
import { PgliteThread } from "../../src/place/PgliteThread.ts"
import * as PostgresServer from "../../src/place/PostgresServer.ts"
import * as Migrations from "../../src/schema/Migrations.ts"
import { migrations } from "../../src/schema/Released.ts"
import * as FolderArchive from "../../src/transfer/FolderArchive.ts"
import * as Move from "../../src/transfer/Move.ts"
import { CopyDiffers, TargetNotEmpty } from "../../src/transfer/TransferError.ts"
import * as TestDatabase from "../server/TestDatabase.ts"
import * as TestPlaces from "../server/TestPlaces.ts"

vi.setConfig({ testTimeout: 90_000 })

type Place = (typeof Database)["Service"]

const query = ({ pool }: Place, text: string, values: Array<unknown> = []) =>
  Effect.map(
    Effect.promise(() => pool.query(text, values)),
    ({ rows }) => rows
  )

const memory = Effect.map(Layer.build(PgliteMemory.layer()), Context.get(Database))
const server = Effect.flatMap(
  Effect.promise(() => TestDatabase.create()),
  (url) => Effect.map(Layer.build(PostgresServer.layer({ url: Redacted.make(url) })), Context.get(Database))
)
const migrated = (place: Place) => Effect.provideService(Migrations.run(migrations), Database, place)

/** A month that `Partitions.ensure` would not make any more, and one that nobody has made. */
const january = [Date.UTC(2024, 0, 1) - 8 * 3_600_000, Date.UTC(2024, 1, 1) - 8 * 3_600_000] as const

/** Rows of every odd sort that a column can hold, and more rows than go in one batch. */
const fill = (place: Place, sends: number, imageLength = 1_000) =>
  Effect.gen(function* () {
    yield* migrated(place)
    const [from, until] = january.map((at) => at.toString(16).padStart(12, "0"))
    yield* query(
      place,
      `create table vsms.sends_2024_01 partition of vsms.sends for values from ('${from}') to ('${until}')
        with (fillfactor = 70)`
    )
    const state = {
      stage: "completed",
      billedMinutes: 1,
      overrunMinutes: 0,
      receipt: 1,
      text: '验证码 “\\\\” {},"NULL" \t\n🎧',
      exact: 0.1
    }
    for (const [name, at] of [
      ["old", january[0] + 1],
      ["other", Date.UTC(2030, 0, 1)]
    ] as const) {
      yield* query(
        place,
        `insert into vsms.sends (account_id, send_id, version, sequence, state, personal, by_callee_in, by_callee_at)
        select $1, $2 || lpad(i::text, 20, '0'), 1, 0, $3, case when i % 2 = 0 then $4::json end, null,
          case i % 3 when 0 then 'infinity'::float8 when 1 then 0.1::float8 + 0.2::float8 else null end
        from generate_series(1, ${sends}) i`,
        [name, at.toString(16).padStart(12, "0"), JSON.stringify(state), `{"b" :1,\n "a":   "\\u4e2d", "a":2}`]
      )
    }
    yield* query(
      place,
      `insert into vsms.balances (account_id, key, version, sequence, state) values ('one', 'one', 3, 9, $1)`,
      [JSON.stringify({ granted: 100, available: 60, held: 7, waiting: 0, spent: 33, expired: 0, overrun: 0 })]
    )
    // Its trigger writes held_numbers, which is copied as well.
    yield* query(
      place,
      `insert into vsms.number_holdings (account_id, key, version, sequence, state)
      values ('one', 'one', 1, 1, '{"held": [{"number": "075500000001"}, {"number": "075500000002"}]}')`
    )
    const image = Uint8Array.from({ length: imageLength }, (_, i) => i * 31)
    yield* query(place, "insert into vsms.certificates values ('one', $1), ('empty', '')", [image])
    yield* query(place, "insert into vsms.owners values ('one', 9007199254740993)")
    yield* query(place, "insert into vsms.work values ('one', 'dial', 'k', 1, 2, nextval('vsms.work_token'))")
  })

const trigger = (table: string, body: string) => `
  create function spoil() returns trigger language plpgsql as $$ begin ${body}; end $$;
  create trigger spoil before insert on vsms.${table} for each row execute function spoil()`

/** Everything there is, as text. */
const contentOf = (place: Place) =>
  Effect.gen(function* () {
    const tables = yield* query(
      place,
      `select tableoid::regclass::text as name, relname from pg_class c
      where relnamespace = 'vsms'::regnamespace and relkind in ('r', 'p') and relname <> 'migrations' order by relname`
    )
    const content: Record<string, unknown> = {}
    for (const { relname } of tables) {
      const rows = yield* query(place, `select md5(t::text) as row from vsms.${relname} t order by 1`)
      content[relname] = rows.map(({ row }) => row)
    }
    return content
  })

describe("Move", () => {
  it("everything arrives as it was: partitions, odd values, large images, numbers once; sequences go on", () =>
    Effect.gen(function* () {
      const from = yield* memory
      const to = yield* server
      yield* fill(from, 700, 5_000_000)
      const before = yield* contentOf(from)
      yield* migrated(to)
      yield* query(to, trigger("work", "return null"))
      const moved = yield* Move.run({ from, to })
      expect(moved.rows).toEqual({
        balances: 1,
        certificates: 2,
        held_numbers: 2,
        number_holdings: 1,
        owners: 1,
        sends: 1_400,
        work: 1
      })
      expect(moved.minutes).toEqual({ available: 60, held: 7, spent: 33 })
      expect(yield* contentOf(to)).toEqual(before)
      expect(before["sends_2024_01"]).toHaveLength(700)
      expect(yield* contentOf(from)).toEqual(before)
      // What is enqueued next is newer than all that was.
      const [work] = yield* query(from, "select max(token)::int as token from vsms.work")
      const [next] = yield* query(to, "select nextval('vsms.work_token')::int as token")
      expect(next.token).toBeGreaterThan(work.token)
      yield* query(to, "drop trigger spoil on vsms.work")
      // Triggers and constraints are at work again.
      yield* query(to, `update vsms.number_holdings set state = '{"held": [{"number": "075500000002"}]}'`)
      expect(yield* query(to, "select number from vsms.held_numbers")).toEqual([{ number: "075500000002" }])
    }).pipe(Effect.scoped, Effect.runPromise))

  it("a target that has anything is left as it is, whatever it has", () =>
    Effect.gen(function* () {
      const from = yield* memory
      yield* fill(from, 3)
      const to = yield* server
      yield* migrated(to)
      yield* query(to, "insert into vsms.minute_ledger values ('x', 1, 'y', '{}', 0)")
      const before = yield* contentOf(to)
      const refused = yield* Effect.flip(Move.run({ from, to }))
      expect(refused).toEqual(new TargetNotEmpty({ target: "vsms.minute_ledger" }))
      expect(yield* contentOf(to)).toEqual(before)

      // An older release with customers on it is not even brought up to date.
      const older = yield* server
      const [[name, sql]] = Object.entries(migrations) as [[string, string]]
      yield* Effect.provideService(Migrations.run({ [name]: sql }), Database, older)
      yield* query(older, "insert into vsms.owners values ('x', 1)")
      expect(yield* Effect.flip(Move.run({ from, to: older }))).toEqual(new TargetNotEmpty({ target: "vsms.owners" }))
      expect(yield* query(older, "select id from vsms.migrations")).toEqual([{ id: 1 }])
    }).pipe(Effect.scoped, Effect.runPromise))

  it("what does not arrive as it was sent is found out, and nothing of it stays", () =>
    Effect.gen(function* () {
      const from = yield* memory
      yield* fill(from, 3)
      for (const [kind, spoil] of [
        ["a row is lost", "instead nothing"],
        ["a row is changed", "also update vsms.owners set revision = 7"]
      ] as const) {
        const to = yield* server
        yield* migrated(to)
        yield* query(to, `create rule spoil as on insert to vsms.owners do ${spoil}`)
        const arrived = kind === "a row is lost" ? 0 : 1
        const failed = yield* Effect.flip(Move.run({ from, to }))
        expect(failed, kind).toEqual(new CopyDiffers({ table: "vsms.owners", sent: 1, arrived }))
        expect(yield* query(to, "select (select count(*) from vsms.sends)::int as sends")).toEqual([{ sends: 0 }])
      }
    }).pipe(Effect.scoped, Effect.runPromise))
})

describe("FolderArchive", () => {
  const place = Effect.acquireRelease(
    Effect.sync(() => fs.mkdtempSync(path.join(os.tmpdir(), "vsms-archive-"))),
    (at) => Effect.sync(() => fs.rmSync(at, { recursive: true, force: true }))
  )
  const open = (folder: string) => Effect.map(Layer.build(PgliteFolder.layer({ folder })), Context.get(Database))

  it("a folder comes back from its archive as it was; nothing is written over anything", () =>
    Effect.gen(function* () {
      const at = yield* place
      const [folder, other, file] = [path.join(at, "one"), path.join(at, "other"), path.join(at, "archive")]
      expect((yield* Effect.flip(FolderArchive.save({ folder, file })))._tag).toBe("NothingThere")
      const before = yield* Effect.scoped(
        Effect.gen(function* () {
          const database = yield* open(folder)
          yield* fill(database, 50)
          expect((yield* Effect.flip(FolderArchive.save({ folder, file })))._tag).toBe("FolderInUse")
          return yield* contentOf(database)
        })
      )
      const length = yield* FolderArchive.save({ folder, file })
      expect(fs.statSync(file)).toMatchObject({ size: length, mode: 0o100600 })
      expect(fs.readdirSync(at).sort()).toEqual(["archive", "one"])
      expect(yield* Effect.flip(FolderArchive.save({ folder, file }))).toEqual(new TargetNotEmpty({ target: file }))

      yield* FolderArchive.restore({ folder: other, file })
      expect(yield* Effect.scoped(Effect.flatMap(open(other), contentOf))).toEqual(before)
      expect((yield* Effect.flip(FolderArchive.restore({ folder: other, file })))._tag).toBe("TargetNotEmpty")

      const archive = fs.readFileSync(file)
      const tar = zlib.gunzipSync(archive)
      const torn = {
        "half a file": archive.subarray(0, length / 2),
        "half an archive": zlib.gzipSync(tar.subarray(0, tar.length / 2), { level: 1 }),
        "something else": Buffer.from("something else")
      }
      for (const [name, bytes] of Object.entries(torn)) {
        fs.writeFileSync(path.join(at, name), bytes)
        const folder = path.join(at, "new")
        const broken = yield* Effect.flip(FolderArchive.restore({ folder, file: path.join(at, name) }))
        expect(broken._tag, name).toBe("ArchiveUnusable")
        expect(fs.existsSync(folder) ? fs.readdirSync(folder) : []).toEqual([])
      }
    }).pipe(Effect.scoped, Effect.runPromise))

  it("a platform that is at work makes its own", () =>
    Effect.gen(function* () {
      const at = yield* place
      const folder = yield* TestPlaces.emptyFolder
      const services = yield* Layer.build(PgliteFolder.layer({ folder }))
      const database = Context.get(services, Database)
      yield* fill(database, 5)
      const before = yield* contentOf(database)
      const file = path.join(at, "archive")
      fs.writeFileSync(file, yield* Context.get(services, PgliteThread).dump)
      yield* query(database, "delete from vsms.sends")
      yield* FolderArchive.restore({ folder: path.join(at, "restored"), file })
      expect(yield* Effect.flatMap(open(path.join(at, "restored")), contentOf)).toEqual(before)
    }).pipe(Effect.scoped, Effect.runPromise))

  it("what was moved is put aside, not removed", () =>
    Effect.gen(function* () {
      const folder = yield* place
      yield* Effect.scoped(open(folder))
      expect(FolderArchive.hasData(folder)).toBe(true)
      expect(yield* FolderArchive.putAside(folder)).toBe(path.join(folder, "data.moved"))
      expect(FolderArchive.hasData(folder)).toBe(false)
      expect(fs.existsSync(path.join(folder, "data.moved", "PG_VERSION"))).toBe(true)
    }).pipe(Effect.scoped, Effect.runPromise))
})
