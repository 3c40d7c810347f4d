/**
 * Runs a TypeScript program of the workspace on a fresh clone: installs what the lockfile says, unless that is done
 * already, then starts the program from source. Plain JavaScript without dependencies: it runs before there are any.
 *
 *     node scripts/bootstrap.mjs <program.ts> [arguments]
 *
 * Its own words go to stderr: stdout belongs to the program.
 */
import { createHash } from "node:crypto"
import fs from "node:fs"
import path from "node:path"
import { pnpm, root, run } from "./pnpm.mjs"

const [major, minor] = process.versions.node.split(".").map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`VSMS needs Node 20.19 or newer; this is ${process.versions.node}.`)
  process.exit(1)
}

const [program, ...args] = process.argv.slice(2)

const manifests = ["packages", "examples"]
  .flatMap((folder) => fs.readdirSync(path.join(root, folder)).map((name) => path.join(folder, name, "package.json")))
  .filter((file) => fs.existsSync(path.join(root, file)))

/** What decides the content of node_modules. */
const fingerprint = () => {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch} ${major}`)
  for (const file of ["pnpm-lock.yaml", "pnpm-workspace.yaml", "package.json", ...manifests]) {
    hash.update(file).update(fs.readFileSync(path.join(root, file)))
  }
  return hash.digest("hex")
}

const stamp = path.join(root, "node_modules/.vsms-installed")

const installed = () =>
  fs.existsSync(stamp) &&
  fs.readFileSync(stamp, "utf8") === fingerprint() &&
  manifests.every((file) => fs.existsSync(path.join(root, path.dirname(file), "node_modules")))

if (!installed()) {
  console.error("Installing the packages of the lockfile; this happens once ...")
  const code = await pnpm(["install", "--frozen-lockfile", "--reporter=append-only"], {
    // Nobody is there to be asked, and what pnpm prints is progress: it goes to stderr.
    stdio: ["ignore", 2, 2],
    env: { CI: "true" }
  })
  if (code !== 0) {
    console.error("The installation failed: see above.")
    process.exit(code)
  }
  fs.writeFileSync(stamp, fingerprint())
}

const source = ["--conditions=@vsms/source", "--import", "tsx"]
// What a request leaves behind is soon of no use: with more room for the young, a tenth less time goes into collecting it.
const memory = ["--max-semi-space-size=64"]
process.exitCode = await run(process.execPath, [...memory, ...source, path.join(root, program), ...args])
