import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import * as Scope from "effect/Scope"
import { expect, it } from "vitest"
import * as Alarms from "../../../src/sip/transaction/Alarms.ts"
import { VirtualTime } from "../VirtualTime.ts"

it("each alarm rings once, at its time, whenever it was set", async () => {
  const alarm = FastCheck.record({ setAt: FastCheck.nat(50), after: FastCheck.nat(50) })
  await FastCheck.assert(
    FastCheck.asyncProperty(FastCheck.array(alarm, { maxLength: 40 }), async (wanted) => {
      const time = new VirtualTime()
      const scope = await Effect.runPromise(Scope.make())
      const alarms = await Effect.runPromise(Alarms.make.pipe(Effect.withClock(time.clock), Scope.extend(scope)))
      const rung: Array<string> = []
      for (const [i, { after, setAt }] of wanted.entries()) {
        time.after(setAt, () => alarms.set(setAt + after, () => rung.push(`${i} ${alarms.now()}`)))
      }
      await time.pass(200)
      expect(rung.toSorted()).toEqual(wanted.map(({ after, setAt }, i) => `${i} ${setAt + after}`).sort())
      const times = rung.map((one) => Number(one.split(" ")[1]))
      expect(times).toEqual(times.toSorted((one, other) => one - other))
      await Effect.runPromise(Scope.close(scope, Exit.void))
    })
  )
})
