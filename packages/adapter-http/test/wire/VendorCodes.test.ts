import * as Problems from "@vsms/adapter-http/api/Problems"
import * as LegacySignature from "@vsms/adapter-http/wire/LegacySignature"
import * as SpokenText from "@vsms/adapter-http/wire/SpokenText"
import * as VendorCodes from "@vsms/adapter-http/wire/VendorCodes"
import * as Refusal from "@vsms/core/Refusal"
import * as TemplateText from "@vsms/core/template/TemplateText"
import * as Either from "effect/Either"
import { describe, expect, it } from "vitest"

/** The classes of all refusals that the platform has, by way of the native API, which has a status for each. */
const classes = Object.values(Problems).flatMap((one) => ("refusal" in one ? [one.refusal] : []))

describe("what refusals are called on the vendor's wires", () => {
  it("every refusal with a number of the vendor's has that number", () => {
    const numbered = classes.flatMap((refusal) => {
      const about = Refusal.describe(Object.create(refusal.prototype))
      return about?.code === undefined ? [] : [{ tag: refusal.name, ...about }]
    })
    expect(numbered.length).toBeGreaterThan(15)
    const known: Record<string, VendorCodes.VendorCode | undefined> = VendorCodes.table
    // Numbers are bought and released at another door.
    const elsewhere = new Set(["NumberNotHeld"])
    const wrong = numbered.filter(({ code, tag }) => !elsewhere.has(tag) && known[tag]?.result !== code)
    expect(wrong).toEqual([])
  })

  it("every number is one of the vendor's tables, and every name has the form of theirs", () => {
    const numbers = new Set([
      1001, 1003, 1004, 1006, 1007, 1008, 1011, 1013, 1014, 1016, 1017, 1018, 1019, 1020, 1021, 1022, 1030, 1031, 1033,
      1036, 3001, 3014
    ])
    for (const { code, result, text } of [...Object.values(VendorCodes.table), VendorCodes.broken]) {
      expect(numbers).toContain(result)
      expect(code).toMatch(/^[A-Z][A-Za-z]+(\.[A-Z][A-Za-z]+)?$/)
      expect(text).not.toBe("")
    }
  })

  it("what is no refusal is told as ours", () => {
    for (const broken of [undefined, new Error("x"), { _tag: "constructor" }, { _tag: "Nothing" }, "NotActivated"])
      expect(VendorCodes.codeOf(broken)).toBe(VendorCodes.broken)
  })
})

describe("signatures of the older wire", () => {
  const appKey = "5f03a35d00ee52a21327ab048186a2c4"
  const signed = { random: "7226249334", time: "1457336869" }

  it("are those of the vendor's own examples", () => {
    const called = LegacySignature.of(appKey, { ...signed, mobile: "13788888888" })
    expect(called).toBe("ecab4881ee80ad3d76bb1da68387428ca752eb885e52621a3129dcf4d9bc4fd4")
    const uncalled = LegacySignature.of(appKey, signed)
    expect(uncalled).toBe("c13e54f047ed75e821e698730c72d030dc30e5b510b3f8a0fb6fb7605283d7df")
    expect(LegacySignature.same(called, called.toUpperCase())).toBe(true)
    expect(LegacySignature.same(called, uncalled)).toBe(false)
    expect(LegacySignature.same(called, "")).toBe(false)
  })
})

describe("texts that were put together by the caller", () => {
  const pattern = (content: string) => Either.getOrThrow(TemplateText.parse(content))

  it("TPL-2: are cut where the template has its variables", () => {
    expect(SpokenText.match(pattern("订单{1}已发货"), "订单A1已发货")).toEqual(["A1"])
    expect(SpokenText.match(pattern("{2}点{1}分见"), "9点30分见")).toEqual(["30", "9"])
    expect(SpokenText.match(pattern("订单{1}，再说一遍{1}"), "订单7，再说一遍7")).toEqual(["7"])
    expect(SpokenText.match(pattern("订单{1}，再说一遍{1}"), "订单7，再说一遍8")).toBeUndefined()
    expect(SpokenText.match(pattern("订单{1}已发货"), "订单已发货")).toBeUndefined()
    expect(SpokenText.match(pattern("你好"), "你好！")).toBeUndefined()
  })

  it("go to what is written out before what is filled in", () => {
    const filled = pattern("您好{1}")
    const written = pattern("您好，再见")
    expect(SpokenText.find([filled, written], "您好，再见")?.pattern).toBe(written)
    expect(SpokenText.find([filled, written], "您好，李雷")).toEqual({ pattern: filled, params: ["，李雷"] })
    expect(SpokenText.find([], "您好")).toBeUndefined()
  })

  it("do not keep anybody waiting, in however many ways they could be cut", () => {
    const many = pattern(`${Array.from({ length: 24 }, (_, i) => `{${i + 1}}`).join("")}完`)
    const startedAt = performance.now()
    expect(SpokenText.match(many, "一".repeat(99) + "了")).toBeUndefined()
    expect(performance.now() - startedAt).toBeLessThan(2_000)
  })
})
