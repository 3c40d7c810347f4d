import { FolderInUse, FolderUnusable, PgliteMissing } from "@vsms/adapter-postgres/place/PlaceError"
import { ServerTooOld, ServerUnreachable } from "@vsms/adapter-postgres/place/PlaceError"
import { DatabaseTooNew, MigrationChanged, MigrationSkipped } from "@vsms/adapter-postgres/schema/MigrationError"
import { PortFailure } from "@vsms/core/PortFailure"
import { describe, expect, it } from "vitest"
import { AnotherQuickStart } from "../src/Place.ts"
import { NotOurDatabase, StoryAhead } from "../src/story/StoryTime.ts"
import * as Troubles from "../src/Troubles.ts"

describe("Troubles", () => {
  it.each<readonly [Error, string]>([
    [new FolderInUse({ folder: ".vsms", pid: 4711, host: "desk" }), "process 4711 on desk"],
    [new FolderUnusable({ folder: ".vsms", detail: "no room" }), "no room"],
    [new PgliteMissing({ install: "npm install @electric-sql/pglite" }), "npm install @electric-sql/pglite"],
    [new ServerUnreachable({ server: "db:5432/vsms", detail: "no answer" }), "db:5432/vsms: no answer"],
    [new ServerTooOld({ server: "db:5432/vsms", version: "14.1", oldest: 15 }), "must be 15 or newer"],
    [new DatabaseTooNew({ database: "0009_later", code: "0004_voice_files" }), "run a newer release"],
    [new MigrationChanged({ name: "0001_a", applied: "0001_b" }), "0001_b"],
    [new MigrationSkipped({ name: "0001_a" }), "0001_a"],
    [new AnotherQuickStart(), "another quick start"],
    [new NotOurDatabase(), "give it a database of its own"],
    [new StoryAhead({ until: 0 }), "1970-01-01 08:00:00"],
    [new PortFailure({ port: "Journal", operation: "load", retry: "later", cause: new Error("gone") }), "gone"]
  ])("%s is told in Chinese, then in English", (error, words) => {
    const [zh = "", en = ""] = Troubles.describe(error)?.split("\n") ?? []
    expect(zh).toMatch(/^✗ .*\p{Script=Han}/u)
    expect(en).toContain(words)
    expect(en).not.toMatch(/\p{Script=Han}/u)
  })

  it("whatever else it is, is not put in nice words", () => {
    expect(Troubles.describe(new Error("a mistake of ours"))).toBeUndefined()
  })
})
