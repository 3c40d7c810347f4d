import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Idempotency from "../../src/sending/Idempotency.ts"
import * as SendPolicy from "../../src/sending/SendPolicy.ts"
import * as SendRequest from "../../src/sending/SendRequest.ts"

const answer = { sendId: "send", acceptedAt: 1_000, display: "0755", holdMinutes: 1 }
const remembered = { state: { answer }, personal: { fingerprint: "print" } }
const nothing = { state: null, personal: undefined }
const day = 24 * 3_600_000

describe("Idempotency", () => {
  it("SND-7: the first answer for 24 hours, to the millisecond; then it is decided anew", () => {
    expect(Idempotency.recall({ now: 1_000 + day - 1 }, remembered, "print")).toEqual(Either.right(answer))
    expect(Idempotency.recall({ now: 1_000 + day }, remembered, "print")).toEqual(Either.right(undefined))
    expect(Idempotency.recall({ now: 1_000 }, nothing, "print")).toEqual(Either.right(undefined))
  })

  it("SND-7: another request under the key is refused while the first is remembered", () => {
    expect(Idempotency.recall({ now: 2_000 }, remembered, "other")).toEqual(
      Either.left(new Idempotency.IdempotencyConflict({ acceptedAt: 1_000 }))
    )
    expect(Idempotency.recall({ now: 1_000 + day }, remembered, "other")).toEqual(Either.right(undefined))
  })

  it("SND-7: a key whose request was erased is used up: nobody is called twice", () => {
    const erased = { state: { answer }, personal: undefined }
    expect(Either.isLeft(Idempotency.recall({ now: 2_000 }, erased, "print"))).toBe(true)
  })

  it("SND-7: a request is the same however its number is written, and another if anything else differs", () => {
    const input = { templateId: "1", to: "13800138000", params: ["a", "b"], ext: "x" }
    const print = (more: object) =>
      SendRequest.fingerprint(Either.getOrThrow(SendRequest.ofSend(SendPolicy.standard, { ...input, ...more })))
    expect(print({ to: "+86 138-0013-8000" })).toBe(print({}))
    expect(print({ plays: SendPolicy.standard.plays })).toBe(print({}))
    const others = [
      { templateId: "2" },
      { to: "13800138001" },
      { params: ["a", "c"] },
      { params: ["ab"] },
      { params: ["a,b"] },
      { plays: 3 },
      { display: "0755" },
      { ext: "y" },
      { ext: undefined }
    ]
    expect(new Set([print({}), ...others.map(print)]).size).toBe(others.length + 1)
  })

  it("SND-7: a fingerprint tells nothing of a number, and differs where texts do", () => {
    expect(Idempotency.fingerprint("+8613800138000")).not.toContain("13800138000")
    FastCheck.assert(
      FastCheck.property(FastCheck.string(), FastCheck.string(), (a, b) => {
        expect(Idempotency.fingerprint(a) === Idempotency.fingerprint(b)).toBe(a === b)
      })
    )
    const prints = Array.from({ length: 20_000 }, (_, i) => Idempotency.fingerprint(`["1","+8613800138000",["${i}"]]`))
    for (const half of [0, 1]) expect(new Set(prints.map((print) => print.split("-")[half])).size).toBe(20_000)
  })
})
