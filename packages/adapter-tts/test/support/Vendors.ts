/**
 * Servers that understand what our engines send them, and refuse what the real ones would; they speak in tones. What is
 * checked here is written from the vendors' documents, with other libraries than ours.
 */
import { webcrypto } from "node:crypto"
import type { SpeechAudio, SpeechSegment } from "@vsms/core/dispatch/SpeechSynthesizer"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as G711 from "../../src/audio/G711.ts"
import * as Resampler from "../../src/audio/Resampler.ts"
import * as Wav from "../../src/audio/Wav.ts"
import * as AzureSpeech from "../../src/azure/AzureSpeech.ts"
import type { ClientSettings } from "../../src/engine/SpeechClient.ts"
import type { Speech } from "../../src/engine/TakeSpeech.ts"
import * as OpenAiSpeech from "../../src/openai/OpenAiSpeech.ts"
import * as TencentSpeech from "../../src/tencent/TencentSpeech.ts"
import * as ToneSpeech from "../../src/tone/ToneSpeech.ts"
import { answer, type Asked, type Behaviour, status } from "./FakeServer.ts"
import type * as HttpClient from "@effect/platform/HttpClient"

export interface Vendor {
  readonly name: string
  readonly make: (
    url: string,
    settings?: Partial<ClientSettings>
  ) => Effect.Effect<Speech, never, HttpClient.HttpClient>
  /** Speaks, as the real one does. */
  readonly speaks: Behaviour
  /** Answers with these bytes in place of speech. */
  readonly says: (audio: Uint8Array) => Behaviour
  readonly contentType: string
}

export const secret = "s3cr3t-k3y-0f-a-test"

const key = Redacted.make(secret)

const toneAudio = (segments: ReadonlyArray<SpeechSegment>, ratePercent: number): SpeechAudio =>
  Effect.runSync(ToneSpeech.synthesize({ segments, language: "zh-CN", ratePercent }))

const must = (holds: boolean, what: string): void => {
  if (!holds) throw new Error(what)
}

/** A streamed WAV file: nobody knew the length when the header was written. */
export const streamedWav = (audio: SpeechAudio): Uint8Array => {
  const bytes = Wav.write(audio).slice()
  const view = new DataView(bytes.buffer)
  view.setUint32(4, 0xffff_ffff, true)
  view.setUint32(40, 0xffff_ffff, true)
  return bytes
}

export const pcmBytes = (samples: Int16Array): Uint8Array => {
  const view = new DataView(new ArrayBuffer(samples.length * 2))
  samples.forEach((sample, at) => view.setInt16(at * 2, sample, true))
  return new Uint8Array(view.buffer)
}

const to8k = Resampler.make({ from: ToneSpeech.sampleRate, to: 8_000 })

const at8k = ({ samples }: SpeechAudio): Int16Array => Int16Array.from(to8k(samples), Math.round)

const openai: Vendor = {
  name: "openai",
  make: (url, settings = {}) =>
    OpenAiSpeech.make({
      baseUrl: `${url}/`,
      apiKey: key,
      model: "kokoro",
      voices: { "zh-CN": "zf_xiaoni", "en-US": "af_heart" },
      extra: { lang_code: "z" },
      ...settings
    }),
  contentType: "audio/wav",
  says: (audio) => answer("audio/wav", audio),
  speaks: (asked, response) => {
    if (asked.headers.authorization !== `Bearer ${secret}`) return status(401)(asked, response)
    must(asked.method === "POST" && asked.path === "/v1/audio/speech", "the path")
    must(asked.headers["content-type"] === "application/json", "JSON")
    const body = JSON.parse(asked.body.toString()) as Record<string, unknown>
    must(body["model"] === "kokoro" && body["response_format"] === "wav" && body["lang_code"] === "z", "the fields")
    must(typeof body["input"] === "string" && body["input"].length > 0 && body["input"].length <= 4_096, "the input")
    must(typeof body["speed"] === "number" && body["speed"] >= 0.25 && body["speed"] <= 4, "the speed")
    if (!/^(zf_xiaoni|af_heart)$/.test(String(body["voice"]))) return status(400)(asked, response)
    const audio = toneAudio([{ _tag: "Text", text: String(body["input"]) }], 100 * Number(body["speed"]))
    return answer("audio/wav", streamedWav(audio))(asked, response)
  }
}

const tencent: Vendor = {
  name: "tencent",
  make: (url, settings = {}) =>
    TencentSpeech.make({ endpoint: url, secretId: "AKIDtest", secretKey: key, ...settings }),
  contentType: "application/json",
  says: (audio) => tencentAnswer({ Audio: Buffer.from(audio).toString("base64"), SessionId: "x" }),
  speaks: async (asked, response) => {
    const problem = await tc3Problem(asked)
    if (problem !== undefined) return tencentError(problem)(asked, response)
    must(asked.headers["x-tc-version"] === "2019-08-23" && asked.headers["x-tc-region"] === "ap-guangzhou", "version")
    const body = JSON.parse(asked.body.toString()) as Record<string, any>
    must(body["Codec"] === "pcm" && body["SampleRate"] === 8_000, "the form of the audio")
    must(/^[\w-]{8,}$/.test(String(body["SessionId"])), "a session")
    must(body["PrimaryLanguage"] === 1 || body["PrimaryLanguage"] === 2, "the language")
    if (body["VoiceType"] !== 101_001) return tencentError("InvalidParameterValue.VoiceType")(asked, response)
    const text = String(body["Text"])
    const wide = [...text].filter((character) => character.charCodeAt(0) > 0x7f).length
    if (wide / 150 + (text.length - wide) / 500 > 1) {
      return tencentError("InvalidParameterValue.TextTooLong")(asked, response)
    }
    const percent = Number(body["Speed"]) <= 1 ? 100 + 20 * body["Speed"] : 75 + 35 * body["Speed"]
    const audio = pcmBytes(at8k(toneAudio([{ _tag: "Text", text }], percent)))
    return tencentAnswer({ Audio: Buffer.from(audio).toString("base64"), SessionId: body["SessionId"] })(
      asked,
      response
    )
  }
}

