import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import type { SpeechSegment } from "@vsms/core/dispatch/SpeechSynthesizer"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Redacted from "effect/Redacted"
import { describe, expect, it } from "vitest"
import * as Tc3Signature from "../../src/tencent/Tc3Signature.ts"
import * as TencentSpeech from "../../src/tencent/TencentSpeech.ts"
import type { Given } from "../../src/tencent/Config.ts"
import * as FakeServer from "../support/FakeServer.ts"
import { secret, tc3Problem, tencentError, vendors } from "../support/Vendors.ts"

const vendor = vendors.find(({ name }) => name === "tencent")!

const given: Given = { secretId: "AKIDtest", secretKey: Redacted.make(secret), retries: 0 }

const speaking = (segments: ReadonlyArray<SpeechSegment>, behaviour: FakeServer.Behaviour, more: Partial<Given> = {}) =>
  Effect.gen(function* () {
    const server = yield* FakeServer.start
    server.behave(behaviour)
    const speech = yield* TencentSpeech.make({ ...given, endpoint: server.url, ...more })
    const outcome = yield* Effect.either(speech.synthesize({ segments, language: "zh-CN" }))
    return { outcome, asked: server.asked, texts: server.asked.map(({ body }) => JSON.parse(body.toString()).Text) }
  }).pipe(Effect.provide(NodeHttpClient.layer), Effect.scoped, Effect.runPromise)

const text = (text: string): SpeechSegment => ({ _tag: "Text", text })

