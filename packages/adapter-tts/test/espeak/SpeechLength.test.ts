import type { SpeechSegment } from "@vsms/core/dispatch/SpeechSynthesizer"
import * as SendPolicy from "@vsms/core/sending/SendPolicy"
import { boundMillis, spellingPauses } from "@vsms/core/sending/SpeechLength"
import * as Rendering from "@vsms/core/template/Rendering"
import * as TemplateText from "@vsms/core/template/TemplateText"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import { espeakLexicon } from "../../src/espeak/EspeakLexicon.ts"
import * as Markup from "../../src/espeak/Markup.ts"
import * as Spelling from "../../src/text/Spelling.ts"
import * as SpokenRequest from "../../src/text/SpokenRequest.ts"
import * as ToneSpeech from "../../src/tone/ToneSpeech.ts"
import { seconds } from "../support/Espeak.ts"

interface Way {
  readonly language: Spelling.Language
  readonly ratePercent: number
  readonly pausePercent: number
}

const usual: Way = { language: "zh-CN", ratePercent: 100, pausePercent: 100 }

/** The engine's at 100 per cent. */
const wordsPerMinute = 150

/** How long the engine speaks. */
const millis = (segments: ReadonlyArray<SpeechSegment>, { language, pausePercent, ratePercent }: Way): number => {
  const pace = Spelling.slower(Spelling.defaultPace, pausePercent / 100)
  const say = SpokenRequest.speaker({ pace, lexicon: espeakLexicon })
  const { leadMillis, markup, tailMillis } = Markup.render(say(segments, language))
  const rate = Math.round((wordsPerMinute * ratePercent) / 100)
  const spoken = markup === "" ? 0 : seconds(markup, language === "zh-CN" ? "cmn" : "en-us", rate) * 1000
  return leadMillis + spoken + tailMillis
}

const bound = (segments: ReadonlyArray<Rendering.SpokenSegment>, { pausePercent, ratePercent }: Way): number =>
  boundMillis(segments, { speechRatePercent: ratePercent, speechPausePercent: pausePercent })

const covered = (segments: ReadonlyArray<Rendering.SpokenSegment>, way: Way): void => {
  const [spoken, held] = [millis(segments, way), bound(segments, way)]
  if (spoken > held) expect.fail(`${JSON.stringify([segments, way])}: ${Math.round(spoken)} ms of ${held}`)
}

const text = (text: string): Rendering.SpokenSegment => ({ _tag: "Text", text })
const spell = (text: string): Rendering.SpokenSegment => ({ _tag: "Spell", text })
const matching = (pattern: RegExp) => FastCheck.stringMatching(pattern)

const numRuns = process.env["NIGHTLY"] === "1" ? 400 : 25

describe("what the normaliser may add", () => {
  it("BAL-4: the hold counts with the silences of the usual pace", () => {
    const { afterMillis, beforeMillis, gapMillis, groupGapMillis } = Spelling.defaultPace
    expect(gapMillis).toBeLessThanOrEqual(spellingPauses.gapMillis)
    expect(groupGapMillis).toBeLessThanOrEqual(spellingPauses.groupGapMillis)
    expect(beforeMillis + afterMillis).toBeLessThanOrEqual(spellingPauses.aroundMillis)
  })
})

/** What takes the longest, by what the normaliser does with it. */
const hard: Readonly<Record<string, FastCheck.Arbitrary<Rendering.SpokenSegment>>> = {
  "a code of digits": matching(/^[0-9]{1,12}$/).map(spell),
  "a code of slow digits": matching(/^[079]{1,12}$/).map(spell),
  "a code of letters that are told apart": matching(/^[WwXxa]{1,12}$/).map(spell),
  "a code of anything": matching(/^[0-9A-Za-z]{1,12}$/).map(spell),
  "a code with signs": matching(/^[0-9 ·_\\%@./-]{1,12}$/).map(spell),
  "a number plate": matching(/^[京粤新赣鄂][A-Z][0-9W]{5,6}$/).map(spell),
  "a telephone number": matching(/^(13[0-9]{9}|0(10|755)-?[0-9]{8}|400-?[0-9]{3}-?[0-9]{4})$/).map(spell),
  "a code in a text": matching(/^[Ww0-9]{1,12}$/).map((code) => text(`验证码：${code}`)),
  "letters and signs alone": matching(/^[Ww0-9 .,%-]{1,12}$/).map(text),
  "a declared number": matching(/^-?[1-9][0-9]{0,11}(\.[0-9]{1,3})?$/).map((value) => ({
    _tag: "Text",
    text: value,
    kind: "number"
  })),
  "a declared amount": matching(/^[0-9]{1,9}(\.[1-9]{1,2})?$/).map((value) => ({
    _tag: "Text",
    text: value,
    kind: "amount"
  })),
  "dates and times": matching(/^20[0-9]{2}-(0[1-9]|1[0-2])-[12][0-9] ([01]?[0-9]):[0-5][0-9](:[0-5][0-9])?$/).map(text),
  "shares, units and signs": matching(/^([0-9](\.[0-9])?(%|‰|℃|km\/h|kWh|h|m²|≤|@)){1,4}$/).map(text),
  "any ideographs": matching(/^[\u4e00-\u9fa5]{1,15}$/).map(text),
  "slow ideographs": matching(/^[创双窗床爽装庄桩熊雄凶穷丛总众]{1,15}$/).map(text),
  "little but marks": matching(/^([您W7][，。；！？、]){1,8}$/).map(text),
  "any characters": FastCheck.string({ unit: "binary", maxLength: 15 }).map(text),
  "characters that are short for several": FastCheck.array(
    FastCheck.oneof(
      FastCheck.integer({ min: 0x3200, max: 0x33ff }),
      FastCheck.integer({ min: 0x2100, max: 0x24ff }),
      FastCheck.constantFrom(0xfdfa, 0xbd, 0xb2, 0xe9, 0xc6)
    ),
    { minLength: 1, maxLength: 8 }
  ).map((points) => text(String.fromCodePoint(...points)))
}

