/**
 * Rules: the laws of the port `ReviewDesk`: a verdict is a verdict, and stays the same.
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import { type Answer, ReviewDesk, type ReviewItem } from "../../qualification/ReviewDesk.ts"
import { Verdict } from "../../qualification/Verdict.ts"
import { expect, expectEqual, forAll, type Law, race } from "../Law.ts"

/** Items as the services ask about them; owners are named after the run. */
const item = FastCheck.record({
  subject: FastCheck.constantFrom("qualification" as const, "template" as const, "voiceFile" as const),
  owner: FastCheck.constantFrom("1", "2"),
  version: FastCheck.integer({ min: 1, max: 3 })
})

const itemOf = (name: string, { owner, subject, version }: Omit<ReviewItem, "key">): ReviewItem => ({
  subject,
  owner: `${name}-${owner}`,
  key: keys[subject],
  version
})

const keys: { readonly [S in ReviewItem["subject"]]: string } = {
  qualification: "qualification",
  template: "template/1400000001/1",
  voiceFile: "voiceFile/1400000001/da39a3ee5e6b4b0d3255bfef95601890afd80709.wav"
}

const isVerdict = (answer: Answer): boolean => Either.isRight(decode(answer))

const decode = Schema.decodeUnknownEither(Verdict)

const wellFormed: Law<ReviewDesk> = forAll({
  rules: ["QUA-1", "TPL-4", "VOF-3"],
  sentence: "an answer is an approval, a rejection with a reason of 1 to 200 characters, or later",
  given: item,
  then: (asked, name) =>
    Effect.gen(function* () {
      const desk = yield* ReviewDesk
      const answer = yield* desk.review(itemOf(name, asked))
      yield* expect(
        answer._tag === "Later" || isVerdict(answer),
        "expected an approval, a rejection with a reason, or later"
      )
    })
})

const stays: Law<ReviewDesk> = forAll({
  rules: ["QUA-6", "TPL-8", "VOF-3"],
  sentence: "a version that was judged has the same verdict whenever the desk is asked again",
  given: FastCheck.array(item, { minLength: 2, maxLength: 12 }),
  then: (items, name) =>
    Effect.gen(function* () {
      const desk = yield* ReviewDesk
      const verdicts = new Map<string, Answer>()
      for (const asked of items.flatMap((asked) => [asked, asked])) {
        const answer = yield* desk.review(itemOf(name, asked))
        const which = `version ${asked.version} of the ${asked.subject} of ${asked.owner}`
        const before = verdicts.get(which)
        if (before !== undefined) yield* expectEqual(answer, before, `the verdict on ${which}`)
        if (answer._tag !== "Later") verdicts.set(which, answer)
      }
    })
})

const agrees: Law<ReviewDesk> = race({
  rules: ["QUA-6", "TPL-8", "VOF-3"],
  sentence: "a version about which several ask at once has one verdict",
  given: item,
  then: (asked, name) =>
    Effect.gen(function* () {
      const desk = yield* ReviewDesk
      const ask = desk.review(itemOf(name, asked))
      const answers = yield* Effect.all([ask, ask, ask], { concurrency: "unbounded" })
      const verdicts = answers.filter((answer) => answer._tag !== "Later")
      for (const verdict of verdicts) yield* expectEqual(verdict, verdicts[0], "the verdict")
    })
})

export const laws: ReadonlyArray<Law<ReviewDesk>> = [wellFormed, stays, agrees]
