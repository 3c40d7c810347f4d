/** Speaks, and closes the scope. */
import { SpeechSynthesizer } from "@vsms/core/dispatch/SpeechSynthesizer"
import * as Effect from "effect/Effect"
import * as EspeakSpeech from "../../src/espeak/EspeakSpeech.ts"

const { sampleRate } = await SpeechSynthesizer.pipe(
  Effect.flatMap((speech) => speech.synthesize({ segments: [{ _tag: "Text", text: "您好" }], language: "zh-CN" })),
  Effect.provide(EspeakSpeech.layer()),
  Effect.runPromise
)
console.log(sampleRate)
