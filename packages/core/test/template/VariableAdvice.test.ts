import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Rendering from "../../src/template/Rendering.ts"
import * as TemplateText from "../../src/template/TemplateText.ts"
import type { VariableKinds } from "../../src/template/Variable.ts"
import * as VariableAdvice from "../../src/template/VariableAdvice.ts"

const advice = (content: string, variables: VariableKinds = []) =>
  VariableAdvice.of({ variables, parts: Either.getOrThrow(TemplateText.parse(content)).parts }).map(
    ({ index, kind }) => `${index}:${kind}`
  )

describe("VariableAdvice", () => {
  const rows: ReadonlyArray<{
    readonly content: string
    readonly advised: ReadonlyArray<string>
    readonly declared?: VariableKinds
  }> = [
    { content: "您的验证码是：{1}，{2}分钟内有效", advised: ["2:number"] },
    { content: "您的验证码是：{1}，{2}分钟内有效", advised: [], declared: ["code", "number"] },
    { content: "您的验证码是：{1}，{2}分钟内有效", advised: ["2:number"], declared: ["code", null] },
    { content: "您的验证码是：{1}，{2}分钟内有效", advised: [], declared: [null, "text"] },
    { content: "您本期应还{1}元", advised: ["1:amount"] },
    { content: "支出¥{1}，余额￥ {2}", advised: ["1:amount", "2:amount"] },
    { content: "满{1}元减{2}", advised: ["1:amount"] },
    { content: "您有{1}个包裹，请于{2}点前领取", advised: ["1:number", "2:number"] },
    { content: "<1>月<2>日的<3>张票", advised: ["1:number", "2:number", "3:number"] },
    { content: "利率{1}%，气温{2}℃", advised: ["1:number", "2:number"] },
    { content: "尾号{1}的卡，订单{2}已发货", advised: [] },
    { content: "取件码{1}位于{2}号柜", advised: [] },
    { content: "验证码：{1}天内有效", advised: [] },
    { content: "您好{1}，{1}分钟后见", advised: ["1:number"] },
    { content: "会议取消", advised: [] }
  ]

  it.each(rows)("TPL-9: $content: $advised", ({ advised, content, declared }) => {
    expect(advice(content, declared)).toEqual(advised)
  })

  it("TPL-9: what was advised and declared is no longer spelled, and no longer advised", () => {
    const piece = FastCheck.constantFrom("您好", "，", "分钟", "元", "¥", "个", "号", "%", "天内", "码：")
    FastCheck.assert(
      FastCheck.property(FastCheck.array(FastCheck.tuple(piece, piece), { minLength: 1, maxLength: 6 }), (pieces) => {
        const content = `请${pieces.map(([before, after], i) => `${before}{${i + 1}}${after}`).join("")}`
        const parts = Either.getOrThrow(TemplateText.parse(content)).parts
        const variables: Array<VariableKinds[number]> = pieces.map(() => null)
        const params = pieces.map(() => "12")
        const given = VariableAdvice.of({ variables, parts })
        const spelled = (kinds: VariableKinds) =>
          Either.getOrThrow(
            Rendering.render(
              { kind: "notification", parts, arity: pieces.length, variables: kinds },
              params,
              Rendering.defaultLimits
            )
          ).segments.filter(({ _tag }) => _tag === "Spell").length
        expect(spelled(variables)).toBe(pieces.length)
        for (const { index, kind } of given) variables[index - 1] = kind
        expect(VariableAdvice.of({ variables, parts })).toEqual([])
        expect(spelled(variables)).toBe(pieces.length - given.length)
      })
    )
  })
})
