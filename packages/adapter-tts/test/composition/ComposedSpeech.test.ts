import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { type SpeechRequest, SpeechSynthesizer } from "@vsms/core/dispatch/SpeechSynthesizer"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { afterAll, describe, expect, it } from "vitest"
import * as ComposedSpeech from "../../src/composition/ComposedSpeech.ts"
import * as Engines from "../../src/composition/Engines.ts"
import * as PhraseBook from "../../src/composition/PhraseBook.ts"
import * as FakeServer from "../support/FakeServer.ts"
import { secret, vendors } from "../support/Vendors.ts"

const directory = fs.mkdtempSync(path.join(os.tmpdir(), "vsms-composed-"))
afterAll(() => fs.rmSync(directory, { recursive: true }))

const request = (code: string): SpeechRequest => ({
  segments: [
    { _tag: "Text", text: "您的验证码是：" },
    { _tag: "Spell", text: code },
    { _tag: "Text", text: "，5分钟内有效，请勿泄露。" }
  ],
  language: "zh-CN"
})

/** What a host with this environment speaks with, and what it logged meanwhile. */
const hosted = <A, E>(
  environment: Readonly<Record<string, string>>,
  use: (speech: typeof SpeechSynthesizer.Service) => Effect.Effect<A, E>,
  phrases?: PhraseBook.PhraseBook
) =>
  Effect.suspend(() => {
    const logged: Array<string> = []
    const logger = Logger.make(({ message }) => void logged.push(String(message)))
    return Effect.flatMap(SpeechSynthesizer, use).pipe(
      Effect.provide(ComposedSpeech.layerConfig(phrases)),
      Effect.provide(Layer.merge(NodeContext.layer, NodeHttpClient.layer)),
      Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(environment)), { pathDelim: "_" })),
      Effect.provide(Logger.replace(Logger.defaultLogger, logger)),
      Effect.either,
      Effect.map((outcome) => ({ outcome, logged: logged.join("\n") }))
    )
  })

const openai = (url: string) => ({
  SPEECH_OPENAI_URL: url,
  SPEECH_OPENAI_KEY: secret,
  SPEECH_OPENAI_MODEL: "kokoro",
  SPEECH_OPENAI_VOICE: "zf_xiaoni"
})

const vendor = vendors.find(({ name }) => name === "openai")!

/** Our fake wants a field that an environment cannot name. */
const speaks: FakeServer.Behaviour = (asked, response) => {
  const body = { ...JSON.parse(asked.body.toString()), lang_code: "z" }
  return vendor.speaks({ ...asked, body: Buffer.from(JSON.stringify(body)) }, response)
}

describe("what an operator runs", () => {
  it("engines in the order of the environment: the second speaks where the first does not", () =>
    Effect.gen(function* () {
      const server = yield* FakeServer.start
      server.behave(FakeServer.status(400))
      const { outcome } = yield* hosted({ SPEECH_ENGINES: "openai, tone", ...openai(server.url) }, (speech) =>
        Effect.zip(Effect.succeed(speech.capabilities.engine), speech.synthesize(request("3842")))
      )
      expect(outcome).toMatchObject({ right: ["openai, else tone", { sampleRate: 22_050 }] })
      expect(server.asked).toHaveLength(1)
    }).pipe(Effect.scoped, Effect.runPromise))

  it("the words of templates are kept for an engine that costs, also when the process ends", () =>
    Effect.gen(function* () {
      const server = yield* FakeServer.start
      server.behave(speaks)
      const environment = {
        SPEECH_ENGINES: "openai",
        SPEECH_CACHE_DIRECTORY: directory,
        ...openai(server.url)
      }
      const phrases = PhraseBook.make()
      phrases.learn("您的验证码是：{1}，5分钟内有效，请勿泄露。")
      for (const code of ["3842", "1111"]) {
        const { outcome } = yield* hosted(environment, (speech) => speech.synthesize(request(code)), phrases)
        expect(Either.isRight(outcome)).toBe(true)
      }
      expect(server.asked).toHaveLength(3 + 1)
      expect(fs.readdirSync(directory)).toHaveLength(2)
    }).pipe(Effect.scoped, Effect.runPromise))

  it("an engine's bound holds for the parts of messages too", () =>
    Effect.gen(function* () {
      const server = yield* FakeServer.start
      let active = 0
      let most = 0
      server.behave(async (asked, response) => {
        most = Math.max(most, ++active)
        // Long enough for whoever else would come at once.
        for (let at = 0; at < 200; at++) await new Promise((resolve) => setImmediate(resolve))
        await speaks(asked, response)
        active--
      })
      const phrases = PhraseBook.make()
      phrases.learn("您的验证码是：{1}，5分钟内有效，请勿泄露。")
      const environment = { SPEECH_ENGINES: "openai", SPEECH_OPENAI_CONCURRENCY: "2", ...openai(server.url) }
      const { outcome } = yield* hosted(
        environment,
        (speech) =>
          Effect.forEach(["1", "2", "3", "4", "5", "6"], (code) => speech.synthesize(request(code)), {
            concurrency: "unbounded"
          }),
        phrases
      )
      expect(Either.isRight(outcome)).toBe(true)
      expect(server.asked).toHaveLength(2 + 6)
      expect(most).toBeLessThanOrEqual(2)
    }).pipe(Effect.scoped, Effect.runPromise))

  it("an engine that cannot be had is left out, and said to be", async () => {
    const { logged, outcome } = await Effect.runPromise(
      hosted(
        {
          SPEECH_ENGINES: "tencent,espeak-ng,tone",
          SPEECH_TENCENT_SECRET_ID: "x",
          SPEECH_ESPEAK_NG_PROGRAM: "vsms-none"
        },
        (speech) => Effect.succeed(speech.capabilities.engine)
      )
    )
    expect(outcome).toEqual(Either.right("tone"))
    expect(logged).toContain("speech engine tencent: SPEECH_TENCENT_SECRET_KEY is not set")
    expect(logged).toContain("speech engine espeak-ng: espeak-ng (native): EngineMissing")
    expect(logged).toContain("apt-get install espeak-ng")
  })

  it("where none can be had, the first one's failure is the answer", async () => {
    const { outcome } = await Effect.runPromise(
      hosted({ SPEECH_ENGINES: "espeak-ng,tencent", SPEECH_ESPEAK_NG_PROGRAM: "vsms-none" }, () => Effect.void)
    )
    expect(outcome).toMatchObject({ left: { reason: "EngineMissing" } })
  })

  it("a name that is none is said to be, with those that are", async () => {
    const { outcome } = await Effect.runPromise(hosted({ SPEECH_ENGINES: "espeak,siri" }, () => Effect.void))
    expect(Either.isLeft(outcome) ? JSON.stringify(outcome.left) : "").toContain(Engines.names.join(", "))
  })

  it("each engine can be had by its name alone", () =>
    Effect.gen(function* () {
      for (const name of ["tone", "espeak"] as const) {
        const audio = yield* Effect.flatMap(SpeechSynthesizer, (speech) => speech.synthesize(request("1"))).pipe(
          Effect.provide(Engines.layer(name)),
          Effect.provide(Layer.merge(NodeContext.layer, NodeHttpClient.layer))
        )
        expect(audio.sampleRate).toBe(22_050)
      }
    }).pipe(Effect.runPromise))
})
