/** Refusals in the words of people: Chinese first, English second. */
import * as Refusal from "@vsms/core/Refusal"

const texts: { readonly [tag: string]: readonly [zh: string, en: string] } = {
  InvalidInput: ["请求格式不正确", "the request has not the form that is asked for"],
  CalleeNotServed: ["被叫号码不支持：仅支持中国大陆手机号", "only mobile numbers of mainland China are called"],
  BadVerificationCode: ["验证码须为 2 到 12 位数字或字母", "a code is 2 to 12 digits or letters"],
  ContentEmpty: ["模板内容为空", "the template is empty"],
  ContentTooLong: ["模板内容超过 100 字", "the template is longer than 100 characters"],
  BadVariable: ["模板变量格式错误，应为 {1}、{2} …", "a variable is written {1}, {2} …"],
  UnmatchedBrace: ["模板中的括号不成对", "a brace of the template has no partner"],
  MixedSpelling: ["{n} 与 <n> 不能混用", "{n} and <n> are not mixed in one template"],
  VariablesNotContiguous: ["模板变量必须从 1 开始连续编号", "variables are numbered from 1 without gaps"],
  OnlyVariables: ["模板不支持全变量", "a template is more than variables"],
  UnspeakableCharacter: ["模板含有无法播报的字符", "the template has a character that cannot be spoken"],
  NoCodeVariable: ["验证码类模板须有一个验证码变量", "a verification template has a variable for the code"],
  UndeclaredVariable: ["声明了模板中没有的变量", "a kind is declared for a variable that is not there"],
  NotACodeTemplate: ["验证码须使用验证码类模板", "a code is spoken by a verification template"],
  ParameterCount: ["变量个数与模板不符", "the template has another number of variables"],
  VariableTooLong: ["变量长度超过限制", "a variable is too long"],
  VariableUnspeakable: ["变量含有无法播报的字符", "a variable cannot be spoken"],
  VariableKindMismatch: ["变量类型不符", "a variable is not of its kind"],
  RenderedTooLong: ["播报内容超过 500 字", "more than 500 characters would be spoken"],
  TooFrequent: ["发送过于频繁，请稍后再试", "too many sends to this number; try again later"],
  NoUsablePackage: ["没有可用的语音短信套餐包", "no usable minute package"],
  NotEnoughMinutes: ["套餐包余量不足", "not enough minutes"],
  NoNumberToShow: ["没有可用的语音号码", "no voice number to show"]
}

/** Two lines about a refusal; `undefined` if it is none. */
export const describe = (error: unknown): string | undefined => {
  const about = Refusal.describe(error)
  if (about === undefined) return undefined
  const { _tag, ...facts } = JSON.parse(JSON.stringify(error)) as { readonly _tag: string }
  const [zh, en] = texts[_tag] ?? ["请求被拒绝", "refused"]
  const code = about.code === undefined ? "" : `错误码 ${about.code} · `
  const detail = Object.keys(facts).length === 0 ? "" : ` ${JSON.stringify(facts)}`
  return `✗ ${zh} · ${en}\n  ${code}规则 ${about.rule} · ${_tag}${detail}`
}
