import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import * as NodeContext from "@effect/platform-node/NodeContext"
import {
  SpeechFailure,
  type SpeechRequest,
  type SpeechSegment,
  SpeechSynthesizer
} from "@vsms/core/dispatch/SpeechSynthesizer"
import { suite } from "@vsms/core/testing/Law"
import * as SpeechSynthesizerLaws from "@vsms/core/testing/laws/SpeechSynthesizerLaws"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import * as CachedSpeech from "../../src/composition/CachedSpeech.ts"
import * as PhraseBook from "../../src/composition/PhraseBook.ts"
import * as SpeechStore from "../../src/composition/SpeechStore.ts"
import type { Speech } from "../../src/engine/TakeSpeech.ts"
import * as ToneSpeech from "../../src/tone/ToneSpeech.ts"
import { turn } from "../support/Moved.ts"

let directory: string

beforeEach(() => void (directory = fs.mkdtempSync(path.join(os.tmpdir(), "vsms-cache-"))))
afterEach(() => fs.rmSync(directory, { recursive: true, force: true }))

const template = "您的验证码是：{1}，5分钟内有效，请勿泄露。"

const text = (text: string): SpeechSegment => ({ _tag: "Text", text })

const message = (code: string, more: Partial<SpeechRequest> = {}): SpeechRequest => ({
  segments: [text("您的验证码是："), { _tag: "Spell", text: code }, text("，5分钟内有效，请勿泄露。")],
  language: "zh-CN",
  ...more
})

const textOf = ({ segments }: SpeechRequest) =>
  segments.map((segment) => (segment._tag === "Pause" ? "" : segment.text)).join("")

/** Tones, and what they were asked. */
const counting = Effect.map(SpeechSynthesizer, (tones) => {
  const asked = new Array<string>()
  let before: (text: string) => Effect.Effect<void, SpeechFailure> = () => Effect.void
  let sampleRate = ToneSpeech.sampleRate
  const speech: Speech = {
    ...tones,
    synthesize: (request) =>
      Effect.suspend(() => {
        asked.push(textOf(request))
        return Effect.map(Effect.zipRight(before(textOf(request)), tones.synthesize(request)), (audio) => ({
          ...audio,
          sampleRate
        }))
      })
  }
  return {
    asked,
    speech,
    behave: (next: typeof before) => void (before = next),
    speakAt: (next: number) => void (sampleRate = next)
  }
}).pipe(Effect.provide(ToneSpeech.layer))

const scene = <A, E>(
  options: Partial<CachedSpeech.CacheOptions>,
  play: (cached: Speech, engine: Effect.Effect.Success<typeof counting>) => Effect.Effect<A, E>,
  onDisk = true
) =>
  Effect.gen(function* () {
    const phrases = PhraseBook.make()
    phrases.learn(template)
    const engine = yield* counting
    const store = onDisk ? yield* SpeechStore.open({ directory, bytesMax: 10_000_000 }) : undefined
    const cached = yield* CachedSpeech.make(engine.speech, {
      phrases,
      store,
      sound: "a",
      bytesMax: 10_000_000,
      ...options
    })
    return yield* play(cached, engine)
  }).pipe(Effect.scoped, Effect.provide(NodeContext.layer), Effect.runPromise)

/** Waits until so many files are whole: nobody else waits for the disk. */
const written = (count: number) =>
  Effect.gen(function* () {
    while (fs.readdirSync(directory).filter((name) => name.endsWith(".speech")).length < count) yield* turn
  })

const phrasesOfLaws = PhraseBook.make()
for (const words of ["您的验证码是：{1}。", "您好，王先生，请取件。", "您好，王先生，请取件"])
  phrasesOfLaws.learn(words)

suite(
  { describe, it },
  "an engine whose phrases are kept",
  SpeechSynthesizerLaws.laws,
  Layer.scoped(
    SpeechSynthesizer,
    Effect.flatMap(counting, ({ speech }) =>
      CachedSpeech.make(speech, { phrases: phrasesOfLaws, sound: "", bytesMax: 1_000_000 })
    )
  ),
  { runs: 20, abilities: ["deterministic"] }
)

