/** Rules: the segments of a request as one utterance, ready for any engine. */
import type { SpeechSegment } from "@vsms/core/dispatch/SpeechSynthesizer"
import * as EnglishText from "./EnglishText.ts"
import * as Lexicon from "./Lexicon.ts"
import * as MandarinText from "./MandarinText.ts"
import type { Piece } from "./Reader.ts"
import * as Spelling from "./Spelling.ts"
import { join, type Part, phrase, silence, type Utterance } from "./Utterance.ts"

export interface Settings {
  readonly pace: Spelling.Pace
  /** Words that the engine misreads. It looks at the words as they are said: 二, not 2. */
  readonly lexicon: Lexicon.Lexicon
}

/**
 * Says all segments in order. Texts that touch are read as one, so that 「{1}元」 is an amount whatever was put in.
 *
 * **Details** Built once for its settings. `Spell` comes character by character between rests, `Pause` as a silence of
 * its length.
 */
export const speaker = (
  settings: Settings
): ((segments: ReadonlyArray<SpeechSegment>, language: Spelling.Language) => Utterance) => {
  const replace = Lexicon.applier(settings.lexicon)
  return (segments, language) => {
    const parts: Array<Part> = []
    let text: Array<Piece> = []
    const endText = () => {
      if (text.length > 0) parts.push(...(language === "zh-CN" ? MandarinText : EnglishText).read(text, settings.pace))
      text = []
    }
    for (const segment of segments) {
      if (segment._tag === "Text") {
        text.push(segment)
        continue
      }
      endText()
      if (segment._tag === "Spell") parts.push(...Spelling.spell(segment.text, language, settings.pace))
      else parts.push(silence(segment.millis))
    }
    endText()
    const utterance = join(parts)
    return language === "zh-CN"
      ? utterance.map((piece) => (piece._tag === "Phrase" ? phrase(replace(piece.text)) : piece))
      : utterance
  }
}
