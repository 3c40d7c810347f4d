import { describe, expect, it } from "vitest"
import * as FastCheck from "effect/FastCheck"
import { FailureReason } from "../../src/sending/Send.ts"
import * as FailureShares from "../../src/statistics/FailureShares.ts"

const counts = FastCheck.dictionary(FastCheck.constantFrom(...FailureReason.literals), FastCheck.nat(1_000_000))

describe("FailureShares", () => {
  it("STA-5: shares add up to exactly 100 %, and each is within a basis point of the truth", () => {
    FastCheck.assert(
      FastCheck.property(counts, (given) => {
        const map = new Map(Object.entries(given) as Array<[FailureReason, number]>)
        const total = Array.from(map.values()).reduce((a, b) => a + b, 0)
        const shares = FailureShares.shares(map)
        expect(shares.reduce((sum, share) => sum + share.shareBasisPoints, 0)).toBe(total === 0 ? 0 : 10_000)
        for (const { count, reason, shareBasisPoints } of shares) {
          expect(count).toBe(map.get(reason))
          expect(Math.abs(shareBasisPoints * total - count * 10_000)).toBeLessThan(total)
        }
      }),
      { numRuns: 1_000 }
    )
  })

  it("STA-5: the most frequent reason comes first; reasons that did not occur are not listed", () => {
    const shares = FailureShares.shares(
      new Map<FailureReason, number>([
        ["busy", 1],
        ["noAnswer", 2],
        ["rejected", 0]
      ])
    )
    expect(shares.map(({ reason, shareBasisPoints }) => [reason, shareBasisPoints])).toEqual([
      ["noAnswer", 6_667],
      ["busy", 3_333]
    ])
    expect(FailureShares.shares(new Map())).toEqual([])
  })

  it("STA-5: every reason is named for people, in Chinese and in English", () => {
    for (const reason of FailureReason.literals) {
      expect(FailureShares.meanings[reason].zh).toMatch(/\p{Script=Han}/u)
      expect(FailureShares.meanings[reason].en.length).toBeGreaterThan(2)
    }
  })
})
