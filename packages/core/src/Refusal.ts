/**
 * Rules: what every refusal says of itself. A refusal is the domain saying no; it carries facts, never prose, and no
 * personal data. It is never mixed with `PortFailure` (the outside broke) or a defect (we broke).
 */
import type { RuleId } from "./RuleId.ts"

/** The statics of a refusal class, beside its `_tag` and its facts. */
export interface RefusalClass {
  /** The rule that says no; `input` where the request has not even the form of one. */
  readonly rule: RuleId | "input"
  /** The vendor's wire code, where it has one. */
  readonly code?: number
  /** Whether the very same request could succeed later. */
  readonly transient: boolean
}

/** An instance of a refusal: a tagged error whose class has `RefusalClass` statics. */
export interface Refusal {
  readonly _tag: string
}

/** What a refusal's class says of it; `undefined` for anything that is no refusal. */
export const describe = (error: unknown): RefusalClass | undefined => {
  if (typeof error !== "object" || error === null) return undefined
  const type: Partial<RefusalClass> = error.constructor as Partial<RefusalClass>
  return typeof type.rule === "string" && typeof type.transient === "boolean" ? (type as RefusalClass) : undefined
}
