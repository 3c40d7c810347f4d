import { suite } from "@vsms/core/testing/Law"
import * as SpeechSynthesizerLaws from "@vsms/core/testing/laws/SpeechSynthesizerLaws"
import { describe, it } from "vitest"
import * as EspeakSpeech from "../../src/espeak/EspeakSpeech.ts"

// Each input is spoken twice or more, so fewer of them are tried than of a storage's.
suite({ describe, it }, "espeak-ng", SpeechSynthesizerLaws.laws, EspeakSpeech.layer(), { runs: 6 })
