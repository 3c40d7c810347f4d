/**
 * Adapter: speech without a speech engine, for tests. Every character becomes a stretch of samples from which it can be
 * read again, so that a test hears what was said, and to whom.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { SpeechFailure, SpeechSynthesizer, type SpeechRequest } from "../dispatch/SpeechSynthesizer.ts"
import { type TelephoneAudio, TelephoneCodec } from "../dispatch/TelephoneCodec.ts"

const sampleRate = 8_000
const perMilli = sampleRate / 1_000

export interface ToneSpeechOptions {
  /** How long one character lasts; 250 if absent, which is a brisk Mandarin. */
  readonly millisPerCharacter?: number
  /** Asked before each request: what it fails with, if it is to fail. */
  readonly fails?: (request: SpeechRequest) => SpeechFailure | undefined
  /** How long a request takes; no time if absent. */
  readonly takesMillis?: number
}

/** An engine of the same request, the same samples. */
export const speech = (options: ToneSpeechOptions = {}): Layer.Layer<SpeechSynthesizer> =>
  Layer.succeed(SpeechSynthesizer, {
    capabilities: {
      engine: "tone",
      languages: ["zh-CN", "en-US"],
      deterministic: true,
      concurrency: Number.POSITIVE_INFINITY
    },
    synthesize: (request) =>
      Effect.suspend(() => {
        const failure = options.fails?.(request)
        if (failure !== undefined) return Effect.fail(failure)
        const percent = request.ratePercent ?? 100
        if (!(percent >= 10 && percent <= 1_000)) return Effect.fail(unknownRate)
        const samples = spoken(request, options.millisPerCharacter ?? 250)
        if (samples.length === 0) return Effect.fail(nothingToHear)
        const audio = { sampleRate, samples }
        return options.takesMillis === undefined
          ? Effect.succeed(audio)
          : Effect.as(Effect.sleep(options.takesMillis), audio)
      })
  })

/** One sample, one byte: the low byte of a character in turn with the high one. Not to be played to anybody. */
export const codec: Layer.Layer<TelephoneCodec> = Layer.succeed(TelephoneCodec, {
  encode: (audio, codec) =>
    audio.samples.some((sample) => sample !== 0)
      ? Effect.sync(() => ({ codec, payload: new Uint8Array(audio.samples) }))
      : Effect.fail(nothingToHear)
})

export const layer = (options: ToneSpeechOptions = {}): Layer.Layer<SpeechSynthesizer | TelephoneCodec> =>
  Layer.merge(speech(options), codec)

/** What somebody hears who listens to one play: the text, without its silences. */
export const heard = (audio: TelephoneAudio, millisPerCharacter = 250): string => {
  const { payload } = audio
  const step = millisPerCharacter * perMilli
  let text = ""
  for (let at = 0; at + 1 < payload.length;) {
    const unit = payload[at]! | (payload[at + 1]! << 8)
    if (unit !== 0) text += String.fromCharCode(unit)
    at += unit === 0 ? perMilli : step
  }
  return text
}

const nothingToHear = new SpeechFailure({
  engine: "tone",
  reason: "BadAudio",
  retryable: false,
  detail: "there is nothing to hear"
})

const unknownRate = new SpeechFailure({
  engine: "tone",
  reason: "Unsupported",
  retryable: false,
  detail: "rate: 10 to 1,000 per cent"
})

const spoken = (request: SpeechRequest, millisPerCharacter: number): Int16Array => {
  const step = Math.max(2, Math.round((millisPerCharacter * perMilli * 100) / (request.ratePercent ?? 100)))
  let length = 0
  for (const segment of request.segments)
    length += segment._tag === "Pause" ? segment.millis * perMilli : segment.text.length * step
  const samples = new Int16Array(length)
  let at = 0
  for (const segment of request.segments) {
    if (segment._tag === "Pause") {
      at += segment.millis * perMilli
      continue
    }
    for (let i = 0; i < segment.text.length; i++) {
      const unit = segment.text.charCodeAt(i)
      for (let j = 0; j < step; j++) samples[at++] = (j & 1) === 0 ? unit & 0xff : unit >>> 8
    }
  }
  return samples
}
