/**
 * Rules: what an engine is given to say. Words in which nothing is left to interpret, and silences; never markup.
 */

/** Words of the language, and its marks (`、，；。？！`, in English `,;.?!`). Mandarin: no digits and no signs. */
export interface Phrase {
  readonly _tag: "Phrase"
  readonly text: string
}

export interface Silence {
  readonly _tag: "Silence"
  readonly millis: number
}

export type Utterance = ReadonlyArray<Phrase | Silence>

/** A pause that reading asks for: the longest of several counts, none at the ends, none where a silence is longer. */
export interface Rest {
  readonly _tag: "Rest"
  readonly millis: number
}

export type Part = Phrase | Silence | Rest

export const phrase = (text: string): Phrase => ({ _tag: "Phrase", text })

export const silence = (millis: number): Silence => ({ _tag: "Silence", millis })

export const rest = (millis: number): Rest => ({ _tag: "Rest", millis })

/** The words alone, a space for each silence. For tests and for people who want to see what is said. */
export const words = (utterance: Utterance): string =>
  utterance.map((piece) => (piece._tag === "Phrase" ? piece.text : " ")).join("")

/**
 * Joins what belongs together: neighbouring words become one phrase, neighbouring pauses one silence.
 *
 * **Details** Of several marks in a row the strongest stays; a phrase begins with none. Spaces stay only where they
 * part words of Latin letters.
 */
export const join = (parts: ReadonlyArray<Part>): Utterance => {
  const joined: Array<Phrase | Silence> = []
  let said = ""
  let silent = 0
  let resting = 0
  const endPhrase = () => {
    const text = tidy(said)
    said = ""
    if (text === "") return
    const millis = joined.length === 0 ? silent : Math.max(silent, resting)
    if (millis > 0) joined.push(silence(millis))
    joined.push(phrase(text))
    silent = 0
    resting = 0
  }
  for (const part of parts) {
    if (part._tag === "Phrase") {
      said += part.text
      continue
    }
    endPhrase()
    if (part._tag === "Silence") silent += part.millis
    else resting = Math.max(resting, part.millis)
  }
  endPhrase()
  if (silent > 0) joined.push(silence(silent))
  return joined
}

const tidy = (text: string): string =>
  text
    .replaceAll(/\s+/g, " ")
    .replaceAll(/(?<![A-Za-z0-9',;.?!]) | (?![A-Za-z0-9])/g, "")
    .replaceAll(marks, strongest)
    .replace(/^[，、；。？！,;.?!]+ ?/, "")
    .trim()

const marks = /[，、；。？！](?:[，、；。？！])+|[,;.?!](?: ?[,;.?!])+/g

/** From weak to strong, Mandarin's marks and English ones. */
const strengths = "、，；。？！,;.?!"

const strongest = (found: string): string =>
  [...found].reduce((mark, other) => (strengths.indexOf(other) > strengths.indexOf(mark) ? other : mark))
