/** What is to be heard, as a telephone line carries it. */
import * as fs from "node:fs/promises"
import * as TelephoneAudio from "@vsms/adapter-tts/audio/TelephoneAudio"
import * as Wav from "@vsms/adapter-tts/audio/Wav"
import * as Engines from "@vsms/adapter-tts/composition/Engines"
import { SpeechSynthesizer } from "@vsms/core/dispatch/SpeechSynthesizer"
import { TelephoneCodec } from "@vsms/core/dispatch/TelephoneCodec"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { Speech } from "./CallOptions.ts"

/** There is nothing to play: why, in two languages. */
export class NoSpeech extends Data.TaggedError("NoSpeech")<{ readonly zh: string; readonly en: string }> {}

/** Speaks the text or reads the file. A-law: what telephones in China and Europe take first. */
export const make = (speech: Speech) =>
  Effect.gen(function* () {
    const samples = speech._tag === "File" ? yield* read(speech.path) : yield* speak(speech)
    return yield* Effect.flatMap(TelephoneCodec, (codec) => codec.encode(samples, "alaw"))
  }).pipe(Effect.provide(TelephoneAudio.layer))

const speak = ({ engine, language, text, voice }: Extract<Speech, { readonly _tag: "Text" }>) =>
  Effect.flatMap(SpeechSynthesizer, (synthesizer) =>
    synthesizer.synthesize({ segments: [{ _tag: "Text", text }], language, voice })
  ).pipe(Effect.provide(Engines.layer(engine)))

const read = (path: string) =>
  Effect.gen(function* () {
    const bytes = yield* Effect.tryPromise({
      try: () => fs.readFile(path),
      catch: () => new NoSpeech({ zh: `无法读取 ${path}`, en: `cannot read ${path}` })
    })
    const sound = Wav.read(bytes)
    if (Either.isLeft(sound)) {
      return yield* new NoSpeech({
        zh: `${path} 不是可用的 WAV 文件（${sound.left.problem}）`,
        en: `${path} is no WAV file that can be read (${sound.left.problem})`
      })
    }
    return sound.right
  })
