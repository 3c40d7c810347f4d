import { describe, it } from "vitest"
import { suite } from "../../src/testing/Law.ts"
import * as SpeechSynthesizerLaws from "../../src/testing/laws/SpeechSynthesizerLaws.ts"
import * as TelephoneCodecLaws from "../../src/testing/laws/TelephoneCodecLaws.ts"
import * as ToneSpeech from "../../src/testing/ToneSpeech.ts"

const abilities: ReadonlyArray<SpeechSynthesizerLaws.Ability> = ["deterministic"]

suite({ describe, it }, "speech for tests", SpeechSynthesizerLaws.laws, ToneSpeech.speech(), { abilities })

// It keeps characters readable in its bytes: nothing that a telephone could play.
suite({ describe, it }, "the codec for tests", TelephoneCodecLaws.laws, ToneSpeech.codec)
