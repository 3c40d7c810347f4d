/**
 * Rules: which parts of a message are its template's own words, the same in every send. What is not in the book is
 * somebody's: a code, a name, an amount.
 */
import type { SpeechRequest, SpeechSegment } from "@vsms/core/dispatch/SpeechSynthesizer"
import * as TemplateText from "@vsms/core/template/TemplateText"
import * as Either from "effect/Either"

export interface PhraseBook {
  /** Takes in the words of a template, without its variables. What is no template is left out. */
  readonly learn: (template: string) => void
  /** Whether these are words of a template, between two of its marks or variables. */
  readonly has: (clause: string) => boolean
}

/** A book that forgets what was learnt first when it is full. */
export const make = (clausesMax = 20_000): PhraseBook => {
  const clauses = new Set<string>()
  return {
    learn: (template) => {
      const read = TemplateText.parse(template)
      if (Either.isLeft(read)) return
      for (const part of read.right.parts) {
        if (part._tag !== "Literal") continue
        for (const clause of clausesOf(part.text)) {
          clauses.delete(clause)
          clauses.add(clause)
        }
      }
      for (const oldest of clauses) {
        if (clauses.size <= clausesMax) break
        clauses.delete(oldest)
      }
    },
    has: (clause) => clauses.has(clause)
  }
}

/**
 * What is spoken in one go, and what may be kept. Between two parts is a place where nothing is read over: behind a
 * mark, or where a text ends and something else begins.
 */
export type Part =
  | { readonly _tag: "Fixed"; readonly text: string }
  | { readonly _tag: "Own"; readonly segments: ReadonlyArray<SpeechSegment> }
  | { readonly _tag: "Silence"; readonly millis: number }

/** A part of fewer letters is not worth a request of its own. */
const shortestFixed = 4

/** The parts of a request, in order; put together they are all of it. */
export const parts = (request: SpeechRequest, book: PhraseBook): ReadonlyArray<Part> => {
  const cut: Array<Part> = []
  let atoms: ReadonlyArray<Atom> = []
  const endText = () => {
    for (const clause of clausesOfAtoms(atoms)) {
      const text = clause.map((atom) => atom.text).join("")
      if (clause.every(({ isValue }) => !isValue) && book.has(text)) cut.push({ _tag: "Fixed", text })
      else cut.push({ _tag: "Own", segments: clause.map(({ segment }) => segment) })
    }
    atoms = []
  }
  for (const segment of request.segments) {
    if (segment._tag === "Text") atoms = [...atoms, ...atomsOf(segment)]
    else {
      endText()
      cut.push(
        segment._tag === "Pause" ? { _tag: "Silence", millis: segment.millis } : { _tag: "Own", segments: [segment] }
      )
    }
  }
  endText()
  return merged(merged(cut).map(worthwhile))
}

interface Atom {
  readonly text: string
  readonly segment: SpeechSegment
  /** Somebody's, and not the template's. */
  readonly isValue: boolean
  readonly isEnd: boolean
}

const atomsOf = (segment: Extract<SpeechSegment, { readonly _tag: "Text" }>): ReadonlyArray<Atom> =>
  segment.kind === undefined
    ? clausesOf(segment.text).map((text) => ({
        text,
        segment: { _tag: "Text", text },
        isValue: false,
        isEnd: isMark(text.slice(-1))
      }))
    : [{ text: segment.text, segment, isValue: true, isEnd: false }]

/** Texts that touch are read as one, so a clause may go over several of them. */
const clausesOfAtoms = (atoms: ReadonlyArray<Atom>): ReadonlyArray<ReadonlyArray<Atom>> => {
  const clauses: Array<Array<Atom>> = []
  let open = false
  for (const atom of atoms) {
    if (open) clauses.at(-1)!.push(atom)
    else clauses.push([atom])
    open = !atom.isEnd
  }
  return clauses
}

/** Only the wide marks: a narrow one may be within a number or a time of day. */
const isMark = (character: string): boolean => "，。；！？".includes(character) && character !== ""

const clausesOf = (text: string): ReadonlyArray<string> =>
  text.match(/[^，。；！？]*[，。；！？]+|[^，。；！？]+$/g) ?? []

const worthwhile = (part: Part): Part => {
  if (part._tag !== "Fixed" || (part.text.match(/[\p{L}\p{N}]/gu)?.length ?? 0) >= shortestFixed) return part
  return { _tag: "Own", segments: [{ _tag: "Text", text: part.text }] }
}

const merged = (cut: ReadonlyArray<Part>): ReadonlyArray<Part> => {
  const joined: Array<Part> = []
  for (const part of cut) {
    const last = joined.at(-1)
    if (last?._tag === "Fixed" && part._tag === "Fixed") {
      joined[joined.length - 1] = { _tag: "Fixed", text: last.text + part.text }
    } else if (last?._tag === "Own" && part._tag === "Own") {
      joined[joined.length - 1] = { _tag: "Own", segments: [...last.segments, ...part.segments] }
    } else if (last?._tag === "Silence" && part._tag === "Silence") {
      joined[joined.length - 1] = { _tag: "Silence", millis: last.millis + part.millis }
    } else joined.push(part)
  }
  return joined
}
