/**
 * Rules: session timers (RFC 4028): both ends make sure that the other one is still there. We ask for none, and do our
 * part where the other end wants one.
 */
import { natural, parameters } from "../message/Grammar.ts"
import * as Message from "../message/Message.ts"

export interface SessionTimer {
  readonly intervalMillis: number
  /** Whose part it is to refresh the session. */
  readonly refresher: "us" | "them"
}

/** RFC 4028, section 5: no interval is shorter. */
export const leastSeconds = 90

const mostSeconds = 86_400

/** What a message wants. `uac`: who sent the request; it is us if `sentByUs`. */
export const of = (message: Message.Message, sentByUs: boolean): SessionTimer | undefined => {
  const value = Message.first(message, "Session-Expires")
  if (value === undefined) return undefined
  const semicolon = value.indexOf(";")
  const seconds = natural((semicolon < 0 ? value : value.slice(0, semicolon)).trim(), mostSeconds)
  if (seconds === undefined) return undefined
  const named = parameters(semicolon < 0 ? "" : value.slice(semicolon))
    ?.get("refresher")
    ?.toLowerCase()
  // Whoever names nobody in a response leaves it to the other side; in a request, to whoever answers.
  const byClient = named === "uac" || (named !== "uas" && message._tag === "Response")
  const intervalMillis = Math.max(seconds, leastSeconds) * 1_000
  return { intervalMillis, refresher: byClient === sentByUs ? "us" : "them" }
}

/** What a refused INVITE (422) asks for, in seconds; `undefined` if it is nothing that we could offer. */
export const least = (response: Message.Response): number | undefined => {
  const seconds = natural(Message.first(response, "Min-SE") ?? "", mostSeconds)
  return seconds === undefined ? undefined : Math.max(seconds, leastSeconds)
}

/** How the timer is named in a response to their request. */
export const accepted = ({ intervalMillis, refresher }: SessionTimer): ReadonlyArray<Message.Header> => [
  { name: "Session-Expires", value: `${intervalMillis / 1_000};refresher=${refresher === "us" ? "uas" : "uac"}` },
  { name: "Require", value: "timer" }
]

/** When, after the last refresh, we do something: refresh it, or give the call up. */
export const dueAfter = ({ intervalMillis, refresher }: SessionTimer): number =>
  refresher === "us" ? intervalMillis / 2 : intervalMillis - Math.min(32_000, intervalMillis / 3)
