import { describe, expect, it } from "@effect/vitest"
import { Sends } from "@vsms/core/sending/Sends"
import { Templates } from "@vsms/core/template/Templates"
import * as Core from "@vsms/core/Core"
import * as CoreMemory from "@vsms/core/testing/CoreMemory"
import * as Tenant from "@vsms/core/testing/Tenant"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as PhraseBook from "../../src/composition/PhraseBook.ts"
import * as TemplatePhrases from "../../src/composition/TemplatePhrases.ts"

describe("a book of a platform", () => {
  const phrases = PhraseBook.make()
  // Nobody works: the send is only accepted.
  const platform = Core.layerServices().pipe(
    Layer.provideMerge(Layer.provideMerge(TemplatePhrases.layer(phrases), CoreMemory.layerPorts()))
  )

  it.scoped(
    "learns the words of the template that a send is made of, and no others: no value, no template under review",
    () =>
      Effect.gen(function* () {
        const { accountId, applicationId } = yield* Tenant.established()
        const sends = yield* Sends
        yield* sends.acceptCode(accountId, applicationId, { to: "13800138000", code: "3842" })
        expect(phrases.has("您的验证码是：")).toBe(true)
        expect(phrases.has("3842")).toBe(false)

        const draft = { name: "通知", content: "您的快递已到，请及时领取。", kind: "notification" } as const
        const { templateId } = yield* (yield* Templates).create(accountId, applicationId, draft)
        const unseen = { to: "13800138000", templateId, params: [] }
        expect(yield* Effect.flip(sends.accept(accountId, applicationId, unseen))).toMatchObject({
          _tag: "TemplateNotUsable"
        })
        expect(phrases.has("您的快递已到，")).toBe(false)
      }).pipe(Effect.provide(platform))
  )
})