describe("the words that all sends of a template share", () => {
  it("are asked for once; the code each time", () =>
    scene({}, (cached, { asked }) =>
      Effect.gen(function* () {
        const first = yield* cached.synthesize(message("3842"))
        const second = yield* cached.synthesize(message("1111"))
        yield* cached.synthesize(message("3842"))
        expect(asked.toSorted()).toEqual(["1111", "3842", "3842", "您的验证码是：", "，5分钟内有效，请勿泄露。"])
        expect(first.samples).not.toEqual(second.samples)
        expect(Math.abs(first.samples.length - second.samples.length)).toBeLessThan(20)
      })
    ))

  it("are asked for once by many at once", () =>
    scene({}, (cached, { asked }) =>
      Effect.gen(function* () {
        yield* Effect.forEach(
          Array.from({ length: 50 }, (_, at) => message(String(1_000 + at))),
          cached.synthesize,
          { concurrency: "unbounded" }
        )
        expect(asked.filter((text) => !/^\d+$/.test(text))).toHaveLength(2)
        expect(asked).toHaveLength(52)
      })
    ))

  it("outlive the process, on disk", async () => {
    const first = await scene({}, (cached) => cached.synthesize(message("3842")))
    await scene({}, (cached, { asked }) =>
      Effect.map(cached.synthesize(message("3842")), ({ samples }) => {
        expect(samples).toEqual(first.samples)
        expect(asked).toEqual(["3842"])
      })
    )
  })

  it("SND-5: nothing of a code is on disk: neither what it is, nor how it sounds, nor a name made of it", () =>
    scene({}, (cached, { speech }) =>
      Effect.gen(function* () {
        const before = new Set<string>()
        yield* cached.synthesize(message("000"))
        yield* written(2)
        for (const name of fs.readdirSync(directory)) before.add(name)
        expect(before.size).toBe(2)
        const codes = FastCheck.sample(FastCheck.stringMatching(/^[0-9A-Z]{4,8}$/), 30)
        for (const code of codes) {
          yield* cached.synthesize(message(code))
          yield* cached.synthesize({
            ...message(code),
            segments: [text(`您的验证码是：${code}，5分钟内有效，请勿泄露。`)]
          })
          yield* cached.synthesize({ ...message(code), segments: [text(code)] })
        }
        yield* written(3)
        // One more clause of the template stands by itself in the second form.
        const after = fs.readdirSync(directory).filter((name) => !before.has(name))
        expect(after).toHaveLength(1)
        const clause = yield* speech.synthesize({ ...message(""), segments: [text("5分钟内有效，请勿泄露。")] })
        const kept = SpeechStore.read(fs.readFileSync(path.join(directory, after[0]!)))!
        expect(Math.abs(kept.samples.length - clause.samples.length)).toBeLessThan(ToneSpeech.sampleRate / 2)
      })
    ))

  it("in another voice, speed or language, or of an engine that sounds otherwise, are other words", () =>
    scene({}, (cached, { asked }) =>
      Effect.gen(function* () {
        for (const more of [{}, { voice: "anna" }, { ratePercent: 80 }, { language: "en-US" as const }]) {
          yield* cached.synthesize(message("1", more))
          yield* cached.synthesize(message("2", more))
        }
        expect(asked.filter((text) => text === "您的验证码是：")).toHaveLength(4)
      })
    ).then(() =>
      scene({ sound: "b" }, (cached, { asked }) =>
        Effect.map(cached.synthesize(message("1")), () => expect(asked).toHaveLength(3))
      )
    ))

  it("that could not be spoken are asked for again by the next", () =>
    scene({}, (cached, { asked, behave }) =>
      Effect.gen(function* () {
        const failure = new SpeechFailure({ engine: "tone", reason: "Unavailable", retryable: true, detail: "" })
        behave((text) => (text.startsWith("您的") ? Effect.fail(failure) : Effect.void))
        expect(yield* Effect.flip(cached.synthesize(message("1")))).toEqual(failure)
        behave(() => Effect.void)
        yield* cached.synthesize(message("2"))
        expect(asked.filter((text) => text.startsWith("您的"))).toHaveLength(2)
      })
    ))

  it("are spoken to those who wait although the one who asked first has gone", () =>
    scene(
      {},
      (cached, { asked, behave }) =>
        Effect.gen(function* () {
          const gate = yield* Deferred.make<void>()
          behave((text) => (text.startsWith("您的") ? Deferred.await(gate) : Effect.void))
          const first = yield* Effect.fork(cached.synthesize(message("1")))
          yield* Effect.yieldNow()
          const second = yield* Effect.fork(cached.synthesize(message("2")))
          yield* Effect.yieldNow()
          yield* Fiber.interrupt(first)
          yield* Deferred.succeed(gate, undefined)
          expect((yield* Fiber.join(second)).samples.length).toBeGreaterThan(0)
          expect(asked.filter((text) => text.startsWith("您的"))).toHaveLength(1)
        }),
      false
    ))

  it("of an engine that has changed its sample rate are forgotten, and the message is spoken in one piece", () =>
    scene({}, (cached, { asked, speakAt }) =>
      Effect.gen(function* () {
        yield* cached.synthesize(message("1"))
        yield* written(2)
        speakAt(16_000)
        expect((yield* cached.synthesize(message("2"))).sampleRate).toBe(16_000)
        expect((yield* cached.synthesize(message("3"))).sampleRate).toBe(16_000)
        expect(asked.at(-1)).toBe("，5分钟内有效，请勿泄露。")
        expect(asked.filter((text) => text === textOf(message("2")))).toHaveLength(1)
      })
    ))

  it("have a bound in memory", () =>
    scene(
      { bytesMax: 0 },
      (cached, { asked }) =>
        Effect.gen(function* () {
          yield* cached.synthesize(message("1"))
          yield* cached.synthesize(message("1"))
          expect(asked).toHaveLength(6)
        }),
      false
    ))

  it("a message without them goes to the engine as it is", () =>
    scene({}, (cached, { asked }) =>
      Effect.gen(function* () {
        yield* cached.synthesize({ segments: [text("您的快递已到，请领取。")], language: "zh-CN" })
        expect(asked).toEqual(["您的快递已到，请领取。"])
        expect(fs.readdirSync(directory)).toEqual([])
      })
    ))
})
