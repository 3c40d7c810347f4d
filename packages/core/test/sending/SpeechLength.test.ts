import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import type { HeldNumber } from "../../src/number/Holdings.ts"
import * as DisplayNumber from "../../src/sending/DisplayNumber.ts"
import * as SendPolicy from "../../src/sending/SendPolicy.ts"
import * as SpeechLength from "../../src/sending/SpeechLength.ts"
import type { SpokenSegment } from "../../src/template/Rendering.ts"

const text = (said: string): SpokenSegment => ({ _tag: "Text", text: said })
const spell = (said: string): SpokenSegment => ({ _tag: "Spell", text: said })

describe("SpeechLength", () => {
  it("BAL-4: every character has its time", () => {
    expect(SpeechLength.boundMillis([text("您好")], 100)).toBe(800)
    expect(SpeechLength.boundMillis([text("12")], 100)).toBe(1_600)
    expect(SpeechLength.boundMillis([text("aZ")], 100)).toBe(1_400)
    expect(SpeechLength.boundMillis([text("，")], 100)).toBe(600)
    expect(SpeechLength.boundMillis([text("%")], 100)).toBe(1_500)
    expect(SpeechLength.boundMillis([spell("4321"), { _tag: "Pause", millis: 250 }], 100)).toBe(4_250)
    expect(SpeechLength.boundMillis([text("您好"), { _tag: "Pause", millis: 250 }], 50)).toBe(1_850)
  })

  it("BAL-4: the hold covers all plays, the pauses between them and the margin, in started minutes", () => {
    const policy = { pauseBetweenPlaysMillis: 1_000, holdMarginMillis: 5_000, longestCallMillis: 300_000 }
    expect(SpeechLength.holdMinutes(policy, 0, 1)).toBe(1)
    expect(SpeechLength.holdMinutes(policy, 55_000, 1)).toBe(1)
    expect(SpeechLength.holdMinutes(policy, 55_001, 1)).toBe(2)
    expect(SpeechLength.holdMinutes(policy, 27_000, 2)).toBe(1)
    expect(SpeechLength.holdMinutes(policy, 27_001, 2)).toBe(2)
    expect(SpeechLength.holdMinutes(policy, 1_000_000, 3)).toBe(5)
  })

  it("BAL-4: more to say never takes less, and a hold is at least one minute and at most the longest call", () => {
    const segment = FastCheck.oneof(FastCheck.fullUnicodeString().map(text), FastCheck.hexaString().map(spell))
    FastCheck.assert(
      FastCheck.property(
        FastCheck.array(segment),
        segment,
        FastCheck.integer({ min: 1, max: 3 }),
        (said, more, plays) => {
          const short = SpeechLength.boundMillis(said, 100)
          const long = SpeechLength.boundMillis([...said, more], 100)
          expect(long).toBeGreaterThanOrEqual(short)
          const minutes = SpeechLength.holdMinutes(SendPolicy.standard, long, plays)
          expect(minutes).toBeGreaterThanOrEqual(SpeechLength.holdMinutes(SendPolicy.standard, short, plays))
          expect(minutes).toBeGreaterThanOrEqual(1)
          expect(minutes).toBeLessThanOrEqual(5)
        }
      )
    )
  })
})

const held = (number: string): HeldNumber => ({
  number,
  region: "深圳",
  since: 0,
  expiresAt: 10,
  autoRenew: false,
  terms: 1,
  renewal: { orders: 0, failures: 0 }
})

describe("DisplayNumber", () => {
  const numbers = ["c", "a", "b"].map(held)

  it("SND-4: no number held, or not the chosen one", () => {
    expect(DisplayNumber.choose(DisplayNumber.initial, [], undefined)).toEqual(
      Either.left(new DisplayNumber.NoNumberToShow({ chosen: false, held: 0 }))
    )
    expect(DisplayNumber.choose(DisplayNumber.initial, numbers, "13800138000")).toEqual(
      Either.left(new DisplayNumber.NoNumberToShow({ chosen: true, held: 3 }))
    )
    expect(DisplayNumber.NoNumberToShow.code).toBe(3014)
  })

  it("SND-4: the caller's choice, else the one that was shown longest ago; ties go to the smaller number", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.array(FastCheck.option(FastCheck.constantFrom("a", "b", "c"), { nil: undefined }), { maxLength: 20 }),
        (choices) => {
          let state = DisplayNumber.initial
          // The model: the numbers in the order in which they were shown last.
          let order = ["a", "b", "c"]
          for (const choice of choices) {
            const chosen = Either.getOrThrow(DisplayNumber.choose(state, numbers, choice)).number
            expect(chosen).toBe(choice ?? order[0])
            order = [...order.filter((number) => number !== chosen), chosen]
            state = DisplayNumber.evolve(state, { _tag: "NumberShown", number: chosen, held: ["a", "b", "c"] })
          }
        }
      )
    )
  })

  it("SND-4: a number that was released is forgotten", () => {
    const shown = DisplayNumber.evolve(
      { turn: 2, shown: { a: 1, b: 2 } },
      { _tag: "NumberShown", number: "b", held: ["b"] }
    )
    expect(shown).toEqual({ turn: 3, shown: { b: 3 } })
  })
})
