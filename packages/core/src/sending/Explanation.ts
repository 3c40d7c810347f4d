/**
 * Rules: why a send was accepted or refused, what became of it, and who paid. The tries of its callbacks are told by
 * the callback domain.
 */
import type { Part } from "../balance/Lot.ts"
import type { Row } from "../storage/Kind.ts"
import * as Gate from "./Gate.ts"
import type * as RefusedSend from "./RefusedSend.ts"
import type * as Send from "./Send.ts"

/** A step of a send, with its time (SND-6). */
export interface Step {
  readonly stage: Exclude<Send.Stage, "none">
  readonly at: number
}

/** The minutes of a send: those that were on hold, and those that were paid (BAL-4, BAL-8). */
export interface Payment {
  readonly held: ReadonlyArray<Part>
  readonly billedMinutes: number
  readonly paid: ReadonlyArray<Part>
  readonly overrunMinutes: number
}

export type Explanation =
  | {
      readonly _tag: "Accepted"
      readonly sendId: string
      readonly stage: Send.Stage
      readonly reason: Send.FailureReason | undefined
      readonly gates: ReadonlyArray<Gate.Verdict>
      readonly steps: ReadonlyArray<Step>
      /** Which routes were asked, and why one took over from another (SND-9). */
      readonly routes: ReadonlyArray<Send.Attempt>
      readonly payment: Payment
      readonly corrections: ReadonlyArray<Send.Correction>
    }
  | {
      readonly _tag: "Refused"
      readonly attemptId: string
      readonly at: number
      readonly refusal: string
      readonly code: number | undefined
      readonly transient: boolean
      readonly gates: ReadonlyArray<Gate.Verdict>
    }

export const ofSend = (row: Row<typeof Send.kind>): Explanation => {
  const { accepted, attempts, billedMinutes, corrections, overrunMinutes, paid, reason, stage } = row.state
  return {
    _tag: "Accepted",
    sendId: row.ref.key,
    stage,
    reason,
    gates: Gate.verdicts(accepted.sight, undefined, Gate.gatesOf(accepted.fileId)),
    steps: stepsOf(row.state),
    routes: attempts,
    payment: { held: accepted.hold.parts, billedMinutes, paid, overrunMinutes },
    corrections
  }
}

export const ofRefusal = (attemptId: string, refused: RefusedSend.Refused): Explanation => {
  const { at, code, facts, fileId, gate, refusal, sight, transient } = refused
  const gates = Gate.verdicts(sight, { gate, facts }, Gate.gatesOf(fileId))
  return { _tag: "Refused", attemptId, at, refusal, code, transient, gates }
}

/** The steps in the order of the life of a send; those that were never reported are left out. */
export const stepsOf = (state: Send.State): ReadonlyArray<Step> => {
  const { accepted, answeredAt, diallingAt, endedAt, ringingAt, stage } = state
  const end = stage === "completed" || stage === "failed" ? stage : undefined
  const steps: Array<Step> = [{ stage: "accepted", at: accepted.at }]
  const add = (step: Step["stage"] | undefined, at: number | undefined): void => {
    if (step !== undefined && at !== undefined) steps.push({ stage: step, at })
  }
  add("dialling", diallingAt)
  add("ringing", ringingAt)
  add("answered", answeredAt)
  add(end, endedAt)
  return steps
}
