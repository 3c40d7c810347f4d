/**
 * Rules: an utterance as espeak-ng's markup. The only tags and phonemes in it are written here; of a phrase nothing but
 * words gets through.
 */
import type { Utterance } from "../text/Utterance.ts"

/** Silences at the ends stand apart: the engine leaves them out. */
export interface Markup {
  readonly leadMillis: number
  readonly markup: string
  readonly tailMillis: number
}

export const render = (utterance: Utterance): Markup => {
  const first = utterance.findIndex(isPhrase)
  if (first < 0) return { leadMillis: total(utterance), markup: "", tailMillis: 0 }
  const last = utterance.findLastIndex(isPhrase)
  return {
    leadMillis: total(utterance.slice(0, first)),
    markup: utterance
      .slice(first, last + 1)
      .map((piece) => (piece._tag === "Phrase" ? escape(piece.text) : `<break time="${Math.round(piece.millis)}ms"/>`))
      .join(""),
    tailMillis: total(utterance.slice(last + 1))
  }
}

/**
 * Words without anything that the engine would take for an instruction: `<`, `&` and the brackets of `[[phonemes]]`,
 * after compatible forms of them have been made plain; a NUL, which would end the text.
 */
export const escape = (text: string): string =>
  text
    .normalize("NFKC")
    .replaceAll(/\p{C}|[[\]]/gu, " ")
    .replaceAll(/\p{Script=Han}/gu, (han) => (han.length > 1 ? "某" : (phonemes[han] ?? han)))
    // Side by side, the engine would stop between them for a second.
    .replaceAll("]][[", "]] [[")
    .replaceAll(/[&<>]/g, (sign) => entities[sign]!)

const isPhrase = (piece: Utterance[number]): boolean => piece._tag === "Phrase"

const total = (pieces: Utterance): number =>
  pieces.reduce((millis, piece) => millis + (piece._tag === "Silence" ? piece.millis : 0), 0)

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" }

/**
 * The engine's Mandarin lacks the syllables xiong, qiong and jiong: it would read 熊 as English "kshong-two", and 兒 as
 * "r five".
 */
const phonemes: Readonly<Record<string, string>> = Object.fromEntries(
  [
    ["[[S;'ong55]]", "兄兇凶匈汹洶胸㐫哅忷恟胷訩詾讻賯"],
    ["[[S;'ong35]]", "熊雄䧺赨"],
    ["[[S;'ong51]]", "敻诇夐詗"],
    ["[[tS;h'ong55]]", "芎匔焪"],
    ["[[tS;h'ong35]]", "穷窮琼瓊穹邛茕煢蛩筇跫銎㒌㧭㮪㷀㼇䅃䆳䊄䓖䛪䠻儝卭宆惸桏棾橩焭睘瞏竆笻藑藭赹輁"],
    ["[[tS;'ong55]]", "扃坰冂冋埛蘏蘔駫"],
    ["[[tS;'ong214]]", "窘炯迥冏囧泂颎㓏㖥㢠㤯㷗㷡䌹䐃䢛侰僒幜烱煚煛熲皛絅綗褧逈顈駉㑋澃"],
    ["儿", "兒"]
  ].flatMap(([said, characters]) => [...characters!].map((character) => [character, said!]))
)
