import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { describe, expect, it } from "vitest"
import { BlobStore } from "../../src/storage/BlobStore.ts"
import { brokenBlobStores } from "../../src/testing/broken/BrokenBlobStores.ts"
import { suite } from "../../src/testing/Law.ts"
import * as BlobStoreLaws from "../../src/testing/laws/BlobStoreLaws.ts"
import { Restart } from "../../src/testing/laws/JournalLaws.ts"

const layer = Layer.merge(BlobStore.layerMemory, Layer.succeed(Restart, Effect.void))

suite({ describe, it }, "BlobStore in memory", BlobStoreLaws.laws, layer)

describe("every law of BlobStore is seen to fail", () => {
  for (const store of brokenBlobStores) {
    it(`${store.name} — is caught by «${store.caughtBy}»`, async () => {
      const law = BlobStoreLaws.laws.find(({ sentence }) => sentence === store.caughtBy)
      expect(law, "the law is in the suite").toBeDefined()
      await expect(law!.run(store.layer, { seed: 7 })).rejects.toThrow()
    })
  }

  it("no law is left that no broken store breaks", () => {
    const caught = new Set(brokenBlobStores.map(({ caughtBy }) => caughtBy))
    expect(BlobStoreLaws.laws.map(({ sentence }) => sentence).filter((law) => !caught.has(law))).toEqual([])
  })

  it("a store that survives its restart keeps the law of surviving", async () => {
    await BlobStoreLaws.laws.find(({ needs }) => needs === "durable")!.run(layer, { seed: 7 })
  })
})
