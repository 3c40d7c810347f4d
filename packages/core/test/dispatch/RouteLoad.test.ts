import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import { Route } from "../../src/dispatch/Route.ts"
import * as RouteLoad from "../../src/dispatch/RouteLoad.ts"

const route = (maxConcurrent: number, callsPerSecond: number) =>
  Route.make({ id: "r", channel: "c", maxConcurrent, callsPerSecond })

describe("RouteLoad", () => {
  it("SND-9: a route carries as many calls at once as it may, and one more when one is over", () => {
    const two = route(2, 1_000)
    const one = RouteLoad.begun(two, RouteLoad.idle, 0)
    const full = RouteLoad.begun(two, one, 10)
    expect(RouteLoad.obstacle(two, one, 10)).toBeUndefined()
    expect(RouteLoad.obstacle(two, full, 20)).toBe("full")
    expect(RouteLoad.obstacle(two, RouteLoad.ended(full), 20)).toBeUndefined()
    expect(RouteLoad.ended(RouteLoad.idle).active).toBe(0)
  })

  it("SND-9: the rate says when the next call may begin", () => {
    const five = route(100, 5)
    const load = RouteLoad.begun(five, RouteLoad.idle, 1_000)
    expect(RouteLoad.obstacle(five, load, 1_199)).toBe("rate")
    expect(RouteLoad.nextAt(load)).toBe(1_200)
    expect(RouteLoad.obstacle(five, load, RouteLoad.nextAt(load))).toBeUndefined()
  })

  it("SND-9: no second has more calls than the rate, however calls come", () => {
    const rates = FastCheck.integer({ min: 1, max: 5_000 })
    const pauses = FastCheck.array(FastCheck.nat({ max: 40 }), { minLength: 1, maxLength: 300 })
    FastCheck.assert(
      FastCheck.property(rates, pauses, (rate, waits) => {
        const busy = route(1_000_000, rate)
        const begun: Array<number> = []
        let load = RouteLoad.idle
        let now = 7
        for (const wait of waits) {
          now += wait
          while (RouteLoad.obstacle(busy, load, now) === undefined && begun.length < 3_000) {
            load = RouteLoad.begun(busy, load, now)
            begun.push(now)
          }
        }
        for (let first = 0, last = 0; last < begun.length; last++) {
          while (begun[last]! - begun[first]! >= 1_000) first++
          expect(last - first + 1).toBeLessThanOrEqual(rate)
        }
      })
    )
  })

  it("SND-9: asked at every millisecond, a route takes as many calls a second as it may", () => {
    for (const rate of [1, 3, 7, 50, 333, 1_000, 3_000]) {
      const busy = route(1_000_000, rate)
      let load = RouteLoad.idle
      let begun = 0
      for (let now = 0; now < 10_000; now++)
        while (RouteLoad.obstacle(busy, load, now) === undefined) {
          load = RouteLoad.begun(busy, load, now)
          begun++
        }
      // Microseconds are rounded up: two calls in a thousand may be missing, none is too many.
      expect(begun).toBeLessThanOrEqual(rate * 10)
      expect(begun).toBeGreaterThanOrEqual(Math.floor(rate * 10 * 0.998))
    }
  })
})
