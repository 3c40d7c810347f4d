import { SpeechFailure, type SpeechRequest } from "@vsms/core/dispatch/SpeechSynthesizer"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Metric from "effect/Metric"
import * as TestClock from "effect/TestClock"
import * as TestContext from "effect/TestContext"
import { expect, it } from "vitest"
import * as MeasuredSpeech from "../../src/composition/MeasuredSpeech.ts"
import type { Speech } from "../../src/engine/TakeSpeech.ts"

const request: SpeechRequest = {
  segments: [
    { _tag: "Text", text: "您好𠮷" },
    { _tag: "Spell", text: "42" },
    { _tag: "Pause", millis: 500 }
  ],
  language: "zh-CN"
}

const engine = (name: string, answer: Effect.Effect<unknown, SpeechFailure>): Speech =>
  MeasuredSpeech.make({
    capabilities: { engine: name, languages: ["zh-CN"], deterministic: true, concurrency: 1 },
    synthesize: () => Effect.as(answer, { sampleRate: 8_000, samples: new Int16Array(12_000) })
  })

const count = <Type, In, State>(metric: Metric.Metric<Type, In, State>, tags: Readonly<Record<string, string>>) =>
  Metric.value(Object.entries(tags).reduce((tagged, [key, value]) => Metric.tagged(tagged, key, value), metric))

it("what is asked, what it costs and how long it takes is counted, by engine and outcome", () =>
  Effect.gen(function* () {
    const speech = engine("m1", Effect.sleep(300))
    const fiber = yield* Effect.fork(speech.synthesize(request))
    yield* TestClock.adjust(300)
    yield* Fiber.join(fiber)
    expect(yield* count(MeasuredSpeech.requests, { engine: "m1", outcome: "spoken" })).toMatchObject({ count: 1 })
    expect(yield* count(MeasuredSpeech.characters, { engine: "m1" })).toMatchObject({ count: 5 })
    expect(yield* count(MeasuredSpeech.audioSeconds, { engine: "m1" })).toMatchObject({ count: 1.5 })
    const seconds = yield* count(MeasuredSpeech.latency, { engine: "m1" })
    expect(seconds).toMatchObject({ count: 1, min: 0.3, max: 0.3 })
  }).pipe(Effect.provide(TestContext.TestContext), Effect.runPromise))

it("what was not spoken costs nothing, and is counted by its reason", () =>
  Effect.gen(function* () {
    const failure = new SpeechFailure({ engine: "m2", reason: "BadAudio", retryable: false, detail: "" })
    yield* Effect.ignore(engine("m2", Effect.fail(failure)).synthesize(request))
    const fiber = yield* Effect.fork(engine("m2", Effect.never).synthesize(request))
    yield* Effect.yieldNow()
    yield* Fiber.interrupt(fiber)
    expect(yield* count(MeasuredSpeech.requests, { engine: "m2", outcome: "BadAudio" })).toMatchObject({ count: 1 })
    expect(yield* count(MeasuredSpeech.requests, { engine: "m2", outcome: "interrupted" })).toMatchObject({ count: 1 })
    expect(yield* count(MeasuredSpeech.characters, { engine: "m2" })).toMatchObject({ count: 0 })
  }).pipe(Effect.provide(TestContext.TestContext), Effect.runPromise))
