/**
 * Adapter: speech by any server with OpenAI's interface, `POST /v1/audio/speech`: OpenAI itself, and most servers that
 * people run for Mandarin models (Kokoro-FastAPI, vLLM-Omni, speaches ...).
 */
import * as HttpBody from "@effect/platform/HttpBody"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { type SpeechAudio, type SpeechRequest, SpeechSynthesizer } from "@vsms/core/dispatch/SpeechSynthesizer"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as AudioAnswer from "../engine/AudioAnswer.ts"
import * as SpeechClient from "../engine/SpeechClient.ts"
import * as Takes from "../engine/Takes.ts"
import * as TakeSpeech from "../engine/TakeSpeech.ts"
import type { Language } from "../text/Spelling.ts"
import { defaults, type Given, type Options } from "./Config.ts"

export const engine = "openai"

/** Nothing is asked until the first request: a server may start later than its callers. */
export const make = (given: Given): Effect.Effect<TakeSpeech.Speech, never, HttpClient.HttpClient> =>
  Effect.map(SpeechClient.make(engine, { ...defaults, ...given }), (client) => {
    const options: Options = { ...defaults, ...given }
    const read = reader(options)
    return TakeSpeech.make({
      ...options,
      ratePercent: [Math.ceil(25 / options.speed), Math.floor(400 / options.speed)],
      takes: (utterance, { language }) =>
        Takes.cut(utterance, language, { splitMillis: options.splitMillis, weight: () => 1, weightMax }),
      capabilities: {
        engine,
        languages: languages.filter((language) => options.voices[language] !== undefined),
        deterministic: false,
        concurrency: options.concurrency
      },
      speak: (text, request) => client.ask(() => requestOf(options, text, request), read)
    })
  })

export const layer = (given: Given): Layer.Layer<SpeechSynthesizer, never, HttpClient.HttpClient> =>
  Layer.effect(SpeechSynthesizer, make(given))

/** OpenAI's own bound, in characters. Servers that people run cut by themselves. */
const weightMax = 4_096

const languages: ReadonlyArray<Language> = ["zh-CN", "en-US"]

const requestOf = (options: Options, text: string, request: SpeechRequest): HttpClientRequest.HttpClientRequest => {
  const { apiKey, baseUrl, extra, format, model, speed, voices } = options
  const body = {
    ...extra,
    model,
    input: text,
    voice: request.voice ?? voices[request.language],
    response_format: format === "wav" ? "wav" : "pcm",
    speed: (speed * (request.ratePercent ?? 100)) / 100
  }
  const asked = HttpClientRequest.post(`${baseUrl.replace(/\/+$/, "")}/v1/audio/speech`, {
    body: HttpBody.unsafeJson(body),
    accept: format === "wav" ? "audio/wav" : "audio/pcm"
  })
  return apiKey === undefined ? asked : HttpClientRequest.bearerToken(asked, Redacted.value(apiKey))
}

const reader =
  ({ format }: Options): SpeechClient.Read<SpeechAudio> =>
  ({ bytes, contentType }) =>
    Either.mapLeft(
      !AudioAnswer.maybeAudio(contentType)
        ? Either.left("it is text, not audio")
        : format === "wav"
          ? AudioAnswer.wav(bytes)
          : AudioAnswer.pcm(bytes, format.pcmSampleRate),
      (detail): SpeechClient.Fault => ({ reason: "BadAudio", retryable: true, detail })
    )
