import * as fs from "node:fs"
import * as path from "node:path"
import { AudioDecoder } from "@vsms/core/voicefile/AudioDecoder"
import * as SoundFile from "@vsms/core/voicefile/SoundFile"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { expect, it } from "vitest"
import * as SoundDecoder from "../../src/audio/SoundDecoder.ts"
import * as TelephoneAudio from "../../src/audio/TelephoneAudio.ts"

/** A hum of 440 Hz and one second in two channels, by LAME 3.100: of changing bit rates; and of 24 kHz with a tag. */
const files = { "stereo-vbr.mp3": 44_100, "stereo-tagged.mp3": 24_000 }

it.each(Object.entries(files))(
  "VOF-1, VOF-4: %s is told by its frames, and is as long as it was",
  async (name, rate) => {
    const file = fs.readFileSync(path.join(import.meta.dirname, "files", name))
    const { aboutMillis = 0, format } = Either.getOrThrow(SoundFile.inspect(file, ["wav", "mp3"]))
    expect(format).toBe("mp3")
    const decoded = await Effect.runPromise(
      Effect.provide(
        Effect.flatMap(AudioDecoder, (decoder) => decoder.decode(file, format)),
        SoundDecoder.layer()
      )
    )
    expect([decoded?.sampleRate, SoundFile.millisOf(decoded!)]).toEqual([rate, 1_000])
    // As loud as it was in either channel: their mean.
    const loudest = decoded!.samples.reduce((most, sample) => Math.max(most, sample), 0)
    expect([loudest > 8_500, loudest < 9_600]).toEqual([true, true])
    // By its frames alone it is longer: the encoder has filled up the first and the last one.
    expect(aboutMillis).toBeGreaterThan(1_000)
    expect(aboutMillis).toBeLessThan(1_200)
    const onTheLine = Either.getOrThrow(TelephoneAudio.make()(decoded!, "alaw"))
    expect(onTheLine.payload.length).toBe(8_000)
  }
)

it("VOF-1: without mpg123 there is WAV alone", async () => {
  const { decode, formats } = await Effect.runPromise(
    Effect.provide(AudioDecoder, SoundDecoder.layer({ load: () => Promise.reject(new Error("not installed")) }))
  )
  expect(formats).toEqual(["wav"])
  const file = fs.readFileSync(path.join(import.meta.dirname, "files", "stereo-vbr.mp3"))
  expect(await Effect.runPromise(decode(file, "mp3"))).toBeUndefined()
})
