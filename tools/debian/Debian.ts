/** Programs of other people's that tests of any package need: Debian has them. */
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"

/**
 * Installs what is missing where a run is allowed to change the machine (CI) or told to. Answers why a program is not there;
 * `undefined`: all are. `programs` names the package of each; what begins with a slash is a file of its.
 */
export const missing = (
  programs: Readonly<Record<string, string>>,
  { install: isWanted = process.env["CI"] !== undefined }: { readonly install?: boolean } = {}
): string | undefined => {
  const absent = () =>
    Object.entries(programs).filter(([name]) =>
      name.startsWith("/") ? !fs.existsSync(name) : spawnSync("which", [name]).status !== 0
    )
  if (absent().length > 0 && isWanted && process.getuid?.() === 0) {
    const packages = Object.values(programs)
    // Several tests may want to at once.
    const apt = (...args: ReadonlyArray<string>) =>
      spawnSync("flock", ["/tmp/vsms-apt.lock", "apt-get", "--quiet", "-o", "DPkg::Lock::Timeout=120", ...args], {
        stdio: "ignore"
      })
    const install = () => apt("install", "--yes", "--no-install-recommends", ...packages)
    // A fresh machine has no list of packages, or an old one.
    if (install().status !== 0 && apt("update").status === 0) install()
  }
  const [first] = absent()
  return first === undefined ? undefined : `the machine has no ${first[0]}: apt-get install ${first[1]}`
}
