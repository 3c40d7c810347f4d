import { describe, expect, it } from "vitest"
import * as FastCheck from "effect/FastCheck"
import * as Delivery from "../../src/callback/Delivery.ts"
import * as RetryPlan from "../../src/callback/RetryPlan.ts"

const fold = (state: Delivery.State, events: ReadonlyArray<Delivery.Event>) => events.reduce(Delivery.evolve, state)

const ordered = (at: number) =>
  fold(Delivery.initial, [
    { _tag: "DeliveryOrdered", applicationId: "1400000000", sendId: "s", endpointId: "e", part: "end", at }
  ])

const failed = (at: number) => ({ attempt: { at, tookMillis: 0, status: 500 } })

describe("Delivery", () => {
  it("CBK-2: pauses grow, and the last try falls 24 hours after the first", () => {
    const times: Array<number> = [0]
    let state = ordered(0)
    while (state.nextAt !== undefined) {
      if (state.nextAt > 0) times.push(state.nextAt)
      state = fold(state, Delivery.tried(state, failed(state.nextAt)))
    }
    expect(state.status).toBe("exhausted")
    expect(times.at(-1)).toBe(24 * 3_600_000)
    expect(state.tries.length).toBe(times.length)
    const pauses = times.slice(1).map((time, i) => time - times[i]!)
    expect(pauses).toEqual(pauses.toSorted((a, b) => a - b))
    expect(pauses.length).toBe(RetryPlan.pausesSeconds.length)
  })

  it("CBK-2: only a 2xx is taken as delivered; nothing is tried after that", () => {
    for (let status = 100; status < 600; status++) {
      const state = fold(ordered(0), Delivery.tried(ordered(0), { attempt: { at: 1, tookMillis: 1, status } }))
      expect(state.status === "delivered", String(status)).toBe(status >= 200 && status < 300)
      if (state.status === "delivered") expect(Delivery.tried(state, failed(2))).toEqual([])
    }
  })

  it("CBK-2: every plan ends within 24 hours of its first try, however slow tries are and whatever Retry-After says", () => {
    const step = FastCheck.record({
      tookMillis: FastCheck.nat(60_000),
      lateMillis: FastCheck.nat(3_600_000),
      retryAfterMillis: FastCheck.option(FastCheck.nat(200_000_000), { nil: undefined })
    })
    FastCheck.assert(
      FastCheck.property(FastCheck.infiniteStream(step), (steps) => {
        let state = ordered(1_000)
        let tries = 0
        for (const { lateMillis, retryAfterMillis, tookMillis } of steps) {
          if (state.nextAt === undefined) break
          expect(state.nextAt).toBeLessThanOrEqual(1_000 + RetryPlan.spanMillis)
          const attempt = { at: state.nextAt + lateMillis, tookMillis, status: 503 }
          const before = state.nextAt
          state = fold(state, Delivery.tried(state, { attempt, retryAfterMillis }))
          if (state.nextAt !== undefined) expect(state.nextAt).toBeGreaterThan(before)
          tries++
        }
        expect(state.status).toBe("exhausted")
        expect(tries).toBeLessThanOrEqual(RetryPlan.pausesSeconds.length + 1)
      })
    )
  })

  it("CBK-2: a replay begins a new plan and keeps the tries on record", () => {
    let state = ordered(0)
    while (state.nextAt !== undefined) state = fold(state, Delivery.tried(state, failed(state.nextAt)))
    const tries = state.tries.length
    const replayed = Delivery.replay({ now: 9e9 }, state)
    state = fold(state, replayed as ReadonlyArray<Delivery.Event>)
    expect([state.status, state.nextAt, state.failures, state.tries.length]).toEqual(["pending", 9e9, 0, tries])
    expect(Delivery.replay({ now: 1 }, Delivery.initial)).toBeInstanceOf(Delivery.UnknownDelivery)
  })

  it("CBK-2: an endpoint that is gone ends its deliveries at once", () => {
    const attempt = { at: 5, tookMillis: 0, trouble: "endpointGone" as const }
    expect(fold(ordered(0), Delivery.tried(ordered(0), { attempt })).status).toBe("dropped")
  })
})
