import { describe, expect, it } from "vitest"
import { barrelText } from "./Barrel.ts"
import { moduleText, parse } from "./Rulebook.ts"

describe("the index of a package", () => {
  it("exports each module by its name, sorted", () => {
    expect(barrelText(["money/Cny.ts", "balance/Balance.ts", "Refusal.ts"]).split("\n").slice(1)).toEqual([
      `export * as Balance from "./balance/Balance.ts"`,
      `export * as Cny from "./money/Cny.ts"`,
      `export * as Refusal from "./Refusal.ts"`,
      ""
    ])
  })

  it("leaves out testing, internal, workers, and what is not named like a module", () => {
    const paths = ["testing/Law.ts", "internal/Heap.ts", "espeak/worker/Speak.ts", "index.ts", "vitest.ts"]
    expect(barrelText(paths)).not.toContain("export")
  })

  it("puts the folder before names that several modules have", () => {
    const text = barrelText(["azure/Config.ts", "open-ai/Config.ts"])
    expect(text).toContain(`export * as AzureConfig from "./azure/Config.ts"`)
    expect(text).toContain(`export * as OpenAiConfig from "./open-ai/Config.ts"`)
  })

  it("refuses two modules of one name that the folder does not tell apart", () => {
    expect(() => barrelText(["a/azure/Config.ts", "b/azure/Config.ts"])).toThrow("AzureConfig")
  })
})

describe("the rules of the rulebook", () => {
  const page = [
    "| ID | rule | original section |",
    "| --- | --- | --- |",
    "| BAL-2 | Only **answered** calls cost *minutes* **(decided)**. | 价格总览 |",
    `| CON-10 | A "desk". | 审核 |`
  ].join("\n")

  it("are read with their sentences, without markup", () => {
    expect(parse(page)).toEqual([
      { id: "BAL-2", sentence: "Only answered calls cost minutes (decided)." },
      { id: "CON-10", sentence: `A "desk".` }
    ])
  })

  it("are refused when one is there twice, or none at all", () => {
    expect(() => parse(`${page}\n${page}`)).toThrow("BAL-2")
    expect(() => parse("# Nothing")).toThrow("no rules")
  })

  it("become a union of ids and a list of sentences", () => {
    expect(moduleText(parse(page))).toContain(`  | "BAL-2"\n  | "CON-10"\n`)
    expect(moduleText(parse(page))).toContain(`{ id: "CON-10", sentence: "A \\"desk\\"." }`)
  })
})
