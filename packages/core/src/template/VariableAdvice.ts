/**
 * Rules: which variables of a template somebody should declare a kind for (TPL-9), because their values would be spelled
 * and the text around them shows that they are no codes: 「{2}分钟」. Advice for authors and reviewers: it refuses nothing.
 */
import * as Schema from "effect/Schema"
import type * as Template from "./Template.ts"
import { VariableKind } from "./Variable.ts"

/** Of the variable `{index}`, what it seems to stand for. */
export const Advice = Schema.Struct({ index: Schema.Int, kind: VariableKind })
export type Advice = typeof Advice.Type

/** What to declare, by variable; nothing for those that are declared, and for those whose places tell nothing. */
export const of = ({ parts, variables }: Pick<Template.State, "parts" | "variables">): ReadonlyArray<Advice> => {
  const advice = new Map<number, Advice>()
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]!
    if (part._tag === "Literal" || variables[part.n - 1] != null || advice.has(part.n)) continue
    const kind = kindAt(literalAt(parts, i - 1), literalAt(parts, i + 1))
    if (kind !== undefined) advice.set(part.n, { index: part.n, kind })
  }
  return [...advice.values()].sort((a, b) => a.index - b.index)
}

const literalAt = (parts: Template.State["parts"], i: number): string => {
  const part = parts[i]
  return part?._tag === "Literal" ? part.text : ""
}

const kindAt = (before: string, after: string): VariableKind | undefined =>
  currencyBefore.test(before) || yuanAfter.test(after)
    ? "amount"
    : unitAfter.test(after) && !labelBefore.test(before)
      ? "number"
      : undefined

const currencyBefore = /(?:[¥￥]|人民币|RMB)\s*$/
const yuanAfter = /^\s*(?:元|块钱|人民币)/
/** What is counted or measured. 号 and 年 say nothing: both are often behind digits that are read one by one. */
const unitAfter =
  /^\s*(?:分钟|小时|秒|天|日内|周|个|月|日|点|分(?!之)|次|位|名|人|件|条|张|只|台|份|笔|封|本|种|项|套|款|家|户|间|层|楼|米|公里|千米|公斤|千克|克|吨|升|度|折|积分|万|亿|倍|岁|页|票|单(?!号)|%|％|‰|℃|°|㎡|kg|km|GB|MB)/
const labelBefore = /(?:码|号|尾号)[是为:：]?\s*$/
