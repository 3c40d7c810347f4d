import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import type { SpeechRequest } from "@vsms/core/dispatch/SpeechSynthesizer"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { describe, expect, it } from "vitest"
import * as Wav from "../../src/audio/Wav.ts"
import { config, type Given } from "../../src/openai/Config.ts"
import * as OpenAiSpeech from "../../src/openai/OpenAiSpeech.ts"
import * as FakeServer from "../support/FakeServer.ts"
import { pcmBytes } from "../support/Vendors.ts"

const given: Given = { baseUrl: "", model: "m", voices: { "zh-CN": "v" }, retries: 0 }

const samples = Int16Array.from({ length: 4_800 }, (_, at) => 9_000 * Math.sin(at / 5))

const asking = <A>(
  more: Partial<Given>,
  request: Partial<SpeechRequest>,
  behaviour: FakeServer.Behaviour,
  look: (
    outcome: Effect.Effect.Success<ReturnType<typeof outcomeOf>>,
    asked: ReadonlyArray<FakeServer.Asked>
  ) => A | Promise<A>
) =>
  Effect.gen(function* () {
    const server = yield* FakeServer.start
    server.behave(behaviour)
    return yield* Effect.promise(async () =>
      look(await Effect.runPromise(outcomeOf(server.url, more, request)), server.asked)
    )
  }).pipe(Effect.scoped, Effect.runPromise)

const outcomeOf = (url: string, more: Partial<Given>, request: Partial<SpeechRequest>) =>
  Effect.flatMap(OpenAiSpeech.make({ ...given, baseUrl: url, ...more }), (speech) =>
    Effect.either(speech.synthesize({ segments: [{ _tag: "Text", text: "您好" }], language: "zh-CN", ...request }))
  ).pipe(Effect.provide(NodeHttpClient.layer))

const wav = FakeServer.answer("audio/wav", Wav.write({ sampleRate: 24_000, samples }))

describe("a server with OpenAI's interface", () => {
  it("is asked for WAV, and believed about its sample rate", () =>
    asking({}, {}, wav, (outcome, [asked]) => {
      expect(outcome).toMatchObject({ right: { sampleRate: 24_000 } })
      expect(JSON.parse(asked!.body.toString())).toEqual({
        model: "m",
        input: "您好",
        voice: "v",
        response_format: "wav",
        speed: 1
      })
      expect(asked!.headers.authorization).toBeUndefined()
    }))

  it("gets what the operator and the request want of it", () =>
    asking(
      { apiKey: Redacted.make("k"), extra: { lang_code: "z", model: "not this" }, speed: 0.9 },
      { voice: "other", ratePercent: 80 },
      wav,
      (_, [asked]) => {
        expect(JSON.parse(asked!.body.toString())).toMatchObject({
          model: "m",
          voice: "other",
          speed: 0.72,
          lang_code: "z"
        })
        expect(asked!.headers.authorization).toBe("Bearer k")
      }
    ))

  it("may send bare samples, if somebody said how many a second", () =>
    asking(
      { format: { pcmSampleRate: 16_000 } },
      {},
      FakeServer.answer("audio/pcm", pcmBytes(samples)),
      (outcome, [asked]) => {
        expect(outcome).toMatchObject({ right: { sampleRate: 16_000, samples } })
        expect(JSON.parse(asked!.body.toString())).toMatchObject({ response_format: "pcm" })
      }
    ))

  it("is not asked in a language that it does not speak, nor at a speed", async () => {
    for (const request of [{ language: "en-US" as const }, { ratePercent: 401 }]) {
      await asking({}, request, wav, (outcome, asked) => {
        expect(outcome).toMatchObject({ left: { reason: "Unsupported", retryable: false } })
        expect(asked).toHaveLength(0)
      })
    }
  })

  it("that changes its sample rate between two takes is BadAudio", () => {
    let rate = 8_000
    return asking(
      {},
      {
        segments: [
          { _tag: "Text", text: "您好" },
          { _tag: "Pause", millis: 2_000 },
          { _tag: "Text", text: "再见" }
        ]
      },
      (asked, response) =>
        FakeServer.answer("audio/wav", Wav.write({ sampleRate: (rate *= 2), samples }))(asked, response),
      (outcome, asked) => {
        expect(asked).toHaveLength(2)
        expect(outcome).toMatchObject({ left: { reason: "BadAudio" } })
      }
    )
  })

  it("is described by the environment, its key redacted", async () => {
    const read = await Effect.runPromise(
      Effect.withConfigProvider(
        config,
        ConfigProvider.fromMap(
          new Map([
            ["URL", "http://tts:8880"],
            ["KEY", "k3y"],
            ["MODEL", "kokoro"],
            ["VOICE", "zf_xiaoni"]
          ])
        )
      )
    )
    expect(read).toMatchObject({ baseUrl: "http://tts:8880", model: "kokoro", voices: { "zh-CN": "zf_xiaoni" } })
    expect(Redacted.value(read.apiKey!)).toBe("k3y")
    expect(JSON.stringify(read)).not.toContain("k3y")
  })
})
