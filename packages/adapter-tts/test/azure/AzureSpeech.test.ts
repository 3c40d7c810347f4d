import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import type { SpeechSegment } from "@vsms/core/dispatch/SpeechSynthesizer"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Redacted from "effect/Redacted"
import { describe, expect, it } from "vitest"
import * as AzureSpeech from "../../src/azure/AzureSpeech.ts"
import { config, endpoint } from "../../src/azure/Config.ts"
import * as Ssml from "../../src/azure/Ssml.ts"
import * as Spelling from "../../src/text/Spelling.ts"
import * as SpokenRequest from "../../src/text/SpokenRequest.ts"
import { phrase, silence } from "../../src/text/Utterance.ts"
import * as FakeServer from "../support/FakeServer.ts"
import { readSsml, secret, vendors } from "../support/Vendors.ts"

const [vendor] = vendors.filter(({ name }) => name === "azure, pcm")

const text = (text: string): SpeechSegment => ({ _tag: "Text", text })

const speaking = (segments: ReadonlyArray<SpeechSegment>, voice?: string, key = secret) =>
  Effect.gen(function* () {
    const server = yield* FakeServer.start
    server.behave(vendor!.speaks)
    const speech = yield* AzureSpeech.make({ endpoint: server.url, key: Redacted.make(key), retries: 0 })
    const outcome = yield* Effect.either(speech.synthesize({ segments, language: "zh-CN", voice }))
    return { outcome, sent: server.asked.map(({ body }) => body.toString()) }
  }).pipe(Effect.provide(NodeHttpClient.layer), Effect.scoped, Effect.runPromise)

const voice: Ssml.Voice = { language: "zh-CN", voice: "zh-CN-XiaoxiaoNeural", ratePercent: 100 }

describe("Azure", () => {
  it("a code is one document, its silences breaks", async () => {
    const { outcome, sent } = await speaking([text("您的验证码是："), { _tag: "Spell", text: "3842" }])
    expect(outcome).toMatchObject({ right: { sampleRate: 8_000 } })
    expect(sent).toHaveLength(1)
    expect(sent[0]).toContain('三<break time="250ms"/>八<break time="250ms"/>四')
  })

  it("a long pause is our own, and exactly as long as it should be", async () => {
    const { outcome, sent } = await speaking([text("您好"), { _tag: "Pause", millis: 4_000 }, text("再见")])
    expect(sent).toHaveLength(2)
    expect(sent.join()).not.toContain("<break")
    if (outcome._tag === "Left") throw outcome.left
    const { samples } = outcome.right
    const quiet = [...samples].findIndex((_, at) => samples.subarray(at, at + 32_000).every((sample) => sample === 0))
    expect(quiet).toBeGreaterThan(0)
  })

  it("TPL-9: whatever a text holds, the document has the tags that were written here and no others", () => {
    const say = SpokenRequest.speaker({ pace: Spelling.defaultPace, lexicon: {} })
    const nasty = FastCheck.array(
      FastCheck.oneof(
        FastCheck.string(),
        FastCheck.constantFrom(
          "您好",
          '<break time="9s"/>',
          "＜",
          "＞",
          "&lt;",
          "&",
          "]]>",
          "\0",
          '"',
          "'",
          "<!--",
          "<![CDATA["
        )
      )
    ).map((parts) => parts.join(""))
    FastCheck.assert(
      FastCheck.property(nasty, FastCheck.constantFrom("zh-CN" as const, "en-US" as const), (given, language) => {
        const spoken = Ssml.takes(say([text(given), { _tag: "Spell", text: given }], language), 2_000)
        const raw = Ssml.takes([phrase(given), silence(300), phrase(given)], 2_000)
        for (const take of [...spoken, ...raw]) {
          if (take._tag === "Say") expect(readSsml(Ssml.document(take.text, voice))).toBeDefined()
        }
      }),
      { numRuns: 300 }
    )
  })

  it("a voice's name is no way into the document", async () => {
    const { outcome, sent } = await speaking([text("您好")], 'x"/><break time="9s"/><voice name="y')
    expect(outcome).toMatchObject({ left: { reason: "Unsupported", retryable: false } })
    expect(sent).toHaveLength(0)
  })

  it("a wrong key is said to be one", async () => {
    const { outcome } = await speaking([text("您好")], undefined, "wrong")
    expect(outcome).toMatchObject({ left: { reason: "Unavailable", retryable: false, detail: /key/ } })
  })

  it.each([
    [100, "+0%"],
    [80, "-20%"],
    [150, "+50%"]
  ])("%d per cent is a rate of %s", (ratePercent, rate) =>
    expect(Ssml.document("好", { ...voice, ratePercent })).toContain(`rate="${rate}"`)
  )

  it.each([
    ["eastasia", "https://eastasia.tts.speech.microsoft.com"],
    ["chinaeast2", "https://chinaeast2.tts.speech.azure.cn"]
  ])("region %s is at %s", (region, url) => expect(endpoint(region)).toBe(url))

  it("is described by the environment; a region is a name and no address", async () => {
    const read = (region: string) =>
      Effect.withConfigProvider(
        config,
        ConfigProvider.fromMap(
          new Map([
            ["KEY", "k3y"],
            ["REGION", region]
          ])
        )
      )
    expect(await Effect.runPromise(read("chinaeast2"))).toMatchObject({
      endpoint: "https://chinaeast2.tts.speech.azure.cn",
      voices: { "zh-CN": "zh-CN-XiaoxiaoNeural" }
    })
    await expect(Effect.runPromise(read("evil.example/"))).rejects.toThrow("a region's name")
  })
})
