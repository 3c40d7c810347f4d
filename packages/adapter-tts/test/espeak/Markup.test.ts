import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import * as Markup from "../../src/espeak/Markup.ts"
import { phrase, silence, type Utterance } from "../../src/text/Utterance.ts"

/** The engine's own view of a text: its tags, its phonemes, its entities, and the words between. */
const tokens = /<[^<>]*>|\[\[[^[\]]*\]\]|&\w+;|[^<>&[\]]/g

const isOurs = (token: string): boolean =>
  /^<break time="\d+ms"\/>$|^\[\[t?S;h?'ong(55|35|214|51)\]\]$|^&(amp|lt|gt);$|^[^<>&[\]]$/.test(token)

const hostile = FastCheck.array(
  FastCheck.oneof(
    FastCheck.constantFrom(
      '<break time="9s"/>',
      "[[h@lou]]",
      "＜break time=＂9s＂／＞",
      "［［h］］",
      "&lt;",
      "\u0000",
      "]]>",
      "<!--",
      "熊"
    ),
    FastCheck.string({ unit: "binary", maxLength: 6 })
  ),
  { maxLength: 5 }
).map((parts) => parts.join(""))

const utterances: FastCheck.Arbitrary<Utterance> = FastCheck.array(
  FastCheck.oneof(hostile.map(phrase), FastCheck.integer({ min: 1, max: 5_000 }).map(silence)),
  { maxLength: 6 }
)

describe("markup", () => {
  it("TPL-9: whatever a phrase holds, the only tags and phonemes are our own", () => {
    FastCheck.assert(
      FastCheck.property(utterances, (utterance) => {
        const { markup } = Markup.render(utterance)
        const found = markup.match(tokens) ?? []
        expect(found.join("")).toBe(markup)
        expect(found.filter((token) => !isOurs(token))).toEqual([])
        const inner = utterance.slice(
          Math.max(
            0,
            utterance.findIndex((piece) => piece._tag === "Phrase")
          ),
          utterance.findLastIndex((piece) => piece._tag === "Phrase") + 1
        )
        expect(found.filter((token) => token.startsWith("<")).length).toBe(
          inner.filter((piece) => piece._tag === "Silence").length
        )
        expect(markup).not.toMatch(/\p{C}/u)
      }),
      { numRuns: 1_000 }
    )
  })

  it.each([
    ['<break time="9s"/>', '&lt;break time="9s"/&gt;'],
    ["[[h@lou]]", "  h@lou  "],
    ["＜ｂ＞＆［", "&lt;b&gt;&amp; "],
    ["前\u0000后", "前 后"],
    ["Ａ１", "A1"],
    ["𠮷野家", "某野家"],
    ["熊先生", "[[S;'ong35]]先生"]
  ])("%j becomes %j", (text, escaped) => {
    expect(Markup.escape(text)).toBe(escaped)
  })

  it("silences become breaks, those at the ends stand apart", () => {
    expect(Markup.render([silence(100), phrase("三"), silence(250), phrase("八"), silence(7)])).toEqual({
      leadMillis: 100,
      markup: '三<break time="250ms"/>八',
      tailMillis: 7
    })
    expect(Markup.render([silence(100), silence(50)])).toEqual({ leadMillis: 150, markup: "", tailMillis: 0 })
    expect(Markup.render([])).toEqual({ leadMillis: 0, markup: "", tailMillis: 0 })
  })
})
