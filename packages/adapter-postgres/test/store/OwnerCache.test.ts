import * as Kind from "@vsms/core/storage/Kind"
import { purseRef } from "@vsms/core/testing/Specimen"
import { describe, expect, it } from "vitest"
import { OwnerCache } from "../../src/store/OwnerCache.ts"

const heldOf = (owner: string, key: string) => ({ row: Kind.fresh(purseRef(owner, key)), sequence: 0 })

const put = (cache: OwnerCache, owner: string, key: string) => cache.put(purseRef(owner, key), heldOf(owner, key))

describe("what is remembered of owners", () => {
  it("an owner that is overtaken again and again takes no more room than one that is not", () => {
    const cache = new OwnerCache(100)
    for (let revision = 1; revision <= 5_000; revision++) {
      cache.sees("hot", String(revision))
      for (const key of ["account", "balance"]) put(cache, "hot", key)
      cache.forget("hot")
    }
    // The only thing that grew was out of sight, so it is looked at.
    const { queue } = cache as unknown as { readonly queue: ReadonlyArray<unknown> }
    expect(queue.length).toBeLessThanOrEqual(300)
  })

  it("an owner whose rows are all forgotten is forgotten", () => {
    const cache = new OwnerCache(10)
    for (let i = 0; i < 1_000; i++) {
      cache.sees(`owner${i}`, "1")
      put(cache, `owner${i}`, "row")
    }
    const known = Array.from({ length: 1_000 }, (_, i) => i).filter((i) => cache.revision(`owner${i}`) !== undefined)
    expect(known.length).toBeLessThanOrEqual(10)
    for (const i of known) expect(cache.get(purseRef(`owner${i}`, "row"))).toEqual(heldOf(`owner${i}`, "row"))
  })

  it("what was used stays when there is no room, and is right", () => {
    const cache = new OwnerCache(10)
    cache.sees("hot", "7")
    put(cache, "hot", "balance")
    for (let i = 0; i < 1_000; i++) {
      expect(cache.get(purseRef("hot", "balance"))).toEqual(heldOf("hot", "balance"))
      put(cache, "hot", `send${i}`)
    }
    expect(cache.revision("hot")).toBe("7")
    expect(cache.knows(purseRef("hot", "send0"))).toBe(false)
    expect(cache.get(purseRef("hot", "send999"))).toEqual(heldOf("hot", "send999"))
  })
})
