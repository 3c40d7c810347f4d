import { SpeechFailure, type SpeechRequest, SpeechSynthesizer } from "@vsms/core/dispatch/SpeechSynthesizer"
import { suite } from "@vsms/core/testing/Law"
import * as SpeechSynthesizerLaws from "@vsms/core/testing/laws/SpeechSynthesizerLaws"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as TestClock from "effect/TestClock"
import * as TestContext from "effect/TestContext"
import { describe, expect, it } from "vitest"
import * as FallbackSpeech from "../../src/composition/FallbackSpeech.ts"
import type { Speech } from "../../src/engine/TakeSpeech.ts"
import * as ToneSpeech from "../../src/tone/ToneSpeech.ts"

const request: SpeechRequest = { segments: [{ _tag: "Text", text: "您好" }], language: "zh-CN" }

const failing = (engine: string, reason: SpeechFailure["reason"], retryable: boolean) =>
  new SpeechFailure({ engine, reason, retryable, detail: "as told" })

/** An engine that does what a test tells it, and counts. Its first sample says who spoke. */
const puppet = (number: number, more: Partial<Speech["capabilities"]> = {}) => {
  const engine = `engine ${number}`
  const state = { asked: new Array<SpeechRequest>(), active: 0, most: 0 }
  let act: Effect.Effect<unknown, SpeechFailure> = Effect.void
  const speech: Speech = SpeechSynthesizer.of({
    capabilities: { engine, languages: ["zh-CN"], deterministic: false, concurrency: 4, ...more },
    synthesize: (request) =>
      Effect.suspend(() => {
        state.asked.push(request)
        state.active++
        state.most = Math.max(state.most, state.active)
        return Effect.ensuring(
          Effect.as(act, { sampleRate: 8_000, samples: Int16Array.of(number) }),
          Effect.sync(() => void state.active--)
        )
      })
  })
  return {
    speech,
    state,
    is: (next: Effect.Effect<unknown, SpeechFailure>) => void (act = next),
    down: () => void (act = Effect.fail(failing(engine, "Unavailable", true)))
  }
}

const policy: FallbackSpeech.HealthPolicy = { ...FallbackSpeech.defaults, faults: 3, pauseMillis: 5_000, probes: 1 }

const play = <A>(story: Effect.Effect<A, unknown>): Promise<A> =>
  Effect.runPromise(Effect.provide(story, TestContext.TestContext))

const who = (speech: Speech, more: Partial<SpeechRequest> = {}) =>
  Effect.map(speech.synthesize({ ...request, ...more }), ({ samples }) => samples[0])

const up = (engine: string) => Metric.value(Metric.tagged(FallbackSpeech.wellness, "engine", engine))

suite(
  { describe, it },
  "an engine behind one that is down",
  SpeechSynthesizerLaws.laws,
  Layer.effect(
    SpeechSynthesizer,
    Effect.gen(function* () {
      const first = puppet(1)
      first.down()
      return yield* FallbackSpeech.make([{ speech: first.speech }, { speech: yield* SpeechSynthesizer }])
    })
  ).pipe(Layer.provide(ToneSpeech.layer)),
  { runs: 20 }
)

