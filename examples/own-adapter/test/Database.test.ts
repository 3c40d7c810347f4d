/** What goes wrong below the ports, and what the file itself keeps. */
import { PortFailure } from "@vsms/core/PortFailure"
import * as Decision from "@vsms/core/storage/Decision"
import { Journal } from "@vsms/core/storage/Journal"
import { Records } from "@vsms/core/storage/Records"
import { purseRef } from "@vsms/core/testing/Specimen"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { inspect } from "node:util"
import * as Database from "../src/Database.ts"
import * as SqliteStore from "../src/SqliteStore.ts"

let folder = ""
beforeEach(() => void (folder = fs.mkdtempSync(path.join(os.tmpdir(), "vsms-own-adapter-"))))
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }))

const fileOf = (name: string): string => path.join(folder, name)

/** The failure of opening a file; it must be one. */
const refused = (options: Database.DatabaseOptions) =>
  Effect.runPromise(Effect.flip(Effect.scoped(Effect.asVoid(Database.open(options)))))

/** A purse whose holder has this name, until then. */
const hold = (name: string, expiresAt: number) =>
  Effect.flatMap(Journal, (journal) =>
    journal.transact([purseRef("account")], ([row]) =>
      Either.right(
        Decision.make(undefined, {
          changes: [Decision.change(row, [{ _tag: "Paid", amount: 1, at: 1 }], { personal: { name }, expiresAt })]
        })
      )
    )
  )

describe("what fails is typed, and says when to come again", () => {
  it("a folder that is not there", async () => {
    const failure = await refused({ file: fileOf("nowhere/store.db") })
    expect(failure).toBeInstanceOf(PortFailure)
    expect(failure).toMatchObject({ operation: "open", retry: "later", cause: "SQLITE_CANTOPEN" })
    expect(inspect(failure, { depth: 9 })).not.toContain("nowhere")
  })

  it("a file that is no database", async () => {
    fs.writeFileSync(fileOf("letter.db"), "Dear Sir or Madam, ".repeat(100))
    expect(await refused({ file: fileOf("letter.db") })).toMatchObject({ retry: "never", cause: "SQLITE_NOTADB" })
  })

  it("a file whose tables are of another version", async () => {
    await Effect.runPromise(
      Effect.scoped(
        Effect.map(Database.open({ file: fileOf("new.db") }), ({ rows }) => rows("PRAGMA user_version = 9"))
      )
    )
    expect(await refused({ file: fileOf("new.db") })).toMatchObject({ retry: "never", cause: "the file has schema 9" })
  })

  it("a file that somebody else does not let go of: at once, when patience ends, and then it works", async () => {
    const file = fileOf("busy.db")
    await Effect.runPromise(
      Effect.gen(function* () {
        const other = yield* Database.open({ file })
        const mine = yield* Effect.map(Database.open({ file, patienceMillis: 60 }), SqliteStore.make)
        other.run("BEGIN IMMEDIATE")
        const failure = yield* Effect.flip(Effect.provide(hold("Li", 5), mine))
        expect(failure).toMatchObject({ port: "Journal", operation: "transact", retry: "now", cause: "SQLITE_BUSY" })
        // Whoever only reads does not wait for writers.
        yield* Effect.flatMap(Journal, (journal) => journal.load(purseRef("account"))).pipe(Effect.provide(mine))
        other.run("ROLLBACK")
        yield* Effect.provide(hold("Li", 5), mine)
      }).pipe(Effect.scoped)
    )
  })

  it("a rule that makes what its kind does not allow is a defect that quotes nobody", async () => {
    const exit = await Effect.runPromiseExit(
      // Whoever writes in JavaScript, or casts, comes this far.
      hold(["Zhang San"] as unknown as string, 5).pipe(Effect.provide(SqliteStore.layer({ file: fileOf("store.db") })))
    )
    if (Exit.isSuccess(exit) || !Cause.isDie(exit.cause)) throw new Error("it is no defect")
    expect(Cause.pretty(exit.cause)).toContain("personal data of a specimenPurse does not fit")
    expect(inspect(exit.cause, { depth: 9 }) + Cause.pretty(exit.cause)).not.toContain("Zhang")
  })
})

describe("what the file keeps", () => {
  it("SND-6: personal data is gone from the file itself once it is purged", async () => {
    const file = fileOf("store.db")
    const isIn = (name: string) => fs.readFileSync(file).includes(name)
    await Effect.runPromise(
      Effect.gen(function* () {
        const database = yield* Database.open({ file })
        yield* Effect.gen(function* () {
          const tidy = () => database.rows("PRAGMA wal_checkpoint(TRUNCATE)")
          yield* hold("Zhang San", 5)
          tidy()
          expect(isIn("Zhang San")).toBe(true)
          expect(yield* (yield* Records).purge({ now: 5, limit: 10 })).toBe(1)
          tidy()
          expect(isIn("Zhang San")).toBe(false)
        }).pipe(Effect.provide(SqliteStore.make(database)))
      }).pipe(Effect.scoped)
    )
  })

  it("BAL-5: it waits for the disk before it answers", async () => {
    const settings = await Effect.runPromise(
      Effect.scoped(
        Effect.map(Database.open({ file: fileOf("store.db") }), ({ rows }) => [
          rows("PRAGMA journal_mode"),
          rows("PRAGMA synchronous")
        ])
      )
    )
    // 2 is FULL. No test can pull the plug of this machine.
    expect(settings).toEqual([[{ journal_mode: "wal" }], [{ synchronous: 2 }]])
  })
})
