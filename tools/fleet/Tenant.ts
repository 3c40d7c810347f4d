/** A tenant who can send, in a database that no gateway has seen yet: as months of orders and reviews would leave it. */
import * as Place from "../../examples/gateway/src/Place.ts"
import * as Platform from "../../examples/gateway/src/Platform.ts"
import * as Settings from "../../examples/gateway/src/Settings.ts"
import { Accounts } from "@vsms/core/account/Accounts"
import * as Balance from "@vsms/core/balance/Balance"
import { ReviewDesk } from "@vsms/core/qualification/ReviewDesk"
import * as Minutes from "@vsms/core/money/Minutes"
import * as Holdings from "@vsms/core/number/Holdings"
import * as Decision from "@vsms/core/storage/Decision"
import { Journal } from "@vsms/core/storage/Journal"
import * as Template from "@vsms/core/template/Template"
import { Templates } from "@vsms/core/template/Templates"
import { IdGenerator } from "@vsms/core/IdGenerator"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"

const day = 86_400_000

/** Only the services that are asked, and no workers: those of the gateways do whatever is left to do. */
export const open = (options: { readonly url: string; readonly folder: string; readonly minutes: number }) => {
  const { folder, minutes, url } = options
  const settings = Either.getOrThrowWith(
    Settings.read({ VSMS_DATA: folder, VSMS_DATABASE_URL: url }),
    (problems) => new Error(JSON.stringify(problems))
  )
  const storage = Layer.provide(Platform.storage, Place.layer(settings.place, settings.sessions))
  const services = Layer.merge(Accounts.layer, Templates.layer).pipe(
    Layer.provideMerge(Layer.merge(ReviewDesk.layerManual, IdGenerator.layer)),
    Layer.provideMerge(storage)
  )
  return Effect.runPromise(
    Effect.gen(function* () {
      const accounts = yield* Accounts
      const journal = yield* Journal
      const templates = yield* Templates
      const accountId = yield* accounts.open()
      yield* accounts.verify(accountId, { as: "enterprise" })
      yield* accounts.activate(accountId, { agreementAccepted: true })
      const { applicationId } = yield* accounts.createApplication(accountId, { name: "测试语音短信" })
      const draft = { name: "验证码", content: "您的验证码是：{1}", kind: "code" } as const
      const { templateId } = yield* templates.create(accountId, applicationId, draft)
      const now = Date.now()
      const begun = now - day
      const numbers = [{ number: "075500000001", region: "广东省深圳市" }]
      const packages = [
        {
          packageId: "package",
          kind: "custom" as const,
          minutes: Minutes.make(minutes),
          purchasedAt: begun,
          effectiveAt: begun + 300_000,
          expiresAt: now + 700 * day
        }
      ]
      const refs = [
        Template.ref(accountId, applicationId, templateId),
        Holdings.ref(accountId),
        Balance.ref(accountId)
      ] as const
      yield* journal.transact(refs, ([template, holdings, balance]) =>
        Either.right(
          Decision.make(undefined, {
            changes: [
              Decision.change(template, [{ _tag: "TemplateApproved", version: 1, at: now }]),
              Decision.change(holdings, [
                { _tag: "NumbersReserved", orderId: "numbers", numbers, at: begun },
                { _tag: "NumbersRented", orderId: "numbers", autoRenew: false, since: begun, expiresAt: now + 30 * day }
              ]),
              Decision.change(balance, Balance.grant({ now }, balance.state, { orderId: "packages", packages }))
            ],
            work: [Decision.cancel("review", template.ref)]
          })
        )
      )
      yield* templates.setDefaultCode(accountId, applicationId, templateId)
      return { accountId, applicationId }
    }).pipe(Effect.provide(services))
  )
}
