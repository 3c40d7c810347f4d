/**
 * Rules: from a template and its parameters to what is spoken (TPL-9). Values are text: whatever they hold is said,
 * never read as a variable. How long it takes to say it is not estimated here.
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type * as Template from "./Template.ts"
import * as TemplateText from "./TemplateText.ts"
import * as Variable from "./Variable.ts"

/**
 * What is spoken, piece by piece. `Spell` says one character at a time; `millis` is a silence. A text that has a `kind`
 * is the value of a variable which was declared so, and reads as that whatever stands beside it.
 */
export const SpokenSegment = Schema.Union(
  Schema.TaggedStruct("Text", {
    text: Schema.String,
    kind: Schema.optionalWith(Schema.Literal("number", "amount"), { exact: true })
  }),
  Schema.TaggedStruct("Spell", { text: Schema.String }),
  Schema.TaggedStruct("Pause", { millis: Schema.Int })
)
export type SpokenSegment = typeof SpokenSegment.Type

/** Personal data: the text of the segments, put together, is `text`. */
export interface Rendered {
  readonly text: string
  readonly segments: ReadonlyArray<SpokenSegment>
  /** Of the text, in code points. */
  readonly length: number
}

/** Lengths in Unicode code points. */
export interface Limits {
  /** Of one value: 15, unless the application's limit says otherwise. */
  readonly parameterMax: number
  /** Of the whole text. */
  readonly textMax: number
}

export const defaultLimits: Limits = { parameterMax: 15, textMax: 500 }

// ---------------------------------------------------------------------------------------------------------------------
// refusals, in order of precedence. An `index` is the variable's number; no refusal holds a value.
// ---------------------------------------------------------------------------------------------------------------------

/** More or fewer parameters than the template has variables. */
export class ParameterCount extends Schema.TaggedError<ParameterCount>()("ParameterCount", {
  supplied: Schema.Int,
  expected: Schema.Int
}) {
  static readonly rule = "TPL-9" as const
  static readonly code = 1014
  static readonly transient = false
}

export class VariableTooLong extends Schema.TaggedError<VariableTooLong>()("VariableTooLong", {
  index: Schema.Int,
  length: Schema.Int,
  limit: Schema.Int
}) {
  static readonly rule = "TPL-9" as const
  static readonly code = 1036
  static readonly transient = false
}

/** A value holds a control or format character, a line end or half of a character. */
export class VariableUnspeakable extends Schema.TaggedError<VariableUnspeakable>()("VariableUnspeakable", {
  index: Schema.Int,
  position: Schema.Int
}) {
  static readonly rule = "TPL-9" as const
  static readonly code = 1014
  static readonly transient = false
}

/** A value is not of the kind that the reviewed template declares for it. */
export class VariableKindMismatch extends Schema.TaggedError<VariableKindMismatch>()("VariableKindMismatch", {
  index: Schema.Int,
  expected: Variable.VariableKind
}) {
  static readonly rule = "TPL-9" as const
  static readonly code = 1014
  static readonly transient = false
}

export class RenderedTooLong extends Schema.TaggedError<RenderedTooLong>()("RenderedTooLong", {
  length: Schema.Int,
  limit: Schema.Int
}) {
  static readonly rule = "TPL-9" as const
  static readonly code = 1017
  static readonly transient = false
}

export type RenderRefusal =
  | ParameterCount
  | VariableTooLong
  | VariableUnspeakable
  | VariableKindMismatch
  | RenderedTooLong

/** What of a template is rendered. */
export type Spoken = Pick<Template.State, "kind" | "parts" | "arity" | "variables">

/**
 * Puts the parameters in their places.
 *
 * **Details** Codes, telephone numbers and plates become `Spell` segments, declared numbers and amounts texts of their
 * own; everything else stays in the text around it, with its punctuation.
 */
export const render = (
  template: Spoken,
  params: ReadonlyArray<string>,
  limits: Limits
): Either.Either<Rendered, RenderRefusal> => {
  if (params.length !== template.arity)
    return Either.left(new ParameterCount({ supplied: params.length, expected: template.arity }))
  for (let i = 0; i < params.length; i++) {
    const refusal = check(params[i]!, i + 1, template, limits)
    if (refusal !== undefined) return Either.left(refusal)
  }
  const segments: Array<SpokenSegment> = []
  let text = ""
  let said = ""
  for (const part of template.parts) {
    if (part._tag === "Literal") {
      said += part.text
      continue
    }
    const value = params[part.n - 1]!
    const kind = template.variables[part.n - 1] ?? Variable.guess(template.kind === "code", value)
    const segment = value === "" ? undefined : segmentOf(kind, value)
    if (segment === undefined) {
      said += value
      continue
    }
    if (said !== "") segments.push({ _tag: "Text", text: said })
    segments.push(segment)
    text += said + value
    said = ""
  }
  if (said !== "") segments.push({ _tag: "Text", text: said })
  text += said
  const length = TemplateText.codePoints(text)
  if (length > limits.textMax) return Either.left(new RenderedTooLong({ length, limit: limits.textMax }))
  return Either.right({ text, segments, length })
}

/** What was rendered, with an asterisk for each character that was spelled: how records show a verification code. */
export const masked = (
  segments: ReadonlyArray<SpokenSegment>
): { readonly text: string; readonly segments: ReadonlyArray<SpokenSegment> } => {
  const hidden = segments.map((segment): SpokenSegment =>
    segment._tag === "Spell" ? { _tag: "Spell", text: "*".repeat(TemplateText.codePoints(segment.text)) } : segment
  )
  return { text: hidden.map((segment) => (segment._tag === "Pause" ? "" : segment.text)).join(""), segments: hidden }
}

/** The segment that is a value's own; `undefined` for what is said with the text around it. */
const segmentOf = (kind: Variable.VariableKind, text: string): SpokenSegment | undefined =>
  Variable.isSpelled(kind)
    ? { _tag: "Spell", text }
    : kind === "number" || kind === "amount"
      ? { _tag: "Text", text, kind }
      : undefined

const check = (value: string, index: number, template: Spoken, limits: Limits) => {
  const length = TemplateText.codePoints(value)
  if (length > limits.parameterMax) return new VariableTooLong({ index, length, limit: limits.parameterMax })
  const position = TemplateText.unspeakableAt(value)
  if (position !== undefined) return new VariableUnspeakable({ index, position })
  const expected = template.variables[index - 1]
  if (expected != null && !Variable.fits(expected, value)) return new VariableKindMismatch({ index, expected })
  return undefined
}
