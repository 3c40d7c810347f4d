import { RateLimit } from "@vsms/adapter-http/door/RateLimit"
import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"

describe("a rate", () => {
  it("never lets more through than its burst and what filled up since", () => {
    const steps = FastCheck.array(FastCheck.nat(2_000), { minLength: 1, maxLength: 200 })
    FastCheck.assert(
      FastCheck.property(
        FastCheck.integer({ min: 1, max: 50 }),
        FastCheck.integer({ min: 1, max: 20 }),
        steps,
        (perSecond, burst, pauses) => {
          const limit = new RateLimit({ perSecond, burst })
          let now = 1_000_000
          let let_through = 0
          for (const pause of pauses) {
            now += pause
            const wait = limit.take("k", now)
            if (wait === 0) let_through++
            else {
              expect(wait).toBeGreaterThan(0)
              // Whoever waits as long as it was told may ask again.
              now += wait
              expect(limit.take("k", now)).toBe(0)
              let_through++
            }
          }
          expect(let_through).toBeLessThanOrEqual(burst + ((now - 1_000_000) * perSecond) / 1_000 + 1e-6)
        }
      )
    )
  })

  it("gives nothing when the clock is set back, and counts each key by itself", () => {
    const limit = new RateLimit({ perSecond: 1, burst: 1 })
    expect(limit.take("a", 10_000)).toBe(0)
    expect(limit.take("a", 5_000)).toBe(1_000)
    expect(limit.take("b", 5_000)).toBe(0)
  })

  it("forgets who is full again, and nobody else, when there are too many", () => {
    const limit = new RateLimit({ perSecond: 1, burst: 2 })
    expect([limit.take("busy", 9_000), limit.take("busy", 9_000), limit.take("busy", 9_000)]).toEqual([0, 0, 1_000])
    for (let i = 0; i < 9_999; i++) limit.take(`idle ${i}`, 0)
    expect(limit.take("one more", 9_000)).toBe(0)
    expect(limit.take("busy", 9_000)).toBe(1_000)
  })
})
