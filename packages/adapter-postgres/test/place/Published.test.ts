/** The thread of the embedded database, as it is published: JavaScript without a loader. */
import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { expect, it } from "vitest"
import * as Process from "../server/Process.ts"

const dist = Process.source("dist/place/PgliteMemory.js")

it.skipIf(!fs.existsSync(dist))(
  "the thread starts from what is built (skipped where nothing is: run tsc -b)",
  () => {
    const program = `
    import * as Effect from "effect/Effect"
    import { Database } from "@vsms/adapter-postgres/place/Database"
    import * as PgliteMemory from "@vsms/adapter-postgres/place/PgliteMemory"
    const asked = Effect.flatMap(Database, ({ pool }) => Effect.promise(() => pool.query("SELECT 1 AS one")))
    const { rows } = await Effect.runPromise(Effect.provide(asked, PgliteMemory.layer()))
    console.log(JSON.stringify(rows))`
    const printed = execFileSync(process.execPath, ["--input-type=module", "--eval", program], {
      cwd: path.dirname(dist),
      env: { ...process.env, NODE_OPTIONS: "" },
      encoding: "utf8"
    })
    expect(printed).toBe('[{"one":1}]\n')
  },
  60_000
)
