/** The programs with which a PostgreSQL server is backed up: they are PostgreSQL's own, and have to be installed. */
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"

/** How Debian brings them. */
export const install = "apt-get install postgresql-client"

/** `pg_dump` or `pg_restore`, of the newest release there is; nothing if there is none. */
export const find = (program: string): string | undefined => {
  const root = "/usr/lib/postgresql"
  const versions = fs.existsSync(root) ? fs.readdirSync(root).map(Number) : []
  const found = versions
    .sort((a, b) => b - a)
    .map((version) => `${root}/${version}/bin/${program}`)
    .find((file) => fs.existsSync(file))
  if (found !== undefined) return found
  return spawnSync(program, ["--version"], { stdio: "ignore" }).status === 0 ? program : undefined
}

/** Runs one of them against the database. Where it is, and how to get in, stands in no list of processes. */
export const run = (program: string, args: ReadonlyArray<string>, url: string): void => {
  const file = find(program)
  if (file === undefined) throw new Error(`${program} is not installed: ${install}, or as your system has it`)
  const { hostname, password, pathname, port, searchParams, username } = new URL(url)
  const settings: Record<string, string | null> = {
    PGHOST: searchParams.get("host") ?? decodeURIComponent(hostname),
    PGPORT: port,
    PGUSER: decodeURIComponent(username),
    PGPASSWORD: decodeURIComponent(password),
    PGDATABASE: decodeURIComponent(pathname.slice(1)),
    PGSSLMODE: searchParams.get("sslmode"),
    PGSSLROOTCERT: searchParams.get("sslrootcert")
  }
  const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== null && value !== ""))
  const { status } = spawnSync(file, args, {
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, ...given } as Record<string, string>
  })
  if (status !== 0) throw new Error(`${program} has failed, see above`)
}
