import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { type SpeechRequest, type SpeechSegment, SpeechSynthesizer } from "@vsms/core/dispatch/SpeechSynthesizer"
import { durationMillis, TelephoneCodec } from "@vsms/core/dispatch/TelephoneCodec"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as G711 from "../../src/audio/G711.ts"
import * as Level from "../../src/audio/Level.ts"
import * as TelephoneAudio from "../../src/audio/TelephoneAudio.ts"
import type { Options } from "../../src/espeak/Config.ts"
import * as EspeakSpeech from "../../src/espeak/EspeakSpeech.ts"

const text = (text: string): ReadonlyArray<SpeechSegment> => [{ _tag: "Text", text }]

const request = (segments: ReadonlyArray<SpeechSegment>, more: Partial<SpeechRequest> = {}): SpeechRequest => ({
  segments,
  language: "zh-CN",
  ...more
})

/** One engine for the tests that do it no harm. */
const scope = Effect.runSync(Scope.make())
let speech: typeof SpeechSynthesizer.Service

beforeAll(async () => {
  speech = await Effect.runPromise(Scope.extend(EspeakSpeech.make(), scope))
})

afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

const seconds = async (segments: ReadonlyArray<SpeechSegment>, more?: Partial<SpeechRequest>): Promise<number> => {
  const { sampleRate, samples } = await Effect.runPromise(speech.synthesize(request(segments, more)))
  expect(sampleRate).toBe(22_050)
  return samples.length / sampleRate
}

/** The stretches of sound between silences of at least 120 ms, in seconds. */
const stretches = (samples: Int16Array, rate: number): ReadonlyArray<number> => {
  const frame = rate / 100
  const found: Array<number> = []
  let sound = 0
  let quiet = 0
  for (let at = 0; at < samples.length; at += frame) {
    const power = samples.subarray(at, at + frame).reduce((sum, sample) => sum + sample ** 2, 0) / frame
    if (power > 150 ** 2) {
      sound += sound > 0 ? quiet + 1 : 1
      quiet = 0
    } else if (++quiet === 12 && sound > 0) {
      found.push(sound / 100)
      sound = 0
    }
  }
  return sound > 0 ? [...found, sound / 100] : found
}

