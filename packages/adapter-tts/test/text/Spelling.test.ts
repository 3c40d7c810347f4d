import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import * as Spelling from "../../src/text/Spelling.ts"
import { join, phrase, type Utterance } from "../../src/text/Utterance.ts"
import { line, say } from "../support/Speaking.ts"

const pace = Spelling.defaultPace

const spelled = (text: string, language: Spelling.Language = "zh-CN"): Utterance =>
  say([{ _tag: "Spell", text }], language)

/** The code back from what is said: only right if each character was said once, and in order. */
const heard = (utterance: Utterance): string =>
  utterance
    .flatMap((piece) => (piece._tag === "Phrase" ? [piece.text] : []))
    .map((name) => name.replace(/^大写|^小写/, ""))
    .map((name) => ("零幺二三四五六七八九".includes(name) ? String("零幺二三四五六七八九".indexOf(name)) : name))
    .join("")

const codes = FastCheck.stringMatching(/^[0-9A-Za-z]{2,12}$/)

describe("spelled codes", () => {
  it("SND-1: each digit and letter is said once, in order", () => {
    FastCheck.assert(
      FastCheck.property(codes, (code) => {
        expect(heard(spelled(code))).toBe(code.toUpperCase())
      })
    )
  })

  it("SND-1: there is a pause between any two characters, never one shorter than the pace says", () => {
    FastCheck.assert(
      FastCheck.property(codes, (code) => {
        const utterance = spelled(code)
        const silences = utterance.filter((piece) => piece._tag === "Silence")
        expect(utterance.length).toBe(code.length * 2 - 1)
        expect(silences.every((piece) => piece.millis >= pace.gapMillis)).toBe(true)
        expect(utterance.findIndex((piece) => piece._tag === "Silence")).toBe(1)
      })
    )
  })

  it.each([
    ["3842", ["3842"]],
    ["38421", ["38", "421"]],
    ["380421", ["380", "421"]],
    ["3804217", ["380", "4217"]],
    ["38042179", ["3804", "2179"]],
    ["380421795", ["380", "421", "795"]],
    ["A7B9", ["A7B9"]],
    ["8-2-3001", ["8", "-2", "-3001"]],
    ["12 34", ["12", "34"]],
    ["京A12345", ["京A", "12", "345"]],
    ["粤B·D12345", ["粤B", "D12", "345"]],
    ["京A1234警", ["京A", "1234警"]],
    ["13800138000", ["138", "0013", "8000"]],
    ["+8613800138000", ["+86", "138", "0013", "8000"]],
    ["010-12345678", ["010", "1234", "5678"]],
    ["07551234567", ["0755", "123", "4567"]],
    ["010-12345678-9", ["010", "1234", "5678", "转9"]],
    ["400-820-8820", ["400", "820", "8820"]],
    ["4008208820", ["400", "820", "8820"]],
    ["400-8208-820", ["400", "8208", "820"]]
  ])("%s is said in groups: %j", (text, groups) => {
    expect(Spelling.groups(text)).toEqual(groups)
  })

  it("groups are further apart than characters", () => {
    const silences = spelled("380421").flatMap((piece) => (piece._tag === "Silence" ? [piece.millis] : []))
    expect(silences).toEqual([250, 250, 600, 250, 250])
  })

  it("capital and small letters are told apart where a code has both, at each change", () => {
    expect(line(spelled("abC1d"))).toBe("小写A|B|大写C|幺|小写D")
    expect(line(spelled("abc1"))).toBe("A|B|C|幺")
    expect(line(spelled("aB", "en-US"))).toBe("small A|capital B")
  })

  it("TPL-9: a character without a name is 某, a control character nothing", () => {
    expect(line(spelled("1\u0000𠮷2"))).toBe("幺|某|二")
    expect(line(spelled("１２"))).toBe("幺|二")
  })

  it("English digits and signs", () => {
    expect(line(spelled("0-9A", "en-US"))).toBe("zero|dash|nine|A")
  })

  it("there is time before and after, where something is said there", () => {
    const parts = [phrase("码"), ...Spelling.spell("12", "zh-CN", pace), phrase("完")]
    expect(join(parts).map((piece) => (piece._tag === "Silence" ? piece.millis : piece.text))).toEqual([
      "码",
      300,
      "幺",
      250,
      "二",
      400,
      "完"
    ])
  })

  it("a slower pace is longer everywhere", () => {
    expect(Spelling.slower(pace, 2)).toEqual({
      gapMillis: 500,
      groupGapMillis: 1200,
      beforeMillis: 600,
      afterMillis: 800
    })
  })
})
