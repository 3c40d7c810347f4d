/**
 * Runs the pinned pnpm: the one on the PATH where its version is right, else npm fetches it. Nothing is installed
 * outside npm's cache. `node scripts/pnpm.mjs install` is `pnpm install` on a machine without pnpm.
 */
import { spawn, spawnSync } from "node:child_process"
import fs from "node:fs"
import os from "node:os"
import path from "node:path"
import { fileURLToPath } from "node:url"

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..")

const pinned = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8")).packageManager.split("@")[1]

// npm and pnpm are .cmd files on Windows, which only a shell can start.
const shell = process.platform === "win32"

const command = () => {
  const found = spawnSync("pnpm", ["--version"], { cwd: root, encoding: "utf8", shell })
  return found.status === 0 && found.stdout.trim() === pinned
    ? ["pnpm"]
    : ["npm", "exec", "--yes", `--package=pnpm@${pinned}`, "--", "pnpm"]
}

/**
 * Runs a command to its end and tells its exit code. SIGTERM is passed on; Ctrl-C reaches the whole process group by
 * itself, and must not end this process before the command has ended.
 */
export const run = (file, args, options = {}) =>
  new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd: root, stdio: "inherit", ...options })
    const wait = () => {}
    const passOn = () => child.kill("SIGTERM")
    process.on("SIGINT", wait).on("SIGTERM", passOn)
    child.on("error", reject)
    child.on("close", (code, signal) => {
      process.off("SIGINT", wait).off("SIGTERM", passOn)
      resolve(code ?? 128 + os.constants.signals[signal])
    })
  })

/** npm and pnpm keep caches at home; a user without one (in many containers) gets one here. */
const home = () => {
  try {
    fs.accessSync(os.homedir(), fs.constants.W_OK)
    return {}
  } catch {
    const instead = path.join(root, ".tmp/home")
    return {
      HOME: instead,
      // Whoever started this with npm has handed its own settings down.
      npm_config_cache: path.join(instead, ".npm"),
      npm_config_userconfig: path.join(os.homedir(), ".npmrc")
    }
  }
}

export const pnpm = (args, { env, ...options } = {}) => {
  const [file, ...before] = command()
  return run(file, [...before, ...args], { shell, env: { ...process.env, ...home(), ...env }, ...options })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await pnpm(process.argv.slice(2))
