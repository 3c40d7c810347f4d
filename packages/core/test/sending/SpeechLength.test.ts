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

const usual: SpeechLength.Pace = SendPolicy.standard
const bound = (segments: ReadonlyArray<SpokenSegment>, pace = usual) => SpeechLength.boundMillis(segments, pace)

describe("SpeechLength", () => {
  it("BAL-4: every character has its time", () => {
    expect(bound([text("您好")])).toBe(1_200)
    expect(bound([text("，")])).toBe(600)
    expect(bound([text("%")])).toBe(1_500)
    // As a number, or as a code.
    expect(bound([text("123456789")])).toBe(9 * 600 + 9 * 250 + 3 * 350 + 700)
    expect(bound([text("12")])).toBe(2 * 600 + 2 * 250 + 350 + 700)
    expect(bound([text("aZ")])).toBe(2 * 700 + 2 * 700 + 2 * 250 + 350 + 700)
    expect(bound([spell("4321"), { _tag: "Pause", millis: 250 }])).toBe(4 * 600 + 4 * 250 + 350 + 700 + 250)
  })

  it("BAL-4: letters that are told apart take longer, those of one case do not", () => {
    expect(bound([spell("aBcD")]) - bound([spell("abcd")])).toBe(4 * 700)
    expect(bound([spell("abCD")]) - bound([spell("abcd")])).toBe(2 * 700)
    expect(bound([spell("ABCD")])).toBe(bound([spell("abcd")]))
  })

  it("BAL-4: a character that is short for several takes the time of all of them", () => {
    expect(bound([text("㍿")])).toBe(bound([text("株式会社")]))
    expect(bound([text("１２")])).toBe(bound([text("12")]))
    expect(bound([text("½")])).toBeGreaterThan(bound([text("12")]))
  })

  it("BAL-4: slower speech and longer pauses are counted each by itself", () => {
    const said = [text("您好"), { _tag: "Pause", millis: 250 } as const]
    expect(bound(said, { speechRatePercent: 50, speechPausePercent: 100 })).toBe(2_400 + 250)
    expect(bound(said, { speechRatePercent: 100, speechPausePercent: 200 })).toBe(1_200 + 250)
    const code = [spell("12")]
    const silent = 2 * 250 + 350 + 700
    expect(bound(code, { speechRatePercent: 200, speechPausePercent: 100 })).toBe(600 + silent)
    expect(bound(code, { speechRatePercent: 100, speechPausePercent: 160 })).toBe(1_200 + silent * 1.6)
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
          const short = bound(said)
          const long = bound([...said, more])
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
