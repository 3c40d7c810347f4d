import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import * as Numeral from "../../src/text/EnglishNumeral.ts"
import { english, golden, line, pieces, say } from "../support/Speaking.ts"

const names =
  "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split(
    " "
  )
const tens = "zero ten twenty thirty forty fifty sixty seventy eighty ninety".split(" ")
const scales: Readonly<Record<string, number>> = { thousand: 1e3, million: 1e6, billion: 1e9, trillion: 1e12 }

/** The number back from its words, as a listener takes it down: nothing like the code under test. */
const heard = (words: string): number => {
  let total = 0
  let group = 0
  for (const word of words.trim().split(" ")) {
    if (names.includes(word)) group += names.indexOf(word)
    else if (tens.includes(word)) group += tens.indexOf(word) * 10
    else if (word === "hundred") group *= 100
    else if (word in scales) {
      total += group * scales[word]!
      group = 0
    } else throw new Error(`${word} is no numeral`)
  }
  return total + group
}

const integers = FastCheck.oneof(
  FastCheck.nat({ max: 1_000_000 }),
  FastCheck.nat({ max: 999_999_999_999 }),
  FastCheck.array(FastCheck.constantFrom("0", "0", "0", "1", "2", "9"), { minLength: 1, maxLength: 15 }).map((digits) =>
    Number(digits.join(""))
  )
)

describe("numbers", () => {
  it("every number comes back from its words", () => {
    for (let n = 0; n < 3_000; n++) expect(heard(Numeral.cardinal(String(n)))).toBe(n)
    FastCheck.assert(
      FastCheck.property(integers, (n) => {
        expect(heard(Numeral.cardinal(String(n)))).toBe(n)
      })
    )
  })

  it.each([
    ["1", "first"],
    ["3", "third"],
    ["12", "twelfth"],
    ["20", "twentieth"],
    ["21", "twenty first"],
    ["30", "thirtieth"],
    ["31", "thirty first"],
    ["100", "one hundredth"],
    ["1005", "one thousand fifth"]
  ])("%s as an ordinal: %s", (number, said) => {
    expect(Numeral.ordinal(number)).toBe(said)
  })

  it("the years of two centuries are told apart", () => {
    const years = Array.from({ length: 200 }, (_, at) => Numeral.year(String(1900 + at)))
    expect(new Set(years).size).toBe(200)
    expect([years[0], years[5], years[99], years[100], years[105], years[126]]).toEqual([
      "nineteen hundred",
      "nineteen oh five",
      "nineteen ninety nine",
      "two thousand",
      "two thousand five",
      "twenty twenty six"
    ])
  })

  it("beyond 15 digits nobody counts along", () => {
    expect(Numeral.cardinal("1234567890123456")).toBe(Numeral.digits("1234567890123456"))
  })
})

describe("the golden table", () => {
  it.each(golden("english"))("%s", (text, said) => {
    expect(line(say(pieces(text), "en-US"))).toBe(said)
  })
})

describe("nothing unspoken, nothing spoken twice", () => {
  const words = FastCheck.stringMatching(/^[a-z]{3,7}( [a-z]{3,7}){0,3}$/)

  it("plain words are said as they stand", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.array(words, { minLength: 1, maxLength: 4 }), (clauses) => {
        expect(english(clauses.join(", "))).toBe(clauses.join(", "))
      })
    )
  })

  it("whatever the text, nothing is left that an engine could interpret", () => {
    const texts = FastCheck.array(
      FastCheck.oneof(
        words,
        FastCheck.string({ unit: "binary", maxLength: 8 }),
        FastCheck.string({ unit: "grapheme", maxLength: 8 }),
        FastCheck.stringMatching(/^[0-9.,:%¥$a-z/*+~<>&[\]-]{1,10}$/)
      ),
      { maxLength: 6 }
    ).map((parts) => parts.join(""))
    FastCheck.assert(
      FastCheck.property(texts, (text) => {
        expect(english(text)).toMatch(/^[A-Za-z ',;.?!|]*$/)
      })
    )
  })

  it("each number in a text is said once", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.nat({ max: 999_999 }), (n) => {
        expect(heard(/^You have (.*) points$/.exec(english(`You have ${n} points`))![1]!)).toBe(n)
      })
    )
  })

  it("TPL-9: a declared number is that number, however long", () => {
    FastCheck.assert(
      FastCheck.property(integers, FastCheck.constantFrom("Call ", "Your code is ", "in ", ""), (n, before) => {
        const said = line(
          say(
            [
              { _tag: "Text", text: before },
              { _tag: "Text", text: String(n), kind: "number" },
              { _tag: "Text", text: " points" }
            ],
            "en-US"
          )
        )
        expect(heard(said.slice(before.length, -" points".length))).toBe(n)
      })
    )
  })

  it("TPL-9: a value is said as text, whatever it holds", () => {
    expect(english('<break time="9s"/>')).toMatch(/^break time equals/)
    expect(english("[[h@lou]]")).toBe("h at lou,")
  })

  it("texts of any kind are read in time", () => {
    const start = performance.now()
    english("code: ".repeat(100) + "1,".repeat(250) + "a1".repeat(250) + "- ".repeat(250))
    expect(performance.now() - start).toBeLessThan(2_000)
  })
})
