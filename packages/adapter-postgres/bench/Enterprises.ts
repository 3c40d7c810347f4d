/** Enterprises that may send, put into a storage by their events: what months of orders and reviews would leave. */
import * as Account from "@vsms/core/account/Account"
import * as Application from "@vsms/core/account/Application"
import * as Balance from "@vsms/core/balance/Balance"
import * as Minutes from "@vsms/core/money/Minutes"
import * as Holdings from "@vsms/core/number/Holdings"
import * as Decision from "@vsms/core/storage/Decision"
import { Journal } from "@vsms/core/storage/Journal"
import { fresh, type Kind, type Ref } from "@vsms/core/storage/Kind"
import * as Template from "@vsms/core/template/Template"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"

export interface Enterprise {
  readonly accountId: string
  readonly applicationId: string
}

export const templateId = "100000001"

const day = 86_400_000

/** So many of them, each with one package of `minutes`. */
export const open = (count: number, minutes: number) =>
  Effect.gen(function* () {
    const journal = yield* Journal
    const now = yield* Clock.currentTimeMillis
    const begun = now - day
    const enterprises: Array<Enterprise> = []
    for (let i = 0; i < count; i++) {
      const accountId = `enterprise-${String(i).padStart(4, "0")}`
      const applicationId = String(1_400_000_000 + i)
      enterprises.push({ accountId, applicationId })
      const template = Template.ref(accountId, applicationId, templateId)
      const draft = {
        name: "验证码",
        content: "您的验证码是：{1}",
        note: "",
        kind: "code",
        variables: [],
        applicationId
      }
      const created = Either.getOrThrow(Template.create({ now: begun }, template.kind.initial, draft as never))
      const packages = [
        {
          packageId: `package-${accountId}`,
          kind: "custom" as const,
          minutes: Minutes.make(minutes),
          purchasedAt: begun,
          effectiveAt: begun + 300_000,
          expiresAt: now + 700 * day
        }
      ]
      const numbers = [{ number: `0755${String(10_000_000 + i)}`, region: "深圳" }]
      const put = <K extends Kind.Any>(ref: Ref<K>, events: ReadonlyArray<Kind.Event<K>>) =>
        Decision.change(fresh(ref), events)
      yield* journal.transact([Account.ref(accountId)], ([account]) =>
        Either.right(
          Decision.make(undefined, {
            changes: [
              Decision.change(account, [
                { _tag: "AccountOpened", at: begun },
                { _tag: "AccountVerified", as: "enterprise", at: begun },
                { _tag: "ServiceActivated", at: begun }
              ]),
              put(Application.ref(accountId, applicationId), [
                {
                  _tag: "ApplicationCreated",
                  accountId,
                  name: "测试语音短信",
                  description: "测试语音短信",
                  secretId: "secret",
                  at: begun
                }
              ]),
              put(template, [...created, { _tag: "TemplateApproved", version: 1, at: begun }]),
              put(Holdings.ref(accountId), [
                { _tag: "NumbersReserved", orderId: "numbers", numbers, at: begun },
                { _tag: "NumbersRented", orderId: "numbers", autoRenew: false, since: begun, expiresAt: now + 30 * day }
              ]),
              put(Balance.ref(accountId), Balance.grant({ now }, Balance.initial, { orderId: "packages", packages }))
            ]
          })
        )
      )
    }
    return enterprises
  })
