/**
 * Rules: the gates that a send passes before it is accepted, in their order (SND-3), and how a passage is told
 * afterwards. What each gate asks is `Admission.ts`'s business.
 */
import * as Schema from "effect/Schema"
import type { RuleId } from "../RuleId.ts"

/**
 * The gates in order; the first that is shut is the answer.
 *
 * **Details** The form of the request comes first, as nothing can be said of what cannot be read; then whether it was
 * answered before, as a repeated request gets the first answer even if a gate was shut since (SND-7); then SND-3, with
 * the limits, which cost nothing, before the minutes, which do. A send of a file passes `file` where others pass
 * `template` and `parameters` (VOF-4).
 */
export const GateId = Schema.Literal(
  "form",
  "idempotency",
  "enterprise",
  "activated",
  "application",
  "template",
  "file",
  "parameters",
  "number",
  "frequency",
  "dailyCap",
  "minutes"
)
export type GateId = typeof GateId.Type

export interface GateRule {
  readonly gate: GateId
  readonly rule: RuleId
}

/** Of sends that speak a text. */
export const gates: ReadonlyArray<GateRule> = [
  { gate: "form", rule: "SND-2" },
  { gate: "idempotency", rule: "SND-7" },
  { gate: "enterprise", rule: "ACC-1" },
  { gate: "activated", rule: "ACC-2" },
  { gate: "application", rule: "ACC-3" },
  { gate: "template", rule: "TPL-4" },
  { gate: "parameters", rule: "TPL-9" },
  { gate: "number", rule: "SND-4" },
  { gate: "frequency", rule: "SND-8" },
  { gate: "dailyCap", rule: "ALR-3" },
  { gate: "minutes", rule: "BAL-4" }
]

/** Of sends that play a file. */
export const fileGates: ReadonlyArray<GateRule> = gates.flatMap((one): ReadonlyArray<GateRule> => {
  if (one.gate === "template") return [{ gate: "file", rule: "VOF-4" }]
  return one.gate === "parameters" ? [] : [one]
})

/** The gates of a send, by the file that it plays, if it plays one. */
export const gatesOf = (fileId: string | undefined): ReadonlyArray<GateRule> =>
  fileId === undefined ? gates : fileGates

/** What the gates saw. Kept with the send, without personal data; a gate that was not reached saw nothing. */
export const Sight = Schema.Struct({
  activatedAt: Schema.optional(Schema.Number),
  templateVersion: Schema.optional(Schema.Int),
  fileVersion: Schema.optional(Schema.Int),
  /** Code points of the rendered text. */
  textLength: Schema.optional(Schema.Int),
  numbersHeld: Schema.optional(Schema.Int),
  /** Whether the caller chose the number displayed. */
  numberChosen: Schema.optional(Schema.Boolean),
  numberExpiresAt: Schema.optional(Schema.Number),
  /** How many earlier sends each frequency limit counted, in the order of the limits. */
  counted: Schema.optional(Schema.Array(Schema.Int)),
  /** Sends of the application on this day, this one included. */
  sentToday: Schema.optional(Schema.Int),
  /** The upper bound of the speech of one play; of a file, its true length. */
  speechMillis: Schema.optional(Schema.Int),
  holdMinutes: Schema.optional(Schema.Int),
  /** Minutes that were free before the hold. */
  availableMinutes: Schema.optional(Schema.Int)
})
export type Sight = typeof Sight.Type

/** A fact for people and programs to read: never personal data. */
export const Fact = Schema.Union(Schema.String, Schema.Number, Schema.Boolean)
export const Facts = Schema.Record({ key: Schema.String, value: Fact })
export type Facts = typeof Facts.Type

/** What one gate said. */
export interface Verdict {
  readonly gate: GateId
  readonly rule: RuleId
  readonly verdict: "passed" | "failed" | "notReached"
  readonly facts: Facts
}

/** The story of a passage: every gate up to the shut one, if one was, and those that were not reached. */
export const verdicts = (
  sight: Sight,
  shut: { readonly gate: GateId; readonly facts: Facts } | undefined,
  passed: ReadonlyArray<GateRule> = gates
): ReadonlyArray<Verdict> => {
  const last = shut === undefined ? passed.length : passed.findIndex(({ gate }) => gate === shut.gate)
  return passed.map(({ gate, rule }, i) => {
    if (i < last || shut === undefined) return { gate, rule, verdict: "passed", facts: seenAt(gate, sight) }
    if (i > last) return { gate, rule, verdict: "notReached", facts: {} }
    return { gate, rule, verdict: "failed", facts: shut.facts }
  })
}

/** The facts of a refusal: its fields, those of structures under dotted names. */
export const factsOf = (refusal: object): Facts => {
  const facts: Record<string, string | number | boolean> = {}
  const collect = (value: object, prefix: string): void => {
    for (const [name, field] of Object.entries(value)) {
      if (name === "_tag" && prefix === "") continue
      if (typeof field === "string" || typeof field === "number" || typeof field === "boolean")
        facts[prefix + name] = field
      else if (typeof field === "object" && field !== null) collect(field, `${prefix}${name}.`)
    }
  }
  collect(refusal, "")
  return facts
}

/** What a gate that let the send pass had seen. */
export const seenAt = (gate: GateId, sight: Sight): Facts => {
  switch (gate) {
    case "form":
    case "idempotency":
    case "enterprise":
    case "application":
      return {}
    case "activated":
      return known({ activatedAt: sight.activatedAt })
    case "template":
      return known({ version: sight.templateVersion })
    case "file":
      return known({ version: sight.fileVersion })
    case "parameters":
      return known({ textLength: sight.textLength })
    case "number":
      return known({ held: sight.numbersHeld, chosen: sight.numberChosen, expiresAt: sight.numberExpiresAt })
    case "frequency":
      return Object.fromEntries((sight.counted ?? []).map((count, i) => [`limit${i + 1}`, count]))
    case "dailyCap":
      return known({ sentToday: sight.sentToday })
    case "minutes":
      return known({ needed: sight.holdMinutes, available: sight.availableMinutes, speechMillis: sight.speechMillis })
  }
}

const known = (facts: { readonly [name: string]: string | number | boolean | undefined }): Facts =>
  Object.fromEntries(Object.entries(facts).flatMap(([name, fact]) => (fact === undefined ? [] : [[name, fact]])))
