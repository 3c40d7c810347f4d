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

/** Keeps what one phone heard. */
export const keep =
  (folder: string) =>
  (call: HeardCall): Effect.Effect<void> =>
    Effect.orDie(
      Effect.tryPromise(async () => {
        const file = pathOf(folder, CallId.sendOf(call.callId))
        await fs.mkdir(path.dirname(file), { recursive: true })
        await fs.writeFile(file, TelephoneWav.write(call.audio))
      })
    )
