/**
 * Outlives the process that started it, by a moment: when that one has ended, however it ended, its server is shut
 * down and the folder removed. It knows of that by its input, which then closes.
 *
 *     node Watchdog.js <folder>     the data is in <folder>/data
 */
import fs from "node:fs"
import path from "node:path"

const folder = process.argv[2]
const pidFile = path.join(folder, "data", "postmaster.pid")

/** @param {number} millis */
const sleep = (millis) => new Promise((resolve) => setTimeout(resolve, millis))

const pidOfServer = () => {
  try {
    const pid = Number.parseInt(fs.readFileSync(pidFile, "utf8"), 10)
    process.kill(pid, 0)
    return pid
  } catch {
    return undefined
  }
}

const end = async () => {
  // A server that is just starting has no pid file yet: look more than once.
  for (let quiet = 0, tries = 0; quiet < 3 && tries < 200; tries++) {
    const pid = pidOfServer()
    quiet = pid === undefined ? quiet + 1 : 0
    if (pid !== undefined) process.kill(pid, tries < 100 ? "SIGQUIT" : "SIGKILL")
    await sleep(pid === undefined ? 10 : 50)
  }
  fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  process.exit(0)
}

// Whoever stops the run with a key sends this to every process of the terminal.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {})
process.stdin.on("end", end).on("error", end).resume()
process.stdout.write("watching\n")
