/** Type-checks every example of the documentation, then runs each as a program of its own. */
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { filesIn } from "../architecture/Disk.ts"
import { local, program, root } from "../gates/Command.ts"
import { type Example, fromMarkdown, fromSource } from "./Extract.ts"

// Inside the repository, so that the examples find the packages; git ignores it.
const project = ".tmp/docs-test"

const read = (file: string): string => fs.readFileSync(path.join(root, file), "utf8")

const examples = [
  ...filesIn(root, "", ".md", 0).flatMap((file) => fromMarkdown(file, read(file))),
  ...["docs", "packages", "examples"]
    .flatMap((folder) => filesIn(root, folder, ".md"))
    .filter((file) => !file.endsWith("CHANGELOG.md"))
    .flatMap((file) => fromMarkdown(file, read(file))),
  ...filesIn(root, "packages", ".ts")
    .filter((file) => file.includes("/src/"))
    .flatMap((file) => fromSource(file, read(file)))
]

/** `packages/core/README.md:12` as the name of a file, so that an error message says where to look. */
const programOf = (example: Example): string =>
  `${project}/${example.file.replaceAll(/[/.]/g, "_")}_line_${example.line}.ts`

fs.rmSync(path.join(root, project), { recursive: true, force: true })
fs.mkdirSync(path.join(root, project), { recursive: true })
for (const example of examples) fs.writeFileSync(path.join(root, programOf(example)), example.code)
fs.writeFileSync(
  path.join(root, project, "tsconfig.json"),
  JSON.stringify({
    extends: "../../tsconfig.base.json",
    compilerOptions: {
      noEmit: true,
      declaration: false,
      declarationMap: false,
      noUnusedLocals: false,
      rootDir: "../.."
    },
    include: ["*.ts"]
  })
)

const queue = [...examples]

const runAll = async (): Promise<void> => {
  for (let example = queue.shift(); example !== undefined; example = queue.shift()) {
    const ran = await program(programOf(example))
    if (ran.state === "passed") continue
    console.error(`${example.file}:${example.line}: the example does not run\n${ran.report}\n`)
    process.exitCode = 1
  }
}

if (examples.length > 0) {
  const checked = await local("tsc", ["-p", project, "--singleThreaded"])
  if (checked.state !== "passed") {
    console.error(checked.report)
    process.exitCode = 1
  } else {
    await Promise.all(Array.from({ length: os.availableParallelism() }, runAll))
  }
}
console.log(`${examples.length} examples`)