describe("engines one after the other", () => {
  it("the first speaks while it is well, and the next is not asked", () =>
    play(
      Effect.gen(function* () {
        const [a, b] = [puppet(1), puppet(2)]
        const speech = yield* FallbackSpeech.make([a, b], policy)
        expect(yield* who(speech)).toBe(1)
        expect(b.state.asked).toHaveLength(0)
      })
    ))

  it.each([
    ["Unavailable", true],
    ["Unavailable", false],
    ["BadAudio", false],
    ["EngineMissing", false],
    ["Unsupported", false],
    ["Rejected", false]
  ] as const)("where it is %s (to be tried again: %s), the next one speaks the same message", (reason, retryable) =>
    play(
      Effect.gen(function* () {
        const [a, b] = [puppet(1), puppet(2)]
        const speech = yield* FallbackSpeech.make([a, b], policy)
        a.is(Effect.fail(failing("engine 1", reason, retryable)))
        expect(yield* who(speech)).toBe(2)
      })
    )
  )

  it("one that fails is left alone, tried with one request when its pause is over, and is the first again", () =>
    play(
      Effect.gen(function* () {
        const [a, b] = [puppet(1), puppet(2)]
        const speech = yield* FallbackSpeech.make([a, b], policy)
        a.down()
        for (let i = 0; i < 10; i++) expect(yield* who(speech)).toBe(2)
        expect(a.state.asked).toHaveLength(3)
        expect(yield* up("engine 1")).toMatchObject({ value: 0 })

        yield* TestClock.adjust(4_999)
        yield* who(speech)
        expect(a.state.asked).toHaveLength(3)

        // Still down: one request finds out, and the pause doubles.
        yield* TestClock.adjust(1)
        for (let i = 0; i < 3; i++) expect(yield* who(speech)).toBe(2)
        expect(a.state.asked).toHaveLength(4)
        yield* TestClock.adjust(9_999)
        yield* who(speech)
        expect(a.state.asked).toHaveLength(4)

        a.is(Effect.void)
        yield* TestClock.adjust(1)
        for (let i = 0; i < 3; i++) expect(yield* who(speech)).toBe(1)
        expect((yield* speech.health).map(({ health }) => health._tag)).toEqual(["Closed", "Closed"])
        expect(yield* up("engine 1")).toMatchObject({ value: 1 })
      })
    ))

  it("only one request at a time finds out, and who is let go of meanwhile leaves no mark", () =>
    play(
      Effect.gen(function* () {
        const [a, b] = [puppet(1), puppet(2)]
        const speech = yield* FallbackSpeech.make([a, b], policy)
        a.down()
        for (let i = 0; i < 3; i++) yield* who(speech)
        yield* TestClock.adjust(5_000)
        const gate = yield* Deferred.make<void>()
        a.is(Deferred.await(gate))
        const probe = yield* Effect.fork(who(speech))
        yield* Effect.yieldNow()
        expect(yield* who(speech)).toBe(2)
        yield* Fiber.interrupt(probe)
        const again = yield* Effect.fork(who(speech))
        yield* Effect.yieldNow()
        expect(yield* who(speech)).toBe(2)
        yield* Deferred.succeed(gate, undefined)
        expect(yield* Fiber.join(again)).toBe(1)
        expect(yield* who(speech)).toBe(1)
      })
    ))

  it("what is refused, or not supported, is no sign of illness", () =>
    play(
      Effect.gen(function* () {
        const [a, b] = [puppet(1), puppet(2)]
        const speech = yield* FallbackSpeech.make([a, b], policy)
        a.is(Effect.fail(failing("engine 1", "Rejected", false)))
        for (let i = 0; i < 10; i++) yield* who(speech)
        expect(a.state.asked).toHaveLength(10)
      })
    ))

  it("where all fail, the failure is one that may pass", () =>
    play(
      Effect.gen(function* () {
        const [a, b] = [puppet(1), puppet(2)]
        const speech = yield* FallbackSpeech.make([a, b], policy)
        a.is(Effect.fail(failing("engine 1", "Unsupported", false)))
        b.down()
        expect(yield* Effect.flip(who(speech))).toMatchObject({ engine: "engine 2", retryable: true })
        b.is(Effect.fail(failing("engine 2", "Rejected", false)))
        expect(yield* Effect.flip(who(speech))).toMatchObject({ engine: "engine 1", reason: "Unsupported" })
      })
    ))

  it("where all are left alone, the caller hears when one of them is tried next", () =>
    play(
      Effect.gen(function* () {
        const [a, b] = [puppet(1), puppet(2)]
        const speech = yield* FallbackSpeech.make([a, b], policy)
        a.down()
        b.down()
        for (let i = 0; i < 3; i++) yield* Effect.flip(who(speech))
        yield* TestClock.adjust(2_000)
        expect(yield* Effect.flip(who(speech))).toMatchObject({
          reason: "Unavailable",
          retryable: true,
          retryAfterMillis: 3_000
        })
        expect([a.state.asked.length, b.state.asked.length]).toEqual([3, 3])
      })
    ))

  it("what the others cannot do is tried again while the one that may is left alone; what they refuse is not", () =>
    play(
      Effect.gen(function* () {
        const [a, b] = [puppet(1), puppet(2)]
        const speech = yield* FallbackSpeech.make([a, b], policy)
        a.down()
        for (let i = 0; i < 3; i++) yield* who(speech)
        b.is(Effect.fail(failing("engine 2", "Unsupported", false)))
        expect(yield* Effect.flip(who(speech))).toMatchObject({ reason: "Unavailable", retryAfterMillis: 5_000 })
        b.is(Effect.fail(failing("engine 2", "Rejected", false)))
        expect(yield* Effect.flip(who(speech))).toMatchObject({ reason: "Rejected", retryable: false })
      })
    ))

  it("each engine has its own bound of requests at once", () =>
    play(
      Effect.gen(function* () {
        const [a, b] = [puppet(1, { concurrency: 5 }), puppet(2, { concurrency: 2 })]
        const speech = yield* FallbackSpeech.make([a, b], { ...policy, faults: 1_000 })
        expect(speech.capabilities.concurrency).toBe(5)
        a.is(Effect.zipRight(Effect.yieldNow(), Effect.fail(failing("engine 1", "Unavailable", true))))
        b.is(Effect.zipRight(Effect.yieldNow(), Effect.yieldNow()))
        yield* Effect.all(
          Array.from({ length: 20 }, () => who(speech)),
          { concurrency: "unbounded" }
        )
        expect([a.state.most, b.state.most]).toEqual([5, 2])
      })
    ))

  it("who waits for an engine that fails meanwhile goes to the next one", () =>
    play(
      Effect.gen(function* () {
        const [a, b] = [puppet(1, { concurrency: 1 }), puppet(2, { concurrency: 20 })]
        const speech = yield* FallbackSpeech.make([a, b], policy)
        a.is(Effect.zipRight(Effect.sleep(8_000), Effect.fail(failing("engine 1", "Unavailable", true))))
        const waiting = yield* Effect.forkAll(Array.from({ length: 10 }, () => who(speech)))
        yield* TestClock.adjust(3 * 8_000)
        expect(yield* Fiber.join(waiting)).toEqual(Array.from({ length: 10 }, () => 2))
        expect(a.state.asked).toHaveLength(3)
      })
    ))

  it("a voice is the first engine's; the others have their own name for it, or their own voice", () =>
    play(
      Effect.gen(function* () {
        const [a, b, c] = [puppet(1), puppet(2), puppet(3)]
        const speech = yield* FallbackSpeech.make([a, { ...b, voices: { anna: "b-anna" } }, c], policy)
        a.down()
        b.down()
        yield* who(speech, { voice: "anna" })
        expect([a, b, c].map(({ state }) => state.asked[0]!.voice)).toEqual(["anna", "b-anna", undefined])
      })
    ))

  it("who does not speak a language is not asked in it", () =>
    play(
      Effect.gen(function* () {
        const [a, b] = [puppet(1), puppet(2, { languages: ["en-US"] })]
        const speech = yield* FallbackSpeech.make([a, b], policy)
        expect(speech.capabilities.languages).toEqual(["zh-CN", "en-US"])
        expect(yield* who(speech, { language: "en-US" })).toBe(2)
        a.down()
        expect(yield* Effect.flip(who(speech))).toMatchObject({ engine: "engine 1" })
        expect(b.state.asked).toHaveLength(1)
      })
    ))
})
