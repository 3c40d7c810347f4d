/**
 * Adapter: tones for words, for tests and for machines without an engine. Digits, `*`, `#` and A to D are the tones of a
 * telephone's keys (DTMF), any other letter or ideograph a hum, so that what was said can be read off the audio exactly.
 */
import { SpeechFailure, type SpeechRequest, SpeechSynthesizer } from "@vsms/core/dispatch/SpeechSynthesizer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/** In hertz. Not the telephone's, so that tests cover the way there. */
export const sampleRate = 22_050

/** How long a tone and the silence after it are, at 100 per cent. Any decoder of keys hears 40 ms. */
export const toneMillis = 100
export const gapMillis = 80

/** Silence for a mark, in place of a tone. */
const markMillis = 200

const low = [697, 770, 852, 941]
const high = [1209, 1336, 1477, 1633]
const keys = "123A456B789C*0#D"

/** The two frequencies of a key in hertz; `undefined` if it is none. */
export const frequencies = (key: string): readonly [number, number] | undefined => {
  const at = key.length === 1 ? keys.indexOf(key) : -1
  return at < 0 ? undefined : [low[Math.floor(at / 4)]!, high[at % 4]!]
}

const hum = 400

/** The samples of a request. */
export const synthesize = (request: SpeechRequest): Effect.Effect<ToneAudio, SpeechFailure> => {
  const percent = request.ratePercent ?? 100
  if (!(percent >= 20 && percent <= 500)) return Effect.fail(failure("Unsupported", "rate: 20 to 500 per cent"))
  const pieces = request.segments.flatMap((segment) =>
    segment._tag === "Pause"
      ? [{ frequencies: [], millis: segment.millis }]
      : [...segment.text.normalize("NFKC")].flatMap((character) => tone(character, percent))
  )
  if (!pieces.some(({ frequencies }) => frequencies.length > 0)) {
    return Effect.fail(failure("Rejected", "there is nothing to say"))
  }
  const samples = new Int16Array(pieces.reduce((sum, { millis }) => sum + lengthOf(millis), 0))
  let at = 0
  for (const { frequencies, millis } of pieces) {
    write(samples.subarray(at, at + lengthOf(millis)), frequencies)
    at += lengthOf(millis)
  }
  return Effect.succeed({ sampleRate, samples })
}

/** The tone engine. It never fails but for a request that no engine would take. */
export const layer: Layer.Layer<SpeechSynthesizer> = Layer.succeed(
  SpeechSynthesizer,
  SpeechSynthesizer.of({
    capabilities: { engine: "tone", languages: ["zh-CN", "en-US"], deterministic: true, concurrency: 16 },
    synthesize
  })
)

interface ToneAudio {
  readonly sampleRate: number
  readonly samples: Int16Array
}

interface Piece {
  readonly frequencies: ReadonlyArray<number>
  readonly millis: number
}

const tone = (character: string, percent: number): ReadonlyArray<Piece> => {
  const scale = 100 / percent
  const said = frequencies(character.toUpperCase()) ?? (/[\p{L}\p{N}]/u.test(character) ? [hum] : undefined)
  if (said === undefined) return [{ frequencies: [], millis: markMillis * scale }]
  return [
    { frequencies: said, millis: toneMillis * scale },
    { frequencies: [], millis: gapMillis * scale }
  ]
}

const lengthOf = (millis: number): number => Math.round((millis * sampleRate) / 1000)

/** Of each frequency. */
const amplitude = 6_000

/** Faded in and out over 5 ms: a hard edge would sound at every frequency. */
const write = (samples: Int16Array, [first, second]: ReadonlyArray<number>): void => {
  if (first === undefined) return
  const fade = lengthOf(5)
  const turn = (2 * Math.PI) / sampleRate
  for (let at = 0; at < samples.length; at++) {
    const wave =
      second === undefined ? Math.sin(turn * first * at) : Math.sin(turn * first * at) + Math.sin(turn * second * at)
    samples[at] = Math.round(amplitude * wave * Math.min(1, at / fade, (samples.length - 1 - at) / fade))
  }
}

const failure = (reason: "Unsupported" | "Rejected", detail: string): SpeechFailure =>
  new SpeechFailure({ engine: "tone", reason, retryable: false, detail })
