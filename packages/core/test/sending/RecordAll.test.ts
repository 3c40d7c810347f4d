import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import * as Send from "../../src/sending/Send.ts"
import { accountId, makeWorld, morning } from "./SendWorld.ts"

const at = FastCheck.integer({ min: morning, max: morning + 400_000 })
const report: FastCheck.Arbitrary<Send.Report> = FastCheck.oneof(
  FastCheck.record({
    _tag: FastCheck.constant("DialStarted" as const),
    route: FastCheck.constantFrom("first", "second"),
    at
  }),
  FastCheck.record({ _tag: FastCheck.constantFrom("Ringing" as const, "Answered" as const, "HungUp" as const), at }),
  FastCheck.record({ _tag: FastCheck.constant("KeyPressed" as const), at, key: FastCheck.constantFrom("1", "#") }),
  FastCheck.record({
    _tag: FastCheck.constant("Failed" as const),
    at,
    failure: FastCheck.constantFrom("busy" as const, "noAnswer" as const)
  })
)

/** What a send and its account have become of what was reported in these groups, and how each report was answered. */
const after = (groups: ReadonlyArray<ReadonlyArray<Send.Report>>) => {
  const world = makeWorld({ minutes: 100 })
  const accepted = world.code()
  if (accepted._tag === "Left") throw new Error(accepted.left._tag)
  const ref = Send.ref(accountId, accepted.right.sendId)
  const recorded = groups.flatMap((group) => world.run(world.sends.recordAll(ref, group)))
  const { personal, state } = world.load(ref)
  const due = (["dial", "reconcile", "callback"] as const).map((queue) => world.run(world.queue.nextDue(queue)))
  const sums = world.run(
    world.records.sum({ owner: accountId, fromHour: 0, untilHour: morning / 1_000_000, by: "total" })
  )
  return { recorded, personal, state, balance: world.balance(), due, sums }
}

describe("reports that are recorded together", () => {
  it("SND-6, BAL-2: they leave what they leave one after the other, however they are put together", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.array(FastCheck.array(report, { maxLength: 4 }), { maxLength: 5 }), (groups) => {
        const some = groups.filter((group) => group.length > 0)
        expect(after(some)).toEqual(after(some.flat().map((one) => [one])))
      })
    )
  })
})
