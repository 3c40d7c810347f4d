/**
 * Writes `schema.sql`: what the migrations make of an empty database, to be read. With `--check` it writes nothing and
 * fails if the file is out of date. It needs no server: the embedded database tells it.
 */
import * as fs from "node:fs"
import * as path from "node:path"
import * as Effect from "effect/Effect"
import { Database } from "../src/place/Database.ts"
import * as PgliteMemory from "../src/place/PgliteMemory.ts"
import * as Migrations from "../src/schema/Migrations.ts"
import { migrations } from "../src/schema/Released.ts"
import { schemaText } from "./SchemaText.ts"

const file = path.join(import.meta.dirname, "../schema.sql")

const text = await Effect.gen(function* () {
  yield* Migrations.run(migrations)
  const { pool } = yield* Database
  return yield* Effect.promise(() => schemaText(async (sql) => (await pool.query(sql)).rows, "vsms"))
}).pipe(Effect.provide(PgliteMemory.layer()), Effect.runPromise)

const before = fs.existsSync(file) ? fs.readFileSync(file, "utf8") : ""
if (text !== before && process.argv.includes("--check")) {
  console.error("packages/adapter-postgres/schema.sql is out of date: run `npm run schema` and commit it")
  process.exitCode = 1
} else if (text !== before) {
  fs.writeFileSync(file, text)
  console.log("wrote packages/adapter-postgres/schema.sql")
}