describe("speech", () => {
  it("SND-5: a code is heard on the line: the words, then each digit by itself, at the level of the telephone", () =>
    Effect.gen(function* () {
      const codec = yield* TelephoneCodec
      const segments = [...text("您的验证码是："), { _tag: "Spell", text: "3842" }] as const
      const line = yield* codec.encode(yield* speech.synthesize(request(segments)), "alaw")
      expect(durationMillis(line)).toBeGreaterThan(3_000)
      expect(durationMillis(line)).toBeLessThan(5_000)
      const samples = G711.decode(line.payload, "alaw")
      const level = Level.activeLevel(Float32Array.from(samples), 8_000)
      expect(20 * Math.log10(level / Level.telephoneLevel)).toBeCloseTo(0, 0)
      const heard = stretches(samples, 8_000)
      const digits = heard.slice(-4)
      expect(heard.length).toBeGreaterThanOrEqual(5)
      for (const digit of digits) {
        expect(digit).toBeGreaterThan(0.1)
        expect(digit).toBeLessThan(0.6)
      }
    }).pipe(Effect.provide(TelephoneAudio.layer), Effect.runPromise))

  it("SND-5: text and code in one segment are said alike", async () => {
    expect(await seconds(text("您的验证码是：3842"))).toBeCloseTo(
      await seconds([...text("您的验证码是："), { _tag: "Spell", text: "3842" }]),
      1
    )
  })

  it("SND-5: English has a voice of its own", async () => {
    expect(await seconds(text("Your code is 3842."), { language: "en-US" })).toBeGreaterThan(2)
  })

  it("SND-5: pauses are as long as they are, at the ends too", async () => {
    const hello = await seconds(text("您好"))
    expect(
      await seconds([{ _tag: "Pause", millis: 700 }, ...text("您好"), { _tag: "Pause", millis: 1_300 }])
    ).toBeCloseTo(hello + 2, 1)
    const apart = await seconds([...text("您好"), { _tag: "Pause", millis: 2_000 }, ...text("您好")])
    const closer = await seconds([...text("您好"), { _tag: "Pause", millis: 500 }, ...text("您好")])
    expect(apart - closer).toBeCloseTo(1.5, 1)
  })

  it("SND-5: a request's rate is its own: the next one is not faster", async () => {
    const normal = await seconds(text("请在五分钟内完成操作"))
    const fast = await seconds(text("请在五分钟内完成操作"), { ratePercent: 200 })
    expect(fast).toBeLessThan(normal * 0.7)
    expect(await seconds(text("请在五分钟内完成操作"))).toBeCloseTo(normal, 1)
  })

  it.each([
    ['您好<break time="9s"/>', "您好，break time等于九秒"],
    ["您好＜break time=＂9s＂／＞", "您好，break time等于九秒"],
    ["您好[[h@lou]]再见", "您好h艾特lou再见"],
    ["您好\u0000再见", "您好再见"],
    ["您好&amp;再见", "您好和amp；再见"],
    ["１２３４", "一千二百三十四"]
  ])("TPL-9: %j is words to the engine, none of them lost", async (given, plain) => {
    const [spoken, expected] = [await seconds(text(given)), await seconds(text(plain))]
    expect(Math.abs(spoken - expected)).toBeLessThan(0.8)
    expect(spoken).toBeLessThan(5)
  })

  it("requests at once never mix", async () => {
    const texts = ["您好", "请在五分钟内完成操作", "您的验证码是：3842", "再见"]
    const alone: Array<number> = []
    for (const each of texts) alone.push(await seconds(text(each)))
    const together = await Promise.all(texts.map((each) => seconds(text(each))))
    together.forEach((length, at) => expect(length).toBeCloseTo(alone[at]!, 1))
  })

  it("a rare ideograph is 某, not its number in English", async () => {
    expect(await seconds(text("𠮷野家"))).toBeCloseTo(await seconds(text("某野家")), 1)
    expect(await seconds(text("乂辻家"))).toBeCloseTo(await seconds(text("乂某家")), 1)
  })

  it.each([
    ["nothing", [], "Rejected"],
    ["marks alone", text("，。！"), "Rejected"],
    ["a pause alone", [{ _tag: "Pause", millis: 500 }], "Rejected"],
    ["too much", text("好".repeat(1_001)), "Rejected"],
    ["too long a pause", [...text("好"), { _tag: "Pause", millis: 30_001 }], "Rejected"],
    ["no pause", [...text("好"), { _tag: "Pause", millis: Number.NaN }], "Rejected"]
  ] as const)("what cannot be said is refused for good: %s", async (_, segments, reason) => {
    const outcome = await Effect.runPromise(Effect.either(speech.synthesize(request(segments))))
    expect(outcome).toMatchObject({ left: { engine: "espeak-ng", reason, retryable: false } })
  })

  it("an unknown voice is Unsupported, and the next request has its own voice again", async () => {
    const before = await seconds(text("您好"))
    const outcome = await Effect.runPromise(Effect.either(speech.synthesize(request(text("您好"), { voice: "xx" }))))
    expect(outcome).toMatchObject({ left: { reason: "Unsupported", retryable: false } })
    expect(await seconds(text("您好"))).toBeCloseTo(before, 1)
  })

  it("a rate beyond what the engine can is Unsupported", async () => {
    const outcome = await Effect.runPromise(
      Effect.either(speech.synthesize(request(text("您好"), { ratePercent: 1_000 })))
    )
    expect(outcome).toMatchObject({ left: { reason: "Unsupported" } })
  })

  it("no failure holds the text", async () => {
    const outcome = await Effect.runPromise(
      Effect.either(speech.synthesize(request(text("380421"), { voice: "nobody", ratePercent: 100 })))
    )
    expect(JSON.stringify(outcome)).not.toMatch(/380421|nobody/)
  })
})

const support = (name: string): string => new URL(`../support/${name}`, import.meta.url).href

/** An engine that does what it is told to; see `FakeEngine.js`. */
const withFake = <A, E>(
  options: Partial<Options>,
  use: (speech: typeof SpeechSynthesizer.Service) => Effect.Effect<A, E>
): Promise<A> =>
  Effect.flatMap(SpeechSynthesizer, use).pipe(
    Effect.provide(EspeakSpeech.layer({ engineModule: support("FakeEngine.js"), ...options })),
    Effect.runPromise
  )

/** Which thread spoke, and how many requests it had. */
const say = (speech: typeof SpeechSynthesizer.Service, words: string, more?: Partial<SpeechRequest>) =>
  Effect.map(speech.synthesize(request(text(words), more)), ({ samples }) => [samples[0]!, samples[1]!] as const)

