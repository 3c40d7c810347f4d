import type { SpeechSegment } from "@vsms/core/dispatch/SpeechSynthesizer"
import { boundMillis } from "@vsms/core/sending/SpeechLength"
import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import { espeakLexicon } from "../../src/espeak/EspeakLexicon.ts"
import * as Markup from "../../src/espeak/Markup.ts"
import * as Spelling from "../../src/text/Spelling.ts"
import * as SpokenRequest from "../../src/text/SpokenRequest.ts"
import { seconds } from "../support/Espeak.ts"

const say = SpokenRequest.speaker({ pace: Spelling.defaultPace, lexicon: espeakLexicon })

const millis = (segments: ReadonlyArray<SpeechSegment>): number => {
  const { leadMillis, markup, tailMillis } = Markup.render(say(segments, "zh-CN"))
  return leadMillis + seconds(markup) * 1000 + tailMillis
}

const text = (text: string): SpeechSegment => ({ _tag: "Text", text })

/** Digits, and letters of one case: both cases are told apart in words, which takes longer. */
const codes = FastCheck.oneof(FastCheck.stringMatching(/^[0-9]{1,12}$/), FastCheck.stringMatching(/^[0-9A-Z]{2,12}$/))

const amounts = FastCheck.nat({ max: 99_999_999 }).map((fen) => (fen / 100).toFixed(2))

const templates: ReadonlyArray<(code: string, amount: string) => ReadonlyArray<SpeechSegment>> = [
  (code) => [text("您的验证码是："), { _tag: "Spell", text: code }, text("，5分钟内有效，请勿泄露。")],
  (code) => [text("您的验证码是："), { _tag: "Spell", text: code }],
  (code, amount) => [
    text(`【测试】您尾号${code.slice(0, 4)}的卡支出¥${amount}，余额${amount}元，如有疑问请致电400-820-8820。`)
  ],
  (code, amount) => [text(`尊敬的用户，您本期应还${amount}元，请于2026-11-23 18:00前还款，利率4.35%。`)],
  () => [
    text("会议将于11月23日13:05-15:30在3号楼502室召开，共2小时。"),
    { _tag: "Pause", millis: 1_000 },
    text("请准时参加！")
  ]
]

describe("how long speech is", () => {
  it.each(templates.map((template, at) => [at, template] as const))(
    "BAL-4: what was held for template %d covers what is spoken",
    (_, template) => {
      FastCheck.assert(
        FastCheck.property(codes, amounts, (code, amount) => {
          const segments = template(code, amount)
          expect(millis(segments)).toBeLessThanOrEqual(boundMillis(segments, 100))
        }),
        { numRuns: 15 }
      )
    }
  )

  it("BAL-4: a pause at the start is in it", () => {
    const said = millis([text("您好")])
    expect(millis([{ _tag: "Pause", millis: 3_000 }, text("您好")])).toBeCloseTo(said + 3_000, -2)
  })
})
