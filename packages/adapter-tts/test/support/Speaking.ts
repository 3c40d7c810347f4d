/** What an utterance says, in one line that a test can show: `|` is a silence. */
import * as fs from "node:fs"
import * as path from "node:path"
import type { SpeechSegment } from "@vsms/core/dispatch/SpeechSynthesizer"
import * as Spelling from "../../src/text/Spelling.ts"
import * as SpokenRequest from "../../src/text/SpokenRequest.ts"
import type { Utterance } from "../../src/text/Utterance.ts"

export const line = (utterance: Utterance): string =>
  utterance.map((piece) => (piece._tag === "Phrase" ? piece.text : "|")).join("")

export const say = SpokenRequest.speaker({ pace: Spelling.defaultPace, lexicon: {} })

/** A Mandarin text, as it is said. */
export const mandarin = (text: string): string => line(say([{ _tag: "Text", text }], "zh-CN"))

export const english = (text: string): string => line(say([{ _tag: "Text", text }], "en-US"))

/** The rows of a golden table: a text, and what is said for it. */
export const golden = (name: string): ReadonlyArray<readonly [text: string, said: string]> =>
  fs
    .readFileSync(path.join(import.meta.dirname, `../text/golden/${name}.txt`), "utf8")
    .split("\n")
    .filter((row) => row !== "" && !row.startsWith("# "))
    .map((row) => {
      const at = row.lastIndexOf(" => ")
      return [row.slice(0, at), row.slice(at + 4)]
    })

/** Segments of a text in which `{number:5}` and `{amount:12.05}` are declared values. */
export const pieces = (text: string): ReadonlyArray<SpeechSegment> =>
  text.split(/(\{(?:number|amount):[^}]*\})/).map((piece): SpeechSegment => {
    const [, kind, value] = /^\{(number|amount):(.*)\}$/.exec(piece) ?? []
    return kind === "number" || kind === "amount" ? { _tag: "Text", text: value!, kind } : { _tag: "Text", text: piece }
  })
