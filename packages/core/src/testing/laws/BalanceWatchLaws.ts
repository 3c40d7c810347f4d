/**
 * Rules: the laws of the port `BalanceWatch`: it is part of other people's decisions, so it must be pure, and may touch
 * nothing but what it named.
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Balance from "../../balance/Balance.ts"
import { BalanceWatch } from "../../balance/BalanceWatch.ts"
import * as Minutes from "../../money/Minutes.ts"
import * as Decision from "../../storage/Decision.ts"
import { Journal } from "../../storage/Journal.ts"
import { expectEqual, forAll, type Law } from "../Law.ts"

const looks = FastCheck.array(
  FastCheck.record({
    available: FastCheck.oneof(FastCheck.integer({ min: 4_990, max: 5_010 }), FastCheck.nat(20_000)),
    cause: FastCheck.constantFrom("usage" as const, "purchase" as const)
  }),
  { minLength: 1, maxLength: 20 }
)

const partOfTheDecision: Law<BalanceWatch | Journal> = forAll({
  rules: ["ALR-1", "ALR-5"],
  sentence: "asked twice it wants the same, and whatever it wants can be stored with the decision that asked",
  given: looks,
  then: (given, name) =>
    Effect.gen(function* () {
      const watch = yield* BalanceWatch
      const journal = yield* Journal
      for (const [i, { available, cause }] of given.entries()) {
        const refs = [Balance.ref(name), ...watch.refs(name)] as const
        const same = yield* journal.transact(refs, ([, ...rows]) => {
          const ask = () => watch.observe({ now: i }, rows, Minutes.make(available), cause)
          const [once, twice] = [ask(), ask()]
          return Either.right(Decision.make(JSON.stringify(once) === JSON.stringify(twice), once))
        })
        yield* expectEqual(same, true, "whether it wanted the same twice")
      }
    })
})

export const laws: ReadonlyArray<Law<BalanceWatch | Journal>> = [partOfTheDecision]
