/** Rules: an utterance as SSML for Azure. All tags in it are written here; of a phrase nothing but words gets through. */
import * as Takes from "../engine/Takes.ts"
import type { Utterance } from "../text/Utterance.ts"

export interface Voice {
  readonly language: string
  readonly voice: string
  readonly ratePercent: number
}

/** What the service is asked in one go, and the long silences between: `text` is what stands in `document`. */
export const takes = (utterance: Utterance, splitMillis: number): ReadonlyArray<Takes.Take> => {
  const cut: Array<Takes.Take> = []
  let content = ""
  let resting = 0
  for (const piece of utterance) {
    if (piece._tag === "Silence") {
      resting += piece.millis
      continue
    }
    const words = escape(piece.text)
    if (words.trim() === "") continue
    if (content !== "" && resting > 0 && resting < splitMillis) content += `<break time="${Math.round(resting)}ms"/>`
    else {
      if (content !== "" && resting > 0) {
        cut.push({ _tag: "Say", text: content })
        content = ""
      }
      if (resting > 0) cut.push({ _tag: "Silence", millis: resting })
    }
    content += words
    resting = 0
  }
  if (content !== "") cut.push({ _tag: "Say", text: content })
  if (resting > 0) cut.push({ _tag: "Silence", millis: resting })
  return cut
}

export const document = (content: string, { language, ratePercent, voice }: Voice): string =>
  [
    `<speak version="1.0" xmlns="http://www.w3.org/2001/10/synthesis" xml:lang="${escape(language)}">`,
    `<voice name="${escape(voice)}"><prosody rate="${percent(ratePercent - 100)}">${content}</prosody></voice></speak>`
  ].join("")

/** Words: signs that markup begins or ends with are gone before, and are written as entities if they are not. */
export const escape = (text: string): string => Takes.plain(text).replaceAll(/[&<>"']/g, (sign) => entities[sign]!)

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;"
}

const percent = (change: number): string => `${change < 0 ? "" : "+"}${Math.round(change)}%`