export const tencentAnswer = (response: object): Behaviour =>
  answer("application/json", JSON.stringify({ Response: { ...response, RequestId: "r-1" } }))

export const tencentError = (code: string): Behaviour =>
  tencentAnswer({ Error: { Code: code, Message: "a message that may quote the text" } })

/** TC3-HMAC-SHA256 as the vendor's document has it, checked with Web Crypto. */
export const tc3Problem = async ({ body, headers, path }: Asked): Promise<string | undefined> => {
  const text = (bytes: ArrayBuffer) => Buffer.from(bytes).toString("hex")
  const hash = async (content: Uint8Array) => text(await webcrypto.subtle.digest("SHA-256", content))
  const sign = async (key: Uint8Array, message: string) =>
    new Uint8Array(
      await webcrypto.subtle.sign(
        "HMAC",
        await webcrypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]),
        Buffer.from(message)
      )
    )
  const given =
    /^TC3-HMAC-SHA256 Credential=([^/]+)\/(\d{4}-\d\d-\d\d)\/([a-z]+)\/tc3_request, SignedHeaders=([a-z;-]+), Signature=([0-9a-f]{64})$/.exec(
      headers.authorization ?? ""
    )
  if (given === null) return "AuthFailure.InvalidAuthorization"
  const [, id, date, service, signed, signature] = given as unknown as [string, string, string, string, string, string]
  if (id !== "AKIDtest") return "AuthFailure.SecretIdNotFound"
  const timestamp = String(headers["x-tc-timestamp"])
  if (new Date(Number(timestamp) * 1_000).toISOString().slice(0, 10) !== date) return "AuthFailure.SignatureExpire"
  const names = signed.split(";")
  if (!names.includes("host") || !names.includes("content-type")) return "AuthFailure.SignatureFailure"
  let canonical = `POST\n${path}\n\n`
  for (const name of names) canonical += `${name}:${String(headers[name]).trim().toLowerCase()}\n`
  canonical += `\n${signed}\n${await hash(body)}`
  const scope = `${date}/${service}/tc3_request`
  const toSign = `TC3-HMAC-SHA256\n${timestamp}\n${scope}\n${await hash(Buffer.from(canonical))}`
  let key = await sign(Buffer.from(`TC3${secret}`), date)
  for (const part of [service, "tc3_request"]) key = await sign(key, part)
  return Buffer.from(await sign(key, toSign)).toString("hex") === signature ? undefined : "AuthFailure.SignatureFailure"
}

const azure = (format: "pcm" | "alaw"): Vendor => ({
  name: `azure, ${format}`,
  make: (url, settings = {}) => AzureSpeech.make({ endpoint: url, key, format, ...settings }),
  contentType: format === "pcm" ? "audio/pcm" : "audio/basic",
  says: (audio) => answer("audio/basic", audio),
  speaks: (asked, response) => {
    const { headers, method, path } = asked
    if (headers["ocp-apim-subscription-key"] !== secret) return status(401)(asked, response)
    if (headers["content-type"] !== "application/ssml+xml") return status(415)(asked, response)
    must(method === "POST" && path === "/cognitiveservices/v1" && headers["user-agent"] === "vsms", "the request")
    const wanted = format === "pcm" ? "raw-8khz-16bit-mono-pcm" : "raw-8khz-8bit-mono-alaw"
    must(headers["x-microsoft-outputformat"] === wanted, "the form of the audio")
    const ssml = readSsml(asked.body.toString())
    if (ssml === undefined) return status(400)(asked, response)
    const samples = at8k(toneAudio(ssml.segments, ssml.ratePercent))
    return answer("audio/basic", format === "pcm" ? pcmBytes(samples) : G711.encode(samples, "alaw"))(asked, response)
  }
})

/** Just the SSML that the service is to be sent: a strict reader, for which a tag of a caller's would be one. */
export const readSsml = (
  text: string
): { readonly segments: ReadonlyArray<SpeechSegment>; readonly ratePercent: number } | undefined => {
  const outer =
    /^<speak version="1\.0" xmlns="http:\/\/www\.w3\.org\/2001\/10\/synthesis" xml:lang="(?:zh-CN|en-US)"><voice name="(zh-CN-XiaoxiaoNeural|en-US-JennyNeural)"><prosody rate="([+-]\d+)%">(.*)<\/prosody><\/voice><\/speak>$/s.exec(
      text
    )
  if (outer === null) return undefined
  const segments: Array<SpeechSegment> = []
  for (const token of outer[3]!.matchAll(/<[^>]*>|[^<]+/g)) {
    const pause = /^<break time="(\d+)ms"\/>$/.exec(token[0])
    if (pause !== null) segments.push({ _tag: "Pause", millis: Number(pause[1]) })
    else if (/[<>"']|&(?!amp;|lt;|gt;|quot;|apos;)/.test(token[0])) return undefined
    else segments.push({ _tag: "Text", text: token[0].replaceAll(/&\w+;/g, " ") })
  }
  return { segments, ratePercent: 100 + Number(outer[2]) }
}

export const vendors: ReadonlyArray<Vendor> = [openai, tencent, azure("pcm"), azure("alaw")]
