/**
 * Rules: what contacts are told, in Chinese and in English. It names no person and no called number.
 */
import * as Minutes from "../money/Minutes.ts"
import * as ShanghaiDay from "../time/ShanghaiDay.ts"
import type { Facts } from "./Alert.ts"

export interface AlertMessage {
  /** One line, Chinese first. */
  readonly subject: string
  readonly zh: string
  readonly en: string
}

/** The message of an alert. `applicationName` is used where the alert is about an application. */
export const messageOf = (facts: Facts, applicationName: string): AlertMessage => {
  switch (facts._tag) {
    case "LowBalance": {
      const available = Minutes.format(Minutes.make(facts.available))
      const threshold = Minutes.format(Minutes.make(facts.threshold))
      return {
        subject: "语音短信余额不足 / Voice SMS balance is low",
        zh: `语音短信套餐包可用余额为 ${available} 分钟，低于您设定的 ${threshold} 分钟。为了保证您的业务正常运营，请及时购买套餐包。`,
        en: `Your voice SMS packages have ${available} minutes available, fewer than the ${threshold} that you set. Please buy a package in time, so that your calls go on.`
      }
    }
    case "DailyVolume": {
      const day = ShanghaiDay.format(ShanghaiDay.make(facts.day))
      return {
        subject: "语音短信发送量超出预设 / Voice SMS volume exceeds its preset",
        zh: `应用「${applicationName}」（${facts.applicationId}）在 ${day} 发送的语音短信已达 ${facts.sends} 条，超出预设的 ${facts.preset} 条。如非本人操作，请检查是否被盗刷。`,
        en: `The application "${applicationName}" (${facts.applicationId}) has sent ${facts.sends} voice SMS on ${day}, more than its preset of ${facts.preset}. If you did not expect this, please check for abuse.`
      }
    }
    case "RenewalFailed": {
      const expires = textOf(facts.expiresAt)
      return {
        subject: "语音号码续费失败 / A voice number could not be renewed",
        zh: `语音号码 ${facts.number} 自动续费失败（${reasons[facts.reason].zh}）。若在 ${expires}（北京时间）前仍未续费，该号码将释放且不可恢复。`,
        en: `The voice number ${facts.number} could not be renewed (${reasons[facts.reason].en}). Unless it is renewed before ${expires} (China time), it is released and cannot be restored.`
      }
    }
  }
}

const reasons = {
  insufficientFunds: { zh: "余额不足", en: "insufficient funds" },
  payerRefused: { zh: "付款方拒绝", en: "the payer refused" },
  limitExceeded: { zh: "超出支付限额", en: "a payment limit was exceeded" },
  closed: { zh: "支付已关闭", en: "the payment was closed" },
  other: { zh: "支付失败", en: "the payment failed" }
}

/** An instant as clocks in China show it, to the minute: `2026-11-23 09:05`. */
const textOf = (at: number): string => {
  const minutes = Math.floor(ShanghaiDay.millisOfDay(at) / 60_000)
  const two = (number: number): string => String(number).padStart(2, "0")
  return `${ShanghaiDay.format(ShanghaiDay.ofInstant(at))} ${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
}
