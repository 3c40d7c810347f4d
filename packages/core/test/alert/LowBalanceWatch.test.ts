import * as Layer from "effect/Layer"
import { describe, expect, it } from "vitest"
import * as LowBalance from "../../src/alert/LowBalance.ts"
import * as LowBalanceWatch from "../../src/alert/LowBalanceWatch.ts"
import { BalanceWatch } from "../../src/balance/BalanceWatch.ts"
import * as Decision from "../../src/storage/Decision.ts"
import * as Kinds from "../../src/storage/Kind.ts"
import * as MemoryStore from "../../src/storage/MemoryStore.ts"
import * as BalanceWatchLaws from "../../src/testing/laws/BalanceWatchLaws.ts"
import { suite } from "../../src/testing/Law.ts"

const over = (watch: Layer.Layer<BalanceWatch>) => Layer.merge(MemoryStore.layer, watch)

suite({ describe, it }, "low balance", BalanceWatchLaws.laws, over(LowBalanceWatch.layer))
suite({ describe, it }, "nobody", BalanceWatchLaws.laws, over(BalanceWatch.layerNobody))

const armed = { _tag: "LowBalanceArmed", at: 1 } as const

describe("watches that are broken on purpose", () => {
  let asked = 0
  const moody = Layer.succeed(BalanceWatch, {
    refs: (accountId) => [LowBalance.ref(accountId)],
    observe: (_, [row]) => ({ changes: [Decision.change(row!, [{ ...armed, at: asked++ }])], work: [] })
  })
  const elsewhere = Layer.succeed(BalanceWatch, {
    refs: () => [],
    observe: () => ({ changes: [Decision.change(Kinds.fresh(LowBalance.ref("another")), [armed])], work: [] })
  })

  it.each([
    ["changes its mind", moody, "wanted the same twice"],
    ["writes in another account's book", elsewhere, "had not named"]
  ])("ALR-5: a watch that %s is caught", async (_, watch, message) => {
    await expect(BalanceWatchLaws.laws[0]!.run(over(watch), { seed: 7 })).rejects.toThrow(message)
  })
})
