import * as NodeContext from "@effect/platform-node/NodeContext"
import type { SpeechSegment, SpeechRequest } from "@vsms/core/dispatch/SpeechSynthesizer"
import { suite } from "@vsms/core/testing/Law"
import * as SpeechSynthesizerLaws from "@vsms/core/testing/laws/SpeechSynthesizerLaws"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { describe, expect, it } from "vitest"
import { missing } from "../../../../tools/debian/Debian.ts"
import * as EspeakNgSpeech from "../../src/command/EspeakNgSpeech.ts"
import { phonemes } from "../support/Espeak.ts"

/** The program is no dependency. Where it is not there, that is said and counted. */
const why = missing({ "espeak-ng": "espeak-ng" })

const skipped = (name: string) => it(name, ({ skip }) => skip(why))

const runner = why === undefined ? { describe, it } : { describe, it: Object.assign(skipped, { skip: it.skip }) }

suite(
  runner,
  "the espeak-ng of the machine",
  SpeechSynthesizerLaws.laws,
  Layer.provide(EspeakNgSpeech.layer(), NodeContext.layer),
  { runs: 10, abilities: ["deterministic"] }
)

const speak = (segments: ReadonlyArray<SpeechSegment>, more: Partial<SpeechRequest> = {}) =>
  Effect.flatMap(EspeakNgSpeech.make(), (speech) => speech.synthesize({ segments, language: "zh-CN", ...more })).pipe(
    Effect.provide(NodeContext.layer)
  )

const seconds = async (segments: ReadonlyArray<SpeechSegment>, more?: Partial<SpeechRequest>) => {
  const { sampleRate, samples } = await Effect.runPromise(speak(segments, more))
  return samples.length / sampleRate
}

const text = (text: string): SpeechSegment => ({ _tag: "Text", text })

runner.describe("its Mandarin", () => {
  runner.it("is looked for: a version that reads Han as English has another voice that does not", async () => {
    // Said in English, each of these would be two words or more.
    expect(await seconds([text("好好好好")])).toBeLessThan(2)
    expect(phonemes("好")).not.toContain("(en)")
  })

  runner.it("TPL-9: markup is words", async () => {
    const plain = await seconds([text("您好，再见")])
    for (const markup of ['<break time="9s"/>', "[[a:]]", "＜break time=＂9s＂／＞", "\0"]) {
      expect(await seconds([text(`您好${markup}，再见`)])).toBeLessThan(plain + 4)
    }
  })

  runner.it("pauses are as long as they are, at the ends too", async () => {
    const hello = await seconds([text("您好")])
    const pause = (millis: number): SpeechSegment => ({ _tag: "Pause", millis })
    expect(await seconds([pause(700), text("您好"), pause(1_300)])).toBeCloseTo(hello + 2, 1)
    const apart = await seconds([text("您好"), pause(2_000), text("您好")])
    expect(apart - (await seconds([text("您好"), pause(500), text("您好")]))).toBeCloseTo(1.5, 1)
  })

  runner.it("an unknown voice is Unsupported, and so is one that looks like an option", async () => {
    for (const voice of ["xx", "--help", "-w/etc/x", "a b", ""]) {
      expect(await Effect.runPromise(Effect.either(speak([text("您好")], { voice })))).toMatchObject({
        left: { reason: "Unsupported", retryable: false }
      })
    }
    expect(await seconds([text("hello")], { voice: "en-gb", language: "en-US" })).toBeGreaterThan(0.2)
  })

  runner.it("a rate is the request's", async () => {
    const normal = await seconds([text("请在五分钟内完成操作")])
    expect(await seconds([text("请在五分钟内完成操作")], { ratePercent: 200 })).toBeLessThan(normal * 0.7)
  })
})

it("without the program, EngineMissing says how to get it, before the first call", async () => {
  const outcome = await Effect.runPromise(
    Effect.either(Effect.provide(EspeakNgSpeech.make({ program: "vsms-no-espeak" }), NodeContext.layer))
  )
  expect(outcome).toMatchObject({
    left: { reason: "EngineMissing", retryable: false, detail: "there is none: run: apt-get install espeak-ng" }
  })
})
