/** Writes the generated sources of the workspace; with `--check` it writes nothing and fails if one is out of date. */
import * as fs from "node:fs"
import * as path from "node:path"
import * as OpenApiDocument from "@vsms/adapter-http/api/OpenApiDocument"
import { filesIn } from "../architecture/Disk.ts"
import { barrelText } from "./Barrel.ts"
import { moduleText, parse } from "./Rulebook.ts"

const root = path.resolve(import.meta.dirname, "../..")
const check = process.argv.includes("--check")

let stale = 0

const emit = (file: string, text: string): void => {
  if (fs.existsSync(file) && fs.readFileSync(file, "utf8") === text) return
  const name = path.relative(root, file)
  if (check) {
    stale++
    console.error(`${name} is out of date: run \`npm run codegen\``)
    return
  }
  fs.mkdirSync(path.dirname(file), { recursive: true })
  fs.writeFileSync(file, text)
  console.log(`wrote ${name}`)
}

const rulebook = fs.readFileSync(path.join(root, "docs/rulebook.md"), "utf8")
emit(path.join(root, "packages/core/src/RuleId.ts"), moduleText(parse(rulebook)))

for (const name of fs.readdirSync(path.join(root, "packages"))) {
  const src = path.join(root, "packages", name, "src")
  // A package without modules keeps the hand-written index that says what will live there.
  for (const folder of [src, path.join(src, "testing")]) {
    const modules = filesIn(folder, "", ".ts")
    if (modules.some((file) => path.basename(file) !== "index.ts"))
      emit(path.join(folder, "index.ts"), barrelText(modules))
  }
}

// The description of the native API, made of its contract.
emit(path.join(root, "packages/adapter-http/openapi.json"), OpenApiDocument.text())

process.exitCode = stale > 0 ? 1 : 0
