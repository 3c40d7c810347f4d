/**
 * Rules: the laws of the port `SpeechSynthesizer`. They measure speech by its length and loudness; whether a person
 * understands it is for people to say.
 */
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import {
  type SpeechAudio,
  type SpeechFailure,
  type SpeechRequest,
  type SpeechSegment,
  SpeechSynthesizer
} from "../../dispatch/SpeechSynthesizer.ts"
import { example, expect, expectEqual, forAll, type Law } from "../Law.ts"

/** `deterministic`: as in its capabilities. */
export type Ability = "deterministic"

type Needs = SpeechSynthesizer

const text = (said: string): SpeechSegment => ({ _tag: "Text", text: said })
const spell = (said: string): SpeechSegment => ({ _tag: "Spell", text: said })
const pause = (millis: number): SpeechSegment => ({ _tag: "Pause", millis })

const speak = (segments: ReadonlyArray<SpeechSegment>, more: Partial<SpeechRequest> = {}) =>
  Effect.flatMap(SpeechSynthesizer, (synthesizer) =>
    synthesizer.synthesize({ segments, language: synthesizer.capabilities.languages[0] ?? "zh-CN", ...more })
  )

const millis = ({ sampleRate, samples }: SpeechAudio): number => (samples.length * 1_000) / sampleRate

/** What a telephone makes nothing of. */
const quiet = 16

const isSilent = ({ samples }: SpeechAudio): boolean => samples.every((sample) => Math.abs(sample) < quiet)

const code: ReadonlyArray<SpeechSegment> = [text("您的验证码是："), spell("4826"), text("。")]

const speaks: Law<Needs> = example({
  rules: ["SND-5"],
  sentence: "a text becomes mono samples at a rate that a telephone codec can resample, and is not silent",
  then: Effect.gen(function* () {
    const audio = yield* speak(code)
    yield* expect(Number.isInteger(audio.sampleRate), "a whole number of samples a second")
    yield* expect(audio.sampleRate >= 8_000 && audio.sampleRate <= 192_000, `8 to 192 kHz, not ${audio.sampleRate}`)
    yield* expect(!isSilent(audio), "something to hear")
    yield* expect(millis(audio) > 800 && millis(audio) < 20_000, `a few seconds, not ${millis(audio)} ms`)
  })
})

const longer: Law<Needs> = forAll({
  rules: ["SND-5", "BAL-4"],
  sentence: "more to spell takes longer to say",
  given: FastCheck.tuple(FastCheck.stringMatching(/^[0-9]{2,4}$/), FastCheck.stringMatching(/^[0-9]{4,8}$/)),
  then: ([few, more]) =>
    Effect.gen(function* () {
      const short = yield* speak([spell(few)])
      const long = yield* speak([spell(few + more)])
      yield* expect(
        millis(long) > millis(short) + more.length * 50,
        `${few.length + more.length} digits to take longer than ${few.length}: ${millis(long)} and ${millis(short)} ms`
      )
    })
})

const pauses: Law<Needs> = forAll({
  rules: ["SND-5"],
  sentence: "a pause lasts about as long as it was asked for",
  given: FastCheck.integer({ min: 200, max: 3_000 }),
  then: (length) =>
    Effect.gen(function* () {
      // Between two spelled parts an engine may rest by itself, and count the pause in; no rest lasts a second.
      const short = yield* speak([spell("12"), pause(1_000), spell("34")])
      const long = yield* speak([spell("12"), pause(1_000 + length), spell("34")])
      const more = millis(long) - millis(short)
      yield* expect(Math.abs(more - length) <= 150 + length / 10, `${length} ms more, not ${more}`)
    })
})

/** What an engine with a markup of its own would take for an order. */
const markups = [
  '<break time="9s"/>',
  // The same in the wide letters of Chinese, which an engine may make narrow too late.
  "＜break time=＂9s＂／＞",
  '&lt;break time="9s"/&gt;',
  '<bre\u0000ak time="9s"/>',
  "<speak>",
  "]]><speak>",
  "[[a:]]",
  "［［a:］］",
  "&#8212;",
  "</voice>",
  "{{pause}}",
  "\\pau=9000\\",
  "\u001b[9s"
] as const

const noMarkup: Law<Needs> = forAll({
  rules: ["TPL-9"],
  sentence: "nothing that a text holds is an order to the engine: no markup makes a silence",
  given: FastCheck.constantFrom(...markups),
  then: (markup) =>
    Effect.gen(function* () {
      const plain = yield* speak([text("您好，王先生，请取件")])
      const marked = yield* speak([text(`您好，王先生${markup}，请取件`)])
      // It may say the signs, or leave them out; it does not wait nine seconds.
      yield* expect(
        millis(marked) < millis(plain) + markup.length * 700 && millis(marked) > millis(plain) / 2,
        `${millis(plain)} ms of speech, and not ${millis(marked)}`
      )
      yield* expect(longestSilence(marked) < 2_500, `no long silence, not one of ${longestSilence(marked)} ms`)
    })
})

/** What C takes for the end, a terminal for an order, Unicode for nothing, and half of a character. */
const unheard = ["\u0000", "\u0007", "\u001b", "\u200b", "\u202e", "\ufeff", "\ud842"] as const

