/**
 * Rules: an utterance in takes, for engines that are given plain text: what is asked for in one go, and the silences
 * between. Short silences become the marks at which a voice rests by itself.
 */
import type { Utterance } from "../text/Utterance.ts"

export type Take =
  | { readonly _tag: "Say"; readonly text: string }
  | { readonly _tag: "Silence"; readonly millis: number }

export interface TakeSettings {
  /** A silence of so many milliseconds is one, and no mark: the engine is asked twice. */
  readonly splitMillis: number
  /** How much of `weightMax` a character takes. */
  readonly weight: (character: string) => number
  /** What the engine takes in one go. */
  readonly weightMax: number
}

/** No take is empty, and none holds a sign that could be the beginning of markup. */
export const cut = (utterance: Utterance, language: "zh-CN" | "en-US", settings: TakeSettings): ReadonlyArray<Take> => {
  const takes: Array<Take> = []
  let said = ""
  let resting = 0
  const endText = () => {
    for (const text of fitting(said.trim(), settings)) takes.push({ _tag: "Say", text })
    said = ""
  }
  for (const piece of utterance) {
    if (piece._tag === "Silence") {
      resting += piece.millis
      continue
    }
    const text = plain(piece.text)
    if (text.trim() === "") continue
    if (resting >= settings.splitMillis || said === "") {
      endText()
      if (resting > 0) takes.push({ _tag: "Silence", millis: resting })
    } else if (resting > 0) said = marked(said, resting, language)
    said += text
    resting = 0
  }
  endText()
  if (resting > 0) takes.push({ _tag: "Silence", millis: resting })
  return takes
}

/** Words and marks alone: the last guard before an engine whose parsers nobody here knows. */
export const plain = (text: string): string =>
  text
    .normalize("NFKC")
    .replaceAll(/[<>[\]{}\\|`~^]|\p{C}/gu, " ")
    // NFKC makes the marks of Chinese narrow, and a voice rests longer at wide ones.
    .replaceAll(/(?<=\p{Script=Han})[,;:?!]/gu, (mark) => wide[mark]!)

const wide: Readonly<Record<string, string>> = { ",": "，", ";": "；", ":": "：", "?": "？", "!": "！" }

/** The text with the mark at its end at which a voice rests about so long. */
const marked = (said: string, millis: number, language: "zh-CN" | "en-US"): string => {
  const rank = millis < 350 ? 0 : millis < 700 ? 1 : 2
  const text = said.trimEnd()
  const present = ranks.findIndex((marks) => marks.includes(text.slice(-1)))
  const bare = present < 0 ? text : text.slice(0, -1)
  const mark = present >= rank ? text.slice(-1) : (language === "zh-CN" ? "、，。" : ",,.")[rank]!
  return language === "zh-CN" ? bare + mark : `${bare}${mark} `
}

/** Marks from weak to strong. */
const ranks = ["、", "，：,:", "。；！？.;!?"]

/** The text in pieces that fit, cut at the strongest mark that is late enough. */
const fitting = (text: string, { weight, weightMax }: TakeSettings): ReadonlyArray<string> => {
  const pieces: Array<string> = []
  let rest = [...text]
  while (rest.length > 0) {
    let sum = 0
    let fits = 0
    while (fits < rest.length && sum + weight(rest[fits]!) <= weightMax) sum += weight(rest[fits++]!)
    const end = fits === rest.length ? fits : cutAt(rest, Math.max(1, fits))
    const piece = rest.slice(0, end).join("").trim()
    if (piece !== "") pieces.push(piece)
    rest = rest.slice(end)
  }
  return pieces
}

/** Where to cut what is too long: behind a mark in its second half, else behind a space, else where it is full. */
const cutAt = (characters: ReadonlyArray<string>, fits: number): number => {
  for (const marks of [...ranks.toReversed(), " "]) {
    for (let at = fits; at > fits / 2; at--) if (marks.includes(characters[at - 1]!)) return at
  }
  return fits
}
