import type { SpeechSegment } from "@vsms/core/dispatch/SpeechSynthesizer"
import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import * as Takes from "../../src/engine/Takes.ts"
import { phrase, silence, type Utterance } from "../../src/text/Utterance.ts"
import * as SpokenRequest from "../../src/text/SpokenRequest.ts"
import * as Spelling from "../../src/text/Spelling.ts"

const settings: Takes.TakeSettings = { splitMillis: 800, weight: () => 1, weightMax: 100 }

/** Takes in one line: `|` and its length is a silence, `/` the end of a take. */
const line = (utterance: Utterance, language: "zh-CN" | "en-US" = "zh-CN", more: Partial<Takes.TakeSettings> = {}) =>
  Takes.cut(utterance, language, { ...settings, ...more })
    .map((take) => (take._tag === "Say" ? take.text : `|${take.millis}|`))
    .join("/")

describe("an utterance in takes", () => {
  it.each([
    [[phrase("您的验证码是"), silence(300), phrase("三"), silence(250), phrase("八")], "您的验证码是、三、八"],
    [[phrase("您好"), silence(500), phrase("再见"), silence(750), phrase("好")], "您好，再见。好"],
    [[phrase("您好。"), silence(300), phrase("再见、"), silence(500), phrase("好")], "您好。再见，好"],
    [[silence(700), phrase("您好"), silence(1_300)], "|700|/您好/|1300|"],
    [[phrase("您好"), silence(800), phrase("再见")], "您好/|800|/再见"],
    [[phrase("您好"), silence(500), silence(500), phrase("再见")], "您好/|1000|/再见"],
    [[silence(500)], "|500|"],
    [[], ""],
    [[phrase("<>[]"), silence(300), phrase("好")], "|300|/好"]
  ] as const)("%# %j", (utterance, said) => expect(line(utterance)).toBe(said))

  it("English has its own marks", () => {
    expect(line([phrase("Your code is"), silence(300), phrase("three"), silence(700), phrase("eight.")], "en-US")).toBe(
      "Your code is, three. eight."
    )
  })

  it.each([
    ["您好，您的快递到了。请取件", 10, "您好，您的快递到了。/请取件"],
    ["您好，您的快递到了请取件", 10, "您好，您的快递到了请/取件"],
    ["您的快递，到了请取件", 8, "您的快递，/到了请取件"],
    ["one two three", 9, "one two/three"],
    ["好".repeat(7), 3, "好好好/好好好/好"]
  ])("too long a text is cut at its strongest late mark: %s", (text, weightMax, said) => {
    expect(line([phrase(text)], "zh-CN", { weightMax })).toBe(said)
  })

  const anything = FastCheck.array(
    FastCheck.oneof(
      FastCheck.record({
        _tag: FastCheck.constant("Phrase" as const),
        text: FastCheck.oneof(FastCheck.string(), FastCheck.stringMatching(/^[一-龥，。、a-z 0-9]{0,40}$/))
      }),
      FastCheck.record({ _tag: FastCheck.constant("Silence" as const), millis: FastCheck.nat({ max: 3_000 }) })
    ),
    { maxLength: 12 }
  )

  it("TPL-9: no take is empty or too long, none holds what could be markup, and every letter is said once, in order", () => {
    FastCheck.assert(
      FastCheck.property(anything, FastCheck.integer({ min: 1, max: 30 }), (utterance, weightMax) => {
        const takes = Takes.cut(utterance, "zh-CN", { ...settings, weightMax })
        const texts = takes.flatMap((take) => (take._tag === "Say" ? [take.text] : []))
        for (const text of texts) {
          expect(text.trim()).not.toBe("")
          expect([...text].length).toBeLessThanOrEqual(weightMax)
          expect(text).not.toMatch(/[<>[\]{}\\|]|\p{C}/u)
        }
        const letters = (text: string) => text.replaceAll(/[^\p{L}\p{N}]/gu, "")
        const given = utterance.map((piece) => (piece._tag === "Phrase" ? Takes.plain(piece.text) : "")).join("")
        expect(letters(texts.join(""))).toBe(letters(given))
      })
    )
  })

  it("a whole request: a code is one take, with marks between its digits", () => {
    const say = SpokenRequest.speaker({ pace: Spelling.defaultPace, lexicon: {} })
    const segments: ReadonlyArray<SpeechSegment> = [
      { _tag: "Text", text: "您的验证码是：" },
      { _tag: "Spell", text: "380421" },
      { _tag: "Text", text: "，5分钟内有效。" }
    ]
    const said = line(say(segments, "zh-CN"))
    expect(said.split("/")).toHaveLength(1)
    expect(said.replaceAll(/[^一-龥]/g, "")).toBe("您的验证码是三八零四二幺五分钟内有效")
    expect(said).toMatch(/三、八、零，四、二、幺/)
  })
})
