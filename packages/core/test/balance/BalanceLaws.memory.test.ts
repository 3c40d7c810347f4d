import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import { describe, expect, it } from "vitest"
import type { Decision } from "../../src/storage/Decision.ts"
import { Journal, type Rows } from "../../src/storage/Journal.ts"
import type { Ref } from "../../src/storage/Kind.ts"
import * as MemoryStore from "../../src/storage/MemoryStore.ts"
import * as BalanceLaws from "../../src/testing/laws/BalanceLaws.ts"
import { suite } from "../../src/testing/Law.ts"

suite({ describe, it }, "minutes in memory", BalanceLaws.laws, MemoryStore.layer)

type Decide = (rows: Rows<any>) => Either.Either<Decision<any>, any>
type Journals = typeof Journal.Service
const [neverSoldTwice, keptAsDecided] = BalanceLaws.laws

const broken = (make: (sound: Journals) => Journals) => Layer.sync(Journal, () => make(MemoryStore.make().journal))

// A generic method cannot be written down for all kinds at once, hence the casts.
const transacting = (
  sound: Journals,
  transact: (refs: ReadonlyArray<Ref<any>>, decide: Decide) => Effect.Effect<any, any>
) => ({ ...sound, transact: transact as Journals["transact"] }) satisfies Journals

const racy = broken((sound) =>
  transacting(sound, (refs, decide) =>
    Effect.gen(function* () {
      const rows = yield* Effect.forEach(refs, (ref) => sound.load(ref))
      yield* Effect.yieldNow()
      const decision = yield* decide(rows as Rows<any>)
      return yield* sound.transact(refs, () => Either.right(decision))
    })
  )
)

const forgetful = broken((sound) => {
  let count = 0
  return transacting(sound, (refs, decide) =>
    sound.transact(refs, (rows) =>
      Either.map(decide(rows as Rows<any>), (decision) => (++count % 5 === 0 ? { ...decision, changes: [] } : decision))
    )
  )
})

const repeating = broken((sound) => {
  let count = 0
  return transacting(sound, (refs, decide) =>
    ++count % 4 === 0
      ? Effect.zipRight(Effect.either(sound.transact(refs, decide as never)), sound.transact(refs, decide as never))
      : sound.transact(refs, decide as never)
  )
})

const withoutHistory = broken((sound) => ({
  ...sound,
  history: (ref, page) => Effect.map(sound.history(ref, page), (entries) => entries.slice(0, -1))
}))

const rounding = broken((sound) => ({
  ...sound,
  history: (ref, page) =>
    Effect.map(sound.history(ref, page), (entries) =>
      entries.map(({ event, sequence }) => ({
        sequence,
        event: { ...event, at: Math.floor(event.at / 1_000) * 1_000 }
      }))
    )
}))

describe("storages that are broken on purpose", () => {
  it.each([
    ["decides on what it read a while ago", racy, neverSoldTwice],
    ["forgets what it acknowledged", forgetful, neverSoldTwice],
    ["stores what it stored once more", repeating, keptAsDecided],
    ["loses the last entry of the ledger", withoutHistory, keptAsDecided],
    ["keeps times in seconds", rounding, keptAsDecided]
  ])("BAL-5, BAL-9: a storage that %s is caught", async (_, layer, law) => {
    await expect(law!.run(layer, { seed: 7 })).rejects.toThrow(
      /expected|less on hold|drawn below nothing|not where its minutes|granted before/
    )
  })
})
