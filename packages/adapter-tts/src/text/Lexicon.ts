/**
 * Rules: words that an engine misreads, and what to give it in their place: other characters of the right sound.
 */

/**
 * By word. A word that stands for itself protects its characters from shorter entries: with 重设 → 虫设 and 体重 → 体重,
 * 体重设置 keeps its weight.
 */
export type Lexicon = Readonly<Record<string, string>>

/** Replaces the words of a lexicon, of several that begin at one place the longest. */
export const applier = (lexicon: Lexicon): ((text: string) => string) => {
  const words = Object.keys(lexicon)
    .filter((word) => word !== "")
    .sort((a, b) => b.length - a.length)
  if (words.length === 0) return (text) => text
  const pattern = new RegExp(words.map((word) => word.replaceAll(/[$()*+.?[\\\]^{|}]/g, "\\$&")).join("|"), "gu")
  return (text) => text.replaceAll(pattern, (word) => lexicon[word] ?? word)
}
