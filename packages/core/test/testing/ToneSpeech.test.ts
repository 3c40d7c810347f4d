import { describe, it } from "vitest"
import { suite } from "../../src/testing/Law.ts"
import * as TelephoneCodecLaws from "../../src/testing/laws/TelephoneCodecLaws.ts"
import * as ToneSpeech from "../../src/testing/ToneSpeech.ts"

// It keeps characters readable in its bytes: nothing that a telephone could play.
suite({ describe, it }, "the codec for tests", TelephoneCodecLaws.laws, ToneSpeech.codec)
