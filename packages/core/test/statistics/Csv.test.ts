import { describe, expect, it } from "vitest"
import * as FastCheck from "effect/FastCheck"
import * as Csv from "../../src/statistics/Csv.ts"

/** A reader of RFC 4180, to read back what was written. */
const read = (text: string): Array<Array<string>> => {
  const rows: Array<Array<string>> = []
  let row: Array<string> = []
  let cell = ""
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!
    if (quoted) {
      if (char === '"' && text[i + 1] === '"') cell += text[++i]!
      else if (char === '"') quoted = false
      else cell += char
    } else if (char === '"') quoted = true
    else if (char === ",") {
      row.push(cell)
      cell = ""
    } else if (char === "\r" && text[i + 1] === "\n") {
      row.push(cell)
      rows.push(row)
      row = []
      cell = ""
      i++
    } else cell += char
  }
  return rows
}

/** What spreadsheets do before they look for a formula: leading blanks and invisible characters do not count. */
const looksLikeFormula = (shown: string): boolean =>
  /^[\s\u{200b}\u{feff}\p{Cc}]*[=+\-@＝＋－＠]/u.test(shown) || /^[\t\r\n]/.test(shown)

const nasty = FastCheck.stringOf(
  FastCheck.oneof(
    FastCheck.constantFrom(
      "=",
      "+",
      "-",
      "@",
      "\t",
      "\r",
      "\n",
      '"',
      ",",
      "'",
      " ",
      "＝",
      "＋",
      "\u{feff}",
      "\u{200b}",
      "a",
      "1",
      "中"
    ),
    FastCheck.fullUnicode()
  ),
  { maxLength: 12 }
)

describe("Csv", () => {
  it("STA-8: no cell of text is taken for a formula, and every cell reads back", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.array(FastCheck.array(nasty, { minLength: 1, maxLength: 5 }), { maxLength: 5 }),
        (table) => {
          const back = read(table.map(Csv.line).join(""))
          expect(back.length).toBe(table.length)
          for (const [i, row] of table.entries()) {
            expect(back[i]!.map((cell) => cell.replace(/^'/, ""))).toEqual(row.map((cell) => cell.replace(/^'/, "")))
            for (const cell of back[i]!) expect(looksLikeFormula(cell), JSON.stringify(cell)).toBe(false)
          }
        }
      ),
      { numRuns: 2_000 }
    )
  })

  it.each(["=1+1", "+8613800138000", "-1", "@SUM(A1)", "\t=1", " =1", "＝1", "\u{feff}=1"])(
    "STA-8: %j gets an apostrophe",
    (text) => {
      expect(read(Csv.line([text]))[0]![0]).toBe(`'${text}`)
    }
  )

  it("STA-8: numbers stay numbers, also negative ones; nothing is an empty cell", () => {
    expect(Csv.line([-5, 0, undefined, "a"])).toBe("-5,0,,a\r\n")
  })
})
