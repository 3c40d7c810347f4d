import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { describe, expect, it } from "vitest"
import { PaymentGateway } from "../../src/order/PaymentGateway.ts"
import * as SandboxGateway from "../../src/order/SandboxGateway.ts"
import { brokenGateways, payerOf } from "../../src/testing/broken/BrokenGateways.ts"
import { suite } from "../../src/testing/Law.ts"
import { laws, Payer } from "../../src/testing/laws/PaymentGatewayLaws.ts"

const layer = Layer.effectContext(
  Effect.sync(() => {
    const { gateway, payers } = SandboxGateway.make()
    return Context.empty().pipe(Context.add(PaymentGateway, gateway), Context.add(Payer, payerOf(payers)))
  })
)

suite({ describe, it }, "SandboxGateway", laws, layer, { abilities: ["lossy"] })

describe("every law of payment gateways is seen to fail", () => {
  for (const gateway of brokenGateways) {
    it(`${gateway.name} — is caught by «${gateway.caughtBy}»`, async () => {
      const law = laws.find((law) => law.sentence === gateway.caughtBy)
      expect(law, "the law is in the suite").toBeDefined()
      await expect(law!.run(gateway.layer, { seed: 7 })).rejects.toThrow()
    })
  }

  it("no law is left that no broken gateway breaks", () => {
    const caught = new Set(brokenGateways.map(({ caughtBy }) => caughtBy))
    expect(laws.filter(({ sentence }) => !caught.has(sentence)).map(({ sentence }) => sentence)).toEqual([])
  })
})
