import { suite } from "@vsms/core/testing/Law"
import * as SpeechSynthesizerLaws from "@vsms/core/testing/laws/SpeechSynthesizerLaws"
import { describe, it } from "vitest"
import * as ToneSpeech from "../../src/tone/ToneSpeech.ts"

const abilities: ReadonlyArray<SpeechSynthesizerLaws.Ability> = ["deterministic"]

suite({ describe, it }, "the tone engine", SpeechSynthesizerLaws.laws, ToneSpeech.layer, { abilities })
