import { describe, expect, it } from "vitest"
import { fromMarkdown, fromSource } from "./Extract.ts"

const fence = "```"

describe("examples", () => {
  it("are the ts blocks of a page, with their lines", () => {
    const page = ["# Page", `${fence}sh`, "npm test", fence, "", `${fence}ts`, "const a = 1", "", "a", fence].join("\n")
    expect(fromMarkdown("docs/page.md", page)).toEqual([{ file: "docs/page.md", line: 7, code: "const a = 1\n\na\n" }])
  })

  it("lose the indentation of their list item", () => {
    const page = [`  ${fence}ts`, "  if (a) {", "    b", "  }", `  ${fence}`].join("\n")
    expect(fromMarkdown("docs/page.md", page)[0]?.code).toBe("if (a) {\n  b\n}\n")
  })

  it("are found in doc comments of a source", () => {
    const source = [
      "const x = 1",
      "/**",
      " * Says a thing.",
      " *",
      ` * ${fence}ts`,
      " * f(1)",
      ` * ${fence}`,
      " */"
    ].join("\n")
    expect(fromSource("src/X.ts", source)).toEqual([{ file: "src/X.ts", line: 6, code: "f(1)\n" }])
  })

  it("cannot be exempted, nor left open", () => {
    expect(() => fromMarkdown("docs/page.md", `${fence}ts nocheck\n${fence}`)).toThrow("docs/page.md:1")
    expect(() => fromMarkdown("docs/page.md", `${fence}ts\nf(1)`)).toThrow("not closed")
  })
})
