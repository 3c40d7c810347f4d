/**
 * Rules: what a refusal means for whoever wanted to call. The cause of the telephone network (ITU-T Q.850, in the
 * Reason header of RFC 3326) says more than the status that a gateway made of it: a busy callee may come as a 503.
 */
import type { CallFailure } from "@vsms/core/dispatch/CallChannel"
import { natural, parameters, splitList } from "../message/Grammar.ts"
import * as Message from "../message/Message.ts"

/** Causes that say something by themselves. Those that do not (normal clearing, interworking) leave it to the status. */
const byCause: ReadonlyMap<number, CallFailure> = new Map([
  [1, "notInService"],
  [2, "channelFailure"],
  [3, "channelFailure"],
  [17, "busy"],
  [18, "unreachable"],
  [19, "noAnswer"],
  [20, "poweredOff"],
  [21, "rejected"],
  [22, "notInService"],
  [27, "unreachable"],
  [28, "invalidNumber"],
  [29, "channelFailure"],
  [34, "congestion"],
  [38, "congestion"],
  [41, "congestion"],
  [42, "congestion"],
  [43, "congestion"],
  [44, "congestion"],
  [47, "congestion"],
  [50, "channelFailure"],
  [52, "callerBarred"],
  [53, "callerBarred"],
  [54, "blocked"],
  [55, "blocked"],
  [57, "channelFailure"],
  [58, "congestion"],
  [63, "channelFailure"],
  [65, "channelFailure"],
  [69, "channelFailure"],
  [79, "channelFailure"],
  [88, "channelFailure"],
  [102, "unreachable"]
])

const byStatus: ReadonlyMap<number, CallFailure> = new Map([
  [403, "callerBarred"],
  [404, "notInService"],
  [408, "noAnswer"],
  [410, "notInService"],
  [480, "unreachable"],
  [484, "invalidNumber"],
  [485, "invalidNumber"],
  [486, "busy"],
  [487, "noAnswer"],
  [503, "congestion"],
  [600, "busy"],
  [603, "rejected"],
  [604, "notInService"],
  [607, "blocked"],
  [608, "blocked"]
])

/** Why the call failed that this response refuses. `rang`: the callee's phone was heard to ring before. */
export const failure = (response: Message.Response, rang: boolean): CallFailure =>
  of(q850(response), response.status, rang)

/** The same, of a cause and a status that came some other way. */
export const of = (cause: number | undefined, status: number | undefined, rang: boolean): CallFailure => {
  const told = cause === undefined ? undefined : byCause.get(cause)
  if (told !== undefined) return told
  // "Temporarily unavailable", of a phone that rang, is somebody who did not take the call.
  if (status === 480 && rang) return "noAnswer"
  return (status === undefined ? undefined : byStatus.get(status)) ?? "channelFailure"
}

/** The cause in the Reason header; `undefined` without one. */
export const q850 = (message: Message.Message): number | undefined => {
  for (const reason of Message.elements(message, "Reason") ?? []) {
    const [protocol = ""] = splitList(reason, ";") ?? []
    if (protocol.toUpperCase() !== "Q.850") continue
    const cause = parameters(reason.slice(reason.indexOf(";")))?.get("cause")
    if (cause !== undefined) return natural(cause, 127)
  }
  return undefined
}
