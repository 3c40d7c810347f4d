/** What an utterance says, in one line that a test can show: `|` is a silence. */
import * as Spelling from "../../src/text/Spelling.ts"
import * as SpokenRequest from "../../src/text/SpokenRequest.ts"
import type { Utterance } from "../../src/text/Utterance.ts"

export const line = (utterance: Utterance): string =>
  utterance.map((piece) => (piece._tag === "Phrase" ? piece.text : "|")).join("")

export const say = SpokenRequest.speaker({ pace: Spelling.defaultPace, lexicon: {} })

/** A Mandarin text, as it is said. */
export const mandarin = (text: string): string => line(say([{ _tag: "Text", text }], "zh-CN"))

export const english = (text: string): string => line(say([{ _tag: "Text", text }], "en-US"))
