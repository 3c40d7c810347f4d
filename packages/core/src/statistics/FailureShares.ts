/**
 * Rules: failures by reason, with their shares (STA-5).
 */
import type { FailureReason } from "../sending/Send.ts"

export interface FailureShare {
  readonly reason: FailureReason
  /** For people: Chinese first. */
  readonly meaning: { readonly zh: string; readonly en: string }
  readonly count: number
  /** Basis points. All shares of a list add up to exactly 10,000. */
  readonly shareBasisPoints: number
}

/** What each reason means. */
export const meanings: { readonly [R in FailureReason]: FailureShare["meaning"] } = {
  noAnswer: { zh: "用户未接听", en: "no answer" },
  busy: { zh: "用户正忙", en: "busy" },
  rejected: { zh: "用户拒接", en: "rejected by the callee" },
  poweredOff: { zh: "用户关机", en: "powered off" },
  notInService: { zh: "用户不在服务区", en: "not in service" },
  invalidNumber: { zh: "空号", en: "no such number" },
  suspended: { zh: "用户停机", en: "suspended" },
  unreachable: { zh: "用户无法接通", en: "unreachable" },
  callerBarred: { zh: "主叫号码被限制", en: "caller barred" },
  blocked: { zh: "号码被拦截", en: "blocked" },
  congestion: { zh: "线路拥塞", en: "congestion" },
  channelFailure: { zh: "线路故障", en: "channel failure" },
  speechFailure: { zh: "语音合成失败", en: "speech could not be made" },
  noRoute: { zh: "没有可用线路", en: "no route" },
  fateUnknown: { zh: "呼叫结果未知", en: "fate unknown" },
  tooLate: { zh: "超过发送时限", en: "too late to dial" },
  numberLapsed: { zh: "显示号码已失效", en: "displayed number no longer held" },
  applicationDisabled: { zh: "应用已停用", en: "application disabled" },
  templateDeleted: { zh: "模板已删除", en: "template deleted" },
  fileDeleted: { zh: "语音文件已删除", en: "voice file deleted" }
}

const whole = 10_000

/**
 * The most frequent first, equal ones by name.
 *
 * **Details** Shares are cut down to whole basis points, and what is missing goes, a point each, to those that lost
 * most by the cut: so they add up.
 */
export const shares = (counts: ReadonlyMap<FailureReason, number>): ReadonlyArray<FailureShare> => {
  const total = Array.from(counts.values()).reduce((sum, count) => sum + count, 0)
  if (total === 0) return []
  const cuts = Array.from(counts)
    .filter(([, count]) => count > 0)
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .map(([reason, count]) => ({
      reason,
      count,
      share: Math.floor((count * whole) / total),
      lost: (count * whole) % total
    }))
  const missing = whole - cuts.reduce((sum, { share }) => sum + share, 0)
  const favoured = new Set(
    cuts
      .toSorted((a, b) => b.lost - a.lost)
      .slice(0, missing)
      .map(({ reason }) => reason)
  )
  return cuts.map(({ count, reason, share }) => ({
    reason,
    meaning: meanings[reason],
    count,
    shareBasisPoints: share + (favoured.has(reason) ? 1 : 0)
  }))
}
