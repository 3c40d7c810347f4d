import type { SpeechSegment } from "@vsms/core/dispatch/SpeechSynthesizer"
import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import * as Lexicon from "../../src/text/Lexicon.ts"
import * as Spelling from "../../src/text/Spelling.ts"
import * as SpokenRequest from "../../src/text/SpokenRequest.ts"
import { words } from "../../src/text/Utterance.ts"
import { line, say } from "../support/Speaking.ts"

const text = (text: string): SpeechSegment => ({ _tag: "Text", text })
const spell = (text: string): SpeechSegment => ({ _tag: "Spell", text })
const pause = (millis: number): SpeechSegment => ({ _tag: "Pause", millis })

const segments = FastCheck.array(
  FastCheck.oneof(
    FastCheck.stringMatching(/^[您好请天地0-9，。元个]{0,8}$/).map(text),
    FastCheck.stringMatching(/^[0-9A-Z]{0,8}$/).map(spell),
    FastCheck.integer({ min: 1, max: 5_000 }).map(pause)
  ),
  { maxLength: 8 }
)

const total = (utterance: ReturnType<typeof say>): number =>
  utterance.reduce((sum, piece) => sum + (piece._tag === "Silence" ? piece.millis : 0), 0)

describe("a request as one utterance", () => {
  it("SND-5: words and silences in turn, and no silence shorter than was asked for", () => {
    FastCheck.assert(
      FastCheck.property(segments, (request) => {
        const utterance = say(request, "zh-CN")
        utterance.slice(1).forEach((piece, at) => expect(piece._tag).not.toBe(utterance[at]!._tag))
        const asked = request.reduce((sum, segment) => sum + (segment._tag === "Pause" ? segment.millis : 0), 0)
        expect(total(utterance)).toBeGreaterThanOrEqual(asked)
      })
    )
  })

  it("SND-5: what a pause parts is said as each part by itself", () => {
    FastCheck.assert(
      FastCheck.property(segments, segments, (a, b) => {
        expect(words(say([...a, pause(10_000), ...b], "zh-CN")).replaceAll(" ", "")).toBe(
          words(say(a, "zh-CN")).replaceAll(" ", "") + words(say(b, "zh-CN")).replaceAll(" ", "")
        )
      })
    )
  })

  it("texts that touch are read as one, so a value has the unit that stands behind it", () => {
    expect(line(say([text("应还"), text("12.05"), text("元，"), text("2"), text("个")], "zh-CN"))).toBe(
      "应还十二元零五分，两个"
    )
  })

  it("a silence in the middle counts once: the longer one", () => {
    expect(say([text("码"), pause(1_000), spell("12"), pause(50), text("完")], "zh-CN")).toEqual([
      { _tag: "Phrase", text: "码" },
      { _tag: "Silence", millis: 1_000 },
      { _tag: "Phrase", text: "幺" },
      { _tag: "Silence", millis: 250 },
      { _tag: "Phrase", text: "二" },
      { _tag: "Silence", millis: 400 },
      { _tag: "Phrase", text: "完" }
    ])
  })

  it("silences at the ends stay, rests do not", () => {
    expect(say([pause(100), pause(50), spell("1"), pause(70)], "zh-CN")).toEqual([
      { _tag: "Silence", millis: 150 },
      { _tag: "Phrase", text: "幺" },
      { _tag: "Silence", millis: 70 }
    ])
  })

  it("a lexicon is looked up in what is said", () => {
    const speaker = SpokenRequest.speaker({ pace: Spelling.defaultPace, lexicon: { 二号: "贰号" } })
    expect(line(speaker([text("2号线，重置")], "zh-CN"))).toBe("贰号线，重置")
  })
})

describe("a lexicon", () => {
  it("prefers the longest word, and leaves alone what it does not know", () => {
    const apply = Lexicon.applier({ 重设: "虫设", 体重: "体重", 重设体: "甲" })
    expect(apply("重设，体重设置，重设体，重")).toBe("虫设，体重设置，甲，重")
  })

  it("has words, not patterns", () => {
    expect(Lexicon.applier({ "a.c": "x", "(": "y" })("abc a.c (")).toBe("abc x y")
    expect(Lexicon.applier({})("abc")).toBe("abc")
  })
})
