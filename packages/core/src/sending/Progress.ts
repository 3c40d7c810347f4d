/**
 * Rules: what a report about a send changes, all of it or nothing: the send, and at its end the balance, the alert of
 * few minutes, the statistics, the receipt and the callbacks (SND-6, BAL-4, BAL-8, STA-2, CBK-1). What a report comes
 * to is `SendStep.step`.
 */
import * as LowBalance from "../alert/LowBalance.ts"
import * as Balance from "../balance/Balance.ts"
import * as Decision from "../storage/Decision.ts"
import type { Ref, Row } from "../storage/Kind.ts"
import * as Rendering from "../template/Rendering.ts"
import type { RowsOf } from "./Acceptance.ts"
import * as ReceiptLog from "./ReceiptLog.ts"
import * as Send from "./Send.ts"
import * as SendStep from "./SendStep.ts"

export interface Env {
  /** Epoch milliseconds. */
  readonly now: number
  /** Whether the code of a verification stays in the record when its call has ended (SND-1). */
  readonly keepCodes: boolean
}

/** What came of a report. */
export interface Recorded {
  /** The send as it is now. */
  readonly state: Send.State
  /**
   * Whether the report moved the send on. `false`: it was known already, came too late or made no sense any more, and
   * whoever reported must not act on it. A `DialStarted` that is not recorded means that somebody else is dialling, or
   * that it is over: do not dial.
   */
  readonly recorded: boolean
  /** Whether this report ended the send. */
  readonly ended: boolean
}

/** Whether a report can end a send, so that a decision on it names `endingRefs`. */
export const canEnd = (report: Send.Report): boolean => report._tag === "HungUp" || report._tag === "Failed"

/** What the end of a send changes. */
export const endingRefs = (ref: Ref<typeof Send.kind>) =>
  [ref, Balance.ref(ref.owner), LowBalance.ref(ref.owner), ReceiptLog.ref(ref.owner)] as const

export type EndingBooks = RowsOf<ReturnType<typeof endingRefs>>

/** What a report that cannot end the send changes. */
export const advance = (env: Env, send: Row<typeof Send.kind>, report: Send.Report): Decision.Decision<Recorded> =>
  moved(send, SendStep.step(env, send.state, report, send.personal?.keys))

/** What a report changes that may be the send's end. */
export const finish = (env: Env, books: EndingBooks, report: Send.Report): Decision.Decision<Recorded> => {
  const [send] = books
  const step = SendStep.step(env, send.state, report)
  switch (step._tag) {
    case "Completed":
      return complete(env, books, step)
    case "Failed":
      return fail(env, books, step)
    case "Nothing":
    case "Moved":
      return moved(send, step)
  }
}

/** What several reports change, one after the other, all of it or nothing; `send` alone where none can end it. */
export const all = (
  env: Env,
  books: EndingBooks | readonly [EndingBooks[0]],
  reports: ReadonlyArray<Send.Report>
): Decision.Decision<ReadonlyArray<Recorded>> =>
  Decision.inTurn(
    books,
    reports.map(
      (report) => (now) => (canEnd(report) && isEnding(now) ? finish(env, now, report) : advance(env, now[0], report))
    )
  )

const isEnding = (books: EndingBooks | readonly [EndingBooks[0]]): books is EndingBooks => books.length > 1

type StepOf<Tag extends SendStep.Step["_tag"]> = Extract<SendStep.Step, { readonly _tag: Tag }>

const moved = (send: Row<typeof Send.kind>, step: SendStep.Step): Decision.Decision<Recorded> => {
  if (step._tag !== "Moved") return unmoved(send)
  const { personal } = send
  const { press } = step
  // A key has no place to be kept once the personal data is erased.
  if (press !== undefined && personal === undefined) return unmoved(send)
  const change =
    press === undefined || personal === undefined
      ? Decision.change(send, [step.event])
      : Decision.change(send, [step.event], { personal: { ...personal, keys: [...(personal.keys ?? []), press] } })
  const recorded = step.event._tag !== "Corrected"
  return Decision.make({ state: change.state, recorded, ended: false }, { changes: [change] })
}

const unmoved = (send: Row<typeof Send.kind>): Decision.Decision<Recorded> =>
  Decision.answer({ state: send.state, recorded: false, ended: false })

const complete = (env: Env, books: EndingBooks, step: StepOf<"Completed">): Decision.Decision<Recorded> => {
  const [send, balance, , log] = books
  const settled = Balance.settle(env, balance.state, {
    sendId: send.ref.key,
    hold: send.state.accepted.hold,
    minutes: step.minutes
  })
  const completed: Send.Event = {
    _tag: "SendCompleted",
    at: step.at,
    billedMinutes: step.minutes,
    overrunMinutes: settled.overrun,
    paid: settled.paid,
    receipt: log.state.last + 1
  }
  const events =
    step.correction === undefined
      ? [completed]
      : [{ _tag: "Corrected", correction: step.correction } as const, completed]
  return end(env, books, events, settled.events, { answered: 1, minutes: step.minutes })
}

const fail = (env: Env, books: EndingBooks, step: StepOf<"Failed">): Decision.Decision<Recorded> => {
  const [send, balance, , log] = books
  const { at, reason } = step
  const released = Balance.release(env, balance.state, { sendId: send.ref.key, hold: send.state.accepted.hold })
  const failed: Send.Event = { _tag: "SendFailed", at, reason, receipt: log.state.last + 1 }
  return end(env, books, [failed], released, { failed: 1, reason })
}

const end = (
  env: Env,
  books: EndingBooks,
  events: ReadonlyArray<Send.Event>,
  ledger: ReadonlyArray<Balance.Event>,
  counted: Parameters<typeof Send.tally>[2]
): Decision.Decision<Recorded> => {
  const [send, balance, lowBalance, log] = books
  const masked = env.keepCodes || send.state.accepted.kind !== "code" ? undefined : withoutCode(send.personal)
  const change =
    masked === undefined ? Decision.change(send, events) : Decision.change(send, events, { personal: masked })
  const paid = Balance.after(balance, ledger)
  const low = LowBalance.observe(env, lowBalance, paid.state.available, "usage")
  return {
    answer: { state: change.state, recorded: true, ended: true },
    changes: [change, ...paid.changes, ...low.changes, Decision.change(log, ReceiptLog.numbered)],
    work: [
      Decision.cancel("dial", send.ref),
      Decision.cancel("reconcile", send.ref),
      Decision.enqueue("callback", send.ref, env.now),
      ...low.work
    ],
    tallies: [Send.tally(send.ref.owner, send.state.accepted, counted)]
  }
}

const withoutCode = (personal: Send.Personal | undefined): Send.Personal | undefined =>
  personal === undefined ? undefined : { ...personal, ...Rendering.masked(personal.segments) }