describe("an engine that fails", () => {
  it.each([
    ["is not installed", "@vsms/no-such-engine", "run: npm install @echogarden/espeak-ng-emscripten"],
    ["does not start", support("BrokenEngine.js"), "does not start: RangeError"],
    ["reads ideographs as English", support("MuteEngine.js"), "does not speak Mandarin"]
  ])("EngineMissing when it %s, before the first call", async (_, engineModule, detail) => {
    const outcome = await Effect.runPromise(
      Effect.either(Layer.build(EspeakSpeech.layer({ engineModule })).pipe(Effect.scoped))
    )
    expect(outcome).toMatchObject({ left: { reason: "EngineMissing", retryable: false } })
    expect(outcome).toHaveProperty("left.detail", expect.stringContaining(detail))
  })

  it.each([
    ["出错", "synthesis failed: TypeError"],
    ["退出", "its thread ended"],
    ["挂起", "no answer within 500 ms"]
  ])("%s: that request fails, to be tried again, and the next one has a thread of its own", (words, detail) =>
    withFake({ speakLimitMillis: 500 }, (speech) =>
      Effect.gen(function* () {
        const [first] = yield* say(speech, "您好")
        const failure = yield* Effect.flip(say(speech, words))
        expect(failure).toMatchObject({ reason: "Unavailable", retryable: true, detail })
        const [second, requests] = yield* say(speech, "您好")
        expect(second).not.toBe(first)
        expect(requests).toBe(1)
      })
    )
  )

  it("silence is BadAudio", () =>
    withFake({}, (speech) =>
      Effect.map(Effect.flip(say(speech, "沉默")), (failure) => expect(failure).toMatchObject({ reason: "BadAudio" }))
    ))

  it("an interrupted request ends its thread, and hinders nobody", () =>
    withFake({}, (speech) =>
      Effect.gen(function* () {
        const [first] = yield* say(speech, "您好")
        const fiber = yield* Effect.fork(say(speech, "挂起"))
        yield* Effect.sleep(50)
        yield* Fiber.interrupt(fiber)
        const [second] = yield* say(speech, "您好")
        expect(second).not.toBe(first)
      })
    ))

  it("the settings of one request are not those of the next", () =>
    withFake({}, (speech) =>
      Effect.gen(function* () {
        const settings = (more: Partial<SpeechRequest>) =>
          Effect.map(speech.synthesize(request(text("好"), more)), ({ samples }) => [...samples].slice(2))
        expect(yield* settings({ ratePercent: 200 })).toEqual([300, 50, 50, 75])
        expect(yield* settings({ voice: "en-us" })).toEqual([150, 50, 50, 75])
      })
    ))

  it("one request a thread, as many threads as were asked for", () =>
    withFake({ instances: 2 }, (speech) =>
      Effect.gen(function* () {
        const said = yield* Effect.all(
          Array.from({ length: 6 }, () => say(speech, "您好")),
          { concurrency: "unbounded" }
        )
        expect(new Set(said.map(([thread]) => thread)).size).toBe(2)
        expect(speech.capabilities.concurrency).toBe(2)
      })
    ))

  it("a thread that takes too long to start is ended", async () => {
    const outcome = await Effect.runPromise(
      Effect.either(
        EspeakSpeech.make({ startLimitMillis: 1, engineModule: support("FakeEngine.js") }).pipe(Effect.scoped)
      )
    )
    expect(outcome).toMatchObject({ left: { reason: "Unavailable", retryable: true } })
  })
})

describe("the process", () => {
  /** Runs a program of `support/` from source and waits for its end. */
  const run = (program: string) =>
    new Promise<{ readonly code: number | null; readonly printed: string }>((resolve) => {
      const child = spawn(
        process.execPath,
        ["--conditions=@vsms/source", "--import", "tsx", fileURLToPath(support(program))],
        { stdio: ["ignore", "pipe", "inherit"] }
      )
      let printed = ""
      child.stdout.on("data", (chunk: Buffer) => (printed += chunk.toString()))
      child.on("close", (code) => resolve({ code, printed }))
    })

  it(
    "ends by itself, whether the scope was closed or not, and the engine prints nothing",
    { timeout: 120_000 },
    async () => {
      const [closed, open] = await Promise.all([run("ClosedScope.ts"), run("OpenScope.ts")])
      expect(closed).toEqual({ code: 0, printed: "22050\n" })
      expect(open).toEqual({ code: 0, printed: "22050\n" })
    }
  )
})
