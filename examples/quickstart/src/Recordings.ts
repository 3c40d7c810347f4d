/** What the phones heard, as WAV files that any player opens. */
import * as Wav from "@vsms/adapter-tts/audio/Wav"
import type { HeardCall } from "@vsms/adapter-telephony/simulated/SimulatedNetwork"
import * as CallId from "@vsms/core/dispatch/CallId"
import * as Effect from "effect/Effect"
import * as fs from "node:fs/promises"
import * as path from "node:path"

const folder = path.join(".vsms", "recordings")

/** Where the recording of a send's call lies, relative to the working directory. */
export const pathOf = (sendId: string): string => path.posix.join(".vsms", "recordings", `${sendId}.wav`)

/** Keeps what one phone heard. */
export const keep = (call: HeardCall): Effect.Effect<void> =>
  Effect.orDie(
    Effect.tryPromise(async () => {
      await fs.mkdir(folder, { recursive: true })
      await fs.writeFile(pathOf(CallId.sendOf(call.callId)), Wav.writeTelephone(call.audio))
    })
  )
