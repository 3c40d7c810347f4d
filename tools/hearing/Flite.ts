/** Debian's flite speaks codes: of all voices its `rms` is the one that the recogniser understands best. */
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import type { SpeechAudio } from "@vsms/core/dispatch/SpeechSynthesizer"
import * as Either from "effect/Either"
import * as Wav from "@vsms/adapter-tts/audio/Wav"
import { english } from "./Recogniser.ts"

export const programs = { flite: "flite" }

/** The digits of a code by their names, each a sentence of its own. */
export const spelt = (code: string): string => `${[...code].map((digit) => english.names[Number(digit)]).join(". ")}.`

/** `stretch`: how many times as slow as it would speak. */
export const speak = (
  text: string,
  options: { readonly voice?: string; readonly stretch?: number } = {}
): SpeechAudio => {
  const { stretch = 1, voice = "rms" } = options
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "vsms-flite-"))
  try {
    const file = path.join(folder, "spoken.wav")
    const args = ["-voice", voice, "--setf", `duration_stretch=${stretch}`, "-t", text, "-o", file]
    const { status } = spawnSync("flite", args)
    if (status !== 0) throw new Error(`flite ended with ${status}`)
    return Either.getOrThrow(Wav.read(fs.readFileSync(file)))
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}
