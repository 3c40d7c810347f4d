import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as TemplateText from "../../src/template/TemplateText.ts"

const parse = TemplateText.parse
const refusal = (content: string) => Either.getOrThrow(Either.flip(parse(content)))

describe("TemplateText", () => {
  // In order of precedence; each content is also guilty of something that comes later, where that is possible.
  const refused: ReadonlyArray<readonly [why: string, content: string, TemplateText.TextRefusal]> = [
    ["TPL-1: nothing", "", new TemplateText.ContentEmpty()],
    ["TPL-1: white space alone", " \n　", new TemplateText.ContentEmpty()],
    ["TPL-1: 101 characters", "{".repeat(101), new TemplateText.ContentTooLong({ length: 101, limit: 100 })],
    ["TPL-1: a line end", "{a}您好\n", new TemplateText.UnspeakableCharacter({ position: 5 })],
    [
      "TPL-1: a character that turns the writing direction",
      "您好\u202e{a}",
      new TemplateText.UnspeakableCharacter({ position: 2 })
    ],
    ["TPL-1: half of a character", "😀\ud83d", new TemplateText.UnspeakableCharacter({ position: 1 })],
    ["TPL-2: {0}", "码{0}", new TemplateText.BadVariable({ position: 1 })],
    ["TPL-2: {01}", "码{01}", new TemplateText.BadVariable({ position: 1 })],
    ["TPL-2: {a}", "码{a}", new TemplateText.BadVariable({ position: 1 })],
    ["TPL-2: {}", "码{}", new TemplateText.BadVariable({ position: 1 })],
    ["TPL-2: { 1 }", "码{ 1 }", new TemplateText.BadVariable({ position: 1 })],
    ["TPL-2: full-width digits", "码{１}", new TemplateText.BadVariable({ position: 1 })],
    ["TPL-2: full-width braces", "码｛1｝", new TemplateText.BadVariable({ position: 1 })],
    ["TPL-2: <0>", "码<0>", new TemplateText.BadVariable({ position: 1 })],
    ["TPL-2: <name>", "码<name>", new TemplateText.BadVariable({ position: 1 })],
    ["TPL-2: <>", "码<>", new TemplateText.BadVariable({ position: 1 })],
    ["TPL-2: an open brace alone", "码{1", new TemplateText.UnmatchedBrace({ position: 1 })],
    ["TPL-2: a closed brace alone", "码1}", new TemplateText.UnmatchedBrace({ position: 2 })],
    ["TPL-2: a brace in a brace", "码{{1}}", new TemplateText.UnmatchedBrace({ position: 1 })],
    ["TPL-2: positions count characters, not code units", "😀{", new TemplateText.UnmatchedBrace({ position: 1 })],
    ["TPL-2: the first mistake counts", "{1}{a}}", new TemplateText.BadVariable({ position: 3 })],
    ["TPL-2: both spellings", "码{1}和<3>", new TemplateText.MixedSpelling({ position: 5 })],
    ["TPL-2: a gap", "{1}{3}", new TemplateText.VariablesNotContiguous({ missing: 2, largest: 3 })],
    ["TPL-2: no 1", "码{2}", new TemplateText.VariablesNotContiguous({ missing: 1, largest: 2 })],
    ["TPL-3: variables alone", "{1}{2}", new TemplateText.OnlyVariables()],
    ["TPL-3: variables, white space, punctuation and symbols", "{1}，{2} + <！", new TemplateText.OnlyVariables()],
    ["TPL-3: punctuation alone", "。！", new TemplateText.OnlyVariables()]
  ]

  it.each(refused)("%s is refused", (_, content, expected) => {
    expect(refusal(content)).toEqual(expected)
  })

  const read: ReadonlyArray<readonly [string, string, string, number]> = [
    ["TPL-2: braces", "您的验证码是：{1}", "braces", 1],
    ["TPL-2: angles", "您的验证码是：<1>", "angles", 1],
    ["TPL-2: none", "您好", "none", 0],
    ["TPL-2: repeated, in any order", "{3}码{1}{2}{1}", "braces", 3],
    ["TPL-2: ten and more", `码${Array.from({ length: 12 }, (_, i) => `{${12 - i}}`).join("")}`, "braces", 12],
    ["TPL-2: a lone < is a sign", "余额<100", "none", 0],
    ["TPL-2: a lone > is a sign", "3>2", "none", 0],
    ["TPL-2: < and > around more than a word are signs", "余额<100且>50，{1}", "braces", 1],
    ["TPL-2: signs beside variables", "{1}<{2}元", "braces", 2]
  ]

  it.each(read)("%s: is read", (_, content, spelling, arity) => {
    expect(Either.getOrThrow(parse(content))).toMatchObject({ spelling, arity })
  })

  it("TPL-1: 100 characters are not too many, whatever their code units", () => {
    expect(Either.isRight(parse("字".repeat(100)))).toBe(true)
    expect(Either.isRight(parse(`字${"😀".repeat(99)}`))).toBe(true)
    expect(refusal(`字${"😀".repeat(100)}`)._tag).toBe("ContentTooLong")
  })

  const literal = FastCheck.stringOf(FastCheck.constantFrom("您", "好", "a", "7", "，", " ", "😀", "<", ">"), {
    maxLength: 4
  })

  it("TPL-2: a content is read whole, and written again as it was", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.array(FastCheck.tuple(literal, FastCheck.integer({ min: 1, max: 3 })), { maxLength: 8 }),
        literal,
        FastCheck.boolean(),
        (pieces, end, angles) => {
          const variable = (n: number) => (angles ? `<${n}>` : `{${n}}`)
          const content = `问${pieces.map(([text, n]) => text + variable(n)).join("")}${end}`
          const parsed = parse(content)
          if (Either.isLeft(parsed)) return
          expect(TemplateText.write(parsed.right)).toBe(content)
          const numbers = parsed.right.parts.flatMap((part) => (part._tag === "Variable" ? [part.n] : []))
          expect(numbers).toEqual(pieces.map(([, n]) => n))
          expect(new Set(numbers).size).toBe(parsed.right.arity)
        }
      )
    )
  })

  it("TPL-2: is read exactly if the numbers are 1 to k", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.array(FastCheck.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 12 }),
        (numbers) => {
          const parsed = parse(`码${numbers.map((n) => `{${n}}`).join("、")}`)
          const contiguous = Math.max(...numbers) === new Set(numbers).size
          expect(Either.isRight(parsed)).toBe(contiguous)
        }
      )
    )
  })

  it("TPL-2: any text is read or refused, and a position lies within it", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.stringOf(FastCheck.constantFrom(..."{}<>01２9a_ 您。😀\u0000｛｝".match(/./gsu)!), {
          maxLength: 110
        }),
        (content) => {
          const parsed = parse(content)
          if (Either.isRight(parsed)) return
          if ("position" in parsed.left) {
            expect(parsed.left.position).toBeGreaterThanOrEqual(0)
            expect(parsed.left.position).toBeLessThan(Array.from(content).length)
          }
        }
      )
    )
  })

  it("TPL-1: code points are counted as an iterator counts them", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.string16bits(), (text) => {
        expect(TemplateText.codePoints(text)).toBe(Array.from(text).length)
      })
    )
  })
})
