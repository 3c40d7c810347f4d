import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { expect, it } from "vitest"
import * as BoundedText from "../../src/account/BoundedText.ts"

const accepts = (schema: Schema.Schema<string>, text: string) =>
  Either.getOrUndefined(Schema.decodeUnknownEither(schema)(text))

it("ACC-3: lengths are counted in characters, not in halves of them, after trimming", () => {
  const line = BoundedText.line({ min: 1, max: 3 })
  expect(accepts(line, "  𠮷𠮷𠮷 ")).toBe("𠮷𠮷𠮷")
  expect(accepts(line, "𠮷𠮷𠮷𠮷")).toBeUndefined()
  expect(accepts(line, " \n ")).toBeUndefined()
  expect(BoundedText.lengthOf("𠮷a语")).toBe(3)
})

it("ACC-3: a line has no control characters; a paragraph has line breaks and tabs, and no others", () => {
  const line = BoundedText.line({ min: 0, max: 10 })
  const paragraph = BoundedText.paragraph({ min: 0, max: 10 })
  for (const mark of ["\n", "\t", "\r"]) {
    expect(accepts(line, `a${mark}b`)).toBeUndefined()
    expect(accepts(paragraph, `a${mark}b`)).toBe(`a${mark}b`)
  }
  for (const mark of ["\0", "\u001b", "\u007f", "\u0085", "\ud800"]) {
    expect(accepts(line, `a${mark}b`)).toBeUndefined()
    expect(accepts(paragraph, `a${mark}b`)).toBeUndefined()
  }
})
