/**
 * Service: the sound of voice files as a line carries it (VOF-4). A file is played many times: what was made of it is kept
 * in memory for a while, only so many of them. Whether a file may still be played is not decided here.
 */
import * as Cache from "effect/Cache"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as VoiceFile from "../voicefile/VoiceFile.ts"
import { VoiceFiles } from "../voicefile/VoiceFiles.ts"
import { SpeechFailure } from "./SpeechSynthesizer.ts"
import { type Codec, type TelephoneAudio, TelephoneCodec } from "./TelephoneCodec.ts"

/** Which file is to be played, to which kind of line. */
export interface Asked {
  readonly accountId: string
  readonly applicationId: string
  readonly fileId: string
  readonly codec: Codec
}

export interface FileSounds {
  /** Whoever asks for the same at once waits for one decoding. */
  readonly audio: (asked: Asked) => Effect.Effect<TelephoneAudio, SpeechFailure>
}

/** Of the longest files, 2.4 MB each. */
const filesKept = 16

const keptFor = Duration.minutes(10)

export const make: Effect.Effect<FileSounds, never, TelephoneCodec | VoiceFiles> = Effect.gen(function* () {
  const files = yield* VoiceFiles
  const telephone = yield* TelephoneCodec
  const kept = yield* Cache.makeWith({
    capacity: filesKept,
    lookup: ({ accountId, applicationId, codec, fileId }: Asked) =>
      files.sound(VoiceFile.ref(accountId, applicationId, fileId)).pipe(
        Effect.mapError((failure) => unavailable(failure.message)),
        Effect.flatMap((sound) => (sound === undefined ? erased : telephone.encode(sound, codec)))
      ),
    timeToLive: (exit) => (Exit.isSuccess(exit) ? keptFor : Duration.zero)
  })
  // Equal by their fields, as a file's content is by its id.
  return { audio: (asked) => kept.get(Data.struct(asked)) }
})

const engine = "voice file"

const unavailable = (detail: string) => new SpeechFailure({ engine, reason: "Unavailable", retryable: true, detail })

const erased = new SpeechFailure({ engine, reason: "Rejected", retryable: false, detail: "its sound is erased" })
