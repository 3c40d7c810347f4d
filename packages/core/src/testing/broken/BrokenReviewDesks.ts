/**
 * Adapter: review desks that are wrong on purpose, each in one way, and the law that catches each.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type Answer, ReviewDesk, type ReviewItem } from "../../qualification/ReviewDesk.ts"

/** A desk that is wrong, and the sentence of the law that must catch it. */
export interface BrokenReviewDesk {
  readonly name: string
  readonly caughtBy: string
  readonly layer: Layer.Layer<ReviewDesk>
}

const broken = (
  name: string,
  caughtBy: string,
  make: () => (item: ReviewItem) => Effect.Effect<Answer>
): BrokenReviewDesk => ({ name, caughtBy, layer: Layer.sync(ReviewDesk, () => ({ review: make() })) })

const approve: Answer = { _tag: "Approve" }
const reject = (reason: string): Answer => ({ _tag: "Reject", reason })

export const brokenReviewDesks: ReadonlyArray<BrokenReviewDesk> = [
  broken(
    "rejects without a word",
    "an answer is an approval, a rejection with a reason of 1 to 200 characters, or later",
    () => () => Effect.succeed(reject(""))
  ),
  broken(
    "rejects without end",
    "an answer is an approval, a rejection with a reason of 1 to 200 characters, or later",
    () => () => Effect.succeed(reject("no ".repeat(100)))
  ),
  broken("changes its mind", "a version that was judged has the same verdict whenever the desk is asked again", () => {
    let count = 0
    return () => Effect.sync(() => (count++ % 2 === 0 ? approve : reject("on second thoughts")))
  }),
  broken(
    "takes a verdict back",
    "a version that was judged has the same verdict whenever the desk is asked again",
    () => {
      let count = 0
      return () => Effect.sync(() => (count++ % 2 === 0 ? approve : { _tag: "Later" }))
    }
  ),
  broken("throws a coin for each who asks", "a version about which several ask at once has one verdict", () => {
    // It remembers its verdicts, but looks for one before it decides, and has to wait in between.
    const verdicts = new Map<string, Answer>()
    let count = 0
    return ({ key, owner, version }) =>
      Effect.gen(function* () {
        const which = `${owner}/${key}/${version}`
        const known = verdicts.get(which)
        if (known !== undefined) return known
        yield* Effect.yieldNow()
        const verdict = count++ % 2 === 0 ? approve : reject("tails")
        verdicts.set(which, verdict)
        return verdict
      })
  })
]
