/**
 * Adapter: speech by Tencent Cloud, its `TextToVoice`: Mandarin and English in the cloud, 8,000 samples a second as the
 * telephone wants them, 150 characters at a time.
 */
import { randomUUID } from "node:crypto"
import * as HttpBody from "@effect/platform/HttpBody"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import {
  type SpeechAudio,
  SpeechFailure,
  type SpeechFailureReason,
  type SpeechRequest,
  SpeechSynthesizer
} from "@vsms/core/dispatch/SpeechSynthesizer"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as AudioAnswer from "../engine/AudioAnswer.ts"
import * as SpeechClient from "../engine/SpeechClient.ts"
import * as Takes from "../engine/Takes.ts"
import * as TakeSpeech from "../engine/TakeSpeech.ts"
import { defaults, type Given, type Options } from "./Config.ts"
import * as Tc3Signature from "./Tc3Signature.ts"

export const engine = "tencent"

export const make = (given: Given): Effect.Effect<TakeSpeech.Speech, never, HttpClient.HttpClient> =>
  Effect.map(SpeechClient.make(engine, { ...defaults, ...given }), (client) => {
    const options: Options = { ...defaults, ...given }
    const read = reader(options.sampleRate)
    return TakeSpeech.make({
      ...options,
      ratePercent: [60, 250],
      takes: (utterance, { language }) =>
        Takes.cut(utterance, language, { splitMillis: options.splitMillis, weight, weightMax }),
      capabilities: {
        engine,
        languages: ["zh-CN", "en-US"],
        deterministic: false,
        concurrency: options.concurrency
      },
      speak: (text, request) => {
        const voiceType = request.voice ?? String(options.voiceType)
        return /^\d{1,9}$/.test(voiceType)
          ? client.ask((now) => requestOf(options, text, request, Number(voiceType), now), read)
          : Effect.fail(
              new SpeechFailure({ engine, reason: "Unsupported", retryable: false, detail: "its voices are numbers" })
            )
      }
    })
  })

export const layer = (given: Given): Layer.Layer<SpeechSynthesizer, never, HttpClient.HttpClient> =>
  Layer.effect(SpeechSynthesizer, make(given))

/** At most 150 ideographs and wide marks, or 500 letters; of both together, shares of each. */
const weight = (character: string): number => (character.charCodeAt(0) < 0x80 ? 3 : 10)
const weightMax = 1_500

const contentType = "application/json; charset=utf-8"
const action = "TextToVoice"

const requestOf = (
  options: Options,
  text: string,
  request: SpeechRequest,
  voiceType: number,
  now: number
): HttpClientRequest.HttpClientRequest => {
  const { endpoint, region, sampleRate, secretId, secretKey, token } = options
  const body = new TextEncoder().encode(
    JSON.stringify({
      Text: text,
      SessionId: randomUUID(),
      ModelType: 1,
      VoiceType: voiceType,
      PrimaryLanguage: request.language === "zh-CN" ? 1 : 2,
      Codec: "pcm",
      SampleRate: sampleRate,
      Speed: speedOf(request.ratePercent ?? 100)
    })
  )
  const timestamp = Math.floor(now / 1_000)
  const host = /^https?:\/\/([^/]+)/.exec(endpoint)?.[1] ?? ""
  const signed = { secretId, secretKey, service: "tts", host, action, contentType, body, timestamp }
  return HttpClientRequest.post(endpoint, {
    body: HttpBody.uint8Array(body, contentType),
    headers: {
      authorization: Tc3Signature.authorization(signed),
      "x-tc-action": action,
      "x-tc-version": "2019-08-23",
      "x-tc-timestamp": String(timestamp),
      "x-tc-region": region,
      ...(token === undefined ? {} : { "x-tc-token": Redacted.value(token) })
    }
  })
}

/** The vendor's scale: -2 is 0.6 times the speed, -1 0.8, 0 1, 1 1.2, 2 1.5, 6 2.5; between them straight lines. */
export const speedOf = (ratePercent: number): number => {
  const speed =
    ratePercent <= 120
      ? (ratePercent - 100) / 20
      : ratePercent <= 150
        ? 1 + (ratePercent - 120) / 30
        : 2 + (ratePercent - 150) / 25
  return Math.round(speed * 100) / 100
}

const Body = Schema.parseJson(
  Schema.Struct({
    Response: Schema.Union(
      Schema.Struct({ Error: Schema.Struct({ Code: Schema.String }) }),
      Schema.Struct({ Audio: Schema.String })
    )
  })
)

const decodeBody = Schema.decodeUnknownEither(Body)

/** Whatever became of a request, the status is 200. */
const reader =
  (sampleRate: number): SpeechClient.Read<SpeechAudio> =>
  ({ bytes }) => {
    const body = decodeBody(new TextDecoder().decode(bytes))
    if (Either.isLeft(body)) return Either.left(badAudio("an answer of another form"))
    const { Response: response } = body.right
    if ("Error" in response) return Either.left(faultOf(response.Error.Code))
    if (!/^[A-Za-z0-9+/]+={0,2}$/.test(response.Audio)) return Either.left(badAudio("no base64"))
    return Either.mapLeft(AudioAnswer.pcm(Buffer.from(response.Audio, "base64"), sampleRate), badAudio)
  }

const badAudio = (detail: string): SpeechClient.Fault => ({ reason: "BadAudio", retryable: true, detail })

/** What one of the vendor's error codes means for who asked. Its message is not read: it may quote the text. */
export const faultOf = (code: string): SpeechClient.Fault => {
  const known = /^[A-Za-z]+(\.[A-Za-z0-9]+)*$/.test(code) && code.length <= 80
  const fault = (reason: SpeechFailureReason, retryable: boolean): SpeechClient.Fault => ({
    reason,
    retryable,
    detail: known ? code : "an error without a code"
  })
  if (/^(InternalError|RequestLimitExceeded|LimitExceeded|Resource(Unavailable|Insufficient|sSoldOut))\b/.test(code)) {
    return fault("Unavailable", true)
  }
  if (/^(AuthFailure|UnauthorizedOperation|FailedOperation|OperationDenied)\b|AppId/.test(code)) {
    return fault("Unavailable", false)
  }
  if (/(VoiceType|PrimaryLanguage|SampleRate|Codec|Speed|ModelType)$/.test(code)) return fault("Unsupported", false)
  if (/^Unsupported(Operation|Region)\b/.test(code)) {
    return fault(/Text/.test(code) ? "Rejected" : "Unavailable", false)
  }
  return fault(/^(Invalid|Missing)/.test(code) ? "Rejected" : "Unavailable", false)
}