// With many cases, on a busy machine.
describe("how long speech is", { timeout: 180_000 }, () => {
  it.each(Object.entries(hard))("BAL-4: what was held for %s covers what is spoken", (_, segment) => {
    FastCheck.assert(
      FastCheck.property(segment, (segment) => covered([segment], usual)),
      { numRuns }
    )
    FastCheck.assert(
      FastCheck.property(segment, (segment) => covered([segment], { ...usual, language: "en-US" })),
      { numRuns: Math.ceil(numRuns / 3) }
    )
  })

  it("BAL-4: whatever is rendered, in whichever language, as fast and with pauses as long as the policy says", () => {
    const literal = FastCheck.constantFrom(
      "您的验证码是：",
      "，5分钟内有效。",
      "支出¥",
      "元",
      "尾号",
      "的卡",
      "Your code is ",
      " minutes",
      "请于",
      "前",
      "%",
      "个"
    )
    const value = FastCheck.oneof(
      matching(/^[0-9]{1,12}$/),
      matching(/^[0-9A-Za-z]{1,12}$/),
      matching(/^[0-9A-Za-z您好 ,.%-]{0,15}$/)
    )
    const pieces = FastCheck.array(FastCheck.tuple(literal, value), { minLength: 1, maxLength: 4 })
    const way = FastCheck.record({
      language: FastCheck.constantFrom("zh-CN" as const, "en-US" as const),
      ratePercent: FastCheck.constantFrom(60, 80, 100, 150, 300),
      pausePercent: FastCheck.constantFrom(50, 100, 160)
    })
    FastCheck.assert(
      FastCheck.property(
        pieces,
        FastCheck.constantFrom("code" as const, "notification" as const),
        way,
        (made, kind, way) => {
          const content = `请${made.map(([literal], at) => `${literal}{${at + 1}}`).join("")}`
          const template = { kind, variables: [], ...Either.getOrThrow(TemplateText.parse(content)) }
          const params = made.map(([, value]) => value)
          covered(Either.getOrThrow(Rendering.render(template, params, SendPolicy.standard.rendering)).segments, way)
        }
      ),
      { numRuns }
    )
  })

  it("BAL-4: the tone engine, too", () => {
    const segment = FastCheck.oneof(
      FastCheck.string({ unit: "grapheme", maxLength: 12 }).map(text),
      matching(/^[0-9A-Za-z]{1,12}$/).map(spell),
      FastCheck.nat({ max: 3_000 }).map((millis) => ({ _tag: "Pause", millis }) as const)
    )
    FastCheck.assert(
      FastCheck.property(FastCheck.array(segment), FastCheck.constantFrom(50, 100, 200), (segments, ratePercent) => {
        const spoken = Effect.runSync(
          Effect.either(ToneSpeech.synthesize({ segments, language: "zh-CN", ratePercent }))
        )
        if (Either.isLeft(spoken)) return
        const { sampleRate, samples } = spoken.right
        expect((samples.length * 1000) / sampleRate - 1).toBeLessThanOrEqual(bound(segments, { ...usual, ratePercent }))
      }),
      { numRuns: numRuns * 5 }
    )
  })

  it("BAL-4: a pause at the start is in it", () => {
    const said = millis([text("您好")], usual)
    expect(millis([{ _tag: "Pause", millis: 3_000 }, text("您好")], usual)).toBeCloseTo(said + 3_000, -2)
  })
})
