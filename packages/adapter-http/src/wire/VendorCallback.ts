/**
 * Rules: callbacks as the vendor's receivers know them (CBK-1): four shapes, told apart by their only field. An endpoint
 * chooses them by its format `tencent`. They are not signed, as the vendor's are not.
 */
import type { CallbackFormat, Message } from "@vsms/core/callback/CallbackFormat"
import { nationalNumber } from "@vsms/core/sending/Callee"
import type { Receipt } from "@vsms/core/sending/Receipt"
import type { FailureReason } from "@vsms/core/sending/Send"

/**
 * For `Core.layer({ callbacks: { formats: [VendorCallback.format] } })`.
 *
 * **Details** Of each send that has ended: its status, as `voicecode_callback` or `voiceprompt_callback`; a
 * `voicekey_callback` for each key that was pressed; and a `voice_failure_callback` if it failed. Each is delivered, and
 * tried again, for itself: they may come in any order, and more than once.
 *
 * **Gotchas** None of these shapes has room for `ext`: what belongs together is found by `callid`.
 */
export const format: CallbackFormat = {
  name: "tencent",
  signed: false,
  parts: (receipt) => messagesOf(receipt).map(({ part }) => part),
  render: (receipt) => messagesOf(receipt)
}

const messagesOf = (receipt: Receipt): ReadonlyArray<Message> => [
  { part: "status", body: statusOf(receipt) },
  ...receipt.keys.map(({ key }, i) => ({
    part: `key${i + 1}`,
    body: JSON.stringify({ voicekey_callback: { ...whose(receipt), keypress: key } })
  })),
  ...(receipt.result === "failed" ? [{ part: "failure", body: failureOf(receipt) }] : [])
]

/** Whom a call was between. The number is empty once its retention time has ended. */
const whose = ({ callee, display, sendId }: Receipt) => ({
  call_from: display,
  callid: sendId,
  mobile: callee === undefined ? "" : nationalNumber(callee),
  nationcode: "86"
})

const statusOf = (receipt: Receipt): string => {
  const { acceptedAt, answeredAt, billedMinutes, diallingAt, endedAt, kind, reason, result } = receipt
  const status = {
    result: result === "answered" ? results.answered : reason === undefined ? results.abnormal : resultOf[reason],
    accept_time: seconds(answeredAt),
    start_calltime: seconds(diallingAt ?? acceptedAt),
    end_calltime: seconds(endedAt),
    fee: String(billedMinutes),
    ...whose(receipt)
  }
  return JSON.stringify(kind === "code" ? { voicecode_callback: status } : { voiceprompt_callback: status })
}

const failureOf = (receipt: Receipt): string => {
  const [failure_code, failure_reason] = failures[receipt.reason ?? "channelFailure"]
  return JSON.stringify({ voice_failure_callback: { ...whose(receipt), failure_code, failure_reason } })
}

/** Unix seconds as a text; `0` for what never came. */
const seconds = (at: number | undefined): string => (at === undefined ? "0" : String(Math.floor(at / 1_000)))

const results = { answered: "0", unanswered: "1", abnormal: "2" } as const

/** Whether it was the callee who did not answer, or something on the way there. */
const resultOf: { readonly [R in FailureReason]: string } = {
  noAnswer: results.unanswered,
  busy: results.unanswered,
  rejected: results.unanswered,
  poweredOff: results.unanswered,
  notInService: results.abnormal,
  invalidNumber: results.abnormal,
  suspended: results.abnormal,
  unreachable: results.unanswered,
  callerBarred: results.abnormal,
  blocked: results.abnormal,
  congestion: results.abnormal,
  channelFailure: results.abnormal,
  speechFailure: results.abnormal,
  noRoute: results.abnormal,
  fateUnknown: results.abnormal,
  tooLate: results.abnormal,
  numberLapsed: results.abnormal,
  applicationDisabled: results.abnormal,
  templateDeleted: results.abnormal,
  fileDeleted: results.abnormal
}

/** The vendor's codes, and their reasons as receivers compare them. */
const failures: { readonly [R in FailureReason]: readonly [number, string] } = {
  noAnswer: [5, "无人接听"],
  busy: [10, "用户正忙"],
  // The vendor has no word for it: whoever rejects a call is told to be busy.
  rejected: [10, "用户正忙"],
  poweredOff: [1, "关机"],
  notInService: [31, "不在使用中"],
  invalidNumber: [8, "空号"],
  suspended: [7, "停机"],
  unreachable: [6, "暂时无法接通"],
  callerBarred: [12, "呼叫受限，请勿越权使用"],
  blocked: [12, "呼叫受限，请勿越权使用"],
  congestion: [18, "网络忙"],
  channelFailure: [22, "系统正忙"],
  speechFailure: [11, "其他原因"],
  noRoute: [22, "系统正忙"],
  fateUnknown: [11, "其他原因"],
  tooLate: [11, "其他原因"],
  numberLapsed: [11, "其他原因"],
  applicationDisabled: [11, "其他原因"],
  templateDeleted: [11, "其他原因"],
  fileDeleted: [11, "其他原因"]
}
