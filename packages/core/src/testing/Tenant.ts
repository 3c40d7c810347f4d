/**
 * Service: a tenant who can send, for tests: everything that the original's quick start has a customer do, done.
 */
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import * as Either from "effect/Either"
import type * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import { Accounts } from "../account/Accounts.ts"
import * as Balance from "../balance/Balance.ts"
import { Packages } from "../balance/Packages.ts"
import * as Minutes from "../money/Minutes.ts"
import * as Holdings from "../number/Holdings.ts"
import { Numbers } from "../number/Numbers.ts"
import { VoiceNumbers } from "../number/VoiceNumbers.ts"
import { Orders } from "../order/Orders.ts"
import { Qualifications } from "../qualification/Qualifications.ts"
import * as Decision from "../storage/Decision.ts"
import { Journal } from "../storage/Journal.ts"
import * as Template from "../template/Template.ts"
import { Templates } from "../template/Templates.ts"

export interface Tenant {
  readonly accountId: string
  readonly applicationId: string
  /** Of 「您的验证码是：{1}」, which verification codes are spoken with by default. */
  readonly templateId: string
  /** The voice number that callees see. */
  readonly number: string
}

export interface EstablishedTenant extends Tenant {
  /** The secret of its application. */
  readonly appKey: Redacted.Redacted
}

export interface TenantOptions {
  /** The last six digits of its voice number: another for each tenant of one platform. */
  readonly number?: string
  /** Of the package that it has. */
  readonly minutes?: number
  /** How time passes; the test clock is moved if absent. */
  readonly pass?: (duration: Duration.DurationInput) => Effect.Effect<void>
}

/** Opens a tenant. Takes five minutes and two seconds, and needs workers at work. */
export const open = (options: TenantOptions = {}) =>
  Effect.gen(function* () {
    const accounts = yield* Accounts
    const orders = yield* Orders
    const templates = yield* Templates
    const pass = options.pass ?? TestClock.adjust

    const accountId = yield* accounts.open()
    yield* accounts.verify(accountId, { as: "enterprise" })
    yield* accounts.activate(accountId, { agreementAccepted: true })
    yield* (yield* Qualifications).submit(accountId, qualification)
    const { applicationId } = yield* accounts.createApplication(accountId, application)
    const { templateId } = yield* templates.create(accountId, applicationId, draft)
    yield* pass("1 second")
    yield* templates.setDefaultCode(accountId, applicationId, templateId)

    const number = numberOf(options)
    yield* (yield* VoiceNumbers).add({ region, numbers: [number] })
    const rent = yield* (yield* Numbers).buy({ accountId, numbers: [number], autoRenew: false })
    yield* orders.pay({ accountId, orderId: rent.orderId, method: "balance" })
    yield* pass("1 second")

    const packages = [{ kind: "custom", minutes: options.minutes ?? 10_000, quantity: 1 }] as const
    const order = yield* (yield* Packages).buy(accountId, { packages, agreementAccepted: true })
    yield* orders.pay({ accountId, orderId: order.orderId, method: "balance" })
    yield* pass("5 minutes")
    const tenant: Tenant = { accountId, applicationId, templateId, number }
    return tenant
  })

/**
 * A tenant as months of orders and reviews would leave it: what it bought is written into the storage as events. Takes no
 * time and no workers, so that it can be there before the first gateway is, and have more minutes than an order sells.
 */
export const established = (options: Omit<TenantOptions, "pass"> = {}) =>
  Effect.gen(function* () {
    const accounts = yield* Accounts
    const journal = yield* Journal
    const templates = yield* Templates

    const accountId = yield* accounts.open()
    yield* accounts.verify(accountId, { as: "enterprise" })
    yield* accounts.activate(accountId, { agreementAccepted: true })
    const { appKey, applicationId } = yield* accounts.createApplication(accountId, application)
    const { templateId } = yield* templates.create(accountId, applicationId, draft)

    const now = yield* Clock.currentTimeMillis
    const begun = now - day
    const number = numberOf(options)
    const numbers = [{ number, region }]
    const packages = [
      {
        packageId: "package",
        kind: "custom" as const,
        minutes: Minutes.make(options.minutes ?? 10_000),
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
    const tenant: EstablishedTenant = { accountId, applicationId, templateId, number, appKey }
    return tenant
  })

const day = 86_400_000
const region = "广东省深圳市"
const application = { name: "测试语音短信" }
const draft = { name: "验证码", content: "您的验证码是：{1}", kind: "code" } as const

const numberOf = ({ number = "000001" }: TenantOptions): string => `075500${number}`

/** One pixel, by way of a certificate. */
const image = Either.getOrThrow(
  Encoding.decodeBase64("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=")
)

/** An enterprise that does not exist, with codes whose check characters are right. */
export const qualification = {
  companyName: "示例科技（深圳）有限公司",
  creditCode: "91440300MA5EXAMPLA",
  address: "广东省深圳市",
  representativeName: "张三",
  representativeId: "11010519491231002X",
  certificateKind: "threeInOne",
  image
} as const
