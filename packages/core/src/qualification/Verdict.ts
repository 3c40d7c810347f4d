/**
 * Rules: how a review ends, of qualifications, templates and voice files alike.
 */
import * as Schema from "effect/Schema"
import * as BoundedText from "../account/BoundedText.ts"

/** The reason of a rejection, for whoever submitted: 1 to 200 characters. Reviewers keep personal data out of it. */
export const Reason = BoundedText.paragraph({ min: 1, max: 200 })

export const Approve = Schema.TaggedStruct("Approve", {})
export const Reject = Schema.TaggedStruct("Reject", { reason: Reason })

export const Verdict = Schema.Union(Approve, Reject)
export type Verdict = typeof Verdict.Type
