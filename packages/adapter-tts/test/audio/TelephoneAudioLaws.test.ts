import { suite } from "@vsms/core/testing/Law"
import * as TelephoneCodecLaws from "@vsms/core/testing/laws/TelephoneCodecLaws"
import { describe, it } from "vitest"
import * as TelephoneAudio from "../../src/audio/TelephoneAudio.ts"

const abilities: ReadonlyArray<TelephoneCodecLaws.Ability> = ["resamples", "companding", "levels"]

suite({ describe, it }, "telephone audio", TelephoneCodecLaws.laws, TelephoneAudio.layer, { abilities })
