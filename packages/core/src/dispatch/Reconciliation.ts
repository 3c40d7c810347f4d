/**
 * Rules: what is to be done about a send that somebody asks after (SND-10), from what is recorded of it and what its
 * channel says. Whatever the channel says, and if it never says anything, there is an end.
 */
import * as Send from "../sending/Send.ts"
import * as Attempt from "./Attempt.ts"

/** What a channel said; `undefined`: it did not answer, or there is no such channel any more. */
export type Answer =
  | { readonly _tag: "NeverPlaced" }
  | { readonly _tag: "InProgress" }
  | { readonly _tag: "Completed"; readonly answeredAt: number; readonly hungUpAt: number }
  | { readonly _tag: "Failed"; readonly at: number; readonly failure: Send.FailureReason }
  | { readonly _tag: "Unknown" }
  | undefined

export type Verdict =
  /** It has ended, or there is no such send. */
  | { readonly _tag: "Nothing" }
  /** No try is open and there is time: it is to be dialled. */
  | { readonly _tag: "Dial" }
  /** These are to be recorded, in order; if the send is then not over, it is looked at again. */
  | { readonly _tag: "Record"; readonly reports: ReadonlyArray<Send.Report> }
  /** Nothing is known yet: ask again, at the latest at `until`. */
  | { readonly _tag: "AskAgain"; readonly until: number }

/** Whether there is a channel to be asked, and about which try. */
export const toAsk = (state: Send.State): Send.Attempt | undefined =>
  state.stage === "none" || Send.isFinal(state) ? undefined : Attempt.open(state)

/** What is to be done. Without a try to ask about, the answer is not looked at. */
export const decide = (now: number, state: Send.State, answer: Answer): Verdict => {
  if (state.stage === "none" || Send.isFinal(state)) return { _tag: "Nothing" }
  const { accepted } = state
  const attempt = Attempt.open(state)
  if (attempt === undefined)
    return now < accepted.dialUntilAt
      ? { _tag: "Dial" }
      : recorded({ _tag: "Failed", at: now, failure: Attempt.lateReason(state) })
  switch (answer?._tag) {
    case "NeverPlaced":
      return state.stage === "dialling"
        ? recorded({ _tag: "RouteFailed", route: attempt.route, at: now, detail: "never placed" })
        : unknown(now, state, attempt)
    case "Completed":
      return recorded({ _tag: "Answered", at: answer.answeredAt }, { _tag: "HungUp", at: answer.hungUpAt })
    case "Failed":
      // Even if it was the channel's own doing: whether the phone rang before, nobody says, so it does not ring again.
      return recorded({ _tag: "Failed", at: answer.at, failure: answer.failure })
    case "InProgress":
    case "Unknown":
    case undefined:
      return unknown(now, state, attempt)
  }
}

const recorded = (...reports: ReadonlyArray<Send.Report>): Verdict => ({ _tag: "Record", reports })

/**
 * Until nobody could be talking any more, wait; then it is over. An answered call whose end nobody saw ends with its
 * answer, which costs one minute: nobody pays for what nobody measured.
 */
const unknown = (now: number, state: Send.State, attempt: Send.Attempt): Verdict => {
  const until = Attempt.giveUpAt(state.accepted, attempt.at)
  return now < until
    ? { _tag: "AskAgain", until }
    : recorded({ _tag: "Failed", at: state.answeredAt ?? now, failure: "fateUnknown" })
}
