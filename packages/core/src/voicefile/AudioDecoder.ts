/**
 * Port: files of sound become samples. What may be uploaded, and how it sounds on a telephone line, is not its business.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { PortFailure } from "../PortFailure.ts"
import type { Format, Sound } from "./SoundFile.ts"

export class AudioDecoder extends Context.Tag("@vsms/core/voicefile/AudioDecoder")<
  AudioDecoder,
  {
    /** What it decodes: WAV at least, MP3 where somebody installed what that takes. */
    readonly formats: ReadonlyArray<Format>
    /**
     * All of the file as mono, of several channels their mean; `undefined` if the bytes are no such file, or of a sort
     * that is not known or that no telephone codec takes. The same bytes are always the same samples. The caller's
     * bytes are left as they are; they may be somebody's attack on the decoder, and many are decoded at once.
     */
    readonly decode: (file: Uint8Array, format: Format) => Effect.Effect<Sound | undefined, PortFailure>
  }
>() {}
