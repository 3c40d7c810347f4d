/** The operator's token: as the environment says, or one that was made at the first start and stays. */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { randomBytes } from "node:crypto"
import * as fs from "node:fs/promises"
import * as path from "node:path"
import type { Settings } from "./Settings.ts"

export const fileOf = (folder: string): string => path.join(folder, "operator-token")

/**
 * The tokens that operators may use, the first of them for whoever asks for one.
 *
 * **Details** A token that is made lies in the folder of the data and can be read by its owner only. Two processes that
 * start at once on an empty folder agree on one: the file is made by one of them.
 */
export const of = ({
  operatorTokens,
  place: { folder }
}: Settings): Effect.Effect<readonly [Redacted.Redacted, ...ReadonlyArray<Redacted.Redacted>]> => {
  const [first, ...others] = operatorTokens
  if (first !== undefined) return Effect.succeed([first, ...others])
  return Effect.promise(async () => {
    const file = fileOf(folder)
    await fs.mkdir(folder, { recursive: true })
    const made = `vsms-operator-${randomBytes(24).toString("base64url")}`
    await fs.writeFile(file, `${made}\n`, { mode: 0o600, flag: "wx" }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error
    })
    return [Redacted.make((await fs.readFile(file, "utf8")).trim())] as const
  })
}
