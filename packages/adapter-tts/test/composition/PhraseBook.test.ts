import type { SpeechRequest, SpeechSegment } from "@vsms/core/dispatch/SpeechSynthesizer"
import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import * as PhraseBook from "../../src/composition/PhraseBook.ts"
import * as Spelling from "../../src/text/Spelling.ts"
import * as SpokenRequest from "../../src/text/SpokenRequest.ts"

const text = (text: string): SpeechSegment => ({ _tag: "Text", text })
const spell = (text: string): SpeechSegment => ({ _tag: "Spell", text })

const bookOf = (...templates: ReadonlyArray<string>) => {
  const book = PhraseBook.make()
  for (const template of templates) book.learn(template)
  return book
}

/** Parts in one line: what is fixed in brackets. */
const line = (segments: ReadonlyArray<SpeechSegment>, book: PhraseBook.PhraseBook): string =>
  PhraseBook.parts({ segments, language: "zh-CN" }, book)
    .map((part) =>
      part._tag === "Fixed"
        ? `[${part.text}]`
        : part._tag === "Silence"
          ? `|${part.millis}|`
          : part.segments.map((segment) => (segment._tag === "Pause" ? "" : segment.text)).join("+")
    )
    .join(" ")

describe("the words of a template", () => {
  it.each<readonly [string, string, ReadonlyArray<SpeechSegment>, string]>([
    [
      "around a code",
      "您的验证码是：{1}，5分钟内有效，请勿泄露。",
      [text("您的验证码是："), spell("380421"), text("，5分钟内有效，请勿泄露。")],
      "[您的验证码是：] 380421 [，5分钟内有效，请勿泄露。]"
    ],
    [
      "behind a name that stands in their clause",
      "尊敬的{1}，您的快递已到，请及时领取。",
      [text("尊敬的张三，您的快递已到，请及时领取。")],
      "尊敬的张三， [您的快递已到，请及时领取。]"
    ],
    [
      "around an amount, which is read with what it touches",
      "您本期应还{1}元，请于今天还款。谢谢您的配合。",
      [text("您本期应还"), { _tag: "Text", text: "12.50", kind: "amount" }, text("元，请于今天还款。谢谢您的配合。")],
      "您本期应还+12.50+元， [请于今天还款。谢谢您的配合。]"
    ],
    [
      "alone",
      "会议将于明天举行，请准时参加。",
      [text("会议将于明天举行，请准时参加。")],
      "[会议将于明天举行，请准时参加。]"
    ],
    ["too few to be worth it", "您好，{1}，再见", [text("您好，王先生，再见")], "您好，+王先生，+再见"],
    [
      "between pauses",
      "会议将于明天举行，{1}请准时参加。",
      [text("会议将于明天举行，"), { _tag: "Pause", millis: 500 }, text("请准时参加。")],
      "[会议将于明天举行，] |500| [请准时参加。]"
    ]
  ])("%s", (_, template, segments, parts) => expect(line(segments, bookOf(template))).toBe(parts))

  it("of no template are somebody's", () => {
    expect(line([text("您的快递已到，请及时领取。")], bookOf("您的包裹已到，请及时领取。"))).toBe(
      "您的快递已到， [请及时领取。]"
    )
    expect(line([text("您的快递已到，请及时领取。")], PhraseBook.make())).toBe("您的快递已到，+请及时领取。")
  })

  it("are forgotten from the oldest on when the book is full", () => {
    const book = PhraseBook.make(2)
    for (const template of ["甲乙丙丁。", "子丑寅卯。", "甲乙丙丁。", "天地玄黄。"]) book.learn(template)
    expect(["甲乙丙丁。", "子丑寅卯。", "天地玄黄。"].map((clause) => book.has(clause))).toEqual([true, false, true])
  })

  const literal = FastCheck.stringMatching(
    /^[您好的验证码是为请在分钟内有效]{1,8}[，。：、]?[还款金额快递]{0,6}[。；]?$/
  )
  const value = FastCheck.oneof(
    FastCheck.stringMatching(/^[0-9]{1,8}$/),
    FastCheck.stringMatching(/^[0-9]{1,3}\.[0-9]{2}$/),
    FastCheck.stringMatching(/^[张王李，。三四]{1,4}$/)
  )

  it("SND-5: nothing of a value is ever in a part that is kept, and the parts are the whole message", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.array(FastCheck.tuple(literal, value, FastCheck.boolean()), { minLength: 1, maxLength: 4 }),
        (pieces) => {
          const template = pieces.map(([words], at) => `${words}{${at + 1}}`).join("")
          const book = bookOf(template)
          const segments = pieces.flatMap(([words, value, spelled]) => [
            text(words),
            spelled ? spell(value) : text(value)
          ])
          const parts = PhraseBook.parts({ segments, language: "zh-CN" }, book)
          const whole = parts.flatMap((part) =>
            part._tag === "Fixed"
              ? [part.text]
              : part._tag === "Own"
                ? part.segments.map((s) => (s._tag === "Pause" ? "" : s.text))
                : []
          )
          expect(whole.join("")).toBe(
            segments.map((segment) => (segment._tag === "Pause" ? "" : segment.text)).join("")
          )
          const own = pieces.map(([words]) => words).join("|")
          for (const part of parts) {
            if (part._tag !== "Fixed") continue
            for (const clause of part.text.match(/[^，。；！？]*[，。；！？]+|[^，。；！？]+$/g) ?? [])
              expect(own).toContain(clause)
          }
        }
      ),
      { numRuns: 500 }
    )
  })

  it("a message in parts is read as it is in one piece", () => {
    const say = SpokenRequest.speaker({ pace: Spelling.defaultPace, lexicon: {} })
    const words = (request: Pick<SpeechRequest, "segments">) =>
      say(request.segments, "zh-CN")
        .map((piece) => (piece._tag === "Phrase" ? piece.text : ""))
        .join("")
        .replaceAll(/[，。；！？、：]/g, "")
    const templates: ReadonlyArray<(code: string) => readonly [string, ReadonlyArray<SpeechSegment>]> = [
      (code: string) => [
        "您的验证码是：{1}，5分钟内有效，请勿泄露。",
        [text("您的验证码是："), spell(code), text("，5分钟内有效，请勿泄露。")]
      ],
      (code: string) => ["您的验证码是：{1}，5分钟内有效。", [text(`您的验证码是：${code}，5分钟内有效。`)]],
      (code: string) => [
        "订单{1}，尾号为{2}，金额{3}元，请致电400-820-8820，谢谢您。",
        [text(`订单${code}，尾号为${code}，金额${code}元，请致电400-820-8820，谢谢您。`)]
      ],
      (code: string) => [
        "共{1}件，重1，请于13:05前到3号楼领取，过时不候。",
        [text(`共${code}件，重1，请于13:05前到3号楼领取，过时不候。`)]
      ]
    ]
    FastCheck.assert(
      FastCheck.property(
        FastCheck.constantFrom(...templates),
        FastCheck.stringMatching(/^[0-9]{1,8}$/),
        (make, code) => {
          const [template, segments] = make(code)
          const parts = PhraseBook.parts({ segments, language: "zh-CN" }, bookOf(template))
          expect(parts.some(({ _tag }) => _tag === "Fixed")).toBe(true)
          const apart = parts.map((part) =>
            part._tag === "Silence"
              ? ""
              : words({ segments: part._tag === "Fixed" ? [text(part.text)] : part.segments })
          )
          expect(apart.join("")).toBe(words({ segments }))
        }
      )
    )
  })
})
