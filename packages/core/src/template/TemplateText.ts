/**
 * Rules: how the content of a template is written and read (TPL-1, TPL-2, TPL-3). What the variables may stand for is
 * `Variable.ts`, what becomes of them `Rendering.ts`; neither is decided here.
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"

/** How a template writes its variables; `none` where it has none. */
export const Spelling = Schema.Literal("none", "braces", "angles")
export type Spelling = typeof Spelling.Type

/** A piece of a content: text as it stands, or the place of the parameter `n`, counted from 1. */
export const Part = Schema.Union(
  Schema.TaggedStruct("Literal", { text: Schema.String }),
  Schema.TaggedStruct("Variable", { n: Schema.Int })
)
export type Part = typeof Part.Type

export interface TemplateText {
  readonly spelling: Spelling
  /** In the order of the content; literals are not empty and never follow one another. */
  readonly parts: ReadonlyArray<Part>
  /** How many parameters a send supplies: the k of TPL-9. */
  readonly arity: number
}

/** Characters, that is Unicode code points, of a content (TPL-1). */
export const contentMax = 100

// ---------------------------------------------------------------------------------------------------------------------
// refusals, in order of precedence. A `position` is the number of code points before the place that is meant.
// ---------------------------------------------------------------------------------------------------------------------

/** There is nothing to say: no content, or only white space. */
export class ContentEmpty extends Schema.TaggedError<ContentEmpty>()("ContentEmpty", {}) {
  static readonly rule = "TPL-1" as const
  static readonly transient = false
}

/** More characters than a content may have; lengths in code points. */
export class ContentTooLong extends Schema.TaggedError<ContentTooLong>()("ContentTooLong", {
  length: Schema.Int,
  limit: Schema.Int
}) {
  static readonly rule = "TPL-1" as const
  static readonly code = 1017
  static readonly transient = false
}

/** A character that cannot be spoken or seen: control and format characters, line ends, half characters, private ones. */
export class UnspeakableCharacter extends Schema.TaggedError<UnspeakableCharacter>()("UnspeakableCharacter", {
  position: Schema.Int
}) {
  static readonly rule = "TPL-1" as const
  static readonly transient = false
}

/** Brackets that hold no number, or one that begins with 0, or brackets of another script (`｛1｝`). */
export class BadVariable extends Schema.TaggedError<BadVariable>()("BadVariable", { position: Schema.Int }) {
  static readonly rule = "TPL-2" as const
  static readonly transient = false
}

/** A brace without its other half. */
export class UnmatchedBrace extends Schema.TaggedError<UnmatchedBrace>()("UnmatchedBrace", { position: Schema.Int }) {
  static readonly rule = "TPL-2" as const
  static readonly transient = false
}

/** `{n}` and `<n>` in one content; the position is that of the first in the second spelling. */
export class MixedSpelling extends Schema.TaggedError<MixedSpelling>()("MixedSpelling", { position: Schema.Int }) {
  static readonly rule = "TPL-2" as const
  static readonly transient = false
}

/** The numbers are not 1 to k: `missing` is the smallest that is not there, `largest` the k. */
export class VariablesNotContiguous extends Schema.TaggedError<VariablesNotContiguous>()("VariablesNotContiguous", {
  missing: Schema.Int,
  largest: Schema.Number
}) {
  static readonly rule = "TPL-2" as const
  static readonly transient = false
}

/** Besides variables, white space, punctuation and symbols nothing remains. */
export class OnlyVariables extends Schema.TaggedError<OnlyVariables>()("OnlyVariables", {}) {
  static readonly rule = "TPL-3" as const
  static readonly transient = false
}

export type TextRefusal =
  | ContentEmpty
  | ContentTooLong
  | UnspeakableCharacter
  | BadVariable
  | UnmatchedBrace
  | MixedSpelling
  | VariablesNotContiguous
  | OnlyVariables

// ---------------------------------------------------------------------------------------------------------------------
// reading
// ---------------------------------------------------------------------------------------------------------------------

/**
 * Reads a content, or says what is wrong with it first: its length, then its characters, then its variables from left
 * to right.
 *
 * **Details** A brace is always part of a variable. An angle is one only around a single word of ASCII letters, digits
 * and underscores (`<1>`, and so also the refused `<0>`, `<a>`, `<>`); any other is a sign of its own, so that
 * 「余额<100」 and 「3>2」 can be said.
 */
export const parse = (content: string): Either.Either<TemplateText, TextRefusal> => {
  if (content.trim() === "") return Either.left(new ContentEmpty())
  const length = codePoints(content)
  if (length > contentMax) return Either.left(new ContentTooLong({ length, limit: contentMax }))
  const unspeakable = unspeakableAt(content)
  if (unspeakable !== undefined) return Either.left(new UnspeakableCharacter({ position: unspeakable }))
  const parts: Array<Part> = []
  const seen = new Set<number>()
  let spelling: Spelling = "none"
  let read = 0
  for (const match of content.matchAll(brackets)) {
    const { index } = match
    const position = codePoints(content.slice(0, index))
    const { angles, braces, lone } = match.groups ?? {}
    if (lone !== undefined) return Either.left(new UnmatchedBrace({ position }))
    const written = (braces ?? angles)?.trim()
    if (written === undefined || !number.test(written) || written !== (braces ?? angles))
      return Either.left(new BadVariable({ position }))
    const own = braces === undefined ? "angles" : "braces"
    if (spelling !== "none" && spelling !== own) return Either.left(new MixedSpelling({ position }))
    spelling = own
    if (index > read) parts.push({ _tag: "Literal", text: content.slice(read, index) })
    parts.push({ _tag: "Variable", n: Number(written) })
    seen.add(Number(written))
    read = index + match[0].length
  }
  if (read < content.length) parts.push({ _tag: "Literal", text: content.slice(read) })
  let missing = 1
  while (seen.has(missing)) missing++
  if (missing <= seen.size) return Either.left(new VariablesNotContiguous({ missing, largest: Math.max(...seen) }))
  if (!parts.some((part) => part._tag === "Literal" && somethingSaid.test(part.text)))
    return Either.left(new OnlyVariables())
  return Either.right({ spelling, parts, arity: seen.size })
}

/** The length of a text in Unicode code points; half of a surrogate pair counts as one. */
export const codePoints = (text: string): number => {
  let count = text.length
  for (let i = 0; i < text.length - 1; i++) {
    // A high surrogate and the low one after it are one character.
    if ((text.charCodeAt(i) & 0xfc00) === 0xd800 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
      count--
      i++
    }
  }
  return count
}

/** Where the first character stands that can be neither spoken nor seen; `undefined` if there is none. */
export const unspeakableAt = (text: string): number | undefined => {
  const found = text.search(unspeakable)
  return found < 0 ? undefined : codePoints(text.slice(0, found))
}

/** The content as it was written, from its parts. */
export const write = (text: Pick<TemplateText, "spelling" | "parts">): string =>
  text.parts
    .map((part) => (part._tag === "Literal" ? part.text : text.spelling === "angles" ? `<${part.n}>` : `{${part.n}}`))
    .join("")

const brackets =
  /\{(?<braces>[^{}]*)\}|<(?<angles>[ \t]*\w*[ \t]*)>|(?<wide>[｛＜][0-9０-９]*[｝＞])|(?<lone>[{}｛｝])/g
const number = /^[1-9][0-9]*$/
const unspeakable = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u
const somethingSaid = /[^\s\p{P}\p{Z}\p{S}]/u
