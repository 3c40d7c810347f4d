/**
 * Rules: the laws of the port `IdGenerator`. That nobody can guess a secret is for whoever chooses the source to say.
 */
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import { IdGenerator } from "../../IdGenerator.ts"
import { example, expect, expectEqual, forAll, type Law } from "../Law.ts"

type Needs = IdGenerator

const isHex = (text: string): boolean => /^[0-9a-f]{32}$/.test(text)

const times = <A, E, R>(count: number, effect: Effect.Effect<A, E, R>) =>
  Effect.forEach(Array.from({ length: count }), () => effect)

const form: Law<Needs> = example({
  rules: ["ACC-3", "TPL-1"],
  sentence: "an id is 32 lower-case hex digits, in every year",
  then: Effect.gen(function* () {
    const { next } = yield* IdGenerator
    for (const now of [0, 1, 999_999_999_999, 1_795_440_000_000, 4_102_444_800_000]) {
      yield* TestClock.setTime(now)
      for (const id of yield* times(50, next)) yield* expect(isHex(id), `32 hex digits, not ${id}`)
    }
  })
})

const unique: Law<Needs> = example({
  rules: ["PKG-6", "SND-10"],
  sentence: "no id comes twice, however many are made in one millisecond",
  then: Effect.gen(function* () {
    const { next } = yield* IdGenerator
    yield* TestClock.setTime(1_795_440_000_000)
    yield* expectEqual(new Set(yield* times(10_000, next)).size, 10_000, "different ids of 10,000")
  })
})

const sorted: Law<Needs> = example({
  rules: ["PKG-6", "SND-10"],
  sentence: "ids sort by the time of their making: what is made later comes after what was made before",
  then: Effect.gen(function* () {
    const { next } = yield* IdGenerator
    let latest = ""
    let now = 1_795_440_000_000
    for (const millis of [1, 1, 15, 240, 65_000, 3_600_000, 86_400_000, 31_536_000_000]) {
      now += millis
      yield* TestClock.setTime(now)
      const made = (yield* times(20, next)).sort()
      yield* expect(made[0]! > latest, `${made[0]} to come after ${latest}`)
      latest = made.at(-1)!
    }
  })
})

const digits: Law<Needs> = forAll({
  rules: ["ACC-3"],
  sentence: "so many digits are asked for, so many come, and the first is not 0",
  given: FastCheck.integer({ min: 1, max: 24 }),
  then: (length) =>
    Effect.gen(function* () {
      const generator = yield* IdGenerator
      const made = yield* times(20, generator.digits(length))
      for (const number of made) {
        yield* expectEqual(number.length, length, `the length of ${number}`)
        yield* expect(/^[1-9][0-9]*$/.test(number), `digits, the first of them not 0, and not ${number}`)
      }
    })
})

const anyDigit: Law<Needs> = example({
  rules: ["ACC-3"],
  sentence: "every digit comes about as often as another",
  then: Effect.gen(function* () {
    const generator = yield* IdGenerator
    const counts = Array.from({ length: 10 }, () => 0)
    // Without the first of each, which is never 0: 10,000 digits.
    for (const number of yield* times(1_000, generator.digits(11)))
      for (const digit of number.slice(1)) counts[Number(digit)]!++
    // Ten standard deviations.
    for (const [digit, count] of counts.entries())
      yield* expect(Math.abs(count - 1_000) < 300, `about 1,000 times ${digit}, not ${count}`)
  })
})

const secrets: Law<Needs> = example({
  rules: ["ACC-5", "CBK-2"],
  sentence: "secrets differ from each other and from ids, are 32 hex digits, and cannot be printed by accident",
  then: Effect.gen(function* () {
    const { next, secret } = yield* IdGenerator
    const made = yield* times(1_000, secret)
    const plain = made.map(Redacted.value)
    yield* expect(plain.every(isHex), "32 hex digits each")
    yield* expectEqual(new Set(plain).size, 1_000, "different secrets of 1,000")
    yield* expect(!JSON.stringify(made).includes(plain[0]!), "a secret not to print itself")
    // No stretch of one may be made of the time, as an id's beginning is.
    yield* expect(new Set(plain.map((text) => text.slice(0, 12))).size > 990, "secrets to begin differently")
    const ids = new Set(yield* times(1_000, next))
    yield* expect(!plain.some((text) => ids.has(text)), "no secret to be an id")
  })
})

export const laws: ReadonlyArray<Law<Needs>> = [form, unique, sorted, digits, anyDigit, secrets]
