import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { describe, expect, it } from "vitest"
import { CertificateStore } from "../../src/qualification/CertificateStore.ts"
import { brokenCertificateStores } from "../../src/testing/broken/BrokenCertificateStores.ts"
import { suite } from "../../src/testing/Law.ts"
import * as CertificateStoreLaws from "../../src/testing/laws/CertificateStoreLaws.ts"
import { Restart } from "../../src/testing/laws/JournalLaws.ts"

const layer = Layer.merge(CertificateStore.layerMemory, Layer.succeed(Restart, Effect.void))

suite({ describe, it }, "CertificateStore in memory", CertificateStoreLaws.laws, layer)

describe("every law of CertificateStore is seen to fail", () => {
  for (const store of brokenCertificateStores) {
    it(`${store.name} — is caught by «${store.caughtBy}»`, async () => {
      const law = CertificateStoreLaws.laws.find(({ sentence }) => sentence === store.caughtBy)
      expect(law, "the law is in the suite").toBeDefined()
      await expect(law!.run(store.layer, { seed: 7 })).rejects.toThrow()
    })
  }

  it("no law is left that no broken store breaks", () => {
    const caught = new Set(brokenCertificateStores.map(({ caughtBy }) => caughtBy))
    expect(CertificateStoreLaws.laws.map(({ sentence }) => sentence).filter((law) => !caught.has(law))).toEqual([])
  })

  it("a store that survives its restart keeps the law of surviving", async () => {
    await CertificateStoreLaws.laws.find(({ needs }) => needs === "durable")!.run(layer, { seed: 7 })
  })
})
