import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Rendering from "../../src/template/Rendering.ts"
import type * as Template from "../../src/template/Template.ts"
import * as TemplateText from "../../src/template/TemplateText.ts"
import * as Variable from "../../src/template/Variable.ts"

const template = (
  content: string,
  kind: Template.TemplateKind = "notification",
  variables: Variable.VariableKinds = []
): Rendering.Spoken => ({ kind, variables, ...Either.getOrThrow(TemplateText.parse(content)) })

const limits = Rendering.defaultLimits
const render = (spoken: Rendering.Spoken, params: ReadonlyArray<string>, own = limits) =>
  Rendering.render(spoken, params, own)
const rendered = (spoken: Rendering.Spoken, params: ReadonlyArray<string>) => Either.getOrThrow(render(spoken, params))

describe("Rendering", () => {
  const two = template("您好{1}，订单{2}已发货", "notification", ["text", "number"])

  // In order of precedence; each row is guilty of what comes later too.
  const refused: ReadonlyArray<readonly [string, ReadonlyArray<string>, Rendering.RenderRefusal]> = [
    ["too few parameters", ["x".repeat(16)], new Rendering.ParameterCount({ supplied: 1, expected: 2 })],
    ["too many parameters", ["a", "b", "c"], new Rendering.ParameterCount({ supplied: 3, expected: 2 })],
    [
      "a parameter of 16 characters",
      [`${"x".repeat(15)}\n`, "b"],
      new Rendering.VariableTooLong({ index: 1, length: 16, limit: 15 })
    ],
    ["a control character", ["a\u0007", "b"], new Rendering.VariableUnspeakable({ index: 1, position: 1 })],
    ["a line separator", ["a", "1\u2028"], new Rendering.VariableUnspeakable({ index: 2, position: 1 })],
    [
      "a value that is not of its kind",
      ["a", "b"],
      new Rendering.VariableKindMismatch({ index: 2, expected: "number" })
    ]
  ]

  it.each(refused)("TPL-9: %s is refused", (_, params, expected) => {
    expect(Either.getOrThrow(Either.flip(render(two, params)))).toEqual(expected)
  })

  it("TPL-9: more than 500 characters are refused, 500 are not", () => {
    const long = template(`号${"{1}".repeat(33)}`)
    const own = { parameterMax: 100, textMax: 500 }
    expect(Either.isRight(render(long, ["字".repeat(15)], own))).toBe(true)
    expect(Either.getOrThrow(Either.flip(render(long, ["字".repeat(16)], own)))).toEqual(
      new Rendering.RenderedTooLong({ length: 529, limit: 500 })
    )
    const exact = { parameterMax: 15, textMax: 16 }
    expect(Either.isRight(render(template("号{1}"), ["字".repeat(15)], exact))).toBe(true)
    expect(Either.isLeft(render(template("号号{1}"), ["字".repeat(15)], exact))).toBe(true)
  })

  it("TPL-9: no refusal holds a value", () => {
    const secret = "7391"
    for (const params of [[secret], [secret.repeat(9), "b"], [secret, secret + "\n"], ["a", `x${secret}`]])
      expect(JSON.stringify(Either.flip(render(two, params)))).not.toContain(secret)
  })

  it("TPL-9: lengths are characters, not code units", () => {
    expect(Either.isRight(render(template("您好{1}"), ["😀".repeat(15)]))).toBe(true)
    expect(Either.isLeft(render(template("您好{1}"), ["😀".repeat(16)]))).toBe(true)
  })

  it("TPL-9: a value with braces is spoken, never expanded", () => {
    const spoken = template("甲{1}乙{2}丙")
    expect(rendered(spoken, ["{2}", "秘"]).text).toBe("甲{2}乙秘丙")
    expect(rendered(template("甲<1>乙<2>"), ["<2>{1}", "$&$1"]).text).toBe("甲<2>{1}乙$&$1")
  })

  it("SND-1: digits are spelled, punctuation stays in the text, everything else is said", () => {
    expect(rendered(template("您的验证码是：{1}，请勿泄露。"), ["4321"]).segments).toEqual([
      { _tag: "Text", text: "您的验证码是：" },
      { _tag: "Spell", text: "4321" },
      { _tag: "Text", text: "，请勿泄露。" }
    ])
    expect(rendered(template("您好{1}"), ["A12"]).segments).toEqual([{ _tag: "Text", text: "您好A12" }])
    expect(rendered(template("您好{1}", "code"), ["A12"]).segments).toEqual([
      { _tag: "Text", text: "您好" },
      { _tag: "Spell", text: "A12" }
    ])
    expect(rendered(template("满{1}减{2}", "activity", ["amount", null]), ["100", "20"]).segments).toEqual([
      { _tag: "Text", text: "满" },
      { _tag: "Text", text: "100", kind: "amount" },
      { _tag: "Text", text: "减" },
      { _tag: "Spell", text: "20" }
    ])
    expect(rendered(template("您好{1}", "code"), [""]).segments).toEqual([{ _tag: "Text", text: "您好" }])
  })

  it("TPL-9: each declared kind is spoken in its own way", () => {
    const said = (kind: Variable.VariableKind, value: string) =>
      rendered(template("值{1}", "notification", [kind]), [value]).segments.slice(1)
    expect(said("code", "A12")).toEqual([{ _tag: "Spell", text: "A12" }])
    expect(said("phone", "13800138000")).toEqual([{ _tag: "Spell", text: "13800138000" }])
    expect(said("plate", "粤B12345")).toEqual([{ _tag: "Spell", text: "粤B12345" }])
    expect(said("number", "12345678")).toEqual([{ _tag: "Text", text: "12345678", kind: "number" }])
    expect(said("amount", "12.05")).toEqual([{ _tag: "Text", text: "12.05", kind: "amount" }])
    for (const [kind, value] of [
      ["date", "2026-11-23"],
      ["time", "9:30"],
      ["text", "3842"]
    ] as const)
      expect(rendered(template("值{1}", "notification", [kind]), [value]).segments).toEqual([
        { _tag: "Text", text: `值${value}` }
      ])
  })

  it("TPL-9: a value that does not fit its declared kind is refused, whatever the value and the kind", () => {
    const kinds = FastCheck.constantFrom(...Variable.VariableKind.literals)
    FastCheck.assert(
      FastCheck.property(kinds, FastCheck.stringMatching(/^[0-9A-Z粤年月日:.\-+]{0,12}$/), (kind, value) => {
        const outcome = render(template("值{1}", "notification", [kind]), [value])
        if (Variable.fits(kind, value)) {
          const { segments, text } = Either.getOrThrow(outcome)
          expect(text).toBe(`值${value}`)
          expect(segments.some(({ _tag }) => _tag === "Spell")).toBe(Variable.isSpelled(kind))
        } else {
          expect(outcome).toEqual(Either.left(new Rendering.VariableKindMismatch({ index: 1, expected: kind })))
        }
      })
    )
  })

  it("SND-1: masked, a code is nowhere to be read", () => {
    const { segments } = rendered(template("您的验证码是：{1}"), ["4321"])
    const masked = Rendering.masked(segments)
    expect(masked.text).toBe("您的验证码是：****")
    expect(JSON.stringify(masked)).not.toContain("4321")
  })

  const value = FastCheck.stringOf(FastCheck.constantFrom("{", "}", "<", "1", "2", "$", "&", "字", "😀", "A"), {
    maxLength: 15
  })

  it("TPL-9: the rendered text is the template with the values in their places, and the segments are that text", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.array(FastCheck.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 10 }),
        FastCheck.tuple(value, value, value),
        FastCheck.constantFrom("code" as const, "notification" as const),
        (order, values, kind) => {
          const numbers = [...order, 1, 2, 3]
          const spoken = template(`问${numbers.map((n) => `{${n}}，`).join("")}`, kind)
          const { length, segments, text } = rendered(spoken, values)
          expect(text).toBe(`问${numbers.map((n) => `${values[n - 1]}，`).join("")}`)
          expect(segments.map((segment) => (segment._tag === "Pause" ? "" : segment.text)).join("")).toBe(text)
          expect(length).toBe(Array.from(text).length)
        }
      )
    )
  })

  it("TPL-9: within the default limits no content of 100 characters can become too long", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.integer({ min: 0, max: 33 }), FastCheck.boolean(), (count, angles) => {
        const variables = (angles ? "<1>" : "{1}").repeat(count)
        const spoken = template("字".repeat(100 - variables.length) + variables)
        expect(Either.isRight(render(spoken, count === 0 ? [] : ["字".repeat(15)]))).toBe(true)
      })
    )
  })
})

