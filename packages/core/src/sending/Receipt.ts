/**
 * Rules: what is told of a send that has ended (CBK-1, STA-6). To whom, and on which wire, is not decided here.
 */
import type { Row } from "../storage/Kind.ts"
import type { TemplateKind } from "../template/Template.ts"
import * as Send from "./Send.ts"

/** Instants are epoch milliseconds; one that is missing never came, or was never reported. */
export interface Receipt {
  /** Its place among the account's receipts; grows in the order of the ends. */
  readonly number: number
  readonly sendId: string
  readonly accountId: string
  readonly applicationId: string
  /** Empty where a file was played. */
  readonly templateId: string
  readonly fileId: string | undefined
  readonly kind: TemplateKind
  readonly result: "answered" | "failed"
  readonly reason: Send.FailureReason | undefined
  /** E.164; `undefined` once its retention time has ended. */
  readonly callee: string | undefined
  /** The number that the callee saw. */
  readonly display: string
  readonly acceptedAt: number
  readonly diallingAt: number | undefined
  readonly ringingAt: number | undefined
  readonly answeredAt: number | undefined
  readonly endedAt: number
  readonly billedMinutes: number
  /** The keys pressed, in order; none once the retention time of personal data has ended. */
  readonly keys: ReadonlyArray<Send.KeyPress>
  /** The caller's session context, byte for byte (SND-11). */
  readonly ext: string | undefined
}

/** The receipt of a send; `undefined` until it has ended. */
export const of = (row: Row<typeof Send.kind>): Receipt | undefined => {
  const { personal, ref, state } = row
  const { accepted, endedAt } = state
  if (!Send.isFinal(state) || endedAt === undefined) return undefined
  return {
    number: state.receipt,
    sendId: ref.key,
    accountId: ref.owner,
    applicationId: accepted.applicationId,
    templateId: accepted.templateId,
    fileId: accepted.fileId,
    kind: accepted.kind,
    result: state.stage === "completed" ? "answered" : "failed",
    reason: state.reason,
    callee: personal?.callee,
    display: accepted.display,
    acceptedAt: accepted.at,
    diallingAt: state.diallingAt,
    ringingAt: state.ringingAt,
    answeredAt: state.answeredAt,
    endedAt,
    billedMinutes: state.billedMinutes,
    keys: personal?.keys ?? noKeys,
    ext: personal?.ext
  }
}

const noKeys: ReadonlyArray<Send.KeyPress> = []
