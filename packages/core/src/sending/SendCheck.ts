/**
 * Rules: what a dry run of a send tells: every gate with its verdict, and what would be spoken. Nothing of it is stored.
 */
import * as Either from "effect/Either"
import type { SpokenSegment } from "../template/Rendering.ts"
import type * as Admission from "./Admission.ts"
import * as Gate from "./Gate.ts"
import type * as Idempotency from "./Idempotency.ts"

/** What a send would meet, if it were sent now. */
export interface Check {
  readonly allowed: boolean
  /** Every gate, also those after the first that is shut; `notReached`: it cannot be asked while another is shut. */
  readonly gates: ReadonlyArray<Gate.Verdict>
  /** What would be spoken, or the name of the file that would be played; `undefined` if that cannot be told. */
  readonly text: string | undefined
  readonly segments: ReadonlyArray<SpokenSegment>
  readonly holdMinutes: number | undefined
}

/** Tells a dry run. `recalled` is what the memory of the idempotency key said, if a key was given. */
export const of = (
  fileId: string | undefined,
  inspected: ReturnType<typeof Admission.inspect>,
  recalled: ReturnType<typeof Idempotency.recall> | undefined
): Check => {
  const conflict = recalled !== undefined && Either.isLeft(recalled) ? recalled.left : undefined
  const gates = Gate.gatesOf(fileId).map(({ gate, rule }): Gate.Verdict => {
    const refusal = gate === "idempotency" ? conflict : inspected.gates.find((one) => one.gate === gate)?.refusal
    if (refusal === null) return { gate, rule, verdict: "notReached", facts: {} }
    if (refusal === undefined) return { gate, rule, verdict: "passed", facts: Gate.seenAt(gate, inspected.sight) }
    return { gate, rule, verdict: "failed", facts: { refusal: refusal._tag, ...Gate.factsOf(refusal) } }
  })
  return {
    allowed: gates.every(({ verdict }) => verdict === "passed"),
    gates,
    text: inspected.rendered?.text,
    segments: inspected.rendered?.segments ?? [],
    holdMinutes: inspected.sight.holdMinutes
  }
}
