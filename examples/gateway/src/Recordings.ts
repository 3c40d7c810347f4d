/** What the phones heard, as WAV files that any player opens. */
import type { HeardCall } from "@vsms/adapter-telephony/simulated/SimulatedNetwork"
import * as CallId from "@vsms/core/dispatch/CallId"
import * as TelephoneWav from "@vsms/core/dispatch/TelephoneWav"
import * as Effect from "effect/Effect"
import * as fs from "node:fs/promises"
import * as path from "node:path"

export const folderOf = (folder: string): string => path.posix.join(folder, "recordings")

/** Where the recording of a send's call lies, in the folder of the data. */
export const pathOf = (folder: string, sendId: string): string => path.posix.join(folderOf(folder), `${sendId}.wav`)

/** Keeps what phones heard, the latest so many: who tries things out listens to them, and nobody else needs them. */
export const keep = (folder: string, most: number): ((call: HeardCall) => Effect.Effect<void>) => {
  let kept: Promise<Array<string>> | undefined
  return (call) =>
    Effect.orDie(
      Effect.tryPromise(async () => {
        kept ??= earlier(folder)
        const files = await kept
        const file = pathOf(folder, CallId.sendOf(call.callId))
        files.push(file)
        const gone = files.splice(0, Math.max(0, files.length - most))
        await fs.writeFile(file, TelephoneWav.write(call.audio))
        for (const old of gone) await fs.rm(old, { force: true })
      })
    )
}

/** Those of earlier runs, the oldest first: ids of sends grow with time. */
const earlier = async (folder: string): Promise<Array<string>> => {
  await fs.mkdir(folderOf(folder), { recursive: true })
  const names = (await fs.readdir(folderOf(folder))).filter((name) => name.endsWith(".wav")).sort()
  return names.map((name) => path.posix.join(folderOf(folder), name))
}
