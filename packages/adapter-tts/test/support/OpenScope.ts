/** Speaks, and leaves the scope open: a host that forgot it must still come to its end. */
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import * as EspeakSpeech from "../../src/espeak/EspeakSpeech.ts"

const { sampleRate } = await Effect.gen(function* () {
  const speech = yield* Scope.extend(EspeakSpeech.make(), yield* Scope.make())
  return yield* speech.synthesize({ segments: [{ _tag: "Text", text: "您好" }], language: "zh-CN" })
}).pipe(Effect.runPromise)
console.log(sampleRate)