describe("Variable", () => {
  const fits: ReadonlyArray<readonly [Variable.VariableKind, ReadonlyArray<string>, ReadonlyArray<string>]> = [
    ["code", ["4321", "aB3"], ["", "12-3", "１２", "12 3"]],
    ["number", ["0", "-3", "12.5", "+7"], ["", "1,000", "1.23456", "a", "."]],
    ["amount", ["0", "12.5", "100.00"], ["", "-1", "1.234", "1元"]],
    [
      "date",
      ["2026-11-23", "2026年2月28日", "2月29日", "2024-02-29", "2026/1/2"],
      ["", "2026-02-29", "2026-13-01", "4月31日", "2026-00-10", "1/2", "0月1日"]
    ],
    ["time", ["9:30", "09:30", "23:59:59", "21：05"], ["", "24:00", "9:60", "9:3", "930"]],
    [
      "phone",
      ["13800138000", "+8613800138000", "075512345678", "0755-12345678", "400-800-1234", "10086", "95588"],
      ["", "23800138000", "138001380", "abc"]
    ],
    ["plate", ["粤B12345", "粤B·D12345", "京A1234警"], ["", "B12345", "粤I12345", "粤B1234567"]],
    ["text", ["", "随便什么 {1}"], []]
  ]

  it.each(fits)("TPL-9: %s", (kind, good, bad) => {
    for (const value of good) expect([value, Variable.fits(kind, value)]).toEqual([value, true])
    for (const value of bad) expect([value, Variable.fits(kind, value)]).toEqual([value, false])
  })

  it("TPL-9: a date is a day that the calendar has", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.date({ min: new Date(0), max: new Date(4e12) }), (date) => {
        const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()]
        expect(Variable.fits("date", `${year}-${month}-${day}`)).toBe(true)
        expect(Variable.fits("date", `${year}年${month}月${day}日`)).toBe(true)
        const last = new Date(Date.UTC(year, month, 0)).getUTCDate()
        expect(Variable.fits("date", `${year}-${month}-${last + 1}`)).toBe(false)
      })
    )
  })
})