const goesOn: Law<Needs> = forAll({
  rules: ["TPL-9"],
  sentence: "what nobody can hear ends nothing: all that comes after it is said",
  given: FastCheck.constantFrom(...unheard),
  then: (mark) =>
    Effect.gen(function* () {
      const start = yield* speak([text("您好")])
      const all = yield* speak([text(`您好${mark}，您的快递到了，请取件`)])
      yield* expect(millis(all) > millis(start) + 600, `more than ${millis(start)} ms of speech, not ${millis(all)}`)
    })
})

const apart: Law<Needs> = forAll({
  rules: ["SND-5"],
  sentence: "requests at once never mix: each is as long as if it were alone",
  given: FastCheck.array(FastCheck.stringMatching(/^[0-9]{2,8}$/), { minLength: 2, maxLength: 4 }),
  then: (codes) =>
    Effect.gen(function* () {
      const alone = yield* Effect.forEach(codes, (digits) => speak([spell(digits)]))
      const together = yield* Effect.forEach(codes, (digits) => speak([spell(digits)]), { concurrency: "unbounded" })
      for (const [i, audio] of together.entries()) {
        const expected = millis(alone[i]!)
        // Engines that are not deterministic vary a little.
        yield* expect(
          Math.abs(millis(audio) - expected) <= 60 + expected * 0.05,
          `${expected} ms for ${codes[i]!.length} digits, not ${millis(audio)}`
        )
      }
    })
})

const repeats: Law<Needs> = example({
  rules: ["SND-5"],
  sentence: "a deterministic engine says the same thing in the same samples",
  needs: "deterministic",
  then: Effect.gen(function* () {
    const [first, , third] = [yield* speak(code), yield* speak([spell("1")]), yield* speak(code)]
    yield* expectEqual(first.samples.length, third.samples.length, "samples")
    yield* expect(
      first.samples.every((sample, i) => sample === third.samples[i]),
      "the same samples"
    )
  })
})

const nothing: Law<Needs> = example({
  rules: ["SND-5"],
  sentence: "where there is nothing to say there is a failure that is not to be repeated, and no empty speech",
  then: Effect.gen(function* () {
    for (const segments of [[], [text("")], [spell("")]]) {
      const failure: SpeechFailure | SpeechAudio = yield* Effect.merge(speak(segments))
      yield* expect("_tag" in failure, "a failure")
      yield* expect(!("retryable" in failure) || !failure.retryable, "not to be repeated")
    }
  })
})

const secret = "Q7Z4X9"

const tellsNothing: Law<Needs> = example({
  rules: ["SND-5"],
  sentence: "what is not spoken fails by name and reason, never to be repeated if it is refused, and tells no text",
  then: Effect.gen(function* () {
    const segments = [text(`您的密码是${secret}`), spell(secret)]
    const requests = [
      speak(segments, { voice: "no such voice" }),
      speak(segments, { ratePercent: 0 }),
      speak(segments, { ratePercent: 1_000_000 }),
      speak([text(secret.repeat(400))])
    ]
    for (const request of requests) {
      const outcome: SpeechFailure | SpeechAudio = yield* Effect.merge(request)
      if (!("_tag" in outcome)) continue
      const { engine, message, reason, retryable } = outcome
      yield* expect(engine !== "", "the engine's name")
      yield* expect(!retryable || reason === "Unavailable" || reason === "BadAudio", `${reason}: not to be repeated`)
      yield* expect(!`${JSON.stringify(outcome)}${message}`.includes(secret), "nothing of the text")
    }
  })
})

const freed: Law<Needs> = example({
  rules: ["SND-5"],
  sentence: "requests that were let go of make room: as many as the engine takes at once are spoken after them",
  then: Effect.gen(function* () {
    const { capabilities } = yield* SpeechSynthesizer
    const many = Math.min(capabilities.concurrency, 4)
    for (let round = 0; round < 2; round++) {
      const fibers = yield* Effect.forEach(Array.from({ length: many + 1 }), () =>
        Effect.fork(speak([text("您好".repeat(60))]))
      )
      yield* Effect.yieldNow()
      yield* Fiber.interruptAll(fibers)
    }
    const after = yield* Effect.forEach(Array.from({ length: many }), () => Effect.merge(speak(code)), {
      concurrency: "unbounded"
    })
    for (const outcome of after) yield* expect(!("_tag" in outcome), "speech, as if nobody had come before")
  })
})

const survives: Law<Needs> = example({
  rules: ["SND-5"],
  sentence: "an engine that was let go of in the middle of a request speaks the next one as ever",
  then: Effect.gen(function* () {
    const before = yield* speak(code)
    const fiber = yield* Effect.fork(speak([text("您好".repeat(60))]))
    yield* Effect.yieldNow()
    yield* Fiber.interrupt(fiber)
    const after = yield* speak(code)
    yield* expect(
      Math.abs(millis(after) - millis(before)) <= 60 + millis(before) * 0.05,
      `${millis(before)} ms as before, not ${millis(after)}`
    )
  })
})

/** The longest stretch without anything to hear, in milliseconds. */
const longestSilence = ({ sampleRate, samples }: SpeechAudio): number => {
  let longest = 0
  let silent = 0
  for (const sample of samples) {
    silent = Math.abs(sample) < quiet ? silent + 1 : 0
    longest = Math.max(longest, silent)
  }
  return (longest * 1_000) / sampleRate
}

export const laws: ReadonlyArray<Law<Needs>> = [
  speaks,
  longer,
  pauses,
  noMarkup,
  goesOn,
  apart,
  repeats,
  nothing,
  tellsNothing,
  survives,
  freed
]