describe("Tencent", () => {
  it("speaks at the telephone's rate: nothing needs to be resampled", async () => {
    const { outcome } = await speaking([text("您好")], vendor.speaks)
    expect(outcome).toMatchObject({ right: { sampleRate: 8_000 } })
  })

  it("a text of more than 150 characters is said in pieces, cut at marks, all of it once", async () => {
    const sentence =
      "尊敬的用户您好，您的快递已经到达小区门口的自提柜，请您在今天晚上之前凭取件码取走，谢谢您的理解与支持。"
    const { outcome, texts } = await speaking([text(sentence.repeat(6))], vendor.speaks)
    expect(outcome).toMatchObject({ right: { sampleRate: 8_000 } })
    expect(texts.length).toBeGreaterThan(1)
    for (const piece of texts) {
      expect(piece.length).toBeLessThanOrEqual(150)
      expect(piece).toMatch(/[。，]$/)
    }
    expect(texts.join("").replaceAll(/[^一-龥]/g, "")).toBe(sentence.repeat(6).replaceAll(/[^一-龥]/g, ""))
  })

  it("temporary credentials send their token", async () => {
    const { asked } = await speaking([text("您好")], vendor.speaks, { token: Redacted.make("t0ken") })
    expect(asked[0]!.headers["x-tc-token"]).toBe("t0ken")
  })

  it.each([
    ["another key", { secretKey: Redacted.make("another") }, "AuthFailure.SignatureFailure"],
    ["another id", { secretId: "AKIDother" }, "AuthFailure.SecretIdNotFound"]
  ])("a wrong signature is refused, and not tried again: %s", async (_, more, code) => {
    const { asked, outcome } = await speaking([text("您好")], vendor.speaks, { ...more, retries: 2 })
    expect(outcome).toMatchObject({ left: { reason: "Unavailable", retryable: false, detail: code } })
    expect(asked).toHaveLength(1)
  })

  it("a request that was changed on its way is not what was signed", async () => {
    const { asked } = await speaking([text("您好")], vendor.speaks)
    expect(await tc3Problem(asked[0]!)).toBeUndefined()
    const changed = Buffer.from(asked[0]!.body.toString().replace("您好", "再见"))
    expect(await tc3Problem({ ...asked[0]!, body: changed })).toBe("AuthFailure.SignatureFailure")
    expect(await tc3Problem({ ...asked[0]!, headers: { ...asked[0]!.headers, host: "elsewhere" } })).toBe(
      "AuthFailure.SignatureFailure"
    )
  })

  it("a key signs for one day: each try has the time of its own", () => {
    const sign = (timestamp: number) =>
      Tc3Signature.authorization({
        ...given,
        service: "tts",
        host: "tts.tencentcloudapi.com",
        action: "TextToVoice",
        contentType: "application/json; charset=utf-8",
        body: new TextEncoder().encode("{}"),
        timestamp
      })
    const midnight = Date.UTC(2026, 10, 24) / 1_000
    expect(sign(midnight - 1)).toContain("/2026-11-23/tts/tc3_request")
    expect(sign(midnight)).toContain("/2026-11-24/tts/tc3_request")
    expect(sign(midnight)).not.toBe(sign(midnight + 1))
    expect(sign(midnight)).not.toContain(secret)
  })

  it("an unknown voice is Unsupported, asked or not", async () => {
    const one = (voice: string) =>
      Effect.gen(function* () {
        const server = yield* FakeServer.start
        server.behave(vendor.speaks)
        const speech = yield* TencentSpeech.make({ ...given, endpoint: server.url })
        return yield* Effect.either(speech.synthesize({ segments: [text("您好")], language: "zh-CN", voice }))
      }).pipe(Effect.provide(NodeHttpClient.layer), Effect.scoped, Effect.runPromise)
    for (const voice of ["7", "xiaoxiao"]) {
      expect(await one(voice)).toMatchObject({ left: { reason: "Unsupported", retryable: false } })
    }
  })

  it.each([
    ["InternalError.InternalError", "Unavailable", true],
    ["InternalError.ExceedMaxLimit", "Unavailable", true],
    ["RequestLimitExceeded", "Unavailable", true],
    ["RequestLimitExceeded.UinLimitExceeded", "Unavailable", true],
    ["LimitExceeded.AccessLimit", "Unavailable", true],
    ["ResourceInsufficient", "Unavailable", true],
    ["AuthFailure.SignatureExpire", "Unavailable", false],
    ["UnauthorizedOperation", "Unavailable", false],
    ["InvalidParameterValue.AppIdNotRegistered", "Unavailable", false],
    ["UnsupportedOperation.AccountArrears", "Unavailable", false],
    ["UnsupportedOperation.PkgExhausted", "Unavailable", false],
    ["UnsupportedOperation.TextTooLong", "Rejected", false],
    ["InvalidParameterValue.TextTooLong", "Rejected", false],
    ["InvalidParameter.InvalidText", "Rejected", false],
    ["InvalidParameterValue.VoiceType", "Unsupported", false],
    ["InvalidParameterValue.PrimaryLanguage", "Unsupported", false],
    ["Something new: 您好", "Unavailable", false]
  ])("%s is %s, to be tried again: %s", async (code, reason, retryable) => {
    const { outcome } = await speaking([text("您好")], tencentError(code))
    expect(outcome).toMatchObject({ left: { reason, retryable } })
    expect(JSON.stringify(outcome)).not.toMatch(/您好|quote/)
  })

  it("errors that pass are tried again", async () => {
    let times = 0
    const { asked, outcome } = await speaking(
      [text("您好")],
      (asked, response) =>
        (times++ === 0 ? tencentError("InternalError.InternalError") : vendor.speaks)(asked, response),
      { retries: 1, retryPauseMillis: 0 }
    )
    expect(outcome).toMatchObject({ right: { sampleRate: 8_000 } })
    expect(asked).toHaveLength(2)
  })

  it.each([
    ["no JSON", "{"],
    ["another form", `{"Response":{}}`],
    ["no base64", `{"Response":{"Audio":"***"}}`],
    ["nothing", `{"Response":{"Audio":""}}`]
  ])("an answer with %s is BadAudio", async (_, body) => {
    const { outcome } = await speaking([text("您好")], FakeServer.answer("application/json", body))
    expect(outcome).toMatchObject({ left: { reason: "BadAudio" } })
  })

  it.each([
    [60, -2],
    [80, -1],
    [100, 0],
    [120, 1],
    [150, 2],
    [250, 6],
    [110, 0.5],
    [200, 4]
  ])("%d per cent is speed %d of the vendor's", (percent, speed) => expect(TencentSpeech.speedOf(percent)).toBe(speed))

  it("faster is never slower", () => {
    const percents = FastCheck.integer({ min: 60, max: 249 })
    FastCheck.assert(
      FastCheck.property(percents, (percent) => TencentSpeech.speedOf(percent) < TencentSpeech.speedOf(percent + 1))
    )
  })
})
