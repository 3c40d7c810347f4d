import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as FrequencyLimit from "../../src/sending/FrequencyLimit.ts"
import * as ShanghaiDay from "../../src/time/ShanghaiDay.ts"

/** 2026-11-23 10:00:00.000 in Shanghai. */
const morning = Date.UTC(2026, 10, 23, 2)
const midnight = Date.UTC(2026, 10, 23, 16)

const { code, notice } = FrequencyLimit.defaults

/** Tries to send at these times, in order; answers which were accepted. */
const tryAll = (limits: FrequencyLimit.Limits, times: ReadonlyArray<number>, group: FrequencyLimit.Group = "code") => {
  let state = FrequencyLimit.initial
  return times.map((now) => {
    const counted = FrequencyLimit.count({ now }, group, limits, state)
    if (Either.isLeft(counted)) return counted.left
    state = FrequencyLimit.kind.evolve(state, counted.right.event)
    return "accepted"
  })
}

const answers = (limits: FrequencyLimit.Limits, times: ReadonlyArray<number>, group?: FrequencyLimit.Group) =>
  tryAll(limits, times, group).map((answer) => (answer === "accepted" ? answer : answer.retryAfterMillis))

describe("FrequencyLimit", () => {
  it("SND-8: the defaults are those of the rulebook", () => {
    const say = (limits: FrequencyLimit.Limits) =>
      limits.map((limit) =>
        limit._tag === "Window" ? `${limit.max} per ${limit.millis / 1_000} s` : `${limit.max} per day`
      )
    expect(say(code)).toEqual(["1 per 30 s", "2 per 600 s", "3 per day"])
    expect(say(notice)).toEqual(["1 per 30 s", "3 per 600 s", "5 per day"])
  })

  it("SND-8: a window ends at, not after, its last millisecond", () => {
    expect(answers(code, [morning, morning + 29_999])).toEqual(["accepted", 1])
    expect(answers(code, [morning, morning + 30_000])).toEqual(["accepted", "accepted"])
  })

  it("SND-8: a refused send is not counted", () => {
    const times = [0, 10_000, 20_000, 29_999, 30_000].map((after) => morning + after)
    expect(answers(code, times)).toEqual(["accepted", 20_000, 10_000, 1, "accepted"])
  })

  it("SND-8: of several limits the answer is the one that takes longest to pass", () => {
    const times = [0, 30_000, 40_000].map((after) => morning + after)
    expect(tryAll(code, times).at(-1)).toEqual(
      new FrequencyLimit.TooFrequent({
        group: "code",
        limit: { _tag: "Window", millis: 600_000, max: 2 },
        counted: 2,
        retryAfterMillis: 560_000
      })
    )
    expect(FrequencyLimit.TooFrequent.code).toBe(1013)
    expect(FrequencyLimit.TooFrequent.transient).toBe(true)
  })

  it("SND-8: the natural day is Shanghai's", () => {
    const day = [0, 700_000, 1_400_000].map((after) => morning + after)
    expect(answers(code, [...day, midnight - 1])).toEqual(["accepted", "accepted", "accepted", 1])
    expect(answers(code, [...day, midnight])).toEqual(["accepted", "accepted", "accepted", "accepted"])
  })

  it("SND-8: notices have limits of their own, and do not count as codes", () => {
    const times = Array.from({ length: 6 }, (_, i) => morning + i * 700_000)
    expect(answers(notice, times, "notice")).toEqual([...Array(5).fill("accepted"), midnight - times[5]!])
    const coded = Either.getOrThrow(FrequencyLimit.count({ now: morning }, "code", code, FrequencyLimit.initial))
    const state = FrequencyLimit.kind.evolve(FrequencyLimit.initial, coded.event)
    expect(Either.isRight(FrequencyLimit.count({ now: morning }, "notice", notice, state))).toBe(true)
    expect(["code", "notification", "activity"].map((kind) => FrequencyLimit.groupOf(kind as "code"))).toEqual([
      "code",
      "notice",
      "notice"
    ])
  })

  const limit: FastCheck.Arbitrary<FrequencyLimit.Limit> = FastCheck.oneof(
    FastCheck.record({
      _tag: FastCheck.constant("Window" as const),
      millis: FastCheck.integer({ min: 1_000, max: 60_000 }),
      max: FastCheck.integer({ min: 1, max: 4 })
    }),
    FastCheck.record({ _tag: FastCheck.constant("NaturalDay" as const), max: FastCheck.integer({ min: 1, max: 4 }) })
  )
  const steps = FastCheck.array(FastCheck.integer({ min: 0, max: 20_000 }), { minLength: 1, maxLength: 30 })

  it("SND-8: no limit is ever passed, whatever the times; and nothing is refused that no limit forbids", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.array(limit, { maxLength: 3 }), steps, (limits, pauses) => {
        // Around midnight, so that natural days change on the way.
        let now = midnight - 100_000
        let state = FrequencyLimit.initial
        const accepted: Array<number> = []
        const used = (one: FrequencyLimit.Limit) =>
          accepted.filter((at) =>
            one._tag === "Window" ? now - at < one.millis : ShanghaiDay.ofInstant(at) === ShanghaiDay.ofInstant(now)
          ).length
        for (const pause of pauses) {
          now += pause
          const counted = FrequencyLimit.count({ now }, "code", limits, state)
          expect(Either.isRight(counted)).toBe(limits.every((one) => used(one) < one.max))
          if (Either.isRight(counted)) {
            expect(counted.right.counted.length).toBe(limits.length)
            state = FrequencyLimit.kind.evolve(state, counted.right.event)
            accepted.push(now)
            expect(state.code.length).toBeLessThanOrEqual(Math.max(1, ...limits.map(({ max }) => max)))
          }
        }
      })
    )
  })

  it("SND-8: after retryAfterMillis the send is accepted, a millisecond earlier it is not", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.array(limit, { minLength: 1, maxLength: 3 }), steps, (limits, pauses) => {
        let now = midnight - 50_000
        let state = FrequencyLimit.initial
        for (const pause of pauses) {
          now += pause
          const counted = FrequencyLimit.count({ now }, "code", limits, state)
          if (Either.isRight(counted)) {
            state = FrequencyLimit.kind.evolve(state, counted.right.event)
            continue
          }
          const free = now + counted.left.retryAfterMillis
          expect(Either.isRight(FrequencyLimit.count({ now: free }, "code", limits, state))).toBe(true)
          expect(Either.isLeft(FrequencyLimit.count({ now: free - 1 }, "code", limits, state))).toBe(true)
        }
      })
    )
  })

  it("SND-8: when the row goes, nothing of it counts any more", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.array(limit, { minLength: 1, maxLength: 3 }), steps, (limits, pauses) => {
        let now = midnight - 50_000
        let state = FrequencyLimit.initial
        let expiresAt = now
        for (const pause of pauses) {
          now += pause
          const counted = FrequencyLimit.count({ now }, "code", limits, state)
          if (Either.isLeft(counted)) continue
          state = FrequencyLimit.kind.evolve(state, counted.right.event)
          expiresAt = counted.right.expiresAt
        }
        const later = FrequencyLimit.count({ now: Math.max(now, expiresAt) }, "code", limits, state)
        if (expiresAt >= now) expect(Either.getOrThrow(later).counted).toEqual(limits.map(() => 0))
      })
    )
  })

  it("SND-8: a clock that lags behind another process's does not make a limit looser", () => {
    expect(answers(code, [morning + 50, morning])).toEqual(["accepted", 30_050])
  })
})
