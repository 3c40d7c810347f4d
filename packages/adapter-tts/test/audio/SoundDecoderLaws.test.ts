import { suite } from "@vsms/core/testing/Law"
import * as AudioDecoderLaws from "@vsms/core/testing/laws/AudioDecoderLaws"
import { describe, it } from "vitest"
import * as SoundDecoder from "../../src/audio/SoundDecoder.ts"

// A thread for each MP3 file, of which a law makes two in each run.
suite({ describe, it }, "decoder of sound", AudioDecoderLaws.laws, SoundDecoder.layer(), {
  abilities: ["mp3"],
  runs: 5
})

const withoutMp3 = SoundDecoder.layer({ load: () => Promise.reject(new Error("not installed")) })

suite({ describe, it }, "decoder of sound, without mpg123", AudioDecoderLaws.laws, withoutMp3)
