/** Adapter: speech by Azure, global or in China, at the telephone's 8,000 samples a second. */
import * as HttpBody from "@effect/platform/HttpBody"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { type SpeechAudio, SpeechFailure, SpeechSynthesizer } from "@vsms/core/dispatch/SpeechSynthesizer"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as AudioAnswer from "../engine/AudioAnswer.ts"
import * as SpeechClient from "../engine/SpeechClient.ts"
import * as TakeSpeech from "../engine/TakeSpeech.ts"
import { defaults, type Given, type Options } from "./Config.ts"
import * as Ssml from "./Ssml.ts"

export const engine = "azure"

export const make = (given: Given): Effect.Effect<TakeSpeech.Speech, never, HttpClient.HttpClient> =>
  Effect.map(SpeechClient.make(engine, { ...defaults, ...given }), (client) => {
    const options: Options = { ...defaults, ...given }
    const read = reader(options.format)
    return TakeSpeech.make({
      ...options,
      ratePercent: [50, 200],
      takes: (utterance) => Ssml.takes(utterance, options.splitMillis),
      capabilities: {
        engine,
        languages: ["zh-CN", "en-US"],
        deterministic: false,
        concurrency: options.concurrency
      },
      speak: (content, { language, ratePercent = 100, voice = options.voices[language] }) =>
        /^[A-Za-z0-9:-]{5,80}$/.test(voice)
          ? client.ask(() => requestOf(options, Ssml.document(content, { language, voice, ratePercent })), read)
          : Effect.fail(
              new SpeechFailure({ engine, reason: "Unsupported", retryable: false, detail: "no name of a voice" })
            )
    })
  })

export const layer = (given: Given): Layer.Layer<SpeechSynthesizer, never, HttpClient.HttpClient> =>
  Layer.effect(SpeechSynthesizer, make(given))

const requestOf = ({ endpoint, format, key }: Options, ssml: string): HttpClientRequest.HttpClientRequest =>
  HttpClientRequest.post(`${endpoint.replace(/\/+$/, "")}/cognitiveservices/v1`, {
    body: HttpBody.text(ssml, "application/ssml+xml"),
    headers: {
      "ocp-apim-subscription-key": Redacted.value(key),
      "x-microsoft-outputformat": format === "pcm" ? "raw-8khz-16bit-mono-pcm" : "raw-8khz-8bit-mono-alaw",
      // The service refuses requests without one.
      "user-agent": "vsms"
    }
  })

const reader =
  (format: Options["format"]): SpeechClient.Read<SpeechAudio> =>
  ({ bytes, contentType }) =>
    Either.mapLeft(
      !AudioAnswer.maybeAudio(contentType)
        ? Either.left("it is text, not audio")
        : format === "pcm"
          ? AudioAnswer.pcm(bytes, 8_000)
          : AudioAnswer.alaw(bytes),
      (detail): SpeechClient.Fault => ({ reason: "BadAudio", retryable: true, detail })
    )
